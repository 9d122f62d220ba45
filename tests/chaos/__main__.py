"""`make chaos`: random faults against short real runs, each compared with the undisturbed run.

python -m tests.chaos --seed 0 --faults 32          # what make chaos does
python -m tests.chaos --seed 0 --faults 32 --only 7 # one of them again
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.faults import FAULTS, agent_for, needs
from tests.chaos.flaky import ORDER
from tests.chaos.runs import AGENTS, Run, same
from tests.processes import count_records


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault to try: the same seed and number give the same."""

    number: int
    seed: int
    kind: str
    agent: str
    workers: int
    when: float

    def rng(self) -> random.Random:
        """The draws of this case."""
        return random.Random(f"{self.seed}/{self.number}")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of it."""

    case: Case
    record: int
    recovered: float
    equal: bool
    clean: bool
    problem: str = ""


def cases(seed: int, count: int) -> Iterator[Case]:
    """Every kind in turn, in an order, at moments and on runs that the seed draws."""
    kinds: list[str] = []
    for number in range(1, count + 1):
        rng = random.Random(f"{seed}/{number}/case")
        if not kinds:
            kinds = sorted(FAULTS)
            random.Random(f"{seed}/{number}/kinds").shuffle(kinds)
        kind = kinds.pop()
        yield Case(
            number=number,
            seed=seed,
            kind=kind,
            agent=agent_for(kind, rng.choice(["dqn", "table"])),
            workers=rng.choice([2, 4]),
            when=rng.uniform(0.05, 0.7),
        )


def undisturbed(agent: str, folder: Path) -> Path:
    """The same run in peace, in one process, without Ray."""
    path = folder / f"undisturbed-{agent}"
    if not path.exists():
        run = Run(agent, 0, path, environment={ORDER: str(folder / "no.order")})
        run.start()
        run.finish()
    return path


def attempt(case: Case, folder: Path) -> Verdict:
    """Tries a fault, and compares."""
    peaceful = undisturbed(case.agent, folder)
    record = max(2, int(case.when * count_records(peaceful)))
    run = Run(case.agent, case.workers, folder / f"{case.number}")
    try:
        recovered = FAULTS[case.kind](run, record, case.rng())
        equal = same(run.folder, peaceful)
        return Verdict(
            case=case, record=record, recovered=recovered, equal=equal, clean=run.nothing_left()
        )
    except (AssertionError, OSError, TimeoutError) as error:
        return Verdict(
            case=case, record=record, recovered=0, equal=False, clean=False, problem=str(error)
        )
    finally:
        for process in run.started:
            process.kill()


def main() -> int:
    """Tries them all; 1 where one did not end in the same bits."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=32)
    parser.add_argument("--only", type=int, help="the number of one of them")
    given = parser.parse_args()
    console = Console(width=130)
    verdicts = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        for case in cases(given.seed, given.faults):
            if given.only not in (None, case.number):
                continue
            if reason := needs(case.kind):
                console.print(f"{case.number}: {case.kind} left out: {reason}")
                continue
            verdict = attempt(case, Path(name))
            verdicts.append(verdict)
            word = "equal" if verdict.equal else f"NOT EQUAL {verdict.problem}"
            console.print(f"{case.number}: {case.kind}, {case.agent}: {word}", markup=False)
    console.print(_table(verdicts))
    survived = sum(verdict.equal and verdict.clean for verdict in verdicts)
    kinds = len({verdict.case.kind for verdict in verdicts})
    console.print(
        f"{survived} of {len(verdicts)} faults of {kinds} kinds survived with the undisturbed "
        f"run's bits; seed {given.seed}, {time.monotonic() - began:.0f} s"
    )
    return 0 if verdicts and survived == len(verdicts) else 1


def _table(verdicts: list[Verdict]) -> Table:
    table = Table()
    for column in ("#", "fault", "run", "workers", "when", "recovered in", "equal bits", "clean"):
        table.add_column(column)
    for verdict in verdicts:
        case = verdict.case
        table.add_row(
            *(str(case.number), case.kind, AGENTS[case.agent][0], str(case.workers)),
            f"record {verdict.record}",
            f"{verdict.recovered:.1f} s",
            *("yes" if answer else "NO" for answer in (verdict.equal, verdict.clean)),
        )
    return table


if __name__ == "__main__":
    sys.exit(main())

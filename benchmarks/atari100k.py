"""Atari 100k and PQN on Pong beside what others published: the tables of docs/atari.md.

    python -m benchmarks.atari100k [--seeds 0-1] [--agents rainbow_der] [--games Pong,Boxing]
        [--hours 9] [--jobs 2] [--table-only] [--verify N]

What is there already, or kept in the repository (`benchmarks/kept`), is not run again: the same
command goes on where it was stopped. A table says which seeds it is of; games that were not played
have a dash.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import table_runs
from benchmarks.results import HERE, table
from launch.commands.flags import seeds
from launch.reports.intervals import METHOD, NARROW, mean_and_interval
from launch.run_folder import result
from launch.run_folder.run_result import TrainingRunResult

PAGE = HERE.parent / "docs" / "atari.md"
RUNS = HERE.parent / "runs" / "atari100k"
_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->"
_GAMES = ("Pong", "Freeway", "Boxing", "Breakout")
_PLAYED: Mapping[str, Sequence[str]] = {"rainbow_der": _GAMES, "pqn_atari": ("Pong",)}
"""What is run, and on which games."""
_PUBLISHED = {
    "random": (-20.7, 0, 0.1, 1.7),
    "human": (14.6, 29.6, 12.1, 30.5),
    "DER": (-19.3, 27.9, 0.2, 1.9),
    "SimPLe": (12.8, 16.7, 7.8, 16.4),
    "DrQ(ε)": (-9.1, 20.3, 9.0, 19.8),
    "SPR": (-5.4, 19.3, 35.7, 19.6),
    "BBF": (16.7, 25.5, 85.8, 370.6),
}
"""Means on the games of Atari 100k, from the raw data that go with Agarwal et al. (2021) and
Schwarzer et al. (2023). DER, which `rainbow_der` is made after, is van Hasselt, Hessel and
Aslanides' (2019)."""
_DOPAMINE = {"Rainbow": -20.6, "IQN": -13.8, "QR-DQN": -15.8}
"""Training returns on Pong at 2M frames, 5 seeds, from Dopamine's published logs."""


_Runs = Mapping[tuple[str, str], Sequence[TrainingRunResult]]
_Score = Callable[[TrainingRunResult], float]


class Cell(table_runs.Cell):
    """A run of an experiment on a game."""

    @property
    def place(self) -> Path:
        """The run's folder."""
        return self.runs / self.agent / self.env / f"seed_{self.seed}"

    def words(self) -> Iterator[str]:
        yield from (self.agent, "--env", f"ALE/{self.env}-v5", "--no-film", "--no-pictures")


def cells(numbers: Sequence[int]) -> list[Cell]:
    """All runs of the tables, in the order in which they are made."""
    return [
        Cell(agent=agent, env=game, seed=seed, runs=RUNS)
        for seed in numbers
        for agent, games in _PLAYED.items()
        for game in games
    ]


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the tables."""
    parser = table_runs.flags(__doc__, "0-1")
    table_runs.add_choice(parser, "--agents", tuple(_PLAYED))
    table_runs.add_choice(parser, "--games", _GAMES)
    given = parser.parse_args(arguments)
    numbers = seeds(given.seeds)
    asked = [c for c in cells(numbers) if c.agent in given.agents and c.env in given.games]
    table_runs.make("atari100k", asked, given)
    if given.verify is None:
        _write([cell for cell in cells(numbers) if cell.done])


def _write(done: Sequence[Cell]) -> None:
    runs: dict[tuple[str, str], list[TrainingRunResult]] = {}
    for cell in done:
        found = result.read(cell.place)
        assert isinstance(found, TrainingRunResult)
        runs.setdefault((cell.agent, cell.env), []).append(found)
    if not runs:
        raise SystemExit(f"error: no finished run below {RUNS}")
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    tables = "\n\n".join([*_atari_100k(runs), *_pong(runs)])
    PAGE.write_text(f"{before}{_BEGIN}\n{tables}\n\n{_END}{rest.partition(_END)[2]}")
    print(f"{PAGE}: {len(done)} runs")


def _cell(runs: _Runs, agent: str, game: str, score: _Score) -> str:
    """A score's mean over the seeds, and its interval; of two seeds both scores instead."""
    scores = [score(run) for run in runs.get((agent, game), ())]
    if not scores:
        return "-"
    each = f" ({', '.join(f'{one:.5g}' for one in scores)})" * (len(scores) == 2)
    return f"{mean_and_interval(scores)}{each}"


def _about(runs: _Runs, agent: str) -> str:
    """Seeds, minutes of a run and steps a second, in a sentence."""
    of = [run for (name, _), found in runs.items() if name == agent for run in found]
    seeds_of = {
        game: ", ".join(str(run.seed) for run in found)
        for (name, game), found in runs.items()
        if name == agent
    }
    alike = len(set(seeds_of.values())) == 1
    each = "; ".join(f"{game} {numbers}" for game, numbers in seeds_of.items())
    minutes = [run.wall_seconds / 60 for run in of]
    speed = statistics.median(run.steps_per_second for run in of)
    return (
        f"Seeds {next(iter(seeds_of.values())) if alike else each}. A run with `--workers 0` took "
        f"{min(minutes):.0f} to {max(minutes):.0f} minutes in all, beside another run on the other "
        f"core, and made {speed:,.0f} steps a second in training."
    )


def _kept(run: TrainingRunResult) -> float:
    assert run.evaluation is not None
    return run.evaluation.score()


def _final(run: TrainingRunResult) -> float:
    assert run.final_evaluation is not None
    return run.final_evaluation.score()


def _training(run: TrainingRunResult) -> float:
    assert run.training_return_last_100 is not None
    return run.training_return_last_100


def _atari_100k(runs: _Runs) -> Iterator[str]:
    """Rainbow's table."""
    if not any(agent == "rainbow_der" for agent, _ in runs):
        return
    yield "### Atari 100k"
    yield (
        "`python -m benchmarks.atari100k --agents rainbow_der`: mean return of 100 whole games "
        f"after 100,000 steps. {METHOD}. {NARROW} {_about(runs, 'rainbow_der')}"
    )
    scores = {"last weights": _final, "policy kept": _kept, "training": _training}
    ours = [
        (f"rainbow_der, {name}", *(_cell(runs, "rainbow_der", game, score) for game in _GAMES))
        for name, score in scores.items()
    ]
    theirs = [(name, *(f"{mean:.1f}" for mean in means)) for name, means in _PUBLISHED.items()]
    yield table(("", *_GAMES), [*ours, *theirs])


def _pong(runs: _Runs) -> Iterator[str]:
    """PQN's table."""
    if ("pqn_atari", "Pong") not in runs:
        return
    yield "### PQN on Pong, 2 million frames"
    yield (
        "`python -m benchmarks.atari100k --agents pqn_atari`: returns with sticky actions; "
        f"those of *training* are of the last 100 games, exploring. {_about(runs, 'pqn_atari')}"
    )
    ours = (
        "pqn_atari",
        *(_cell(runs, "pqn_atari", "Pong", score) for score in (_training, _final)),
    )
    theirs = [(f"Dopamine's {name}", f"{mean:.1f}", "-") for name, mean in _DOPAMINE.items()]
    yield table(("", "training", "last weights"), [ours, *theirs])


if __name__ == "__main__":
    main(sys.argv[1:])

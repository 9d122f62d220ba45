"""DQN on CartPole beside every other CPU lab, in one run, in turn: steps/s, start and memory.

    python -m benchmarks.race [--repeats 5]

Each contender is a process of its own (benchmarks/ours.py, benchmarks/rivals/), told the same
task: network 4-120-84-2, batch 128, replay 10,000, Adam. T1 is one update per environment step, T10
one per ten. `make bench` sets up the rivals' own environment.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import results
from benchmarks.results import HERE, section, table

RIVALS = HERE / "rivals"
RIVAL_PYTHON = str(HERE.parent / ".venv-bench" / "bin" / "python")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to train a DQN.

    Attributes:
        name: In the tables.
        command: What runs it, without the task's flags.
        steps: Environment steps at T1 and at T10: enough for some seconds after the warm-up. Ours
            take some 20 s, because Ray itself takes a part of the two cores for its first 10 s.
        warm_up: Steps before the clock starts: compiling, and imports that go on beside.
    """

    name: str
    command: tuple[str, ...]
    steps: tuple[int, int]
    warm_up: int = 3_000


def _rival(name: str, script: str, steps: tuple[int, int]) -> Contender:
    return Contender(name=name, command=(RIVAL_PYTHON, str(RIVALS / script)), steps=steps)


def _ours(workers: int) -> Contender:
    command = (sys.executable, "-m", "benchmarks.ours", "--workers", str(workers))
    name = f"Actorlab, {workers} workers"
    return Contender(name=name, command=command, steps=(100_000, 1_000_000), warm_up=20_000)


CONTENDERS = (
    _ours(0),
    _ours(2),
    _rival("Stable-Baselines3", "sb3_dqn.py", (9_000, 20_000)),
    _rival("SBX", "sbx_dqn.py", (8_000, 16_000)),
    _rival("Tianshou", "tianshou_dqn.py", (5_000, 10_000)),
    _rival("CleanRL style", "cleanrl_style_dqn.py", (12_000, 40_000)),
)
_BARE = {
    "PyTorch, fused Adam": (RIVAL_PYTHON, str(RIVALS / "bare_updates.py")),
    "TensorFlow XLA, 1 per call": (
        *(sys.executable, "-m", "benchmarks.ours", "--bare", "--updates-per-call", "1"),
    ),
    "TensorFlow XLA, 64 per call: ours": (sys.executable, "-m", "benchmarks.ours", "--bare"),
}


def run(*command: str) -> dict[str, Any]:
    """What a contender says in the last line that it prints."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command)} failed:\n{done.stderr[-2_000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    bare: dict[str, list[float]] = {name: [] for name in _BARE}
    for repeat in range(repeats):
        for name, command in _BARE.items():
            bare[name].append(run(*command)["updates_per_second"])
            print(f"{name}: {bare[name][-1]:,.0f} updates/s", flush=True)
        for contender in CONTENDERS:
            for steps, every in zip(contender.steps, (1, 10), strict=True):
                task = ("--steps", str(steps), "--env-steps-per-update", str(every))
                clock = ("--warm-up", str(contender.warm_up), "--seed", str(repeat))
                figures = run(*contender.command, *task, *clock)
                found.setdefault((contender.name, every), []).append(figures)
                rate = figures["steps_per_second"]
                print(f"{repeat + 1}/{repeats} {contender.name} T{every}: {rate:,.0f} steps/s")
                print(json.dumps(figures), flush=True)
    section("race", "Updates and steps per second beside other labs", _report(found, bare))


def _report(
    found: dict[tuple[str, int], list[dict[str, Any]]], bare: dict[str, list[float]]
) -> str:
    rows = []
    for contender in CONTENDERS:
        t1, t10 = (found[contender.name, every] for every in (1, 10))
        sb3 = [found["Stable-Baselines3", every] for every in (1, 10)]
        cells = [contender.name, t1[0]["version"]]
        for ours, theirs in zip((t1, t10), sb3, strict=True):
            rates, base = _rates(ours), _rates(theirs)
            ratio = statistics.median(a / b for a, b in zip(rates, base, strict=True))
            low, high = f"{min(rates):,.0f}", f"{max(rates):,.0f}"
            cells += [f"{statistics.median(rates):,.0f} ({low}-{high})", f"{ratio:.1f}"]
        cells.append(f"{_median(t1, 'first_step_seconds'):.1f}")
        cells.append(f"{_median(t1, 'peak_memory_mb'):,.0f}")
        rows.append(cells)
    head = ("", "version", "T1 steps/s", "x SB3", "T10 steps/s", "x SB3", "start s", "MB")
    ceiling = bare["TensorFlow XLA, 64 per call: ours"]
    shares = [
        f"{statistics.median(a / b for a, b in zip(updates, ceiling, strict=True)):.0%} "
        f"({contender.name}, T{every})"
        for contender in CONTENDERS[:2]
        for every in (1, 10)
        if (updates := [f["updates_per_second"] for f in found[contender.name, every]])
    ]
    bare_rows = [
        [name, f"{statistics.median(v):,.0f}", f"{min(v):,.0f}", f"{max(v):,.0f}"]
        for name, v in bare.items()
    ]
    return "\n\n".join(
        (
            "Medians of the repeats, smallest and largest beside them; ratios are medians of "
            "pairs. Start: from the start of the process to the first environment step (with "
            "workers Ray is brought up before; the command as users type it is timed under "
            "*From the shell to the first environment step*). MB: the process alone.",
            table(head, rows),
            "Nothing but updates, no environment, batches drawn beforehand, per second:",
            table(("", "median", "min", "max"), bare_rows),
            f"Our whole training loop makes this share of its own bare updates: "
            f"{', '.join(shares)}.",
            "Differences: ours and CleanRL's loss is squared without clipping, the others' is "
            "Huber (SB3 and SBX clip at norm 10) or squared (Tianshou); ours acts in 64 "
            "environments side by side, under one set of weights for 1,024 updates at T1 and for "
            "410 at T10 (1,024 and 4,096 steps), plays while it learns, on the other core, and "
            "makes its updates in groups of 64; the others act in one environment and update after "
            "every step or every tenth. All with one thread for updates, which is the fastest here "
            "for all of them; the scripts say the rest.",
        )
    )


def _rates(results: list[dict[str, Any]]) -> list[float]:
    return [result["steps_per_second"] for result in results]


def _median(results: list[dict[str, Any]], name: str) -> float:
    return statistics.median(result[name] for result in results)


if __name__ == "__main__":
    main(sys.argv[1:])

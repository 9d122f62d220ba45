"""What each setting of `dqn_cartpole` is worth: one taken away or put in at a time.

    python -m benchmarks.ablation [--repeats 10]

Every variant trains on seeds 100, 101, ..., a process a core; the settings were chosen on others,
from 200 on. Writes the table into results.md and plots/ablation.png.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from agents.schedules import LearningRateSchedule, WeightAverage
from benchmarks import results
from benchmarks.results import PLOTS, section, table
from benchmarks.running import prepare
from launch.config.execution import OutputConfig, PlacementConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.jobs.rl import execution
from launch.reports.curves import read_curve
from launch.reports.intervals import mean_and_interval
from launch.run_folder import result
from supervised.core.plots import BLUE

_EXPERIMENT = "dqn_cartpole"
_FIRST_SEED = 100
_CONFIG: Any = catalog.get(_EXPERIMENT).config
_AGENT: Any = _CONFIG.agent
_VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "targets without bounds": {"bound_targets": False},
    "no average of the weights": {"average": WeightAverage()},
    "the average acts": {"average": replace(_AGENT.average, acts=True)},
    "constant learning rate": {"learning_rate_schedule": LearningRateSchedule()},
    "cosine": {"learning_rate_schedule": LearningRateSchedule(shape="cosine")},
    "linear, warm-up of 5 %": {
        "learning_rate_schedule": replace(_AGENT.learning_rate_schedule, warm_up=0.05)
    },
    "discount 0.99": {"discount": 0.99},
    "targets half as fast": {"target_polyak": 0.01},
    "batches of 64": {"batch_size": 64},
    "Double": {"double": True},
    "as it was before": {
        "bound_targets": False,
        "average": WeightAverage(),
        "learning_rate_schedule": LearningRateSchedule(),
        "discount": 0.99,
        "batch_size": 64,
        "double": True,
    },
}


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """A run.

    Attributes:
        final: Greedy mean return of the last weights.
        solved_at: Environment steps at the first evaluation that solved it; infinite if none did.
        later: Evaluations after two solved ones in a row.
        fell: Those of them that are below the threshold.
    """

    final: float
    solved_at: float
    later: int
    fell: int


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    prepare(_CONFIG)
    found: dict[str, list[_Ended]] = {}
    seeds = range(_FIRST_SEED, _FIRST_SEED + repeats)
    fresh = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork
    with ProcessPoolExecutor(os.cpu_count(), fresh, prepare, (_CONFIG,)) as pool:
        for name, changes in _VARIANTS.items():
            agent = replace(_AGENT, **changes)
            configs = [replace(_CONFIG, agent=agent, seed=seed) for seed in seeds]
            found[name] = list(pool.map(_run, configs))
            print(name, [round(run.final) for run in found[name]], flush=True)
    section("ablation", "What keeps dqn_cartpole from forgetting", _body(found, repeats))
    _draw(found, PLOTS / "ablation.png")


def _run(config: TrainingConfig) -> _Ended:
    with tempfile.TemporaryDirectory() as place:
        placed = replace(
            config,
            placement=PlacementConfig(workers=0),
            output=OutputConfig(run_dir=Path(place) / "run"),
        )
        folder, _ = execution.train(_EXPERIMENT, placed, ["benchmark"])
        ended = result.read(folder)
        evaluations = read_curve(folder).evaluation_returns
    solved = evaluations >= _CONFIG.solved_at
    twice = np.flatnonzero(solved[1:] & solved[:-1])
    later = solved[twice[0] + 2 :] if len(twice) else solved[:0]
    return _Ended(
        final=ended.claim.final,
        solved_at=ended.solved_at_env_steps or np.inf,
        later=len(later),
        fell=int(np.sum(~later)),
    )


def _body(found: Mapping[str, Sequence[_Ended]], repeats: int) -> str:
    rows = []
    for name, ended in found.items():
        finals = [run.final for run in ended]
        fell, later = sum(run.fell for run in ended), sum(run.later for run in ended)
        first = float(np.median([run.solved_at for run in ended]))
        rows.append(
            (
                name,
                f"{sum(final >= _CONFIG.solved_at for final in finals)}/{len(finals)}",
                mean_and_interval(finals),
                f"{min(finals):.0f}",
                f"{fell}/{later}",
                f"{first:,.0f}" if np.isfinite(first) else "never",
            )
        )
    solved_at = f"{_CONFIG.solved_at:g}"
    head = ("", f"final ≥ {solved_at}", "final, mean", "worst", "fell back", "steps to solved")
    last = _FIRST_SEED + repeats - 1
    return "\n\n".join(
        (
            f"`{_EXPERIMENT}` with one setting changed, seeds {_FIRST_SEED}-{last}: greedy mean "
            "return of the last weights over 100 episodes, with Student's 95 % interval; the "
            f"evaluations below {solved_at} among those after two solved ones in a row; the median "
            "of the environment steps at the first solved one.",
            table(head, rows),
            "![The last weights of every variant and seed](plots/ablation.png)",
        )
    )


def _draw(found: Mapping[str, Sequence[_Ended]], path: Path) -> None:
    """The last weights' return of every run, a line a variant."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    names = list(found)
    rng = np.random.default_rng(0)
    for place, name in enumerate(names):
        finals = [run.final for run in found[name]]
        spread = rng.uniform(-0.25, 0.25, len(finals))  # equal values would hide each other
        axes.plot(finals, place + spread, "o", color=BLUE, markersize=4, alpha=0.6)
        axes.plot([np.mean(finals)] * 2, [place - 0.35, place + 0.35], color="black")
    axes.axvline(_CONFIG.solved_at, color="black", linestyle=":", linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("greedy mean return of the last weights (black: mean of the seeds)")
    axes.set_title("dqn_cartpole, one setting changed; the dotted line is solved")
    axes.grid(alpha=0.3, axis="x")
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(sys.argv[1:])

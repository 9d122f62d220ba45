"""How acting speeds up with workers where the environment costs CPU: LunarLander-v3.

    python -m benchmarks.workers [--repeats 5]

RolloutConfig alone: learning starts beyond the budget, so that the learner only stores rows. 16
environments, rollouts of 512 steps, one Ray instance for all runs, variants in turn.

Every rollout worker notes the time it spends inside `RolloutWorker.rollout`, on the clock and on a
CPU. What an iteration takes beyond the slowest of its rollouts is the share of Ray and the driver;
what that rollout was not on a CPU it waited for one. The blocks of two workers are also played in
this process, one after the other: that is what they would take on cores of their own.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from agents.weights import Weights
from benchmarks import running
from benchmarks.results import section, table
from common.ranges import split
from launch.cluster.connection import connected
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from training.worker import RolloutResult, RolloutWorker

_NUM_ENVS, _ROLLOUT_LENGTH, _ITERATIONS = 16, 512, 12
_COUNTS = (0, 1, 2)  # workers
_WARM_UP = 0.25  # of the iterations
_TARGET = 1.7  # of two workers beside one


def _config(workers: int) -> TrainingConfig:
    base: Any = catalog.get("dqn").config
    steps = _NUM_ENVS * _ROLLOUT_LENGTH * _ITERATIONS
    return replace(
        base,
        env="LunarLander-v3",
        agent=replace(base.agent, learning_starts=2 * steps),
        env_steps=steps,
        num_envs=_NUM_ENVS,
        rollout_length=_ROLLOUT_LENGTH,
        placement=replace(base.placement, workers=workers),
    )


def _noting(folder: Path) -> type[RolloutWorker]:
    """Rollout workers that note the seconds of each rollout, each in a file of its own.

    The class is made here because Ray sends such a one whole, with the folder in it.
    """

    class NotingWorker(RolloutWorker):
        def __init__(self, *, block: range, **options: Any):
            super().__init__(block=block, **options)
            self._notes = folder / f"{block.start}"

        def rollout(self, weights: Weights, first_step: int, steps: int) -> RolloutResult:
            clocks = time.perf_counter(), time.thread_time()
            played = super().rollout(weights, first_step, steps)
            seconds = time.perf_counter() - clocks[0], time.thread_time() - clocks[1]
            with open(self._notes, "a") as notes:
                print(*seconds, file=notes)
            return played

    return NotingWorker


def _measure(workers: int) -> tuple[float, ...]:
    """Rate, milliseconds of an iteration, its slowest rollout's, on a CPU, share of all else."""
    with tempfile.TemporaryDirectory() as place:
        noting = _noting(Path(place))
        with (
            patch("training.pool.RolloutWorker", noting),
            patch("launch.jobs.rl.ray_pool.RolloutWorker", noting),
        ):
            done = running.run(_config(workers), warm_up=_WARM_UP)
        inside, on_cpu = _slowest(Path(place), len(done.iterations))
    whole = 1e3 * statistics.mean(done.iterations)
    return done.env_steps, whole, inside, on_cpu / inside, 1 - inside / whole


def _alone(workers: int) -> float:
    """Milliseconds of the slowest rollout of each iteration, each block alone in this process."""
    config = _config(workers)
    learner = running.fresh_learner(config)
    weights = learner.weights()  # of the whole run: it learns nothing
    learner.close()
    with tempfile.TemporaryDirectory() as place:
        for block in split(_NUM_ENVS, workers):
            options = config.rollout.worker(block, set())
            worker = _noting(Path(place))(**options, positions=None, hide_gpus=False)
            for first in range(0, _ITERATIONS * _ROLLOUT_LENGTH, _ROLLOUT_LENGTH):
                worker.rollout(weights, first, _ROLLOUT_LENGTH)
            worker.close()
        return _slowest(Path(place), _ITERATIONS - int(_WARM_UP * _ITERATIONS))[0]


def _slowest(notes: Path, iterations: int) -> tuple[float, float]:
    """Milliseconds of the slowest rollout and on a CPU in it, on average over the last iterations.

    The iteration after one that is measured is played in its time: so are the last of them.
    """
    blocks = [np.loadtxt(path) for path in notes.iterdir()]  # [iterations, 2] each
    slowest = [max(each, key=lambda seconds: seconds[0]) for each in zip(*blocks, strict=True)]
    wall, on_cpu = 1e3 * np.mean(slowest[-iterations:], axis=0)
    return float(wall), float(on_cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description="RolloutConfig on several workers.")
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    running.prepare(_config(0))
    most = _COUNTS[-1]
    with connected(None):  # stands before the runs, and beside those that do without it
        found = running.repeated(_COUNTS, _measure, repeats)
        alone = running.spread([_alone(most) for _ in range(repeats)])
    figures = running.spreads(found)
    ratios = [two[0] / one[0] for one, two in zip(found[1], found[most], strict=True)]
    ratio = running.spread(ratios)
    head = "workers", "env steps/s", "iteration, ms", "slowest rollout, ms", "on a CPU", "all else"
    rows = running.rows(figures, ",.0f", ".0f", ".0f", ".0%", ".1%")
    _, _, inside, on_cpu, rest = figures[most]
    section(
        "workers",
        "RolloutConfig on several workers",
        "LunarLander-v3, acting alone: learning starts beyond the budget. 16 environments, "
        f"rollouts of {_ROLLOUT_LENGTH} steps ({_NUM_ENVS * _ROLLOUT_LENGTH:,} over all of them), "
        "one Ray for all. Medians, ranges in brackets. The workers themselves note the time inside "
        "`RolloutWorker.rollout` and how much of it they had a CPU; all else, as a share of the "
        "iteration, is Ray and the driver.\n\n"
        f"{table(head, rows)}\n\n"
        f"Two workers act {ratio:.2f} times as fast as one, in pairs of runs; the target of "
        f"{_TARGET} is {'met' if ratio.median >= _TARGET else 'missed'}. Alone in a process, one "
        f"block after the other, the slowest of their rollouts takes {alone:.0f} ms: on cores of "
        f"their own and without Ray they would be {figures[1][1].median / alone.median:.2f} times "
        f"as fast. Beside each other and the driver it takes {inside.median:.0f} ms, in which the "
        f"worker has a CPU for {on_cpu.median * inside.median:.0f}; Ray and the driver take "
        f"{rest.median:.1%} of the iteration.",
    )


if __name__ == "__main__":
    main()

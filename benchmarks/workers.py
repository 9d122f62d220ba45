"""How acting speeds up with workers where the environment costs CPU: LunarLander-v3.

    python -m benchmarks.workers [--repeats 5]

Acting alone: learning starts beyond the budget, so that the learner only stores rows. 16 streams,
rounds of 256 steps, one Ray instance for all runs, variants in turn.

Every rollout worker notes the time it spends inside `RolloutWorker.rollout`; what a round takes
beyond the slowest of its rollouts is the share of Ray and the driver. The blocks of two workers are
played in this process, too, one after the other: that is what they would take on cores of their own.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import running
from benchmarks.results import section, table
from launch import catalog
from launch.acting.learners import make
from launch.acting.pool import worker_options
from launch.acting.ray_pool import split
from launch.acting.workers import Played, RolloutWorker
from launch.cluster import connected
from launch.configs import TrainingConfig

_STREAMS, _ROUND_STEPS, _ROUNDS = 16, 256, 16
_COUNTS = (0, 1, 2)  # workers
_WARM_UP = 0.25  # of the rounds
_TARGET = 1.7  # of two workers beside one


def _config(workers: int) -> TrainingConfig:
    base: Any = catalog.get("dqn").config
    steps = _STREAMS * _ROUND_STEPS * _ROUNDS
    return replace(
        base,
        env="LunarLander-v3",
        agent=replace(base.agent, learning_starts=2 * steps),
        env_steps=steps,
        streams=_STREAMS,
        round_steps=_ROUND_STEPS,
        placement=replace(base.placement, workers=workers),
    )


def _noting(folder: Path) -> type[RolloutWorker]:
    """Rollout workers that note the seconds of each rollout, each in a file of its own.

    The class is made here because Ray sends such a one whole, with the folder in it.
    """

    class NotingWorker(RolloutWorker):
        def __init__(self, *, streams: range, **options: Any):
            super().__init__(streams=streams, **options)
            self._notes = folder / f"{streams.start}"

        def rollout(self, *arguments: Any) -> Played:
            began = time.perf_counter()
            played = super().rollout(*arguments)
            with open(self._notes, "a") as notes:
                notes.write(f"{time.perf_counter() - began}\n")
            return played

    return NotingWorker


def _measure(workers: int) -> tuple[float, ...]:
    """Rate, milliseconds of a round and of its slowest rollout, share of everything else."""
    with tempfile.TemporaryDirectory() as place:
        noting = _noting(Path(place))
        with (
            patch("launch.acting.pool.RolloutWorker", noting),
            patch("launch.acting.ray_pool.RolloutWorker", noting),
        ):
            done = running.run(_config(workers), warm_up=_WARM_UP)
        notes = [path.read_text().split() for path in Path(place).iterdir()]
    inside = _slowest([[float(seconds) for seconds in note] for note in notes], len(done.rounds))
    whole = 1e3 * statistics.mean(done.rounds)
    return done.env_steps, whole, inside, 1 - inside / whole


def _slowest(blocks: Sequence[Sequence[float]], rounds: int) -> float:
    """Milliseconds of the slowest block's rollout, on average over the last rounds."""
    return 1e3 * statistics.mean([max(each) for each in zip(*blocks, strict=True)][-rounds:])


def _alone(workers: int) -> float:
    """The same of the very same rounds, each block played alone in this process."""
    config = _config(workers)
    weights = make(config).weights()  # of the whole run: it learns nothing
    blocks = []
    for block in split(_STREAMS, workers):
        worker = RolloutWorker(
            **worker_options(config, block, set()), positions=None, hide_gpus=False
        )
        blocks.append([])
        for first in range(0, _ROUNDS * _ROUND_STEPS, _ROUND_STEPS):
            steps = [_STREAMS * t for t in range(first, first + _ROUND_STEPS)]
            began = time.perf_counter()
            worker.rollout(weights, config.agent.epsilon(steps), first)
            blocks[-1].append(time.perf_counter() - began)
        worker.close()
    return _slowest(blocks, _ROUNDS - int(_WARM_UP * _ROUNDS))


def main() -> None:
    parser = argparse.ArgumentParser(description="Acting on several workers.")
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
    head = "workers", "env steps/s", "round, ms", "slowest rollout, ms", "share of all else"
    inside, one = figures[most][2], figures[1]
    section(
        "workers",
        "Acting on several workers",
        "LunarLander-v3, acting alone: learning starts beyond the budget. 16 streams, rounds of "
        f"{_ROUND_STEPS} steps ({_STREAMS * _ROUND_STEPS:,} over all streams), one Ray for all. "
        "Medians, and ranges in brackets. The time inside `RolloutWorker.rollout` is noted by the "
        "workers themselves; all else, of the slowest worker's point of view, is Ray, the driver "
        "and waiting for a core.\n\n"
        f"{table(head, running.rows(figures, ',.0f', '.0f', '.0f', '.1%'))}\n\n"
        f"Two workers act {ratio:.2f} times as fast as one, in pairs of runs; the target of "
        f"{_TARGET} is {'met' if ratio.median >= _TARGET else 'missed'}. Played alone in a process, "
        f"one block after the other, the slowest of two rollouts takes {alone:.0f} ms, which would "
        f"make {one[1].median / alone.median:.2f}: {inside.median / alone.median - 1:.0%} are added "
        f"by two processes that act at once, and {figures[most][3].median:.1%} of the round are not "
        "spent inside rollouts.",
    )


if __name__ == "__main__":
    main()

"""What DQN on CartPole-v1 costs as work grows: replay, environments, network, batch and workers.

    python -m benchmarks.scaling [--repeats 3] [--quick]

One factor at a time; the others stay at a network of 120-84, batches of 128, one update for every
10 environment steps, a replay of 10,000 rows, 64 environments, rollouts of 16 steps, no workers, no
evaluations. Actions are random, so that episodes are as short everywhere. Rates are those of the
loop after its warm-up, or of the learner alone on batches drawn beforehand. `--quick` takes the
small ends only.
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from agents.dqn.config import DQN
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from benchmarks import running
from benchmarks.results import PLOTS, section, table, temporary_folder
from benchmarks.rivals import measuring
from launch.cluster.connection import connected
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.run_folder import checkpoints
from supervised.core.plots import BLUE, RED, panels

_REPLAY = (10_000, 100_000, 1_000_000, 10_000_000)  # rows
_NUM_ENVS = (1, 4, 16, 64, 256, 1024, 4096)
_UNITS = (64, 128, 256, 512, 1024)
_BATCH = (20, 64, 128, 256, 512, 1024)
_WORKERS = (0, 1, 2, 4)
_PER_UPDATE = 10  # environment steps
_STEPS = 80_000  # of a run: some two seconds


def _loop(
    env_steps: int, *, num_envs: int = 64, rollout_length: int = 16, workers: int = 0, **agent: Any
) -> TrainingConfig:
    base: Any = catalog.get("dqn_cartpole").config
    settings: dict[str, Any] = {
        "loss": "squared",
        "max_gradient_norm": 0.0,
        "double": True,
        "discount": 0.99,
        "bound_targets": False,
        "learning_rate_schedule": LearningRateSchedule(),
        "average": WeightAverage(),
        "target_polyak": 0.02,
        "updates_per_call": 64,
        "hidden_sizes": measuring.HIDDEN_SIZES,
        "batch_size": measuring.BATCH_SIZE,
        "replay_capacity": measuring.REPLAY_CAPACITY,
        "env_steps_per_update": _PER_UPDATE,
        "learning_starts": 0,
        "learning_rate": measuring.LEARNING_RATE,
        "epsilon": EpsilonSchedule(start=1.0, end=1.0),  # a good policy has fewer episodes to begin
    }
    return replace(
        base,
        agent=DQN(**{**settings, **agent}),
        env_steps=env_steps,
        num_envs=num_envs,
        rollout_length=rollout_length,
        placement=replace(base.placement, workers=workers),
    )


def _replay(axes: Sequence[Axes], sizes: Sequence[int], repeats: int) -> str:
    def measure(size: int) -> tuple[float, ...]:
        config = _loop(_STEPS, replay_capacity=size, learning_starts=size)
        learner = running.filled(config)
        state = learner.get_state()["replay"]
        megabytes = sum(array.nbytes for array in running.arrays(state)) / 1e6
        saving, written = _checkpoint(state)
        sampling = _sampling(size, state)
        del state  # it holds copies
        running.forget_peak()
        done = running.run(config, learner=learner)
        peak = measuring.peak_memory_mb() * 1.048576  # those are MiB
        return done.env_steps, sampling, megabytes, peak, saving, written, done.updates

    found = running.spreads(running.repeated(sizes, measure, repeats))
    rates, saving = (running.column(found, number) for number in (0, 4))
    running.draw(axes[0], "loop with a full replay", ("rows", "env steps/s"), rates, log="x")
    running.draw(axes[1], "checkpoint of a full replay", ("rows", "seconds"), saving)
    head = "rows", "env steps/s", "sampling, µs a batch", "MB", "peak MB of the process"
    rows = running.rows(found, ",.0f", ".1f", ",.1f", ",.0f", ".3f", ",.1f")
    small, large = found[sizes[0]], found[sizes[-1]]
    shares = [figures[6].median * figures[1].median / 1e6 for figures in (small, large)]
    kept = large[0].median / small[0].median
    return (
        f"### Rows in the replay\n\n{table((*head, 'checkpoint, s', 'checkpoint, MB'), rows)}\n\n"
        f"Drawing a batch takes {large[1].median / small[1].median:.1f} times as long from "
        f"{sizes[-1]:,} rows as from {sizes[0]:,}, {shares[1]:.1%} of the loop's time instead of "
        f"{shares[0]:.1%}; the loop keeps {kept:.0%} of its rate. What bounds the replay is "
        f"{'memory and disk' if kept > 0.75 else 'the time to draw from it'}: every row takes "
        f"{large[2].median * 1e6 / sizes[-1]:.0f} bytes of both, and the largest checkpoint was "
        f"written at {large[5].median / large[4].median:,.0f} MB/s."
    )


def _sampling(rows: int, state: dict[str, Any]) -> float:
    """Microseconds a batch, in calls of 64 batches, from a replay of so many rows."""
    replay = running.replay(rows)
    replay.set_state(state)
    began = time.perf_counter()
    for _ in range(20):
        replay.sample(64, 128)
    return (time.perf_counter() - began) / (20 * 64) * 1e6


def _checkpoint(state: dict[str, Any]) -> tuple[float, float]:
    """Seconds that writing it takes, and its MB."""
    origin = checkpoints.Origin(run={}, versions={})
    with temporary_folder() as place:
        began = time.perf_counter()
        path = checkpoints.save(Path(place) / "all", 0, {"replay": state}, keep=1, origin=origin)
        seconds = time.perf_counter() - began
        return seconds, sum(file.stat().st_size for file in path.iterdir()) / 1e6


def _environments(panel: Axes, counts: Sequence[int], repeats: int) -> str:
    rollout_length = {n: max(16, 256 // n) for n in counts}

    def measure(n: int) -> tuple[float, ...]:
        steps = max(6 * n * rollout_length[n], min(_STEPS, 12_000 * n))
        shape = {"num_envs": n, "rollout_length": rollout_length[n]}
        rate = running.run(_loop(steps, **shape)).env_steps
        acting = running.run(_loop(steps, **shape, learning_starts=2 * steps)).env_steps
        return rate, acting, 1 - rate / acting, rollout_length[n]

    found = running.spreads(running.repeated(counts, measure, repeats))
    for number, text, colour in ((0, "loop", BLUE), (1, "without learning", RED)):
        series = running.column(found, number)
        labels = "environments", "env steps/s"
        running.draw(panel, "environments", labels, series, text=text, colour=colour)
    rows = running.rows(found, ",.0f", ",.0f", ".0%", ".0f")
    few, many = (found[counts[i]] for i in (0, -1))
    bounds = ["learning" if figures[2].median > 0.5 else "those calls" for figures in (few, many)]
    head = (
        "environments",
        "env steps/s",
        "without learning",
        "waiting for learning",
        "rollout length",
    )
    return (
        f"### Environments\n\n{table(head, rows)}\n\n"
        "Rollouts have 16 steps, or as many as make 256 over all environments. Without learning an "
        f"environment step takes {1e6 / few[1].median:.0f} µs with {counts[0]} environment and "
        f"{1e6 / many[1].median:.1f} µs with {counts[-1]:,}: a step of all of them is the same few "
        "dozen NumPy calls, however many they are. Beside them waiting for the learner takes "
        f"{few[2].median:.0%} and {many[2].median:.0%} of the time: a loop with {counts[0]} is "
        f"bound by {bounds[0]}, one with {counts[-1]:,} by {bounds[1]}."
    )


def _updates(panel: Axes, name: str, values: Sequence[int], repeats: int, blas: float) -> str:
    """Updates of a learner alone, and of a loop with one for each environment step."""
    keys: dict[int, dict[str, Any]] = {
        n: {"hidden_sizes": (n, n)} if name == "units" else {"batch_size": n} for n in values
    }
    gflop = {n: running.gflop(_loop(1, **keys[n])) for n in values}
    learners = {n: running.bare_learner(_loop(1, **keys[n])) for n in values}

    def measure(n: int) -> tuple[float, ...]:
        alone = learners[n]()
        steps = max(3 * 64 * 4, int(2.5 * alone))
        loop = running.run(_loop(steps, rollout_length=4, env_steps_per_update=1, **keys[n]))
        return alone, loop.updates, loop.updates / alone, gflop[n] * alone

    found = running.spreads(running.repeated(values, measure, repeats))
    for number, text, colour in ((0, "learner alone", BLUE), (1, "loop", RED)):
        series = running.column(found, number)
        title = "one update per environment step"
        running.draw(panel, title, (name, "updates/s"), series, text=text, colour=colour)
    rows = running.rows(found, ",.0f", ",.0f", ".0%", ".0f")
    small, large = found[values[0]], found[values[-1]]
    head = name, "updates/s alone", "in the loop", "loop / alone", "GFLOP/s alone"
    return (
        f"{table(head, rows)}\n\n"
        f"From {values[0]} to {values[-1]:,} {name} the arithmetic of an update grows "
        f"{gflop[values[-1]] / gflop[values[0]]:.0f}-fold and its time "
        f"{small[0].median / large[0].median:.0f}-fold: from {small[3].median / blas:.0%} to "
        f"{large[3].median / blas:.0%} of the {blas:.0f} GFLOP/s that one thread makes of large "
        "products in NumPy. The nearer to all of it, the more the core's arithmetic bounds an "
        "update, and the less the fixed cost of its operations and the passes over the weights. "
        f"Acting and sampling leave the loop {small[2].median:.0%} of the learner's rate at "
        f"{values[0]} {name} and {large[2].median:.0%} at {values[-1]:,}."
    )


def _workers(panel: Axes, counts: Sequence[int], repeats: int) -> str:
    alone = running.bare_learner(_loop(1))

    def measure(workers: int) -> tuple[float, ...]:
        done = running.run(_loop(_STEPS, workers=workers))
        return done.env_steps, 1e3 * statistics.mean(done.iterations), done.updates / alone()

    with connected(None):  # stands before the runs: none of them begins in this process
        found = running.spreads(running.repeated(counts, measure, repeats))
    rates = running.column(found, 0)
    running.draw(panel, "workers", ("workers", "env steps/s"), rates, log="")
    rows = running.rows(found, ",.0f", ".1f", ".0%")
    best = max(counts[1:], key=lambda n: rates[n].median)
    learning = found[0][2].median
    return (
        f"### Workers\n\n"
        f"{table(('workers', 'env steps/s', 'iteration, ms', 'time learning'), rows)}\n\n"
        f"{learning:.0%} of an iteration without workers is learning, which stays in the driver: "
        f"were acting free, the loop would be {1 / learning:.2f} times as fast. With {best} "
        f"worker{'s' * (best > 1)}, the best number here, it is "
        f"{rates[best].median / rates[0].median:.2f} times as fast: "
        "what is missing are Ray's calls, the merging of rollouts, and workers that share "
        f"{os.cpu_count()} cores with the learner. `benchmarks.workers` has an environment that "
        "costs enough to be worth them."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost as work grows.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="the small ends only")
    given = parser.parse_args()
    cut = (3, 6, 3, 4, 3) if given.quick else (None,) * 5
    scales = (_REPLAY, _NUM_ENVS, _UNITS, _BATCH, _WORKERS)
    replay, num_envs, units, batch, workers = (s[:n] for s, n in zip(scales, cut, strict=True))
    running.prepare(_loop(1))
    figure, axes = panels(2, 3, size=(4.6, 3.4))
    top, bottom = axes
    blas = running.blas_gflops()
    parts = [
        "DQN on CartPole-v1, one factor varied at a time: network 120-84, batch 128, one update "
        f"for every {_PER_UPDATE} environment steps, replay of 10,000 rows, 64 environments, no "
        "workers, no evaluations, random actions. Medians, and ranges in brackets.\n\n"
        "![Cost over each factor](plots/scaling.png)",
        _replay(top[:2], replay, given.repeats),
        _environments(top[2], num_envs, given.repeats),
        "### Units of each hidden layer\n\n"
        + _updates(bottom[0], "units", units, given.repeats, blas),
        "### Rows of a batch\n\n" + _updates(bottom[1], "batch rows", batch, given.repeats, blas),
        _workers(bottom[2], workers, given.repeats),
    ]
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / "scaling.png", dpi=110)
    section("scaling", "Cost as work grows", "\n\n".join(parts))


if __name__ == "__main__":
    main()

"""What DQN on CartPole-v1 costs as work grows: replay, streams, network, batch and workers.

    python -m benchmarks.scaling [--repeats 3] [--quick]

One factor at a time; the others stay at a network of 120-84, batches of 128, one update for every
10 environment steps, a replay of 10,000 rows, 64 streams, no workers, no evaluations.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from threadpoolctl import threadpool_limits

from agents.replay import ReplayBuffer
from benchmarks.results import PLOTS, section, table
from benchmarks.running import Spread, bare_learner, forget_peak, in_turn, peak_mb, prepare
from benchmarks.running import random_rollout as rows_of
from benchmarks.running import run
from launch import catalog, checkpoints
from launch.acting import learners
from launch.cluster import connected
from launch.configs import TrainingConfig
from supervised.figures import BLUE, RED, label, panels

_REPLAY = (10_000, 100_000, 1_000_000, 10_000_000)  # rows
_STREAMS = (1, 4, 16, 64, 256, 1024, 4096)
_UNITS = (64, 128, 256, 512, 1024)
_BATCH = (20, 64, 128, 256, 512, 1024)
_WORKERS = (0, 1, 2, 4)
_PER_UPDATE = 10  # environment steps
_STEPS = 80_000  # of a run, some two seconds
_CHUNK = 100_000  # rows put into a replay at once


def _loop(
    env_steps: int, *, streams: int = 64, round_steps: int = 16, workers: int = 0, **agent: Any
) -> TrainingConfig:
    """The loop that is measured; `agent` overrides its settings."""
    base = catalog.get("dqn_cartpole").config
    assert isinstance(base, TrainingConfig)
    settings = {
        "hidden_sizes": (120, 84),
        "batch_size": 128,
        "replay_capacity": 10_000,
        "env_steps_per_update": _PER_UPDATE,
        "learning_starts": 0,
        "learning_rate": 2.5e-4,
    }
    return replace(
        base,
        agent=replace(base.agent, **{**settings, **agent}),
        env_steps=env_steps,
        streams=streams,
        round_steps=round_steps,
        placement=replace(base.placement, workers=workers),
    )


def _replay(axes: Sequence[Axes], sizes: Sequence[int], repeats: int) -> str:
    config = _loop(_STEPS)

    def measure(size: int) -> tuple[float, ...]:
        rollout = rows_of(config, min(size, _CHUNK))
        buffer = ReplayBuffer(size, np.random.default_rng(0))
        for _ in range(size // rollout.env_steps):
            buffer.add(rollout.transitions(0.99))
        buffer.sample(64, 128)
        began = time.perf_counter()
        for _ in range(20):
            buffer.sample(64, 128)
        sampling = (time.perf_counter() - began) / (20 * 64) * 1e6
        state = buffer.get_state()
        megabytes = sum(column.nbytes for column in state["columns"].values()) / 1e6
        with tempfile.TemporaryDirectory(dir=os.getcwd()) as place:  # /tmp may be memory
            began = time.perf_counter()
            origin = checkpoints.Origin(run={}, versions={})
            path = checkpoints.save(
                Path(place) / "checkpoints", 0, {"replay": state}, keep=1, origin=origin
            )
            saving = time.perf_counter() - began
            written = sum(file.stat().st_size for file in path.iterdir()) / 1e6
        del state, buffer
        # A learner that starts late is filled by learning: nothing is due until the replay is full.
        full = _loop(_STEPS, replay_capacity=size, learning_starts=size)
        learner = learners.make(full)
        for _ in range(size // rollout.env_steps):
            learner.learn(rollout)
        forget_peak()
        done = run(full, learner=learner)
        return done.env_steps, done.updates, sampling, megabytes, peak_mb(), saving, written

    found = in_turn(sizes, measure, repeats)
    _line(axes[0], "full replay", "rows", "env steps/s", {n: f[0] for n, f in found.items()})
    _line(axes[1], "checkpoint of it", "rows", "s", {n: f[5] for n, f in found.items()}, log_y=True)
    head = ("rows", "env steps/s", "sampling, µs a batch", "MB", "peak MB of the process")
    rows = [
        (f"{n:,}", f"{f[0]:,.0f}", f"{f[2]:.1f}", f"{f[3].median:,.1f}", f"{f[4].median:,.0f}")
        + (f"{f[5]:.3f}", f"{f[6].median:,.1f}")
        for n, f in found.items()
    ]
    least, most = found[sizes[0]], found[sizes[-1]]
    shares = [f[1].median * f[2].median / 1e6 for f in (least, most)]
    return _part(
        "Rows in the replay",
        table((*head, "checkpoint, s", "checkpoint, MB"), rows),
        f"Drawing a batch takes {most[2].median / least[2].median:.1f} times as long from "
        f"{sizes[-1]:,} rows as from {sizes[0]:,}, because they leave the CPU's caches, but that is "
        f"{shares[1]:.0%} of the loop's time after {shares[0]:.0%}: the loop keeps "
        f"{most[0].median / least[0].median:.0%} of its rate. What bounds the size is memory, "
        f"{most[3].median * 1e6 / sizes[-1]:.0f} bytes a row, and the disk: a checkpoint of "
        f"{sizes[-1]:,} rows is written at {most[6].median / most[5].median:,.0f} MB/s.",
    )


def _streams(panel: Axes, counts: Sequence[int], repeats: int, alone: float) -> str:
    def measure(streams: int) -> tuple[float, ...]:
        round_steps = max(16, 256 // streams)
        steps = max(6 * streams * round_steps, min(_STEPS, 12_000 * streams))
        done = run(_loop(steps, streams=streams, round_steps=round_steps))
        return done.env_steps, done.updates / alone

    found = in_turn(counts, measure, repeats)
    _line(panel, "streams", "streams", "env steps/s", {n: f[0] for n, f in found.items()}, log_y=True)
    rows, rest = [], {}
    for n, (rate, learning) in found.items():
        rest[n] = (1 - learning.median) / rate.median * 1e6
        figures = (f"{max(16, 256 // n)}", f"{rate:,.0f}", f"{learning.median:.0%}")
        rows.append((f"{n:,}", *figures, f"{rest[n]:.1f}"))
    few, many = counts[0], counts[-1]
    return _part(
        "Streams",
        table(("streams", "steps of a round", "env steps/s", "learning", "the rest, µs a step"), rows)
        + "\n\nRounds are of 16 steps, or as many as make 256 over all streams; \"learning\" is the "
        "share of the time that the bare learner takes for the same updates.",
        f"All but learning takes {rest[few]:.0f} µs an environment step with {few} stream and "
        f"{rest[many]:.1f} µs with {many:,}: a step of all streams is the same few dozen NumPy calls, "
        f"however many they are. So {few} stream is bound by {_bound(found[few][1])}, {many:,} by "
        f"{_bound(found[many][1])}, whose {1e6 / alone:.0f} µs an update allow "
        f"{_PER_UPDATE * alone:,.0f} env steps/s.",
    )


def _bound(learning: Spread) -> str:
    return "learning" if learning.median > 0.5 else "those calls"


def _updates(
    panel: Axes, name: str, values: Sequence[int], repeats: int, blas: float, verdict: str
) -> str:
    """Updates per second by a setting of the agent: the learner alone, and one per step of a loop."""

    def settings(value: int) -> dict[str, Any]:
        return {"hidden_sizes": (value, value)} if name == "units" else {"batch_size": value}

    measuring = {value: bare_learner(_loop(1, **settings(value))) for value in values}

    def measure(value: int) -> tuple[float, ...]:
        alone = measuring[value]()
        steps = max(3 * 64 * 4, int(2.5 * alone))
        loop = run(_loop(steps, round_steps=4, env_steps_per_update=1, **settings(value)))
        return alone, loop.updates, _flops(_loop(1, **settings(value))) * alone / 1e9

    found = in_turn(values, measure, repeats)
    for column, text, colour in ((0, "learner alone", BLUE), (1, "loop, one per step", RED)):
        series = {n: f[column] for n, f in found.items()}
        _line(panel, name, name, "updates/s", series, log_y=True, text=text, colour=colour)
    head = (name, "updates/s alone", "updates/s in the loop", "loop / alone", "GFLOP/s alone")
    rows = [
        (f"{n:,}", f"{a:,.0f}", f"{b:,.0f}", f"{b.median / a.median:.0%}", f"{g.median:.1f}")
        for n, (a, b, g) in found.items()
    ]
    (small, least), (large, most) = (list(found.items())[i] for i in (0, -1))
    work = _flops(_loop(1, **settings(large))) / _flops(_loop(1, **settings(small)))
    return _part(
        name.capitalize() + verdict,
        table(head, rows),
        f"From {small} to {large:,} the arithmetic of an update grows {work:,.0f}-fold and its time "
        f"{least[0].median / most[0].median:,.0f}-fold: {least[2].median / blas:.0%} and "
        f"{most[2].median / blas:.0%} of the {blas:.0f} GFLOP/s that one thread of NumPy's BLAS "
        "reaches on large matrices. The nearer to all of it, the more the core's arithmetic is what "
        "bounds an update; the rest is what each of its operations and passes over the weights "
        "costs. Acting and sampling leave the loop "
        f"{least[1].median / least[0].median:.0%} of the learner's rate at {small} and "
        f"{most[1].median / most[0].median:.0%} at {large:,}.",
    )


def _flops(config: TrainingConfig) -> float:
    """Of an update: three passes forward, as Double DQN takes, and backward about two more."""
    agent: Any = config.agent
    sizes = (4, *agent.hidden_sizes, 2)
    products = sum(a * b for a, b in zip(sizes, sizes[1:], strict=False))
    return 5 * 2 * products * agent.batch_size

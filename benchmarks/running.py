"""What benchmarks of whole runs share: a run in this process, a bare learner, their figures."""

import gc
import importlib
import itertools
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch

import numpy as np
from matplotlib.axes import Axes
from threadpoolctl import threadpool_limits

from agents.agent import Learner
from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.storage import Storage
from agents.rollout import Rollout
from common.backend import prepare_tensorflow
from envs import registry
from launch.config.execution import OutputConfig
from launch.config.training import TrainingConfig
from launch.jobs.rl import execution
from launch.run_folder import result
from launch.run_folder.names import METRICS
from supervised.core.plots import BLUE, label
from training import learners
from training.evaluate import EvaluationConfig

Variant = TypeVar("Variant")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A run after its warm-up.

    Attributes:
        env_steps: Environment steps per second.
        updates: Updates per second.
        iterations: Wall seconds of each iteration.
        result: What the run wrote into result.json.
    """

    env_steps: float
    updates: float
    iterations: tuple[float, ...]
    result: Mapping[str, Any]


class Spread(NamedTuple):
    """Median and range of repeated measurements; a format spec is applied to each."""

    median: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        median, low, high = (format(value, spec) for value in self)
        return median if low == high else f"{median} ({low}-{high})"


def prepare(config: TrainingConfig) -> None:
    """Imports at once what the first run would import beside its first iterations."""
    prepare_tensorflow(config.learner_threads, hide_gpus=True)
    for name in ("keras", "launch.reports.curves"):  # see launch/jobs/rl/import_ahead.py
        importlib.import_module(name)


def run(
    config: TrainingConfig, *, warm_up: float = 0.3, learner: Learner | None = None
) -> Measured:
    """Runs a config without evaluations and measures it between the iterations' own records.

    Args:
        config: What to run.
        warm_up: Share of the environment steps before the clock starts, such as XLA's compilation.
        learner: Learns instead of a fresh one, so that a run can begin with a full replay.
    """
    given: AbstractContextManager[Any] = nullcontext()
    if learner:
        given = patch.object(learners, "make", lambda *_, **options: learner)
    with tempfile.TemporaryDirectory() as place, given:
        config = replace(
            config,
            solved_at=None,
            evaluation=EvaluationConfig(every_env_steps=0, final_episodes=1),
            output=OutputConfig(run_dir=Path(place) / "run"),
        )
        folder, _ = execution.train("dqn", config, ["benchmark"])
        lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
        ended = result.read(folder)
    # Without the last round: it has no next one that is played meanwhile.
    records = [line for line in lines if line["kind"] == "iteration"][:-1]
    warm = next(i for i, r in enumerate(records) if r["env_steps"] >= warm_up * config.env_steps)
    clock = [record["training_seconds"] for record in records[warm:]]
    first, last = records[warm], records[-1]
    return Measured(
        env_steps=(last["env_steps"] - first["env_steps"]) / (clock[-1] - clock[0]),
        updates=(last["updates"] - first["updates"]) / (clock[-1] - clock[0]),
        iterations=tuple(np.diff(clock).tolist()),
        result=ended,
    )


def fresh_learner(config: TrainingConfig) -> Learner:
    """The learner of a run, before it has learned anything."""
    return learners.make(config.agent, config.env, seed=config.seed, env_steps=config.env_steps)


def random_rows(observations: Sequence[int], rows: int) -> Rollout:
    """Random rows of one environment, all terminal.

    On noise seen again and again, bootstrapped values could grow without end.

    Args:
        observations: Their shape.
        rows: How many.
    """
    rollout = _random_rollout(np.random.default_rng(0), observations, (rows, 1))
    return replace(rollout, terminated_t=np.ones((rows, 1), np.bool_))


def random_episodes(
    observations: Sequence[int], rows: int, num_envs: int, length: int, *, seed: int = 0
) -> Iterator[Rollout]:
    """Rollouts of an episode in each environment, one after the other.

    Args:
        observations: Their shape.
        rows: Of all rollouts, as near to it as whole steps of all environments come.
        num_envs: How many there are.
        length: Steps of an episode; the last one may be shorter.
        seed: Of everything random.
    """
    rng, steps = np.random.default_rng(seed), rows // num_envs
    for done in range(0, steps, length):
        rollout = _random_rollout(rng, observations, (min(length, steps - done), num_envs))
        rollout.terminated_t[-1] = True
        yield rollout


def _random_rollout(
    rng: np.random.Generator, observations: Sequence[int], shape: tuple[int, int]
) -> Rollout:
    """[T, B] steps in which no episode ends."""
    steps, num_envs = shape
    s = rng.normal(size=(steps + 1, num_envs, *observations)).astype(np.float32)
    return Rollout(
        s_tm1=s[:-1],
        a_tm1=rng.integers(0, 2, shape).astype(np.int32),
        r_t=rng.normal(size=shape),
        terminated_t=np.zeros(shape, np.bool_),
        truncated_t=np.zeros(shape, np.bool_),
        s_t=s[1:],
        dropped_t=np.zeros(shape, np.bool_),
    )


def replay(capacity: int, discount: float = 0.99) -> Replay:
    """An empty replay of single transitions, each as likely as the other, as DQN's is."""
    return Replay(NStep(1, discount), Storage(capacity), Uniform(np.random.default_rng(0)))


def arrays(state: Any) -> Iterator[np.ndarray]:
    """The arrays in nested dictionaries and lists, such as `get_state` gives."""
    if isinstance(state, np.ndarray):
        yield state
    elif isinstance(state, Mapping | list):
        for part in state.values() if isinstance(state, Mapping) else state:
            yield from arrays(part)


def bare_learner(config: TrainingConfig, seconds: float = 1.0) -> Callable[[], float]:
    """What measures the learner's updates per second on batches drawn beforehand.

    Args:
        config: Whose learner.
        seconds: That a measurement takes, roughly.
    """
    agent: Any = replace(config.agent, learning_starts=0, env_steps_per_update=1)  # pyright: ignore
    learner = fresh_learner(replace(config, agent=agent))
    shape = _shape(config)
    rows = replay(agent.batch_size, agent.discount)
    rows.add(random_rows(shape, agent.batch_size))
    drawn = rows.sample(agent.updates_per_call, agent.batch_size)

    def timed(calls: int) -> float:
        rollout = random_rows(shape, calls * agent.updates_per_call)  # owes as many updates
        with patch.object(Replay, "sample", lambda *_: drawn):
            began = time.perf_counter()
            learner.learn(rollout)
            return time.perf_counter() - began

    timed(1)  # compiles
    calls = max(1, round(seconds / timed(1)))
    return lambda: calls * agent.updates_per_call / timed(calls)


def repeated(
    variants: Iterable[Variant], measure: Callable[[Variant], tuple[float, ...]], repeats: int
) -> dict[Variant, list[tuple[float, ...]]]:
    """Figures by variant and repeat; variants in turn, so that a busy machine hits all alike."""
    found: dict[Variant, list[tuple[float, ...]]] = {variant: [] for variant in variants}
    for _ in range(repeats):
        for variant, rows in found.items():
            rows.append(measure(variant))
    return found


def spreads(
    found: Mapping[Variant, Sequence[tuple[float, ...]]],
) -> dict[Variant, tuple[Spread, ...]]:
    """Each figure of each variant over its repeats."""
    return {
        variant: tuple(spread(values) for values in zip(*rows, strict=True))
        for variant, rows in found.items()
    }


def spread(values: Sequence[float]) -> Spread:
    """Median and range."""
    return Spread(statistics.median(values), min(values), max(values))


def column(found: Mapping[Variant, Sequence[Spread]], number: int) -> dict[Variant, Spread]:
    """One figure of each variant."""
    return {variant: figures[number] for variant, figures in found.items()}


def rows(found: Mapping[Any, Sequence[Spread]], *specs: str) -> list[tuple[str, ...]]:
    """Rows of a table: each variant, and its first figures by a format spec each."""
    return [
        (
            f"{variant:,}",
            *(format(figure, spec) for figure, spec in zip(figures, specs, strict=False)),
        )
        for variant, figures in found.items()
    ]


def filled(config: TrainingConfig) -> Learner:
    """A learner whose replay is full; its config says that learning starts after that.

    It is as full as it can be after whole steps of all environments.
    """
    agent: Any = config.agent
    assert agent.learning_starts == agent.replay_capacity, "no update may be due while it is filled"
    learner, shape = fresh_learner(config), _shape(config)
    # About as short as with random actions: of each episode one observation more is kept.
    for rollout in random_episodes(shape, agent.replay_capacity, config.num_envs, length=20):
        learner.learn(rollout)
    return learner


def _shape(config: TrainingConfig) -> tuple[int, ...]:
    """Of an observation."""
    return registry.spaces(config.env)[0].shape or ()


def gflop(config: TrainingConfig) -> float:
    """Of an update: three passes forward, as Double DQN takes, and backward about two more."""
    agent: Any = config.agent
    observations, actions = registry.spaces(config.env)
    sizes = [math.prod(observations.shape or ()), *agent.hidden_sizes, int(actions.n)]
    products = sum(a * b for a, b in itertools.pairwise(sizes))
    return 5 * 2 * products * agent.batch_size / 1e9


def blas_gflops() -> float:
    """What one thread of NumPy's BLAS makes of a product of two large matrices, in GFLOP/s."""
    size = 1024
    matrix = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    seconds = []
    with threadpool_limits(1, user_api="blas"):
        for _ in range(20):
            began = time.perf_counter()
            np.matmul(matrix, matrix)
            seconds.append(time.perf_counter() - began)
    return 2 * size**3 / statistics.median(seconds) / 1e9


def draw(
    panel: Axes,
    title: str,
    axes: tuple[str, str],
    found: Mapping[int, Spread],
    *,
    text: str = "",
    colour: str = BLUE,
    log: str = "xy",
) -> None:
    """Medians and ranges over a factor.

    Args:
        panel: Where.
        title: Above it.
        axes: What they are, with units.
        found: The figure for each value of the factor.
        text: What the line is, where there are several.
        colour: Of the line.
        log: Which axes are logarithmic; a linear y starts at 0.
    """
    medians = [spread.median for spread in found.values()]
    below = [spread.median - spread.low for spread in found.values()]
    above = [spread.high - spread.median for spread in found.values()]
    panel.errorbar(list(found), medians, [below, above], fmt="o-", color=colour, label=text)
    panel.set_xscale("log" if "x" in log else "linear")
    panel.set_xticks(list(found), [f"{value:,}" for value in found], fontsize=8)
    panel.set_xticks([], minor=True)
    if "y" in log:
        panel.set_yscale("log")
    else:
        panel.set_ylim(bottom=0)
    label(panel, title, *axes, legend=bool(text))


def forget_peak() -> None:
    """Has the kernel forget how much memory this process held before."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")

"""Where DQN's speed on CartPole comes from: fused updates, and acting beside learning.

Prints two tables from one run: updates per second of the bare learner by updates per compiled call,
against Keras' own `train_on_batch` of the same network and batch; and environment steps per second
of whole runs by number of workers. Variants are measured in turn, repeatedly, and medians given.

    make bench
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.agent import make_learner
from agents.networks import q_network
from agents.transitions import Rollout
from envs import registry
from launch import catalog, run_folder
from launch.acting import runs
from launch.backend import prepare_tensorflow
from launch.configs import OutputConfig, TrainingConfig

_REPEATS = 7
_UPDATES = 512  # per measurement
_RUN_STEPS = 30_000


def main() -> None:
    config = catalog.get("dqn_cartpole").config
    prepare_tensorflow(config.learner_threads, hide_gpus=True)
    console = Console()
    console.print(_learner_table(config))
    console.print(_run_table(config))


def _learner_table(config: TrainingConfig) -> Table:
    variants: dict[str, Callable[[], None]] = {"Keras train_on_batch": _keras(config)}
    for updates in (1, 8, 64):
        for xla in (False, True):
            name = f"{updates} per call, {'XLA' if xla else 'graph'}"
            variants[name] = _fused(config, updates, xla)
    rates = _in_turn(variants, _UPDATES)
    table = Table(title=f"updates/s, batch {config.agent.batch_size}, one CPU thread")
    table.add_column("variant")
    for column in ("median", "min", "max", "x Keras"):
        table.add_column(column, justify="right")
    keras = statistics.median(rates["Keras train_on_batch"])
    for name, values in rates.items():
        median = statistics.median(values)
        figures = (median, min(values), max(values))
        table.add_row(name, *(f"{value:,.0f}" for value in figures), f"{median / keras:.1f}")
    return table


def _in_turn(variants: dict[str, Callable[[], None]], count: int) -> dict[str, list[float]]:
    """Rates of each variant after a call that compiles; in turn, so that drift hits all alike."""
    for run in variants.values():
        run()
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(_REPEATS):
        for name, run in variants.items():
            began = time.perf_counter()
            run()
            rates[name].append(count / (time.perf_counter() - began))
    return rates


def _rollout(steps: int) -> Rollout:
    rng = np.random.default_rng(0)
    shape = (steps, 1)
    return Rollout(
        s_tm1=rng.normal(size=(*shape, 4)).astype(np.float32),
        a_tm1=rng.integers(0, 2, shape).astype(np.int32),
        r_t=np.ones(shape),
        terminated_t=rng.random(shape) < 0.05,
        truncated_t=np.zeros(shape, np.bool_),
        s_t=rng.normal(size=(*shape, 4)).astype(np.float32),
        dropped_t=np.zeros(shape, np.bool_),
    )


def _fused(config: TrainingConfig, updates: int, xla: bool) -> Callable[[], None]:
    """Our learner, sampling included: one rollout of N steps owes N updates."""
    agent = replace(
        config.agent,
        learning_starts=0,
        env_steps_per_update=1,
        updates_per_call=updates,
        compile_xla=xla,
    )
    learner = make_learner(
        agent,
        *registry.spaces(config.env),
        network_seed=0,
        replay_rng=np.random.default_rng(0),
    )
    rollout = _rollout(_UPDATES)
    return lambda: (learner.learn(rollout), None)[1]


def _keras(config: TrainingConfig) -> Callable[[], None]:
    """The plain Keras way: regression to targets computed outside, one call per update."""
    import keras

    model = q_network(
        *(registry.spaces(config.env)[0], 2),
        hidden_sizes=config.agent.hidden_sizes,
        dueling=False,
        seed=0,
    )
    model.compile(keras.optimizers.Adam(config.agent.learning_rate), "mse")
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(config.agent.batch_size, 4)).astype(np.float32)
    target = rng.normal(size=(config.agent.batch_size, 2)).astype(np.float32)

    def run() -> None:
        for _ in range(_UPDATES):
            model.train_on_batch(batch, target)

    return run


def _run_table(config: TrainingConfig) -> Table:
    table = Table(title=f"dqn_cartpole, {_RUN_STEPS:,} env steps, one update per 4: env steps/s")
    for column in ("workers", "median", "min", "max", "seconds from start to end"):
        table.add_column(column, justify="right")
    rates: dict[int, list[float]] = {workers: [] for workers in (0, 1, 2, 4)}
    walls: dict[int, list[float]] = {workers: [] for workers in rates}
    with tempfile.TemporaryDirectory() as folder:
        for repeat in range(3):
            for workers in rates:
                result = _run(config, workers, Path(folder) / f"{workers}-{repeat}")
                rates[workers].append(result["steps_per_second"])
                walls[workers].append(result["wall_seconds"])
    for workers, values in rates.items():
        figures = (statistics.median(values), min(values), max(values))
        wall = statistics.median(walls[workers])
        table.add_row(str(workers), *(f"{value:,.0f}" for value in figures), f"{wall:.1f}")
    return table


def _run(config: TrainingConfig, workers: int, folder: Path) -> dict:
    config = replace(
        config,
        env_steps=_RUN_STEPS,
        placement=replace(config.placement, workers=workers),
        output=OutputConfig(run_dir=folder),
    )
    return run_folder.read_result(runs.train("dqn_cartpole", config, ["benchmark"]))


if __name__ == "__main__":
    main()

"""Our side of the race: the task of benchmarks/rivals, run as any run is, and its JSON line.

    python -m benchmarks.ours --env-steps-per-update 1      a training run, without evaluations
    python -m benchmarks.ours --bare --updates-per-call 64  nothing but compiled updates

The same network, batch, replay, Adam, discount, exploration and number of updates per environment
step as the rivals, the plain target of Mnih et al. What differs: 64 environments act side by side,
under one set of weights for 1,024 updates at T1 (16 steps of each) and for 410 at T10 (64 steps of
each), and updates happen in groups of 64; the loss is half the square as in CleanRL, without
clipping.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from agents.dqn.config import DQN
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from benchmarks.rivals import measuring
from common.backend import prepare_tensorflow
from envs.cartpole import CartPoleVectorEnv
from launch.config.execution import OutputConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.jobs.rl import execution
from training import learners
from training.callbacks import Callback
from training.evaluate import EvaluationConfig
from training.loop import Training
from training.pipeline import Iteration

NUM_ENVS = 64
_ROLLOUT_LENGTH = {1: 16, 10: 64}  # by environment steps per update
_BARE_CALLS = 40
WORKERS = ("--workers", {"type": int, "default": 0, "help": "Ray actors that act"})


def config(steps: int, env_steps_per_update: int, updates_per_call: int = 64) -> TrainingConfig:
    """The rivals' task in our terms."""
    base = catalog.get("dqn_cartpole").config
    assert isinstance(base, TrainingConfig)
    agent = DQN(  # not the catalog's: what the rivals do stays, whatever dqn_cartpole does
        loss="squared",
        max_gradient_norm=0.0,
        bound_targets=False,
        learning_rate_schedule=LearningRateSchedule(),
        average=WeightAverage(),
        hidden_sizes=measuring.HIDDEN_SIZES,
        double=False,
        learning_rate=measuring.LEARNING_RATE,
        discount=measuring.DISCOUNT,
        batch_size=measuring.BATCH_SIZE,
        replay_capacity=measuring.REPLAY_CAPACITY,
        learning_starts=measuring.LEARNING_STARTS,
        env_steps_per_update=env_steps_per_update,
        updates_per_call=updates_per_call,
        target="hard",
        target_period=measuring.TARGET_PERIOD // env_steps_per_update,
        epsilon=EpsilonSchedule(
            start=measuring.FIRST_EPSILON,
            end=measuring.LAST_EPSILON,
            decay_steps=int(measuring.EXPLORATION_FRACTION * steps),
        ),
    )
    return replace(
        base,
        agent=agent,
        env_steps=steps,
        num_envs=NUM_ENVS,
        rollout_length=_ROLLOUT_LENGTH[env_steps_per_update],
        solved_at=None,
        evaluation=EvaluationConfig(every_env_steps=0, final_episodes=1),
    )


class _Marks(Callback):
    """Tells the clock of every iteration."""

    def __init__(self, clock: measuring.Clock):
        self._clock = clock

    def on_iteration(self, training: Training, done: Iteration) -> None:
        self._clock.mark(done.env_steps, done.updates)


def train(given: argparse.Namespace) -> None:
    """A whole run, from whose iterations the clock is told."""
    clock = measuring.Clock(given)
    step = CartPoleVectorEnv.step

    def first_step(self: CartPoleVectorEnv, *arguments: Any) -> Any:
        CartPoleVectorEnv.step = step
        found = step(self, *arguments)
        clock.first_step_seconds = measuring.seconds_since_process_start()
        return found

    CartPoleVectorEnv.step = first_step
    measure("dqn_cartpole", config(given.steps, given.env_steps_per_update), clock)


def measure(experiment: str, wanted: TrainingConfig, clock: measuring.Clock) -> None:
    """A run with the workers and the seed of the command line, and the line that the clock says."""
    given = clock.given
    with tempfile.TemporaryDirectory() as folder, _cluster(given.workers):
        place = replace(wanted.placement, workers=given.workers)
        output = OutputConfig(run_dir=Path(folder) / "run")
        wanted = replace(wanted, seed=given.seed, placement=place, output=output)
        execution.train(experiment, wanted, ["benchmark"], callbacks=[_Marks(clock)])
    clock.report(f"Actorlab, {given.workers} workers", version("actorlab"))


def _cluster(workers: int) -> Any:
    """Ray, up before the run, so that its workers act from the first step on."""
    if not workers:
        return nullcontext()
    from launch.cluster.connection import connected

    return connected(None)


def bare(given: argparse.Namespace) -> None:
    """The compiled updates of the run on batches drawn beforehand, over and over."""
    wanted = config(given.steps, given.env_steps_per_update, given.updates_per_call)
    prepare_tensorflow(wanted.learner_threads, hide_gpus=True)
    import tensorflow as tf

    learner: Any = learners.make(
        wanted.agent, wanted.env, seed=wanted.seed, env_steps=wanted.env_steps
    )
    columns = _columns(np.random.default_rng(0), given.updates_per_call)
    tensors = [tf.constant(column) for column in columns]
    scheduled = (*learner._scheduled(), np.zeros(2, np.float32))
    state, rates = learner._state, []
    for _ in range(_BARE_CALLS):
        began = time.perf_counter()
        for _ in range(max(1, 64 // given.updates_per_call)):
            state, *figures = learner._compiled(state, *scheduled, *tensors)
        figures[-1].numpy()  # waits for it
        seconds = time.perf_counter() - began
        rates.append(max(64, given.updates_per_call) / seconds)
    name = f"TensorFlow XLA, {given.updates_per_call} per call"
    print(json.dumps({"name": name, "updates_per_second": statistics.median(rates[5:])}))


def _columns(rng: np.random.Generator, updates: int) -> tuple[np.ndarray, ...]:
    """Random batches: s_tm1, a_tm1, r_t, discount_t and s_t."""
    shape = (updates, measuring.BATCH_SIZE)
    return (
        rng.normal(size=(*shape, 4)).astype(np.float32),
        rng.integers(0, 2, shape).astype(np.int32),
        np.ones(shape, np.float32),
        np.full(shape, measuring.DISCOUNT, np.float32),
        rng.normal(size=(*shape, 4)).astype(np.float32),
    )


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given = measuring.arguments(
        __doc__,
        WORKERS,
        ("--bare", {"action": "store_true", "help": "compiled updates alone"}),
        ("--updates-per-call", {"type": int, "default": 64, "help": "with --bare"}),
    )
    bare(given) if given.bare else train(given)


if __name__ == "__main__":
    main()

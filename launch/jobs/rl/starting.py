"""The start of a run: Ray and TensorFlow take seconds each, and are started at the same time."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from agents.agent import Learner
from common import optional
from common.backend import prepare_tensorflow, uncollected
from common.errors import UsageError
from envs import registry
from launch.config.execution import PlacementConfig
from launch.config.training import TrainingConfig
from launch.jobs.rl.head_start import HeadStart
from launch.terminal.interrupts import Interrupts
from training import learners
from training.pool import LocalPool, Pool
from training.rollout_config import RolloutConfig
from training.unroll import Positions

if TYPE_CHECKING:  # Ray
    from launch.jobs.rl.ray_pool import RayPool

MakePool = Callable[[Positions | None, Callable[[], Positions]], Pool]
"""Makes the pool. Its arguments are the positions of the environments (None starts their first
episodes), and a function that gives the positions after the rollouts recorded so far."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What makes a run's learner and its pool, each once it is wanted.

    Attributes:
        learner: Makes the learner.
        pool: Makes the pool.
    """

    learner: Callable[[], Learner]
    pool: MakePool


@contextmanager
def ready(
    rollout_config: RolloutConfig,
    config: TrainingConfig,
    interrupted: Interrupts,
    announce: Callable[[str], None],
) -> Iterator[Parts]:
    """Starts TensorFlow and Ray, and gives what makes the run's learner and pool.

    TensorFlow's import takes as long as Ray's start, so it runs beside it.

    Args:
        rollout_config: The agent and the environments.
        config: The run's config.
        interrupted: Whether somebody asked for an end.
        announce: Is told what is being started.

    Raises:
        UsageError: The agent needs TensorFlow, and it is not installed.
        KeyboardInterrupt: It was asked for meanwhile. A Ray that is interrupted in its own start
            leaves processes behind, so it comes to an end first.
    """
    placement = config.placement
    importing: threading.Thread | None = None
    if rollout_config.agent.needs_tensorflow:
        optional.check("tensorflow")
    if rollout_config.agent.needs_tensorflow and not (placement.learner_gpus and placement.workers):
        options = {"hide_gpus": not placement.learner_gpus}
        importing = threading.Thread(
            target=prepare_tensorflow, args=(config.learner_threads,), kwargs=options, daemon=True
        )
        importing.start()

    def make_learner() -> Learner:
        if importing is not None:
            importing.join()
        return _start_learner(rollout_config, config)

    names = ["Ray"] * (placement.workers > 0) + ["TensorFlow"] * (importing is not None)
    if names:
        announce(f"starting {' and '.join(names)}")
    with _pools(rollout_config, config.placement) as make_pool:
        interrupted.listen()  # Ray has taken SIGTERM
        if interrupted():
            raise KeyboardInterrupt
        yield Parts(learner=make_learner, pool=make_pool)


def _start_learner(rollout_config: RolloutConfig, config: TrainingConfig) -> Learner:
    """The run's learner, where the config places it.

    With workers and --learner-gpus it is a Ray actor, because only Ray knows which node has a GPU;
    otherwise it lives in this process.

    Raises:
        UsageError: A GPU is asked for without Ray and TensorFlow finds none.
    """
    gpus = config.placement.learner_gpus
    if gpus and config.placement.workers:
        from launch.jobs.rl.remote_learner import RemoteLearner  # Ray

        return RemoteLearner(rollout_config, config)
    if rollout_config.agent.needs_tensorflow:
        found = prepare_tensorflow(config.learner_threads, hide_gpus=gpus == 0)
        if gpus and not found:
            raise UsageError(
                f"--learner-gpus {gpus:g}: TensorFlow finds no GPU here; leave the flag out"
            )
    return learners.make(
        rollout_config.agent,
        rollout_config.env,
        seed=rollout_config.seed,
        env_steps=config.env_steps,
    )


@contextmanager
def _pools(rollout_config: RolloutConfig, placement: PlacementConfig) -> Iterator[MakePool]:
    """Gives what makes the run's pool; a run without workers does not even import Ray.

    Raises:
        UsageError: Ray cannot be joined, or has not the GPUs that are asked for.
        RunError: Ray cannot start.
    """
    if not placement.workers:
        yield partial(LocalPool, rollout_config)
    elif _has_head_start(rollout_config, placement):
        cluster = ExitStack()
        with ThreadPoolExecutor(1) as thread:

            def make_workers(recorded_positions: Callable[[], Positions]) -> "Future[RayPool]":
                return thread.submit(
                    _workers, rollout_config, placement, cluster, recorded_positions
                )

            try:
                yield partial(HeadStart, rollout_config, make_workers)
            finally:
                # Without the thread that started it, Ray takes 15 seconds longer to end.
                thread.submit(cluster.close).result()
    else:
        with uncollected():
            from launch.cluster.capacity import check_gpus
            from launch.cluster.connection import connected
            from launch.jobs.rl.ray_pool import RayPool

        with connected(placement.address, rollout_config.modules):
            check_gpus(placement)
            yield partial(RayPool, rollout_config, placement)


def _has_head_start(rollout_config: RolloutConfig, placement: PlacementConfig) -> bool:
    """Whether a run with workers begins before Ray is there."""
    ray = sys.modules.get("ray")
    joins = (placement.address or os.environ.get("RAY_ADDRESS") or "local") != "local"
    gpus = placement.worker_gpus or placement.learner_gpus
    is_up = bool(ray and ray.is_initialized())
    wanted = placement.head_start and not joins and not gpus and not is_up
    return wanted and registry.is_trusted(rollout_config.env)


def _workers(
    rollout_config: RolloutConfig,
    placement: PlacementConfig,
    cluster: ExitStack,
    recorded_positions: Callable[[], Positions],
) -> "RayPool":
    """Starts Ray, which ends with `cluster`, and workers with all environments at the start."""
    with uncollected():
        from launch.cluster.connection import connected
        from launch.jobs.rl.ray_pool import RayPool

    cluster.enter_context(connected(placement.address, rollout_config.modules))
    pool = RayPool(rollout_config, placement, None, recorded_positions)
    pool.wait_until_ready()
    return pool

"""The streams of a run spread over workers: rounds out, rollouts back in stream order."""

import itertools
import logging
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError

from agents.policies import Weights
from agents.transitions import Rollout
from launch.cluster import PLACEMENT_SECONDS, worker_cpus
from launch.configs import TrainingConfig
from launch.errors import RunError, one_line
from launch.workers import Evaluation, Positions, RolloutWorker, evaluate_streams

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 3  # of one round by one block of streams


class Pool(Protocol):
    """Acts in all streams of a run. At most one round is under way."""

    restarts: int

    def wait_until_ready(self) -> None:
        """Returns once every stream stands.

        Raises:
            RunError: The workers could not be placed in time.
        """
        ...

    def start(self, weights: Weights, epsilons: npt.NDArray[np.float64], first_step: int) -> None:
        """Sets off a round; arguments as `RolloutWorker.rollout`."""
        ...

    def collect(self) -> Rollout:
        """Waits for the round and returns it, merged in stream order."""
        ...

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> list[float]:
        """Plays an evaluation; returns by stream, then by episode."""
        ...

    def close(self) -> None:
        """Lets the workers go."""
        ...


class LocalPool:
    """All streams in this process."""

    restarts = 0

    def __init__(self, config: TrainingConfig, positions: Positions | None):
        self._config = config
        self._worker = RolloutWorker(
            **_worker_options(config, range(config.streams)), positions=positions, hide_gpus=False
        )
        self._round: tuple[Any, ...] = ()

    def wait_until_ready(self) -> None:
        pass

    def start(self, weights: Weights, epsilons: npt.NDArray[np.float64], first_step: int) -> None:
        self._round = (weights, epsilons, first_step)

    def collect(self) -> Rollout:
        return self._worker.rollout(*self._round)

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> list[float]:
        return _flat([self._worker.evaluate(evaluation, weights, evaluation.streams)])

    def close(self) -> None:
        self._worker.close()


class RayPool:
    """Streams in contiguous blocks over Ray actors; a dead one is replaced and its round redone."""

    def __init__(
        self,
        config: TrainingConfig,
        positions: Positions | None,
        positions_now: Callable[[], Positions],
    ):
        """Asks Ray for the workers; `wait_until_ready` waits for them.

        Args:
            config: The run's config.
            positions: Where the streams stand; None starts them.
            positions_now: Where they stood before the round under way, to rebuild a lost block.
        """
        placement = config.placement
        self.restarts = 0
        self._config = config
        self._positions_now = positions_now
        self._blocks = split(config.streams, placement.workers)
        self._cpus = worker_cpus(placement.workers)
        self._round: tuple[Any, ...] = ()
        self._pending: list[ray.ObjectRef] = []
        self._actors = [
            self._place(block, positions and positions.block(block)) for block in self._blocks
        ]

    def wait_until_ready(self) -> None:
        try:
            ray.get([actor.ready.remote() for actor in self._actors], timeout=PLACEMENT_SECONDS)
        except GetTimeoutError:
            free = {k: v for k, v in ray.available_resources().items() if k in ("CPU", "GPU")}
            raise RunError(
                f"{len(self._actors)} workers of {self._cpus:g} CPU and "
                f"{self._config.placement.worker_gpus:g} GPU were not placed within "
                f"{PLACEMENT_SECONDS:g} s; free on the cluster: {free}"
            ) from None
        except RayError as error:
            raise RunError(f"a worker could not start: {one_line(error)}") from None

    def start(self, weights: Weights, epsilons: npt.NDArray[np.float64], first_step: int) -> None:
        self._round = (ray.put(weights), epsilons, first_step)
        self._pending = [actor.rollout.remote(*self._round) for actor in self._actors]

    def collect(self) -> Rollout:
        return Rollout.merge([self._collect(i) for i in range(len(self._actors))])

    def _collect(self, i: int) -> Rollout:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return ray.get(self._pending[i])
            except RayTaskError as error:
                raise _broken(error) from None
            except RayError:  # dead, out of memory, or its node gone with the result
                block = self._blocks[i]
                name = f"worker {i} (streams {block.start}-{block.stop - 1})"
                if attempt == _ATTEMPTS:
                    raise RunError(f"{name} died {_ATTEMPTS} times in one round") from None
                _LOG.warning("%s died: rebuilding it and repeating its round", name)
                self.restarts += 1
                self._actors[i] = self._place(block, self._positions_now().block(block))
                self._pending[i] = self._actors[i].rollout.remote(*self._round)
        raise AssertionError("unreachable")

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> list[float]:
        blocks = [
            evaluation.streams[block.start : block.stop]
            for block in split(len(evaluation.streams), len(self._actors))
        ]
        reference = ray.put(weights)
        pending = [
            actor.evaluate.remote(evaluation, reference, block)
            for actor, block in zip(self._actors, blocks, strict=False)
        ]
        outcomes = []
        for reference, block in zip(pending, blocks, strict=True):
            try:
                outcomes.append(ray.get(reference))
            except RayTaskError as error:
                raise _broken(error) from None
            except RayError:  # the dead worker is replaced when its round is collected
                config = self._config
                outcomes.append(
                    evaluate_streams(config.env, config.agent, evaluation, weights, block)
                )
        return _flat(outcomes)

    def close(self) -> None:
        for actor in self._actors:
            ray.kill(actor)

    def _place(self, block: range, positions: Positions | None) -> Any:
        gpus = self._config.placement.worker_gpus
        return (
            ray.remote(RolloutWorker)
            .options(num_cpus=self._cpus, num_gpus=gpus)
            .remote(
                **_worker_options(self._config, block), positions=positions, hide_gpus=gpus == 0
            )
        )


def split(count: int, parts: int) -> list[range]:
    """Contiguous, nearly equal, non-empty ranges that cover range(count)."""
    bounds = np.linspace(0, count, min(parts, count) + 1).astype(int)
    return [range(a, b) for a, b in itertools.pairwise(bounds.tolist())]


def _broken(error: RayTaskError) -> RunError:
    """The error that a worker's environment raised, in one line."""
    return RunError(f"an environment broke: {type(error.cause).__name__}: {one_line(error.cause)}")


def _worker_options(config: TrainingConfig, streams: range) -> dict[str, Any]:
    return {
        "env_id": config.env,
        "agent": config.agent,
        "seed": config.seed,
        "streams": streams,
    }


def _flat(outcomes: list[list[list[float]]]) -> list[float]:
    return [value for block in outcomes for stream in block for value in stream]

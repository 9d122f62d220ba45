"""The learner as a Ray actor, on a GPU that Ray found for it."""

import logging
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError

from agents.agent import Learner
from agents.replay.observed import Bools
from agents.replay.storage import Held
from agents.rollout import Rollout
from agents.weights import UnfitWeights, Weights
from common.backend import prepare_tensorflow
from common.errors import Diverged, RunError
from common.text import one_line, with_kind
from launch.cluster.capacity import PLACEMENT_SECONDS
from launch.config.training import TrainingConfig
from training import learners
from training.rollout_config import RolloutConfig

_LOG = logging.getLogger(__name__)


class LearnerHost:
    """A learner inside a Ray actor."""

    def __init__(self, rollout_config: RolloutConfig, env_steps: int, threads: int):
        # Ray shows this process the GPUs it reserved and no others.
        self._gpus = (
            prepare_tensorflow(threads, hide_gpus=False)
            if rollout_config.agent.needs_tensorflow
            else 0
        )
        self._learner = learners.make(
            rollout_config.agent, rollout_config.env, seed=rollout_config.seed, env_steps=env_steps
        )

    def gpus(self) -> int:
        """GPUs that TensorFlow found."""
        return self._gpus

    def call(self, method: str, *arguments: Any) -> tuple[Any, int, Held | None]:
        """Calls a method of the learner.

        Returns:
            Its answer, the updates made so far, and the observations held.
        """
        answer = getattr(self._learner, method)(*arguments)
        return answer, self._learner.updates, self._learner.held

    def held(self) -> Held | None:
        """The observations that the learner holds."""
        return self._learner.held


class RemoteLearner(Learner):
    """Speaks to a `LearnerHost` as if the learner were here."""

    def __init__(self, rollout_config: RolloutConfig, config: TrainingConfig):
        """Places the learner.

        Args:
            rollout_config: The agent and the environments.
            config: The run's config.

        Raises:
            RunError: It could not be placed or made.
        """
        gpus = config.placement.learner_gpus
        host: Any = ray.remote(LearnerHost)
        self._actor = host.options(num_cpus=0, num_gpus=gpus).remote(
            rollout_config, config.env_steps, config.learner_threads
        )
        try:
            found = ray.get(self._actor.gpus.remote(), timeout=PLACEMENT_SECONDS)
        except GetTimeoutError:
            raise RunError(
                f"the learner's {gpus:g} GPU was not free within {PLACEMENT_SECONDS:g} s"
            ) from None
        except RayError as error:
            raise RunError(f"the learner could not start: {one_line(error)}") from None
        if not found:
            _LOG.warning("the learner has %g GPU reserved, but TensorFlow finds none there", gpus)
        self.updates = 0
        self._held: Held | None = ray.get(self._actor.held.remote())

    @property
    def held(self) -> Held | None:
        return self._held

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            answer, self.updates, self._held = ray.get(self._actor.call.remote(method, *arguments))
        except RayTaskError as error:
            if isinstance(error.cause, Diverged):
                self.updates = error.cause.update or self.updates
                raise error.cause from None
            if isinstance(error.cause, UnfitWeights):
                raise error.cause from None
            raise RunError(
                f"the learner failed: {with_kind(error.cause)}",
                str(error),
            ) from None
        except RayError as error:
            raise RunError(f"the learner died: {one_line(error)}") from None
        return answer

    def learn(self, rollout: Rollout) -> dict[str, float]:
        return self._call("learn", rollout)

    def weights(self) -> Weights:
        return self._call("weights")

    def evaluated_weights(self) -> Weights:
        return self._call("evaluated_weights")

    def set_weights(self, weights: Weights) -> None:
        self._call("set_weights", weights)

    def get_state(self) -> dict[str, Any]:
        return self._call("get_state")

    def get_state_without_observations(self) -> dict[str, Any]:
        return self._call("get_state_without_observations")

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._call("set_state", state)

    def begin_again(self, begins: Bools, first: int) -> None:
        self._call("begin_again", begins, first)

    def observe_again(self, rollout: Rollout) -> None:
        self._call("observe_again", rollout)

    def close(self) -> None:
        ray.kill(self._actor)

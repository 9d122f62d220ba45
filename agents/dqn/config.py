"""DQN: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.network_actor import NetworkActor
from agents.networks.config import NetworkConfig
from agents.networks.network import Network
from agents.optimizer_config import OptimizerConfig
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from agents.value_based import GradientConfig, ValueBased
from agents.weights import Weights
from common.settings import require

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class DQN(ValueBased, NetworkConfig, GradientConfig):
    """Deep Q-network with experience replay (Mnih et al. 2015), its extensions as options.

    The defaults are what learned best on classic control; docs/agents/dqn.md says what each is
    worth.
    """

    needs_tensorflow: ClassVar[bool] = True

    discount: float = 0.995
    """Discount γ per step, in [0, 1]."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.05, decay_steps=8_000)
    """Exploration."""
    hidden_sizes: tuple[int, ...] = (64, 64)
    """Units of each hidden dense ReLU layer, in order."""
    learning_rate: float = 5e-3
    """The optimizer's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule(shape="linear")
    """How the step size changes over the budget."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """What turns gradients into steps."""
    average: WeightAverage = WeightAverage(decay=0.9998)
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    double: bool = False
    """The online network picks the action that the target network values (van Hasselt 2016)."""
    n_step: int = 1
    """Number of rewards in a target before the value of the next state is added (Sutton 1988)."""
    batch_size: int = 96
    """Transitions per update."""
    replay_capacity: int = 20_000
    """Transitions kept for replay."""
    learning_starts: int = 1_024
    """Environment steps collected before the first update."""
    env_steps_per_update: float = 2.0
    """Environment steps (over all environments) for each update."""
    updates_per_call: int = 64
    """Updates run in one compiled call: updates happen in groups of this many."""
    target: Literal["polyak", "hard", "none"] = "polyak"
    """How the target network follows: a small step at every update, a periodic copy, or none."""
    target_polyak: float = 0.02
    """Polyak: share of the online weights mixed in per update, in (0, 1]."""
    target_period: int = 500
    """Hard: updates between copies."""
    loss: Literal["huber", "squared"] = "squared"
    """Loss of the TD error: Huber, or half the square."""
    huber_delta: float = 1.0
    """TD error at which Huber's loss turns linear."""
    bound_targets: bool = True
    """Clip targets to the range of discounted returns that the rewards seen so far allow
    (Andrychowicz et al. 2017, for rewards known beforehand)."""
    max_gradient_norm: float = 0.0
    """Gradients are scaled down to this global norm; 0 leaves them alone."""
    compile_xla: bool = True
    """Compile updates with XLA: faster, after about a second of compilation."""

    def __post_init__(self) -> None:
        ValueBased.__post_init__(self)
        NetworkConfig.__post_init__(self)
        GradientConfig.__post_init__(self)
        positive = (
            "n_step",
            "batch_size",
            "replay_capacity",
            "env_steps_per_update",
            "updates_per_call",
            "target_period",
            "huber_delta",
        )
        for name in positive:
            value = getattr(self, name)
            require(value > 0, f"agent.{name}", "must be positive", value)
        for name in ("learning_starts", "max_gradient_norm"):
            value = getattr(self, name)
            require(value >= 0, f"agent.{name}", "must be 0 or more", value)
        share = self.target_polyak
        require(0 < share <= 1, "agent.target_polyak", "must be in (0, 1]", share)

    @property
    def sees(self) -> Literal["row", "picture"]:
        return "picture" if self.network == "conv" else "row"

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        self._network(observation_space, action_space)

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> NetworkActor:
        return self.network_actor(self._network(observation_space, action_space), env_indices)

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.dqn.learner import DQNLearner

        return DQNLearner(
            self,
            network=self._network(observation_space, action_space),
            env_steps=env_steps,
            network_rng=network_rng,
            replay_rng=replay_rng,
        )

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model":
        return self._network(observation_space, action_space).keras_model(weights)

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        return self.describe(observation_space, self.value_head(int(action_space.n)))

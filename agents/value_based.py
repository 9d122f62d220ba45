"""The base of agents that learn action values, and the settings of gradient descent."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor
from agents.agent import Agent
from agents.network_actor import NetworkActor
from agents.networks.config import NetworkConfig
from agents.networks.network import Network
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from agents.weights import Weights
from common.settings import require
from common.typed_settings import Settings

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class ValueBased(Agent):
    """An agent that learns discounted values of actions and explores ε-greedily."""

    discount: float = 0.99
    """Discount γ per step, in [0, 1]."""
    epsilon: EpsilonSchedule = EpsilonSchedule()
    """Exploration."""
    temperature: float = 0.0
    """Above 0, exploration draws actions by a softmax of their values over this temperature, in
    units of the values; 0 takes the best. A share ε is uniformly random in either case."""

    def __post_init__(self) -> None:
        Agent.__post_init__(self)
        require(0 <= self.discount <= 1, "agent.discount", "must be in [0, 1]", self.discount)
        heat = self.temperature
        require(heat >= 0, "agent.temperature", "must be 0 or more", heat)

    @property
    def optimal_discount(self) -> float:
        return self.discount

    @property
    def counts_episodes(self) -> bool:
        return self.epsilon.counts == "episodes"

    def exploration(self, env_steps: int) -> dict[str, float]:
        return {"epsilon": float(self.epsilon(env_steps))}


@dataclass(frozen=True, kw_only=True)
class Tabular(ValueBased):
    """An agent with a value for each state and action: it needs observations that are counted."""

    wants: ClassVar[str]
    """What a message says that it needs, up to the shape of observations that are none of it."""

    @property
    def sees(self) -> Literal["state"]:
        return "state"

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        if not isinstance(observation_space, Discrete):
            raise ValueError(
                f"{self.wants} {observation_space.shape}; learn this environment with a network: "
                "python -m launch dqn --env ID"
            )


@dataclass(frozen=True, kw_only=True)
class Networked(ValueBased):
    """An agent that acts on the action values of a network."""

    @property
    def values_returns(self) -> bool:
        """Whether the network's values are discounted returns, and not only an order."""
        return True

    @abstractmethod
    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        """The network that acts and is exported.

        Raises:
            ValueError: It cannot take such observations.
        """

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        self._network(observation_space, action_space)

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> Actor:
        network = self._network(observation_space, action_space)
        return NetworkActor(
            network,
            env_indices,
            self.epsilon,
            temperature=self.temperature,
            values_returns=self.values_returns,
        )

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model":
        return self._network(observation_space, action_space).keras_model(weights)


@dataclass(frozen=True, kw_only=True)
class QNetwork(Networked, NetworkConfig):
    """An agent whose network has the usual settings: dense layers, and convolutions before them."""

    def __post_init__(self) -> None:
        Networked.__post_init__(self)
        NetworkConfig.__post_init__(self)

    @property
    def sees(self) -> Literal["row", "picture"]:
        return "picture" if self.network == "conv" else "row"


@dataclass(frozen=True, kw_only=True)
class GradientConfig(Settings):
    """Settings of gradient descent: its step size, and the moving average of the weights."""

    PART: ClassVar[str] = "agent"

    learning_rate: float = 1e-3
    """The optimizer's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule()
    """How the step size changes over the budget."""
    average: WeightAverage = WeightAverage()
    """A moving average of the weights, evaluated and kept instead of the newest ones."""

    def __post_init__(self) -> None:
        rate = self.learning_rate
        require(rate > 0, "agent.learning_rate", "must be positive", rate)

    def rates_and_shares(
        self, updates: npt.ArrayLike, total: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The learning rate and the average's share of each of N updates, [N] each.

        Args:
            updates: [N] updates made before each of them.
            total: Updates in the run's budget.
        """
        rates = self.learning_rate * self.learning_rate_schedule(updates, total)
        return rates.astype(np.float32), self.average.shares(updates).astype(np.float32)

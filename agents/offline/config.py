"""Agents that learn from a recording: settings and actors."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.dqn.config import DQN
from agents.network_actor import NetworkActor
from agents.networks.config import NetworkConfig
from agents.networks.constrained import Constrained
from agents.networks.layer import Layer
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.weights import Weights
from common.settings import InvalidSetting, require

if TYPE_CHECKING:
    import keras

    from agents.replayed.objective import Objective


@dataclass(frozen=True, kw_only=True)
class CQL(DQN):
    """Conservative Q-learning (Kumar et al. 2020): DQN that mistrusts what was not recorded."""

    needs_recording: ClassVar[bool] = True

    conservatism: float = 1.0
    """Weight α of what keeps values down: log Σ exp Q(s, ·) - Q(s, a) of the recorded actions a."""

    def __post_init__(self) -> None:
        DQN.__post_init__(self)
        weight = self.conservatism
        require(weight >= 0, "agent.conservatism", "must be 0 or more", weight)

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.dqn.objective import objective
        from agents.offline.objective import Conservative
        from agents.replayed.learner import ReplayLearner

        own = objective(self, self._network(observation_space, action_space))
        return ReplayLearner(
            self,
            Conservative(own, self.conservatism),
            self.replay(replay_rng, env_steps),
            env_steps=env_steps,
            network_rng=network_rng,
        )


@dataclass(frozen=True, kw_only=True)
class _Imitating(ReplayedConfig, NetworkConfig):
    """What agents share whose network says which actions were likely in the recording."""

    needs_recording: ClassVar[bool] = True

    hidden_sizes: tuple[int, ...] = (64, 64)
    """Units of each hidden dense ReLU layer, in order."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        NetworkConfig.__post_init__(self)
        if self.noisy != "none":
            raise InvalidSetting(
                f"--agent.noisy {self.noisy}: {type(self).__name__} does not act to learn, and "
                "needs no noise to explore by"
            )

    @abstractmethod
    def _head(self, actions: int) -> tuple[Layer, ...]:
        """The last layers, to numbers [actions] the greatest of which acts."""

    @abstractmethod
    def _objective(self, network: Network) -> "Objective":
        """What is learned, by the network that acts."""

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
        from agents.replayed.learner import ReplayLearner

        return ReplayLearner(
            self,
            self._objective(self._network(observation_space, action_space)),
            self.replay(replay_rng, env_steps),
            env_steps=env_steps,
            network_rng=network_rng,
        )

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model":
        return self._network(observation_space, action_space).keras_model(weights)

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        return self.describe(observation_space, self._head(int(action_space.n)))


@dataclass(frozen=True, kw_only=True)
class BCQ(_Imitating):
    """Batch-constrained Q-learning (Fujimoto et al. 2019b) among actions that the recording has."""

    threshold: float = 0.3
    """Actions with less than this share of the likeliest one's probability are never taken, nor
    reckoned with: 0 takes any, 1 imitates."""

    def __post_init__(self) -> None:
        _Imitating.__post_init__(self)
        share = self.threshold
        require(0 <= share <= 1, "agent.threshold", "must be in [0, 1]", share)

    def _head(self, actions: int) -> tuple[Layer, ...]:
        return *self.streams(actions, 2), Constrained(self.threshold)

    def _objective(self, network: Network) -> "Objective":
        from agents.offline.objective import BatchConstrained

        return BatchConstrained(self, network)


@dataclass(frozen=True, kw_only=True)
class BC(_Imitating):
    """Behaviour cloning: the likeliest action by a classifier of the recorded ones."""

    target: Literal["polyak", "hard", "none"] = "none"
    """How the target network follows; nothing here asks it."""

    def _head(self, actions: int) -> tuple[Layer, ...]:
        return self.value_head(actions)

    def _objective(self, network: Network) -> "Objective":
        from agents.offline.objective import Cloning

        return Cloning(network)

"""Agents that learn from a recording: settings and actors."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.networks.constrained import Constrained
from agents.networks.layer import Layer
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.value_based import QNetwork
from common.settings import InvalidSetting, require

if TYPE_CHECKING:
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

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.offline.objective import Conservative

        return Conservative(DQN._objective(self, network, action_space), self.conservatism)


@dataclass(frozen=True, kw_only=True)
class _Imitating(ReplayedConfig, QNetwork):
    """What agents share whose network says which actions were likely in the recording."""

    needs_recording: ClassVar[bool] = True

    hidden_sizes: tuple[int, ...] = (64, 64)
    """Units of each hidden dense ReLU layer, in order."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        QNetwork.__post_init__(self)
        if self.noisy != "none":
            raise InvalidSetting(
                f"--agent.noisy {self.noisy}: {type(self).__name__} does not act to learn, and "
                "needs no noise to explore by"
            )

    @abstractmethod
    def _head(self, actions: int) -> tuple[Layer, ...]:
        """The last layers, to numbers [actions] the greatest of which acts."""

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

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.offline.objective import BatchConstrained

        return BatchConstrained(self, network)


@dataclass(frozen=True, kw_only=True)
class BC(_Imitating):
    """Behaviour cloning: the likeliest action by a classifier of the recorded ones."""

    target: Literal["polyak", "hard", "none"] = "none"
    """How the target network follows; nothing here asks it."""

    @property
    def values_returns(self) -> bool:
        return False

    def _head(self, actions: int) -> tuple[Layer, ...]:
        return self.value_head(actions)

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.offline.objective import Cloning

        return Cloning(network)

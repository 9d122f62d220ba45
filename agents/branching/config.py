"""Branching DQN: settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from gymnasium.spaces import Box, Discrete

from agents.branching.actor import BranchingActor
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.value_based import QNetwork
from common.factored import branches
from common.settings import require

if TYPE_CHECKING:
    from agents.replayed.objective import Objective


@dataclass(frozen=True, kw_only=True)
class Branching(ReplayedConfig, QNetwork):
    """DQN for actions of several parts (Tavakoli et al. 2018; Seyde et al. 2023).

    The network values the choices of each part, and the value of an action is the mean over its
    parts. So its outputs are as many as all parts have choices together, not one for every
    combination. Parts are those of MultiDiscrete and MultiBinary actions, and the numbers of a box
    with --env.action-bins.
    """

    values_parts: ClassVar[bool] = True

    hidden_sizes: tuple[int, ...] = (128, 128)
    """Units of each hidden dense ReLU layer, in order."""
    double: bool = True
    """The online network picks the choices that the target network values (van Hasselt 2016)."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        QNetwork.__post_init__(self)
        rule = "must be 0: each part takes its best choice"
        require(not self.temperature, "agent.temperature", rule, self.temperature)

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> BranchingActor:
        network = self._network(observation_space, action_space)
        return BranchingActor(network, branches(action_space), env_indices, self.epsilon)

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.branching.objective import Parts

        return Parts(self, network, branches(action_space))

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        choices = sum(branches(action_space))
        return self.describe(observation_space, self.value_head(choices))

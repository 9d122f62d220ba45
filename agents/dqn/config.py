"""DQN: settings and actor."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gymnasium.spaces import Box, Discrete

from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.schedules import EpsilonSchedule
from agents.value_based import QNetwork
from common.settings import InvalidSetting

if TYPE_CHECKING:
    from agents.replayed.objective import Objective


@dataclass(frozen=True, kw_only=True)
class DQN(ReplayedConfig, QNetwork):
    """Deep Q-network with experience replay (Mnih et al. 2015), its extensions as options.

    The defaults are what learned best on classic control; docs/agents/dqn.md says what each is
    worth.
    """

    discount: float = 0.995
    """Discount γ per step, in [0, 1]."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.05, decay_steps=8_000)
    """Exploration."""
    hidden_sizes: tuple[int, ...] = (64, 64)
    """Units of each hidden dense ReLU layer, in order."""
    double: bool = False
    """The online network picks the action that the target network values (van Hasselt 2016)."""
    action_input: bool = False
    """The action is part of the hidden layers' input, and they run once for each action, Q(s, a);
    as it is, one pass values all actions."""
    distribution: DistributionConfig = DistributionConfig()
    """Distributions of returns in place of their means."""
    munchausen: MunchausenConfig = MunchausenConfig()
    """A reward for likely actions."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        QNetwork.__post_init__(self)
        if self.munchausen.scale:
            self._check_munchausen()
        if self.action_input:
            self._check_action_input()
        if self.distribution.kind == "iqn" and self.noisy != "none":
            raise InvalidSetting(
                f"--agent.noisy {self.noisy} does not go with --agent.distribution.kind iqn"
            )

    @property
    def values_returns(self) -> bool:
        return not self.munchausen.scale  # with it they have the policy's entropy and bonus in them

    def note_on_returns(self, least: float, greatest: float) -> str:
        return self.distribution.note_on_returns(least, greatest)

    def _check_munchausen(self) -> None:
        for flag, given, why in (
            ("--agent.n-step", self.n_step > 1, "its reward is of one step"),
            ("--agent.double", self.double, "it takes no best action"),
            (
                "--agent.distribution.kind c51",
                self.distribution.kind == "c51",
                "atoms cannot be moved apart for each action; take qr or iqn",
            ),
        ):
            if given:
                raise InvalidSetting(f"{flag} does not go with --agent.munchausen.scale: {why}")

    def _check_action_input(self) -> None:
        for flag, given in (
            ("--agent.dueling", self.dueling),
            (f"--agent.noisy {self.noisy}", self.noisy != "none"),
            (
                f"--agent.distribution.kind {self.distribution.kind}",
                self.distribution.kind != "none",
            ),
        ):
            if given:
                raise InvalidSetting(
                    f"{flag} does not go with --agent.action-input: a pass gives one value"
                )

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.dqn.objective import objective

        return objective(self, network)

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        """The network of the means [A] of the returns."""
        actions = int(action_space.n)
        if self.action_input:
            bare = replace(self, hidden_sizes=())
            return bare.describe(observation_space, self.per_action(actions))
        if self.distribution.kind == "none":
            return self.describe(observation_space, self.value_head(actions))
        return self.describe(observation_space, self.distribution.head(self, actions))

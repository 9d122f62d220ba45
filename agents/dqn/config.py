"""DQN: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.network_actor import NetworkActor
from agents.networks.config import NetworkConfig
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.schedules import EpsilonSchedule
from agents.weights import Weights
from common.settings import InvalidSetting

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class DQN(ReplayedConfig, NetworkConfig):
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
    distribution: DistributionConfig = DistributionConfig()
    """Distributions of returns in place of their means."""
    munchausen: MunchausenConfig = MunchausenConfig()
    """A reward for likely actions."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        NetworkConfig.__post_init__(self)
        if self.munchausen.scale:
            self._check_munchausen()
        if self.distribution.kind == "iqn" and self.noisy != "none":
            raise InvalidSetting(
                f"--agent.noisy {self.noisy} does not go with --agent.distribution.kind iqn"
            )

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
        from agents.dqn.objective import objective
        from agents.replayed.learner import ReplayLearner

        return ReplayLearner(
            self,
            objective(self, self._network(observation_space, action_space)),
            self.replay(replay_rng, env_steps),
            env_steps=env_steps,
            network_rng=network_rng,
        )

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model":
        return self._network(observation_space, action_space).keras_model(weights)

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        """The network of the means [A] of the returns."""
        actions = int(action_space.n)
        if self.distribution.kind == "none":
            return self.describe(observation_space, self.value_head(actions))
        return self.describe(observation_space, self.distribution.head(self, actions))

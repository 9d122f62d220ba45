"""The one-layer Q-network: settings and actor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.networks.inputs import flat_inputs
from agents.networks.layers import Dense
from agents.networks.network import Network
from agents.schedules import EpsilonSchedule
from agents.value_based import GradientConfig, Networked
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class LinearQ(Networked, GradientConfig):
    """The book's one-layer Q-network (chapter 10): one-hot state times W, plain gradient descent.

    Each time step of all environments makes one update on their mean loss; there is neither
    replay nor a target network.
    """

    needs_tensorflow: ClassVar[bool] = True

    learning_rate: float = 0.1
    """Step size of gradient descent on the mean squared TD error of all environments."""
    init_scale: float = 0.01
    """W starts uniform in [0, init_scale)."""
    epsilon: EpsilonSchedule = EpsilonSchedule(start=0.1, end=0.1, decay_steps=1)
    """Exploration."""

    def __post_init__(self) -> None:
        Networked.__post_init__(self)
        GradientConfig.__post_init__(self)
        require(self.init_scale > 0, "agent.init_scale", "must be positive", self.init_scale)

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.linear_q.learner import LinearQLearner

        return LinearQLearner(
            self,
            inputs=flat_inputs(observation_space),
            actions=int(action_space.n),
            env_steps=env_steps,
            network_rng=network_rng,
        )

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        layer = Dense(int(action_space.n), activation="linear")
        return Network(flat_inputs(observation_space), (layer,))

"""What the lab sees of an agent: its config, a policy for workers, a learner beside the replay."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQNConfig
from agents.policies import NetworkPolicy, Policy, TablePolicy, UniformPolicy, Weights
from agents.q_network.config import QNetworkConfig
from agents.q_table.config import QTableConfig
from agents.transitions import Rollout
from agents.uniform.config import UniformConfig

AgentConfig = DQNConfig | QNetworkConfig | QTableConfig | UniformConfig


class Learner(Protocol):
    """Turns rollouts into weights. Everything it holds goes through `get_state`."""

    @property
    def updates(self) -> int:
        """Updates made so far: gradient steps, or time steps of all streams for a table."""
        ...

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Learns from a rollout; returns mean figures such as `loss`, `td_error`, `mean_q`.

        Raises:
            agents.divergence.Diverged: A loss or a weight is not finite any more.
        """
        ...

    def weights(self) -> Weights:
        """What the policy acts with in training."""
        ...

    def evaluated_weights(self) -> Weights:
        """What is evaluated, kept and exported: an average of the weights, or `weights`."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Nested dictionaries and lists of arrays and numbers: everything a resumed run needs."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        ...


def check(config: AgentConfig, observation_space: Box | Discrete) -> None:
    """Makes sure that an agent can act on such observations.

    Raises:
        ValueError: A table is asked to hold continuous observations.
    """
    if isinstance(config, QTableConfig) and not isinstance(observation_space, Discrete):
        raise ValueError(
            f"a Q-table needs discrete observations, not a box of shape {observation_space.shape}; "
            "learn this environment with a network: python -m launch dqn --env ID"
        )


def make_policy(
    config: AgentConfig,
    observation_space: Box | Discrete,
    action_space: Discrete,
    streams: Sequence[int],
) -> Policy:
    """The TensorFlow-free policy that acts in the given streams."""
    match config:
        case QTableConfig():
            return TablePolicy()
        case UniformConfig():
            return UniformPolicy(int(action_space.n))
        case QNetworkConfig():
            return NetworkPolicy(observation_space, streams, dueling=False)
        case DQNConfig():
            return NetworkPolicy(observation_space, streams, dueling=config.dueling)


def make_learner(
    config: AgentConfig,
    observation_space: Box | Discrete,
    action_space: Discrete,
    *,
    env_steps: int,
    network_rng: np.random.Generator,
    replay_rng: np.random.Generator,
) -> Learner:
    """The agent's learner. Imports TensorFlow where the agent has a network, and only there.

    Args:
        config: The agent's config.
        observation_space: What the observations are.
        action_space: The actions.
        env_steps: The run's budget, over which schedules go.
        network_rng: Draws the initial weights.
        replay_rng: Draws the minibatches; the learner owns it from here on.
    """
    actions = int(action_space.n)
    match config:
        case QTableConfig():
            from agents.q_table.learner import QTableLearner

            assert isinstance(observation_space, Discrete)
            return QTableLearner(config, states=int(observation_space.n), actions=actions)
        case UniformConfig():
            from agents.uniform.learner import UniformLearner

            return UniformLearner()
        case QNetworkConfig():
            from agents.q_network.learner import QNetworkLearner

            return QNetworkLearner(
                config,
                observation_space=observation_space,
                actions=actions,
                env_steps=env_steps,
                network_rng=network_rng,
            )
        case DQNConfig():
            from agents.dqn.learner import DQNLearner

            return DQNLearner(
                config,
                observation_space=observation_space,
                actions=actions,
                env_steps=env_steps,
                network_rng=network_rng,
                replay_rng=replay_rng,
            )

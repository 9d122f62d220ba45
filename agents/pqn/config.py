"""PQN: settings and actor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.networks.network import Network
from agents.optimizer_config import OptimizerConfig, require_norm
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from agents.value_based import GradientConfig, QNetwork
from common.settings import InvalidSetting, require, require_at_least


@dataclass(frozen=True, kw_only=True)
class PQN(QNetwork, GradientConfig):
    """Parallel Q-learning without a replay and a target network (Gallici et al. 2024).

    Each rollout is learned from once, in epochs of minibatches, and then forgotten. So take many
    environments and long rollouts; docs/agents/pqn.md has the figures.
    """

    needs_tensorflow: ClassVar[bool] = True

    discount: float = 0.995
    """Discount γ per step, in [0, 1]."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.4, decay_steps=50_000, rungs=8)
    """Exploration. Without a replay a network forgets failures that no environment shows any more:
    on a ladder some of them go on exploring."""
    hidden_sizes: tuple[int, ...] = (128, 128)
    """Units of each hidden dense ReLU layer, in order."""
    layer_norm: bool = True
    """Normalise each hidden layer before its ReLU (Ba et al. 2016), which keeps values from
    growing without a target network."""
    recurrent_units: int = 0
    """Units of a recurrent layer (GRU) before the head, which remembers what was seen earlier in an
    episode; 0 for none."""
    learning_rate: float = 1e-3
    """The optimizer's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule(shape="linear")
    """How the step size changes over the budget."""
    optimizer: OptimizerConfig = OptimizerConfig(kind="radam")
    """What turns gradients into steps."""
    average: WeightAverage = WeightAverage(decay=0.998)
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    max_gradient_norm: float = 10.0
    """Gradients are scaled down to this global norm; 0 leaves them alone."""
    trace: float = 0.95
    """λ of the returns, in [0, 1]: 0 bootstraps after every step, 1 at the end of the rollout or
    the episode."""
    epochs: int = 2
    """How often each rollout is learned from."""
    minibatches: int = 8
    """Updates in an epoch, among which the rollout's steps are shared out; with a recurrent layer
    its environments. It has to divide their number."""
    compile_xla: bool = True
    """Compile updates with XLA: faster, after some seconds of compilation."""

    def __post_init__(self) -> None:
        require_norm(self.max_gradient_norm)
        QNetwork.__post_init__(self)
        GradientConfig.__post_init__(self)
        require(0 <= self.trace <= 1, "agent.trace", "must be in [0, 1]", self.trace)
        require_at_least(self, 1, "epochs", "minibatches", part="agent")
        require_at_least(self, 0, "recurrent_units", part="agent")
        if self.noisy != "none":
            raise InvalidSetting(
                f"--agent.noisy {self.noisy}: PQN learns without noise; explore with "
                "--agent.epsilon, or take the agent dqn"
            )

    def check_rollouts(self, num_envs: int, rollout_length: int) -> None:
        rows, what = num_envs * rollout_length, "--num-envs times --rollout-length"
        if self.recurrent_units:  # the steps of an environment stay together
            rows, what = num_envs, "--num-envs, as sequences stay whole"
        rule = f"has to divide {what}: {rows}"
        require(rows % self.minibatches == 0, "agent.minibatches", rule, self.minibatches)

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.pqn.learner import PQNLearner

        return PQNLearner(
            self,
            network=self._network(observation_space, action_space),
            env_steps=env_steps,
            network_rng=network_rng,
            replay_rng=replay_rng,
        )

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        head = self.value_head(int(action_space.n))
        return self.describe(observation_space, head, recurrent=self.recurrent_units)

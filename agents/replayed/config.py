"""Settings of agents that learn action values from a replay, with a target network."""

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.networks.network import Network
from agents.optimizer_config import OptimizerConfig, require_norm
from agents.replay.accumulators import Accumulator, NStep
from agents.replay.priorities import Prioritised, PriorityConfig
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.size import ReplaySize, shown
from agents.replay.storage import Storage
from agents.schedules import LearningRateSchedule, WeightAverage
from agents.value_based import GradientConfig, Networked
from common.settings import require, require_at_least
from common.stacks import Stack

if TYPE_CHECKING:
    from agents.replayed.objective import Objective


_COLUMN_BYTES = 28
"""Of a window: two ids, action, reward and discount."""
_PRIORITY_BYTES = 8
_COMPUTED_BYTES = 12
"""Of a number in a pass: as float32, forwards, backwards and for what the target network gives."""


@dataclass(frozen=True, kw_only=True)
class ReplayedConfig(Networked, GradientConfig):
    """An agent whose updates are gradient steps on minibatches from a replay."""

    needs_tensorflow: ClassVar[bool] = True

    learning_rate: float = 5e-3
    """The optimizer's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule(shape="linear")
    """How the step size changes over the budget."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """What turns gradients into steps."""
    average: WeightAverage = WeightAverage(decay=0.9998)
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    n_step: int = 1
    """Number of rewards in a target before the value of the next state is added (Sutton 1988)."""
    batch_size: int = 96
    """Transitions per update."""
    replay_capacity: int = 20_000
    """Transitions kept for replay."""
    priority: PriorityConfig = PriorityConfig()
    """Which transitions are drawn the more often."""
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
    """Loss of the TD error of a mean: Huber, or half the square. Quantiles always take Huber's."""
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
        require_norm(self.max_gradient_norm)
        Networked.__post_init__(self)
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
        require_at_least(self, 0, "learning_starts", part="agent")
        fits = self.n_step <= self.replay_capacity
        require(fits, "agent.n_step", "must be at most agent.replay_capacity", self.n_step)
        share = self.target_polyak
        require(0 < share <= 1, "agent.target_polyak", "must be in (0, 1]", share)

    def for_recording(self, transitions: int) -> Self:
        """The agent with a replay that holds all of them, and that learns once all are in it."""
        return replace(self, replay_capacity=transitions, learning_starts=transitions)

    @abstractmethod
    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        """The losses of a batch, for the network that acts."""

    def _windows(self) -> Accumulator:
        """Forms what the replay stores of the steps."""
        return NStep(self.n_step, self.discount)

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

        network = self._network(observation_space, action_space)
        return ReplayLearner(
            self,
            self._objective(network, action_space),
            self._replay(observation_space, replay_rng, env_steps),
            env_steps=env_steps,
            network_rng=network_rng,
        )

    def replay_size(self, observation_space: Box | Discrete, action_space: Discrete) -> ReplaySize:
        network = self._network(observation_space, action_space)
        shapes = [place.shape for place in network.places] + [network.output_shape]
        numbers = sum(math.prod(shape) for shape in shapes)
        seen = shown(observation_space)
        frames = observation_space.count if isinstance(observation_space, Stack) else 1
        steps, observations, row = self._window_size()
        priority = _PRIORITY_BYTES if self.priority.exponent else 0
        return ReplaySize(
            capacity=self.replay_capacity,
            steps=steps,
            observation=seen // frames,
            row=row + priority,
            batch_size=self.batch_size,
            updates_per_call=self.updates_per_call,
            drawn=observations * seen + row,
            computed=observations * numbers * _COMPUTED_BYTES,
            network=4 * network.numbers,
        )

    def _window_size(self) -> tuple[int, int, int]:
        """Of a window: steps that no other has, observations, and bytes of the other columns."""
        return 1, 2, _COLUMN_BYTES

    def updates_due(self, env_steps: int) -> int:
        """Number of updates that are due after so many environment steps."""
        return int(max(0, env_steps - self.learning_starts) / self.env_steps_per_update)

    def why_no_update(self, env_steps: int) -> str:
        starts, due = self.learning_starts, self.updates_due(env_steps)
        if env_steps <= starts:
            return f"learning starts after {starts:,} env steps (--agent.learning-starts)"
        if due < self.updates_per_call:
            return (
                f"{due:,} were due, and {self.updates_per_call:,} are made together; give more "
                "--env-steps, or less --agent.updates-per-call or --agent.env-steps-per-update"
            )
        return "nothing that can be learned from came into the replay; give more --env-steps"

    def _replay(
        self, observation_space: Box | Discrete, rng: np.random.Generator, env_steps: int
    ) -> Replay:
        """The replay that these settings describe.

        Args:
            observation_space: What it keeps; of stacks each frame once.
            rng: Draws the minibatches; owned by the replay from here on.
            env_steps: The run's budget, over which the correction of priorities rises.
        """
        sampler = Uniform(rng)
        if self.priority.exponent:
            draws = self.updates_due(env_steps) * self.batch_size
            sampler = Prioritised(rng, self.priority, self.replay_capacity, draws)
        stack = observation_space if isinstance(observation_space, Stack) else None
        return Replay(self._windows(), Storage(self.replay_capacity, stack), sampler)

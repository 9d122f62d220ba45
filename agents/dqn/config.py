"""Settings of DQN."""

from dataclasses import dataclass
from typing import Literal

from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class DQNConfig:
    """Deep Q-network with experience replay (Mnih et al. 2015), Double and dueling as options."""

    hidden_sizes: tuple[int, ...] = (120, 84)
    """Units of each hidden ReLU layer."""
    dueling: bool = False
    """Separate value and advantage heads (Wang et al. 2016)."""
    double: bool = True
    """The online network picks the action that the target network values (van Hasselt 2016)."""
    discount: float = 0.99
    """Discount γ per step, in [0, 1]."""
    learning_rate: float = 1e-3
    """Adam's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule()
    """How the step size changes over the budget."""
    average: WeightAverage = WeightAverage()
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    batch_size: int = 128
    """Transitions per update."""
    replay_capacity: int = 50_000
    """Transitions kept for replay."""
    learning_starts: int = 1_000
    """Environment steps collected before the first update."""
    env_steps_per_update: float = 4.0
    """Environment steps (over all streams) for each update."""
    updates_per_call: int = 32
    """Updates run in one compiled call: updates happen in groups of this many."""
    target: Literal["polyak", "hard", "none"] = "polyak"
    """How the target network follows: a little at every update, a copy at times, or not kept."""
    target_polyak: float = 0.01
    """Polyak: share of the online weights mixed in per update, in (0, 1]."""
    target_period: int = 500
    """Hard: updates between copies."""
    loss: Literal["huber", "squared"] = "huber"
    """Loss of the TD error: Huber, or half the square."""
    huber_delta: float = 1.0
    """TD error at which Huber's loss turns linear."""
    bound_targets: bool = False
    """Keep targets within what the rewards seen so far can add up to, discounted: no bootstrapped
    value is above all that can be had (Andrychowicz et al. 2017, for rewards known beforehand)."""
    max_gradient_norm: float = 10.0
    """Gradients are scaled down to this global norm; 0 leaves them alone."""
    compile_xla: bool = True
    """Compile updates with XLA: faster, after about a second of compilation."""
    epsilon: EpsilonSchedule = EpsilonSchedule()
    """Exploration."""

    def __post_init__(self) -> None:
        positive = (
            "learning_rate",
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
        for name in ("learning_starts", "max_gradient_norm"):
            value = getattr(self, name)
            require(value >= 0, f"agent.{name}", "must be 0 or more", value)
        for units in self.hidden_sizes:
            require(units >= 1, "agent.hidden_sizes", "must be positive", units)
        require(0 <= self.discount <= 1, "agent.discount", "must be in [0, 1]", self.discount)
        share = self.target_polyak
        require(0 < share <= 1, "agent.target_polyak", "must be in (0, 1]", share)

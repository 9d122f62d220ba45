"""Settings of the one-layer Q-network."""

from dataclasses import dataclass

from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class QNetworkConfig:
    """The book's one-layer Q-network (chapter 10): one-hot state times W, plain gradient descent.

    Each environment step of all streams makes one update on their mean loss; there is neither
    replay nor a target network.
    """

    discount: float = 0.99
    """Discount γ per step, in [0, 1]."""
    learning_rate: float = 0.1
    """Step size of gradient descent on the mean squared TD error of all streams."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule()
    """How the step size changes over the budget."""
    average: WeightAverage = WeightAverage()
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    init_scale: float = 0.01
    """W starts uniform in [0, init_scale)."""
    epsilon: EpsilonSchedule = EpsilonSchedule(start=0.1, end=0.1, decay_steps=1)
    """Exploration."""

    def __post_init__(self) -> None:
        require(0 <= self.discount <= 1, "agent.discount", "must be in [0, 1]", self.discount)
        for name in ("learning_rate", "init_scale"):
            value = getattr(self, name)
            require(value > 0, f"agent.{name}", "must be positive", value)

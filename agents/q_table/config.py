"""Settings of tabular Q-learning."""

from dataclasses import dataclass

from agents.schedules import EpsilonSchedule
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class QTableConfig:
    """Tabular Q-learning (Watkins 1989), the book's equation in chapter 10, table started at 0.

    The step size falls with the visits to a state and action, as convergence asks for (Watkins and
    Dayan 1992): α(n) = max(learning_rate_min, n ** -learning_rate_power).
    """

    discount: float = 0.99
    """Discount γ per step, in [0, 1]."""
    learning_rate_power: float = 0.6
    """How fast the step size falls with visits; 0 keeps it at 1, (0.5, 1] converges."""
    learning_rate_min: float = 0.0
    """Smallest step size, in [0, 1]; above 0 the table keeps following a changing target."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.1, decay_steps=100_000)
    """Exploration."""

    def __post_init__(self) -> None:
        for name in ("discount", "learning_rate_power", "learning_rate_min"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"agent.{name}", "must be in [0, 1]", value)

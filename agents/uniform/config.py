"""Settings of the random agent."""

from dataclasses import dataclass

from agents.schedules import EpsilonSchedule


@dataclass(frozen=True, kw_only=True)
class UniformConfig:
    """Uniformly random actions, the chapter's first demonstration. Nothing is learned."""

    @property
    def discount(self) -> float:
        """The discount γ of the returns it is judged by."""
        return 1.0

    @property
    def epsilon(self) -> EpsilonSchedule:
        """Always 1."""
        return EpsilonSchedule(start=1.0, end=1.0, decay_steps=1)

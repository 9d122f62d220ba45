"""Exploration schedules over environment steps."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from common.settings import require


@dataclass(frozen=True, kw_only=True)
class EpsilonSchedule:
    """How the probability ε of a random action falls with the environment steps taken."""

    shape: Literal["linear", "exponential"] = "linear"
    """linear: `end` after `decay_steps`. exponential: end + (start - end) exp(-n / decay_steps)."""
    start: float = 1.0
    """ε at the first step, a probability."""
    end: float = 0.05
    """ε in the long run, a probability."""
    decay_steps: int = 10_000
    """Length of the decay, in environment steps over all streams."""

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"agent.epsilon.{name}", "must be in [0, 1]", value)
        require(
            self.decay_steps >= 1,
            "agent.epsilon.decay_steps",
            "must be 1 or more",
            self.decay_steps,
        )

    def __call__(self, env_steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """ε after each number of environment steps in `env_steps`."""
        progress = np.asarray(env_steps, np.float64) / self.decay_steps
        linear = self.shape == "linear"
        left = 1.0 - np.minimum(progress, 1.0) if linear else np.exp(-progress)
        return self.end + (self.start - self.end) * left

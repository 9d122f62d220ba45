"""What changes over a run: exploration, the learning rate, and how far an average reaches back."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from common.settings import InvalidSetting, require
from common.typed_settings import Settings

_LADDER = 7  # α of Horgan et al. 2018


@dataclass(frozen=True, kw_only=True)
class EpsilonSchedule(Settings):
    """How the probability ε of a random action falls with the steps taken, or with episodes."""

    PART: ClassVar[str] = "agent.epsilon"

    shape: Literal["linear", "exponential", "harmonic"] = "linear"
    """linear: `end` after `decay_steps`. exponential: end + (start - end) exp(-n / decay_steps).
    harmonic: end + (start - end) / (1 + n / decay_steps)."""
    counts: Literal["env_steps", "episodes"] = "env_steps"
    """What n and `decay_steps` count: environment steps over all environments; or the episodes that
    the acting environment has ended before the rollout."""
    start: float = 1.0
    """ε at the first step, a probability."""
    end: float = 0.05
    """ε in the long run, a probability."""
    decay_steps: int = 10_000
    """Length of the decay, in environment steps over all environments, or in episodes of one."""
    rungs: int = 1
    """Environment i explores with ε ** (1 + 7 (i mod rungs) / (rungs - 1)), so that some hardly
    explore at all (Horgan et al. 2018); 1 gives all of them ε itself."""

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
        require(self.rungs >= 1, "agent.epsilon.rungs", "must be 1 or more", self.rungs)

    def ladder(
        self, env_steps: npt.NDArray[np.int64], env_indices: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """ε of each environment after each number of steps: [T, B], or [T, 1] if all are equal.

        Args:
            env_steps: [T] environment steps taken, over all environments; or [T, B] episodes, where
                these are counted.
            env_indices: [B] numbers of the environments.
        """
        epsilons = self(env_steps)  # [T] or [T, B]
        if epsilons.ndim == 1:
            epsilons = epsilons[:, None]  # [T, 1]
        if self.rungs == 1:
            return epsilons
        return epsilons ** (1 + _LADDER * (env_indices % self.rungs) / (self.rungs - 1))

    def __call__(self, env_steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """ε after each number of environment steps, or of episodes, in `env_steps`."""
        progress = np.asarray(env_steps, np.float64) / self.decay_steps
        if self.shape == "linear":
            left = 1.0 - np.minimum(progress, 1.0)
        elif self.shape == "exponential":
            left = np.exp(-progress)
        else:
            left = 1.0 / (1.0 + progress)
        return self.end + (self.start - self.end) * left


@dataclass(frozen=True, kw_only=True)
class LearningRateSchedule(Settings):
    """How the learning rate changes over the updates of a run's whole budget.

    A rate that falls to 0 leaves the last network where the noise of its updates averages out
    (Robbins and Monro 1951); a constant rate leaves it wherever the last batches moved it.
    """

    PART: ClassVar[str] = "agent.learning_rate_schedule"

    shape: Literal["constant", "linear", "cosine"] = "constant"
    """How the rate falls after the warm-up: not at all, along a line, or along half a cosine
    (Loshchilov and Hutter 2017, without restarts)."""
    end: float = 0.0
    """Linear, cosine: share of the learning rate that is left where the budget ends, in [0, 1]."""
    warm_up: float = 0.0
    """Share of the updates in which the rate first rises from 0 along a line, in [0, 1)."""

    def __post_init__(self) -> None:
        flag = "agent.learning_rate_schedule"
        require(0 <= self.end <= 1, f"{flag}.end", "must be in [0, 1]", self.end)
        require(0 <= self.warm_up < 1, f"{flag}.warm_up", "must be in [0, 1)", self.warm_up)

    def __call__(self, updates: npt.ArrayLike, total: float) -> npt.NDArray[np.float64]:
        """The share of the learning rate that each update takes.

        Args:
            updates: [N] updates made before each of them.
            total: Updates in the budget; updates behind it take the share `end`.
        """
        progress = np.minimum(np.asarray(updates, np.float64) / max(total, 1.0), 1.0)
        risen = np.minimum(progress / self.warm_up, 1.0) if self.warm_up else 1.0
        fallen = np.maximum(progress - self.warm_up, 0.0) / (1.0 - self.warm_up)
        if self.shape == "constant":
            left = np.ones_like(progress)
        elif self.shape == "linear":
            left = 1.0 - fallen
        else:
            left = 0.5 * (1.0 + np.cos(np.pi * fallen))
        return risen * (self.end + (1.0 - self.end) * left)


@dataclass(frozen=True, kw_only=True)
class WeightAverage(Settings):
    """A moving average of the weights over updates (Polyak and Juditsky 1992, exponential).

    Where there is one it is what is evaluated, kept and exported.
    """

    PART: ClassVar[str] = "agent.average"

    decay: float = 0.0
    """Decay of the average at each update, in [0, 1): 0.999 averages some 1,000 updates, but never
    more than a ninth of those made so far; 0 keeps no average."""
    acts: bool = False
    """Whether the average also acts in training, instead of the newest weights."""

    def __post_init__(self) -> None:
        require(0 <= self.decay < 1, "agent.average.decay", "must be in [0, 1)", self.decay)
        if self.acts and not self.decay:
            raise InvalidSetting("--agent.average.acts needs --agent.average.decay above 0")

    def shares(self, updates: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The share of the newest weights that each update mixes into the average.

        An average is never longer than a ninth of the updates made, so that the initial weights
        are soon forgotten (the rule of TensorFlow's ExponentialMovingAverage).

        Args:
            updates: [N] updates made before each of them.
        """
        made = np.asarray(updates, np.float64)
        return 1.0 - np.minimum(self.decay, (1.0 + made) / (10.0 + made))

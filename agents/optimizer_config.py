"""Settings of an optimizer."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig(Settings):
    """How gradients move weights."""

    PART: ClassVar[str] = "agent.optimizer"

    kind: Literal["adam", "radam", "rmsprop"] = "adam"
    """adam (Kingma and Ba 2015), radam, which needs no warm-up (Liu et al. 2020), or rmsprop
    (Tieleman and Hinton 2012)."""
    beta_1: float = 0.9
    """adam, radam: decay of the running mean of the gradient, in [0, 1)."""
    beta_2: float = 0.999
    """Decay of the running mean of the gradient's square, in [0, 1); rmsprop: of both means."""
    epsilon: float = 1e-7
    """Added to the root of the square, so that no step is endless; rmsprop: under the root."""
    centered: bool = False
    """rmsprop: divide by the gradient's standard deviation instead of its root mean square
    (Graves 2013), as in Mnih et al. 2015."""
    weight_decay: float = 0.0
    """Share of the weights, times the learning rate, that every update takes off (Loshchilov and
    Hutter 2019); 0 takes off none."""

    def __post_init__(self) -> None:
        flag = "agent.optimizer"
        for name in ("beta_1", "beta_2"):
            value = getattr(self, name)
            require(0 <= value < 1, f"{flag}.{name}", "must be in [0, 1)", value)
        if self.kind == "radam":  # its ρ is a difference of numbers around 2 / (1 - beta_2)
            known = self.beta_2 <= 0.9995
            require(known, f"{flag}.beta_2", "must be at most 0.9995 for radam", self.beta_2)
        require(self.epsilon > 0, f"{flag}.epsilon", "must be positive", self.epsilon)
        decay = self.weight_decay
        require(decay >= 0, f"{flag}.weight_decay", "must be 0 or more", decay)


def require_norm(norm: float) -> None:
    """Makes sure that a norm to which gradients are scaled down is one.

    Raises:
        InvalidSetting: It is not; an infinite one is told how no norm is said.
    """
    name, none = "agent.max_gradient_norm", "; 0 leaves gradients alone"
    require(norm != math.inf, name, f"must be finite{none}", norm)
    require(norm >= 0, name, "must be 0 or more", norm)

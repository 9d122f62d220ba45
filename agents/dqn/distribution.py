"""Settings of distributions of returns, and of Munchausen targets."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from agents.networks.config import NetworkConfig
from agents.networks.heads import Expectation, Mean, Streams
from agents.networks.implicit import Implicit
from agents.networks.layer import Layer
from common.settings import require, require_at_least, require_finite
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class DistributionConfig(Settings):
    """Which distribution of returns is learned in place of their mean."""

    PART: ClassVar[str] = "agent.distribution"

    kind: Literal["none", "c51", "qr", "iqn"] = "none"
    """none: the mean. c51: probabilities of fixed returns (Bellemare et al. 2017). qr: fixed
    quantiles (Dabney et al. 2018). iqn: quantiles at random places (Dabney et al. 2018b)."""
    atoms: int = 51
    """c51: number of returns, 2 or more."""
    low: float = -100.0
    """c51: the least return; those below it count as it."""
    high: float = 100.0
    """c51: the greatest return; those above it count as it."""
    quantiles: int = 32
    """qr, iqn: number of quantiles."""
    cosines: int = 64
    """iqn: cosines that a quantile's place is told to the network by."""

    def __post_init__(self) -> None:
        flag = "agent.distribution"
        require_finite(self, flag)  # before the two ends are compared
        require(self.atoms >= 2, f"{flag}.atoms", "must be 2 or more", self.atoms)
        require_at_least(self, 1, "quantiles", "cosines", part=flag)
        require(self.high > self.low, f"{flag}.high", f"must be above {self.low:g}", self.high)

    def note_on_returns(self, least: float, greatest: float) -> str:
        """That discounted returns lie outside the atoms, and how to widen these; empty if none do.

        Args:
            least: The least discounted return that was seen.
            greatest: The greatest one.
        """
        flags = []
        if least < self.low:
            flags.append(f"--agent.distribution.low {math.floor(least)} or less")
        if greatest > self.high:
            flags.append(f"--agent.distribution.high {math.ceil(greatest)} or more")
        if self.kind != "c51" or not flags:
            return ""
        return (
            f"discounted returns were from {least:.4g} to {greatest:.4g}, and c51 knows those from "
            f"{self.low:g} to {self.high:g} alone: give {' and '.join(flags)}"
        )

    def head(self, network: NetworkConfig, actions: int) -> tuple[Layer, ...]:
        """Layers from the last hidden one to the distributions, and last the one to their means."""
        if self.kind == "c51":
            return *network.streams(actions, self.atoms), Expectation(self.low, self.high)
        if self.kind == "qr":
            return *network.streams(actions, self.quantiles), Mean()
        implicit = Implicit(actions + network.dueling, self.quantiles, self.cosines)
        return implicit, Streams(actions, self.quantiles, network.dueling), Mean()


@dataclass(frozen=True, kw_only=True)
class MunchausenConfig(Settings):
    """Targets that reward likely actions, and follow a softmax (Vieillard et al. 2020)."""

    PART: ClassVar[str] = "agent.munchausen"

    scale: float = 0.0
    """α: share of the log-probability of the action taken that is added to its reward; 0 leaves
    targets as they are. Their value is 0.9."""
    temperature: float = 0.03
    """τ of the softmax over action values that gives the probabilities, in units of the values."""
    clip: float = -1.0
    """The least value of τ times the log-probability, below 0."""

    def __post_init__(self) -> None:
        flag = "agent.munchausen"
        require(0 <= self.scale <= 1, f"{flag}.scale", "must be in [0, 1]", self.scale)
        heat = self.temperature
        require(heat > 0, f"{flag}.temperature", "must be positive", heat)
        require(self.clip < 0, f"{flag}.clip", "must be below 0", self.clip)

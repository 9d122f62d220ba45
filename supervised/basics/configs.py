"""Settings of the basics. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least
from supervised.core.job import JobConfig


@dataclass(frozen=True, kw_only=True)
class TensorsConfig(JobConfig):
    """Tensors, variables, functions and feeds; there is nothing to set."""

    module: ClassVar[str] = "supervised.basics.tensors"


@dataclass(frozen=True, kw_only=True)
class LinearSyntheticConfig(JobConfig):
    """Linear regression of points near a line, by gradient descent."""

    module: ClassVar[str] = "supervised.basics.linear_synthetic"

    points: int = 1_000
    """Training points, and as many validation points."""
    test_points: int = 10_000
    """Test points: of so many, the noise's own mean square is known to about 1.4 %."""
    learning_rate: float = 0.6
    """Step size."""
    iterations: int = 16
    """Updates, each on all training points."""

    def __post_init__(self) -> None:
        require_at_least(self, 2, "points", "test_points")
        require_at_least(self, 1, "iterations")
        require(self.learning_rate > 0, "learning_rate", "must be positive", self.learning_rate)


@dataclass(frozen=True, kw_only=True)
class LinearBostonConfig(JobConfig):
    """Linear regression of house prices by gradient descent, beside the closed form."""

    module: ClassVar[str] = "supervised.basics.linear_boston"
    reads: ClassVar[tuple[str, ...]] = ("boston",)
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    learning_rate: float = 0.01
    """Step size."""
    iterations: int = 100_000
    """Updates, each on all training rows."""
    repeats: int = 20
    """Further splits into training and test rows; they show how much test metrics vary by split."""

    def __post_init__(self) -> None:
        require(self.learning_rate > 0, "learning_rate", "must be positive", self.learning_rate)
        require_at_least(self, 1, "iterations")
        require_at_least(self, 2, "repeats")


@dataclass(frozen=True, kw_only=True)
class ExploreMnistConfig(JobConfig):
    """Pictures of MNIST, and a classifier that chooses the nearest mean image."""

    module: ClassVar[str] = "supervised.basics.explore_mnist"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    validation_share: float = 1 / 12
    """Fraction of the training images set aside, the first of the file: 5,000 of 60,000."""

    def __post_init__(self) -> None:
        share = self.validation_share
        require(0.01 <= share <= 0.99, "validation_share", "must be in [0.01, 0.99]", share)

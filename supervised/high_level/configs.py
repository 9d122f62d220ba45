"""Settings of the chapter's jobs. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require_at_least
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class FoldsConfig(JobConfig):
    """A perceptron on a small table, scored by repeated stratified cross-validation."""

    module: ClassVar[str] = "supervised.high_level.small_tables"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    network: NetworkConfig
    """Hidden layers."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-2, schedule="cosine")
    """Adam along a cosine."""
    fit: FitConfig
    """Length and batch size of each fold's training, and of the final training on all rows."""
    repeats: int = 5
    """How often all rows are divided into folds."""
    folds: int = 10
    """Number of folds; the rows of each are predicted by a network that learned the others."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "repeats")
        require_at_least(self, 2, "folds")


@dataclass(frozen=True, kw_only=True)
class IrisConfig(FoldsConfig):
    """The book's [10, 10] network names the species of irises."""

    reads: ClassVar[tuple[str, ...]] = ("iris",)

    network: NetworkConfig = NetworkConfig(hidden_sizes=(10, 10))
    """The book's hidden layers."""
    fit: FitConfig = FitConfig(epochs=100, batch_size=16)
    """900 updates, about the book's 1,000 steps."""


@dataclass(frozen=True, kw_only=True)
class TitanicConfig(FoldsConfig):
    """The book's [32, 32] network says who survives."""

    reads: ClassVar[tuple[str, ...]] = ("titanic",)

    network: NetworkConfig = NetworkConfig(hidden_sizes=(32, 32), dropout=0.2)
    """The book's hidden layers, with the activation that it leaves out, and with dropout."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
    """Adam along a cosine."""
    fit: FitConfig = FitConfig(epochs=20, batch_size=16)
    """The book's batches; it has 10 epochs."""
    folds: int = 5
    """Number of folds; the rows of each are predicted by a network that learned the others."""


@dataclass(frozen=True, kw_only=True)
class SequentialConfig(JobConfig):
    """Keras' first demonstration: a stack of two layers."""

    module: ClassVar[str] = "supervised.high_level.sequential"

    rows: int = 4_000
    """Generated rows to learn from; half as many are for validation, and as many for the test."""
    noise: float = 0.3
    """Standard deviation of the noise on the scores that decide a row's class; that of the scores
    is 1."""
    network: NetworkConfig = NetworkConfig(hidden_sizes=(64,))
    """The book's hidden layer."""
    optimizer: OptimizerConfig = OptimizerConfig(name="sgd", learning_rate=0.05)
    """The book's rule; it does not print a step size."""
    fit: FitConfig = FitConfig(epochs=30, batch_size=32)
    """The book's batch size; its 5 epochs are too few."""

    def __post_init__(self) -> None:
        require_at_least(self, 100, "rows")
        require_at_least(self, 0, "noise")


@dataclass(frozen=True, kw_only=True)
class FunctionalConfig(JobConfig):
    """Keras' functional demonstration: two convolutions, and the output layer the book lacks."""

    module: ClassVar[str] = "supervised.high_level.functional"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    filters: int = 64
    """Filters of each of the two convolutions; the book's."""
    images: int = 10_000
    """Most training images; each takes 0.3 billion multiplications."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3, schedule="cosine")
    """Adam along a cosine; the book compiles nothing."""
    fit: FitConfig = FitConfig(epochs=2, batch_size=64)
    """Length and batch size of the training."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "filters")
        require_at_least(self, 100, "images", "validation")

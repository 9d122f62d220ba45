"""Settings of the chapter's jobs. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require_at_least, require_fractions
from supervised.core.job import JobConfig
from supervised.core.settings import (
    Activation,
    FitConfig,
    Initializer,
    NetworkConfig,
    OptimizerConfig,
    OptimizerName,
)

BOOK_LAYERS = (200, 100, 60, 30)
"""Hidden layers of the book's digit networks: 185,300 parameters."""


@dataclass(frozen=True, kw_only=True)
class MnistConfig(JobConfig):
    """A perceptron that tells handwritten digits apart."""

    module: ClassVar[str] = "supervised.feed_forward.mlp_mnist"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    network: NetworkConfig
    """Hidden layers; none is softmax regression."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3, schedule="cosine")
    """The book's step size, along a cosine."""
    fit: FitConfig = FitConfig()
    """The book's 10 epochs in batches of 100."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require_at_least(self, 100, "validation")


@dataclass(frozen=True, kw_only=True)
class BankConfig(JobConfig):
    """A perceptron that predicts whether a bank's call ends in a deposit."""

    module: ClassVar[str] = "supervised.feed_forward.mlp_bank"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"
    reads: ClassVar[tuple[str, ...]] = ("bank",)

    duration: bool = True
    """Whether the length of the call is an input. It is known only when the call is over."""
    network: NetworkConfig = NetworkConfig(
        hidden_sizes=(256, 256, 256, 256),
        activation="tanh",
        initializer="glorot_uniform",
        dropout=0.1,
    )
    """The book's layers, activation and dropout; linear output in place of its tanh."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3, schedule="cosine")
    """The book's step size, along a cosine."""
    fit: FitConfig = FitConfig(epochs=20, keep="best")
    """20 epochs where the book has 1,000; the weights are those with the lowest validation loss."""
    validation_fraction: float = 0.15
    """Fraction of the training rows set aside for validation."""

    def __post_init__(self) -> None:
        require_fractions(self, "validation_fraction", most=1)


@dataclass(frozen=True, kw_only=True)
class ChoicesConfig(JobConfig):
    """The chapter's activations, optimizers and initializers on digits, one changed at a time."""

    module: ClassVar[str] = "supervised.feed_forward.mnist_choices"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    activations: tuple[Activation, ...] = (
        *("sigmoid", "tanh", "relu", "elu", "selu", "gelu", "silu"),
        *("leaky_relu", "relu6", "softplus", "softsign", "crelu"),
    )
    """Activations that are compared, with the base optimizer."""
    optimizers: tuple[OptimizerName, ...] = (
        *("sgd", "momentum", "nesterov", "adam", "adamw", "nadam", "adamax"),
        *("rmsprop", "adagrad", "adadelta", "ftrl", "lion"),
    )
    """Optimizers that are compared, each with the base activation and its best step size."""
    initializers: tuple[Initializer, ...] = (
        *("zeros", "truncated_normal", "random_normal", "glorot_uniform"),
        *("he_normal", "lecun_normal", "orthogonal"),
    )
    """Initializers that are compared, with the base activation and optimizer."""
    learning_rates: tuple[float, ...] = (0.001, 0.01, 0.1)
    """Step sizes tried for each optimizer; Ftrl and Adadelta need the larger ones."""
    network: NetworkConfig = NetworkConfig(hidden_sizes=BOOK_LAYERS)
    """The base network."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3)
    """The base optimizer."""
    fit: FitConfig = FitConfig(epochs=2)
    """Length and batch size of each variant's training."""
    images: int = 20_000
    """Training images each variant sees."""
    validation: int = 5_000
    """Training images each variant is scored on."""

    def __post_init__(self) -> None:
        require_at_least(self, 100, "images", "validation")

"""Settings that the networks of several jobs share. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import Literal

from common.settings import require, require_at_least, require_shares

# fmt: off
Activation = Literal[
    "sigmoid", "tanh", "relu", "elu", "selu", "gelu", "silu", "leaky_relu",
    "relu6", "softplus", "softsign", "crelu", "linear",
]
Initializer = Literal[
    "truncated_normal", "random_normal", "glorot_uniform", "glorot_normal",
    "he_normal", "he_uniform", "lecun_normal", "orthogonal", "zeros",
]
OptimizerName = Literal[
    "sgd", "momentum", "nesterov", "adam", "adamw", "nadam", "adamax",
    "rmsprop", "adagrad", "adadelta", "ftrl", "lion", "lazy_adam",
]
# fmt: on
Cell = Literal["rnn", "lstm", "gru"]
"""Kinds of recurrent units."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A multi-layer perceptron."""

    hidden_sizes: tuple[int, ...]
    """Units of each hidden layer; none makes a linear model."""
    activation: Activation = "relu"
    """Activation of the hidden layers. `crelu` gives two outputs: max(x, 0), max(-x, 0)."""
    initializer: Initializer = "he_normal"
    """Initializer of the weights; `truncated_normal` and `random_normal` have the book's standard
    deviation, 0.1."""
    bias: float = 0.0
    """Initial bias of the hidden layers."""
    dropout: float = 0.0
    """Fraction of a hidden layer's outputs dropped in training."""
    l1: float = 0.0
    """Factor of the sum of absolute weights in the loss."""
    l2: float = 0.0
    """Factor of the sum of squared weights in the loss."""
    max_norm: float = 0.0
    """Largest norm of a unit's incoming weights; 0 leaves them free."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "hidden_sizes", part="network")
        require_shares(self, "dropout", part="network")
        require_at_least(self, 0, "l1", "l2", "max_norm", part="network")


@dataclass(frozen=True, kw_only=True)
class LenetNetworkConfig:
    """The book's LeNet: convolutions, a pooling after each, and a hidden layer."""

    filters: tuple[int, ...] = (32, 64, 128)
    """Filters of each convolution; a pooling follows each and halves height and width."""
    kernel: int = 3
    """Side of the convolutions."""
    hidden: int = 625
    """Units of the hidden layer."""
    initializer: Initializer = "he_normal"
    """Initializer of the weights, in place of the book's normal one of deviation 0.01."""
    bias: bool = False
    """Whether convolutions and layers have biases; the book's have none."""
    convolution_dropout: float = 0.2
    """Fraction of a pooling's outputs dropped in training; the book's."""
    hidden_dropout: float = 0.5
    """Fraction of the hidden layer's outputs dropped in training; the book's."""

    def __post_init__(self) -> None:
        require(
            len(self.filters) <= 5, "filters", "must name 5 convolutions or fewer", self.filters
        )
        require_at_least(self, 1, "filters", "hidden", "kernel")
        require_shares(self, "convolution_dropout", "hidden_dropout")


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """The optimizer, and its step size."""

    name: OptimizerName = "adam"
    """Name of the rule. momentum and nesterov are SGD with momentum 0.9; lazy_adam is Adam that
    moves, of large tables, only the rows that a batch uses."""
    learning_rate: float = 1e-3
    """Step size at the start."""
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    """How the step size changes in training: constant, or falling to 0 by a cosine or linearly."""

    def __post_init__(self) -> None:
        rate = self.learning_rate
        require(rate > 0, "optimizer.learning_rate", "must be positive", rate)


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How long a network is trained, in batches of which size, and which weights are kept."""

    epochs: int = 10
    """Passes over the training data."""
    batch_size: int = 100
    """Examples in each update."""
    patience: int = 0
    """Epochs without a better validation loss after which training stops; 0 never stops early."""
    keep: Literal["last", "best"] = "last"
    """Weights kept: those of the last epoch, or of the one with the lowest validation loss."""
    parts: int = 8
    """With --workers: parts into which each batch is cut for them; at most as many workers fit."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "epochs", "batch_size", "parts", part="fit")
        require_at_least(self, 0, "patience", part="fit")

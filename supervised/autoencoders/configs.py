"""Settings of the autoencoders of digits. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least, require_shares
from supervised.core.job import JobConfig
from supervised.core.settings import Activation, FitConfig, Initializer, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig(JobConfig):
    """Settings that all autoencoders of digits have; pixels are numbers from 0 to 1."""

    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    noise: float = 0.0
    """Standard deviation of the Gaussian noise on every input pixel; the target is the clean image.
    Validation and test images get it, too."""
    activation: Activation = "sigmoid"
    """Activation of all layers but the last, which is a sigmoid."""
    initializer: Initializer = "glorot_uniform"
    """Initializer of the weights; biases start at 0."""
    dropout: float = 0.0
    """Fraction of a hidden layer's outputs dropped in training."""
    loss: Literal["squared_error", "cross_entropy"] = "squared_error"
    """Loss of each pixel in training; held-out metrics are always squared errors."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
    """Adam with a step size that falls along a cosine."""
    fit: FitConfig = FitConfig(epochs=20, batch_size=128)
    """Length and batch size of the training."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "noise")
        require_shares(self, "dropout")
        require_at_least(self, 100, "validation")


@dataclass(frozen=True, kw_only=True)
class DenseConfig(AutoencoderConfig):
    """An autoencoder of fully connected layers."""

    module: ClassVar[str] = "supervised.autoencoders.dense"

    hidden_sizes: tuple[int, ...] = (256, 128, 256)
    """Units of each hidden layer; the book's."""
    code: int = 2
    """Which hidden layer is the code, from 1; a principal component analysis with as many
    components stands beside it where it is smaller than an image."""
    book_start: bool = False
    """Train the network a second time, from the book's N(0, 1) weights and biases."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 1, "hidden_sizes")
        last = len(self.hidden_sizes)
        require(1 <= self.code <= last, "code", f"must name a layer from 1 to {last}", self.code)


@dataclass(frozen=True, kw_only=True)
class ConvolutionalConfig(AutoencoderConfig):
    """An autoencoder of convolutions that halve height and width, and transposed ones."""

    module: ClassVar[str] = "supervised.autoencoders.convolutional"

    filters: tuple[int, ...] = (16, 32, 64)
    """Filters of each convolution of the encoder; the decoder has them in reverse order. The
    book's."""
    kernel: int = 5
    """Height and width of every filter, in pixels; the book's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(1 <= len(self.filters) <= 5, "filters", "must name 1 to 5 layers", self.filters)
        require_at_least(self, 1, "filters", "kernel")

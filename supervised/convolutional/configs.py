"""Settings of the chapter's convolutional networks. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar

from common.settings import require
from supervised.job import JobConfig
from supervised.settings import FitConfig, Initializer, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class LenetConfig(JobConfig):
    """The book's LeNet: three convolutions and a hidden layer tell handwritten digits apart."""

    module: ClassVar[str] = "supervised.convolutional.lenet_mnist"

    filters: tuple[int, ...] = (32, 64, 128)
    """Of each convolution; a pooling follows each and halves height and width."""
    kernel: int = 3
    """Side of the convolutions."""
    hidden: int = 625
    """Units of the hidden layer."""
    initializer: Initializer = "he_normal"
    """Of the weights, in place of the book's normal ones of deviation 0.01."""
    bias: bool = False
    """Whether convolutions and layers have biases; the book's have none."""
    convolution_dropout: float = 0.2
    """Fraction of a pooling's outputs dropped in training; the book's."""
    hidden_dropout: float = 0.5
    """Fraction of the hidden layer's outputs dropped in training; the book's."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1.5e-3, schedule="cosine")
    """Adam along a cosine, in place of the book's RMSProp at 0.001."""
    fit: FitConfig = FitConfig(epochs=5, batch_size=50)
    """5 epochs where the book has 100, in smaller batches: more updates in less time."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require(
            len(self.filters) <= 5, "filters", "must name 5 convolutions or fewer", self.filters
        )
        for count in self.filters:
            require(count >= 1, "filters", "must be 1 or more", count)
        for name in ("hidden", "kernel"):
            require(getattr(self, name) >= 1, name, "must be 1 or more", getattr(self, name))
        for name in ("convolution_dropout", "hidden_dropout"):
            rate = getattr(self, name)
            require(0 <= rate < 1, name, "must be in [0, 1)", rate)
        require(self.validation >= 100, "validation", "must be 100 or more", self.validation)

"""Settings of the chapter's convolutional networks. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar

from common.settings import require_at_least
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, LenetNetworkConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class LenetConfig(LenetNetworkConfig, JobConfig):
    """The book's LeNet: three convolutions and a hidden layer tell handwritten digits apart."""

    module: ClassVar[str] = "supervised.convolutional.lenet_mnist"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1.5e-3, schedule="cosine")
    """Adam along a cosine, in place of the book's RMSProp at 0.001."""
    fit: FitConfig = FitConfig(epochs=5, batch_size=50)
    """5 epochs where the book has 100, in smaller batches: more updates in less time."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 100, "validation")

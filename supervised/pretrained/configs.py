"""Settings of the chapter's jobs with pretrained networks. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import (
    InvalidSetting,
    require,
    require_at_least,
    require_fractions,
    require_shares,
)
from supervised.core.imagenet.names import Network
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class ClassifyConfig(JobConfig):
    """Names what is on pictures, by a network that ImageNet has trained on 1,000 classes."""

    module: ClassVar[str] = "supervised.pretrained.classify"

    network: Network
    """Network that classifies the pictures."""
    pictures: tuple[Path, ...] = ()
    """Files and folders of PNG and JPEG pictures, of any size."""
    weights: Path | None = None
    """File of the network's weights with its classifier; without it Keras' cache, or a download."""
    top: int = 5
    """Classes named for each picture, the likeliest first."""
    batch: int = 32
    """Pictures that are classified at once."""

    def __post_init__(self) -> None:
        require(1 <= self.top <= 1_000, "top", "must be in [1, 1000]", self.top)
        require_at_least(self, 1, "batch")


@dataclass(frozen=True, kw_only=True)
class TransferConfig(JobConfig):
    """A network that ImageNet has trained, which learns other classes."""

    module: ClassVar[str] = "supervised.pretrained.transfer"

    network: Network = "squeezenet"
    """Network that is trained further; its own classifier is removed."""
    start: Literal["imagenet", "scratch"] = "imagenet"
    """Initial weights: those of ImageNet, or random ones, which are then all trained."""
    weights: Path | None = None
    """File of the network's weights, with classifier or without; without it Keras' cache, or a
    download."""
    pictures_dir: Path | None = None
    """Your own pictures, FOLDER/CLASS/PICTURE, in place of cats and dogs; any number of classes."""
    unfreeze: int = 0
    """Number of last layers of the network that are trained, too, after the classifier; a large
    number trains all. Batch normalization is not trained."""
    augment: bool = False
    """Mirror, shift and zoom the pictures at random in training. A frozen network then processes
    each picture in every epoch, and otherwise only once."""
    dropout: float = 0.5
    """Fraction of the features dropped in training."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3)
    """Optimizer of the classifier on a frozen network."""
    fit: FitConfig = FitConfig(epochs=60, batch_size=32, keep="best")
    """Training of the classifier; the weights are those with the lowest validation loss."""
    fine_optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-4)
    """Optimizer of the network: of its last layers after that, or of all of it from scratch."""
    fine_fit: FitConfig = FitConfig(epochs=10, batch_size=32, keep="best")
    """Training of the network, with `fine_optimizer`."""
    validation: float = 0.15
    """Fraction of the pictures set aside for validation."""
    test: float = 0.2
    """Fraction of the pictures kept for the test."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "unfreeze")
        require_shares(self, "dropout")
        require_fractions(self, "validation", "test")
        if self.start == "scratch" and self.weights is not None:
            raise InvalidSetting("--weights and --start scratch exclude each other")

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.pictures_dir else ("dogs_vs_cats",)

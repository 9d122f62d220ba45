"""Settings of the job with a user's own pictures. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import InvalidSetting, require, require_at_least, require_shares
from supervised.core.imagenet.names import SIDES, Network
from supervised.core.job import InputError
from supervised.core.settings import FitConfig, LenetNetworkConfig, NetworkConfig, OptimizerConfig
from supervised.datasets import own_pictures
from supervised.datasets.own_pictures import Layout, Listing
from supervised.datasets.source import DataError
from supervised.own.configs import OwnConfig

_SIDE = 64
_SMALLEST, _LARGEST = 8, 1_024
_OF_IMAGENET = ("start", "weights", "unfreeze")
"""Settings that only ImageNet's networks have."""


@dataclass(frozen=True, kw_only=True)
class ImagesConfig(OwnConfig):
    """A network on a user's own pictures, a folder for each class, beside simple classifiers."""

    module: ClassVar[str] = "supervised.own.images"

    folder: Path | None = None
    """The pictures: a folder for each class, or folders train and test with these in them;
    required."""
    layout: Layout = "auto"
    """What the folders in --folder are: classes, or parts (train, validation, test) with classes in
    them; `auto` takes them for parts where all have such names."""
    network: Literal["perceptron", "lenet", "alexnet", "squeezenet", "vgg19", "inception_v3"] = (
        "lenet"
    )
    """The network: the first two from scratch, the others as --start says."""
    size: int = 0
    """Side in pixels to which the middle square of each picture is scaled; 0 takes 64, or what
    ImageNet's network was trained on."""
    grey: bool = False
    """Take the pictures without their colours."""
    augment: bool = False
    """Mirror, shift and zoom the pictures at random in training."""
    lenet: LenetNetworkConfig = LenetNetworkConfig()
    """Layers of lenet."""
    perceptron: NetworkConfig = NetworkConfig(hidden_sizes=(256, 64), dropout=0.3)
    """Hidden layers of the perceptron."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3, schedule="cosine")
    """Optimizer of lenet and the perceptron, and of a classifier on a frozen network."""
    fit: FitConfig = FitConfig(epochs=30, batch_size=32, patience=10, keep="best")
    """Their training; the weights are those with the lowest validation loss."""
    start: Literal["imagenet", "scratch"] = "imagenet"
    """Initial weights of ImageNet's networks: those of ImageNet, or random ones, which are then all
    trained."""
    weights: Path | None = None
    """File of ImageNet's weights, with classifier or without; without it Keras' cache, or a
    download."""
    unfreeze: int = 0
    """Number of last layers of ImageNet's network that are trained, too, after the classifier."""
    dropout: float = 0.5
    """Fraction of ImageNet's features dropped in training."""
    fine_optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-4)
    """Optimizer of ImageNet's network: of its last layers, or of all of it from scratch."""
    fine_fit: FitConfig = FitConfig(epochs=10, batch_size=32, keep="best")
    """Training of ImageNet's network, with `fine_optimizer`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 0, "unfreeze")
        require_shares(self, "dropout")
        if self.size:
            self._require_side()
        for name in _OF_IMAGENET if self.of_imagenet is None else ():
            default = type(self).__dataclass_fields__[name].default
            if getattr(self, name) != default:
                raise InvalidSetting(
                    f"--{name} is for ImageNet's networks, and --network is {self.network}"
                )
        if self.start == "scratch" and self.weights is not None:
            raise InvalidSetting("--weights and --start scratch exclude each other")

    def _require_side(self) -> None:
        usual, smallest = self._sides
        only = usual == smallest
        rule = f"must be {usual}" if only else f"must be in [{smallest}, {_LARGEST:,}]"
        fits = smallest <= self.size <= (usual if only else _LARGEST)
        require(fits, "size", f"{rule} for {self.network}, or 0", self.size)

    @property
    def _sides(self) -> tuple[int, int]:
        return (_SIDE, _SMALLEST) if self.of_imagenet is None else SIDES[self.of_imagenet]

    @property
    def of_imagenet(self) -> Network | None:
        """The name of ImageNet's network; None for another one."""
        return None if self.network in ("perceptron", "lenet") else self.network

    @property
    def side(self) -> int:
        """Side of the pictures as the network takes them, in pixels."""
        return self.size or self._sides[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a picture as the network takes it; ImageNet's take grey ones as colours, too."""
        grey = self.grey and self.of_imagenet is None
        return (self.side, self.side) if grey else (self.side, self.side, 3)

    def listed(self) -> tuple[Listing, Listing | None]:
        """The pictures, and those of --test.

        Raises:
            InputError: No folder is named.
            DataError: A folder cannot be used.
        """
        if self.folder is None:
            raise InputError(
                "--folder is missing: a folder of pictures with a folder for each class in it, "
                "such as --folder flowers with flowers/rose and flowers/tulip"
            )
        found = own_pictures.listed(self.folder, self.layout)
        if self.test is None:
            return found, None
        if "test" in found.parts:
            raise InputError(f"--test: {self.folder} has a folder of test pictures: leave it out")
        return found, own_pictures.of_test(self.test, found.classes)

    def check(self) -> None:
        found, _ = self.listed()
        if "train" not in found.parts:
            own_pictures.require_enough(found.classes, found.labels)
        if self.weights is not None and not self.weights.is_file():
            raise DataError(f"--weights {self.weights}: no such file")

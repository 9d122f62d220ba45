"""Settings of style transfer. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import require
from supervised.core.job import JobConfig
from supervised.core.settings import OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class StyleConfig(JobConfig):
    """A picture with the things of one picture and the style of another."""

    module: ClassVar[str] = "supervised.style.transfer"

    content: Path | None = None
    """Picture whose things are kept, of any format, mode and size; not needed with
    `--data synthetic`."""
    style: Path | None = None
    """Picture whose colours and textures are taken; the same."""
    network: Literal["vgg19", "squeezenet"] = "vgg19"
    """Whose feature maps the pictures are compared by, average-pooled: the book's, or one with a
    27th of its weights."""
    weights: Path | None = None
    """File of the network's ImageNet weights; without it Keras' cache, or a download."""
    size: int = 256
    """Pixels of the longer side of what is painted; the other keeps the content's proportions."""
    steps: int = 1_000
    """Updates of the pixels."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1.5)
    """How the pixels follow the gradient, in units of their 0 to 255: the book's Adam."""
    content_weight: float = 1.0
    """What the content loss counts in the cost: with the book's 1 to 100 from noise, nothing of the
    content is to be seen with SqueezeNet's features."""
    style_weight: float = 100.0
    """What the style loss counts in the cost."""
    variation_weight: float = 1.0
    """What the total-variation loss counts in the cost."""
    content_layers: tuple[str, ...] = ()
    """Layers of the content loss, which count the same; none names those of the network."""
    style_layers: tuple[str, ...] = ()
    """Layers of the style loss, which count the same; none names those of the network."""
    start: Literal["noise", "content"] = "noise"
    """Where the pixels start: as the book's uniform noise, or as the content picture."""
    progress_every: int = 100
    """Steps between two progress pictures."""

    def __post_init__(self) -> None:
        for name in ("size", "steps", "progress_every"):
            value = getattr(self, name)
            require(value >= 1, name, "must be 1 or more", value)
        for name in ("content_weight", "variation_weight"):
            value = getattr(self, name)
            require(value >= 0, name, "must be 0 or more", value)
        weight = self.style_weight
        require(weight > 0, "style_weight", "must be positive", weight)

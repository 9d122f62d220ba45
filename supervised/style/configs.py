"""Settings of style transfer. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import require, require_at_least
from supervised.core.job import JobConfig
from supervised.core.settings import OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class StyleConfig(JobConfig):
    """A picture with the content of one picture and the style of another."""

    module: ClassVar[str] = "supervised.style.transfer"

    content: Path | None = None
    """Picture whose content is kept, of any format, mode and size; not needed with
    `--data synthetic`."""
    style: Path | None = None
    """Picture whose colours and textures are taken, of any format, mode and size; not needed with
    `--data synthetic`."""
    network: Literal["vgg19", "squeezenet"] = "vgg19"
    """Network whose feature maps compare the pictures, with average pooling: the book's, or one
    with a 27th of its weights."""
    weights: Path | None = None
    """File of the network's ImageNet weights; without it Keras' cache, or a download."""
    size: int = 256
    """Pixels of the longer side of the result, which has the content picture's proportions."""
    steps: int = 1_000
    """Updates of the pixels."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1.5)
    """Optimizer of the pixels, whose values are 0 to 255: the book's Adam."""
    content_weight: float = 1.0
    """Weight of the content loss in the cost. With the book's 1 to 100, a start from noise and
    SqueezeNet's features, the content cannot be seen in the result."""
    style_weight: float = 100.0
    """Weight of the style loss in the cost."""
    variation_weight: float = 1.0
    """Weight of the total-variation loss in the cost."""
    content_layers: tuple[str, ...] = ()
    """Layers of the content loss, with equal weights; without any, the network's default ones."""
    style_layers: tuple[str, ...] = ()
    """Layers of the style loss, with equal weights; without any, the network's default ones."""
    start: Literal["noise", "content"] = "noise"
    """Initial pixels: the book's uniform noise, or the content picture."""
    progress_every: int = 100
    """Steps between two progress pictures."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "size", "steps", "progress_every")
        require_at_least(self, 0, "content_weight", "variation_weight")
        require(self.style_weight > 0, "style_weight", "must be positive", self.style_weight)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.content and self.style else ("pictures",)

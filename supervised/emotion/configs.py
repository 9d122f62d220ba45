"""Settings of the jobs with faces. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from common.settings import require, require_at_least, require_shares
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class EmotionConfig(JobConfig):
    """A convolutional network that names the emotion of a face."""

    module: ClassVar[str] = "supervised.emotion.faces"
    reads: ClassVar[tuple[str, ...]] = ("fer2013",)

    filters: tuple[int, ...] = (16, 48, 96, 192)
    """Filters of each convolution; each is followed by ReLU and a pooling that halves the sides."""
    first_kernel: int = 3
    """Side of the first convolution's filters in pixels; those of the others have 3."""
    dense: int = 256
    """Units of the layer between convolutions and classes."""
    dropout: float = 0.4
    """Fraction of the dense layer's outputs dropped in training."""
    batch_norm: bool = True
    """Whether each convolution's outputs are normalized before the ReLU."""
    l2: float = 0.0
    """Factor of the sum of the convolutions' squared weights in the loss."""
    deviation: float = 0.0
    """Standard deviation of the initial weights, a truncated normal; 0 chooses He's, by fan-in."""
    augment: bool = True
    """Whether faces are mirrored and shifted at random in training."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=1e-3, schedule="cosine")
    """The book's step size, along a cosine."""
    fit: FitConfig = FitConfig(epochs=12, batch_size=64, keep="best")
    """The weights are those with the lowest validation loss."""

    def __post_init__(self) -> None:
        require(1 <= len(self.filters) <= 5, "filters", "must name 1 to 5 layers", self.filters)
        require_at_least(self, 1, "filters", "dense")
        kernel = self.first_kernel
        require(1 <= kernel <= 48, "first_kernel", "must be from 1 to 48", kernel)
        require_shares(self, "dropout")
        require_at_least(self, 0, "l2", "deviation")


BOOK = EmotionConfig(
    filters=(32, 64),
    first_kernel=5,
    dropout=0.5,
    batch_norm=False,
    l2=0.005,
    deviation=0.02,
    augment=False,
    fit=FitConfig(epochs=5, batch_size=128),
)
"""The book's network. The book's decay is 0.01 times half the sum of squares; 5 epochs of FER2013
have 1,125 updates, where the book has 1,001."""


@dataclass(frozen=True, kw_only=True)
class EmotionPredictConfig(JobConfig):
    """Emotions of a user's own pictures, and how sure the network is of them."""

    module: ClassVar[str] = "supervised.emotion.own_image"

    model: Path | None = None
    """Folder of a run of emotion_faces, or its model.keras; required."""
    pictures: tuple[Path, ...] = ()
    """Pictures, or folders of them."""
    face: tuple[int, int, int, int] | None = None
    """Where the face is: left, top, width and height in pixels of the upright picture. Without it
    the face is expected in the middle: no detector looks for it."""
    samples: int = 1_000
    """Passes with dropout left on, whose spread says how sure the network is."""

    def __post_init__(self) -> None:
        require_at_least(self, 2, "samples")
        if self.face is not None:
            left, top, width, height = self.face
            fits = min(left, top) >= 0 and min(width, height) >= 1
            rule = "must be left and top of 0 or more, width and height of 1 or more"
            require(fits, "face", rule, " ".join(map(str, self.face)))

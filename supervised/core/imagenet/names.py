"""Names of the networks, and the shape of their inputs. Imports no TensorFlow."""

from typing import Literal

Network = Literal["alexnet", "squeezenet", "vgg19", "inception_v3"]
Shape = tuple[int | None, int | None, int]
"""Height, width and channels of a network's input."""

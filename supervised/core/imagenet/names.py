"""Names of the networks, and the shape of their inputs. Imports no TensorFlow."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Network = Literal["alexnet", "squeezenet", "vgg19", "inception_v3"]
Shape = tuple[int | None, int | None, int]
"""Height, width and channels of a network's input."""


class Sides(NamedTuple):
    """Sides of the pictures that a network takes, in pixels.

    Attributes:
        usual: Of those it was trained on.
        smallest: Of the smallest that it takes; `usual` if it takes no other.
    """

    usual: int
    smallest: int


SIDES: Mapping[Network, Sides] = {
    "alexnet": Sides(227, 227),
    "squeezenet": Sides(227, 31),
    "vgg19": Sides(224, 32),
    "inception_v3": Sides(299, 75),
}

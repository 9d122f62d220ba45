"""The networks for pictures that updates and acting are measured at, ours and PyTorch's."""

from typing import NamedTuple

BATCH_SIZE = 32
ACTIONS = 6
DISCOUNT = 0.99
LEARNING_RATE = 1e-4
ENVIRONMENTS = 64
"""Rows of an acting pass."""


class PictureNetwork(NamedTuple):
    """A network for pictures.

    Attributes:
        name: In the tables.
        picture: Height, width and channels of what it sees, in bytes.
        convolutions: Filters, size and stride of each.
        units: Of the dense layer after them.
        updates: How many are timed, for a second or two.
    """

    name: str
    picture: tuple[int, int, int]
    convolutions: tuple[tuple[int, int, int], ...]
    units: int
    updates: int


NETWORKS = {
    "minatar": PictureNetwork("MinAtar's, 10x10x4", (10, 10, 4), ((16, 3, 1),), 128, 1_024),
    "der": PictureNetwork("DER's, 84x84x4", (84, 84, 4), ((32, 5, 5), (64, 5, 5)), 256, 128),
    "nature": PictureNetwork(
        "Nature's, 84x84x4", (84, 84, 4), ((32, 8, 4), (64, 4, 2), (64, 3, 1)), 512, 24
    ),
}

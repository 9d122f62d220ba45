"""Where the channels of a picture are."""

from collections.abc import Sequence

_MOST = 4  # channels of a picture that is no stack: red, green, blue and how opaque it is
_STACKED, _LARGE = 16, 32  # channels of a stack of pictures, and pixels of one that is no board
FIRST = "seem to have the channels first"


def are_first(picture: Sequence[int]) -> bool:
    """Whether a shape seems to be [channels, height, width] in place of [height, width, channels].

    Args:
        picture: The shape of one picture; of another number of axes than three it is not.
    """
    if len(picture) != 3:
        return False
    most = _STACKED if min(picture[1:]) >= _LARGE else _MOST
    return picture[0] <= most and picture[0] < min(picture[1:])

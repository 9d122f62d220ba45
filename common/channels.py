"""Where the channels of a picture are."""

from collections.abc import Sequence

_MOST = 4  # channels of a picture that is no stack: red, green, blue and how opaque it is
FIRST = "seem to have the channels first"


def are_first(picture: Sequence[int]) -> bool:
    """Whether a shape seems to be [channels, height, width] in place of [height, width, channels].

    Args:
        picture: The shape of one picture; of another number of axes than three it is not.
    """
    return len(picture) == 3 and picture[0] <= _MOST and picture[0] < min(picture[1:])

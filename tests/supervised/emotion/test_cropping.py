from pathlib import Path

import numpy as np
import pytest

from supervised.datasets.source import DataError
from supervised.emotion.cropping import crop, square

FILE = Path("me.jpg")


def blank(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("size", "face", "box"),
    [
        ((100, 60), None, (0, 20, 60, 60)),  # 40 rows too many: 20 above, 20 below
        ((60, 101), None, (20, 0, 60, 60)),
        ((48, 48), None, (0, 0, 48, 48)),
        ((200, 200), (10, 20, 50, 30), (20, 20, 30, 30)),
        ((200, 200), (150, 140, 50, 60), (150, 145, 50, 50)),  # up to the very corner
    ],
)
def test_the_square_in_the_middle(size, face, box):
    assert square(FILE, blank(*size), face) == box


@pytest.mark.parametrize("face", [(150, 0, 51, 10), (0, 95, 5, 6)])
def test_a_box_beyond_the_picture_is_named(face):
    with pytest.raises(DataError) as error:
        square(FILE, blank(100, 200), face)
    assert str(error.value) == (
        f"me.jpg: --face {' '.join(map(str, face))} (left, top, width, height) reaches beyond the "
        "picture, which is 200 wide and 100 high"
    )


def test_grey_has_the_books_weights():
    picture = blank(48, 144)
    picture[:, :48, 0], picture[:, 48:96, 1], picture[:, 96:, 2] = 100, 100, 100
    shades = [crop(picture, (left, 0, 48, 48)) for left in (0, 48, 96)]
    assert [np.unique(shade).tolist() for shade in shades] == [[30], [59], [11]]


def test_fine_stripes_are_averaged_not_picked():
    """Four columns of the picture become one pixel; two of them are white."""
    picture = blank(192, 192)
    picture[:, 0::4] = picture[:, 1::4] = 255
    inside = crop(picture, (0, 0, 192, 192))[:, 4:-4]
    assert abs(inside.astype(int) - 127).max() < 40


def test_all_of_the_box_is_seen_and_nothing_else():
    """The book's own cut shows the first 2,304 pixels: of this picture, all black."""
    picture = blank(400, 300)
    picture[200:300, 150:250] = 255
    assert crop(picture, (150, 200, 100, 100)).min() == 255
    seen = crop(picture, (100, 150, 200, 200))
    assert seen[24, 24] == 255
    assert seen[5, 5] == seen[45, 45] == 0

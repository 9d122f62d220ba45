"""The two pictures of style transfer: a user's own, the book's, generated ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from supervised.datasets import style_pictures
from supervised.datasets.pictures import OWN
from supervised.datasets.source import DataError, Source


def _save(path: Path, grey: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((4, 6), grey, np.uint8)).save(path)
    return path


def test_those_of_the_users_folder_are_found_by_name_and_replaced_by_flags(tmp_path):
    _save(tmp_path / "pictures" / "cat.jpg", 10)
    _save(tmp_path / "pictures" / "mosaic.jpg", 20)
    source = Source(data_dir=tmp_path)
    found = style_pictures.load(source)
    assert (found.name, found.kind) == ("pictures", "real")
    assert (found.content[0, 0, 0], found.style[0, 0, 0]) == (10, 20)
    assert found.content.shape == (4, 6, 3)
    own = style_pictures.loader(None, _save(tmp_path / "own.png", 30))(source)
    assert (own.content[0, 0, 0], own.style[0, 0, 0]) == (10, 30)


def test_a_users_own_need_no_folder(tmp_path):
    own = _save(tmp_path / "own.png", 30)
    found = style_pictures.loader(own, own)(Source())
    assert (found.name, found.kind, found.content[0, 0, 0]) == (OWN, "real", 30)
    with pytest.raises(DataError, match="--data synthetic takes no pictures"):
        style_pictures.loader(own, None)(Source(want="synthetic"))
    with pytest.raises(DataError, match="pictures: no installed package ships a sample"):
        style_pictures.loader(own, own)(Source(want="sample"))


def test_an_empty_folder_is_told_both_ways_out(tmp_path):
    (tmp_path / "pictures").mkdir()
    said = r"holds no cat.jpg, mosaic.jpg; .*--content FILE --style FILE.*--data synthetic"
    with pytest.raises(DataError, match=said):
        style_pictures.load(Source(data_dir=tmp_path))


def test_generated_ones_are_unlike_each_other():
    made = style_pictures.load(Source(want="synthetic"))
    assert made.kind == "synthetic"
    assert made.content.shape == (96, 128, 3)
    assert made.style.shape == (128, 128, 3)
    assert made.style.std() > 50

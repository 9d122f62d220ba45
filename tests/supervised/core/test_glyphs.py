"""Characters that no font has: names in their place, wherever a picture has them."""

import warnings

import numpy as np
import pandas as pd

from supervised.core import glyphs, plots

LACKING = "\u4e2d"  # no font that Matplotlib brings along has it
PRIVATE = "\ue123"


def test_names_stand_for_characters_without_a_font(monkeypatch):
    monkeypatch.setattr(glyphs, "_font", lambda sign: "" if sign.isascii() else None)
    assert glyphs.drawable("a b") == "a b"
    assert glyphs.drawable("😀!") == "[grinning face]!"
    assert glyphs.drawable(LACKING + PRIVATE) == "[U+4E2D][U+E123]"
    assert (glyphs.width("ab"), glyphs.width(LACKING), glyphs.width("e\u0301")) == (2, 2, 1)


def test_pictures_have_no_empty_boxes(tmp_path):
    names = [f"{LACKING}a", "b😀"]
    counts = pd.DataFrame([[3, 1], [0, 5]], index=names, columns=names)
    shown = plots.words(["free", f"{LACKING}", "😀"], np.array([1.0, -1.0, 0.0]), "ok", names)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, figure in enumerate((plots.confusion_matrix(counts, LACKING), shown)):
            glyphs.mend(figure)
            figure.savefig(tmp_path / f"{number}.png")


def test_the_shades_of_words_have_a_key():
    figure = plots.words(["free", "$5"], np.array([2.0, -1.0]), "spam", ("spam", "ham"))
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said[:2] == ["free", r"\$5"]
    assert said[2:] == [
        *("word", "speaks for spam", "word", "speaks for ham", "the deeper, the more"),
    ]

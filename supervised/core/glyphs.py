"""Characters that a picture's font lacks, such as Chinese ones and emoji: other fonts, or names."""

import functools
import unicodedata
from collections.abc import Iterable

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

_FIRST = "DejaVu Sans Mono"
"""Comes with Matplotlib and has fewer characters than its other fonts of that family."""
_NOT_USED = ("Last Resort", "STIX", "cm")  # boxes; parts of formulas
_LONGEST = 24  # characters of a name that is drawn in a character's place


def drawable(text: str) -> str:
    """A text as it can be drawn here: what no font has is a name or number in brackets."""
    return "".join(f"[{_name(sign)}]" if _font(sign) is None else sign for sign in text)


def width(text: str) -> int:
    """Columns that a text takes in a font of equally wide letters: Chinese signs take two."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def mend(figure: Figure) -> None:
    """Gives a figure's texts the fonts of all their characters, or names where there is no font."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            # Else the axis would write the words anew that it was given.
            if isinstance(axis.get_major_locator(), FixedLocator) and not "".join(labels).isascii():
                axis.set_ticks(axis.get_ticklocs(), [drawable(label) for label in labels])
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        said = text.get_text()
        if said.isascii():
            continue
        text.set_text(drawable(said))
        if others := _others(said):
            text.set_fontfamily([*text.get_fontfamily(), *others])


def _others(text: str) -> list[str]:
    """The fonts of the characters that the first one lacks, each once."""
    return [*dict.fromkeys(font for sign in text if (font := _font(sign)))]


@functools.cache
def _font(sign: str) -> str | None:
    """The font that a character needs beside the first one: "" is none, None that none has it."""
    if sign.isascii() or ord(sign) in _charmap(font_manager.findfont(_FIRST)):
        return ""
    for entry in font_manager.fontManager.ttflist:
        if not entry.name.startswith(_NOT_USED) and ord(sign) in _charmap(entry.fname):
            return entry.name
    return None


@functools.cache
def _charmap(path: str) -> Iterable[int]:
    try:
        font = FT2Font(path)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError):  # such as coloured pictures of emoji
        return frozenset()


def _name(sign: str) -> str:
    number = f"U+{ord(sign):04X}"
    name = unicodedata.name(sign, number).lower()
    return name if len(name) <= _LONGEST and not name.endswith(number[2:].lower()) else number

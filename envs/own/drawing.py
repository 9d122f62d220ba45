"""Pictures and text of environments whose places are cells."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

RENDERING: Mapping[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}
"""What the environments here offer."""
_SIDE = 240  # pixels of a picture, about
Colours = Mapping[str, tuple[int, int, int]]
"""Colours by the letters of cells; "." is the ground, and lines between cells are darker."""
_COLOURS: Colours = {
    ".": (255, 255, 255),  # a place
    "#": (90, 90, 90),  # a wall
    "@": (31, 95, 168),  # who acts
    "$": (230, 180, 40),  # what pays
    "?": (250, 235, 200),  # where something is asked
    "0": (190, 220, 250),  # a cue
    "1": (250, 200, 190),
}


def check_mode(mode: str | None) -> str | None:
    """A render mode that is one of these, or None.

    Raises:
        ValueError: It is another one.
    """
    if mode is not None and mode not in RENDERING["render_modes"]:
        raise ValueError(f"render_mode={mode!r} is none of {RENDERING['render_modes']}")
    return mode


class Cells(gymnasium.Env):
    """The base of environments that show themselves as lines of cells."""

    metadata = RENDERING
    render_mode: str | None = None
    colours: Colours = _COLOURS

    def lines(self) -> list[str]:
        """The rows of cells from the top, each a letter of `colours`."""
        raise NotImplementedError

    def render(self) -> str | npt.NDArray[np.uint8] | None:  # type: ignore[override]
        """The cells as text or as a picture [height, width, 3], by the mode it was made with."""
        if self.render_mode is None:
            return None
        lines = self.lines()
        return "\n".join(lines) if self.render_mode == "ansi" else _picture(lines, self.colours)


def _picture(lines: list[str], colours: Colours) -> npt.NDArray[np.uint8]:
    cells = np.array([[colours[letter] for letter in line] for line in lines], np.uint8)
    side = max(_SIDE // max(cells.shape[:2]), 2)
    picture = cells.repeat(side, axis=0).repeat(side, axis=1)
    if side > 4:
        picture[::side] = picture[:, ::side] = np.array(colours["."], np.int64) * 205 // 255
    return picture

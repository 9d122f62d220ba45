"""Strips of a film: some moments of each episode side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from launch.jobs.rl.captions import enlarged
from launch.jobs.rl.moments import Moment
from launch.jobs.rl.saliency import Saliency
from launch.jobs.rl.sights import Sights

FRAMES = 6
"""Moments of an episode that a strip shows, where it has so many steps."""
_WIDTH, _GAP, _LINE = 150, 8, 16  # pixels: a moment, between two of them, a line of text
_PAPER, _INK = "white", "black"


@dataclass
class Kept:
    """Moments of an episode at equal distances, of as many steps as it turns out to have."""

    moments: list[Moment] = field(default_factory=list)
    every: int = 1

    def add(self, moment: Moment) -> None:
        """Keeps a moment, or not; each of them comes once, in order."""
        if (moment.step - 1) % self.every:
            return
        self.moments.append(moment)
        if len(self.moments) > 4 * FRAMES:  # pictures of a whole episode may fill the memory
            self.moments, self.every = self.moments[::2], 2 * self.every

    def shown(self) -> list[Moment]:
        """The moments that are shown, from the first to the last that was kept."""
        count = min(FRAMES, len(self.moments))
        places = np.linspace(0, len(self.moments) - 1, count).round().astype(int)
        return [self.moments[place] for place in places]


def write(
    path: Path, moments: Iterable[Moment], names: Sequence[str], saliency: Saliency | None
) -> None:
    """Draws a row for each episode: the game, and below it what an agent of pictures looks at.

    Args:
        path: The picture's file.
        moments: The episodes, step by step.
        names: Names of the actions.
        saliency: What the agent's values depend on; None for one that sees no pictures.
    """
    episodes: dict[int, Kept] = {}
    for moment in moments:
        episodes.setdefault(moment.episode, Kept()).add(moment)
    sights = None if saliency is None else Sights(saliency)
    rows = [[_tile(moment, names, sights) for moment in kept.shown()] for kept in episodes.values()]
    wide = max(sum(tile.width + _GAP for tile in row) for row in rows) + _GAP
    high = sum(max(tile.height for tile in row) + _GAP for row in rows) + _GAP
    strip, y = Image.new("RGB", (wide, high), _PAPER), _GAP
    for row in rows:
        x = _GAP
        for tile in row:
            strip.paste(tile, (x, y))
            x += tile.width + _GAP
        y += max(tile.height for tile in row) + _GAP
    strip.save(path, format="PNG")


def _tile(moment: Moment, names: Sequence[str], sights: Sights | None) -> Image.Image:
    """A moment: the game, what is seen of it, and two lines."""
    frame = _as_wide(Image.fromarray(np.asarray(moment.frame, np.uint8)))
    parts = [frame]
    if sights is not None and moment.values is not None:
        parts.append(sights(moment, (_WIDTH, _WIDTH)))
    high = sum(part.height for part in parts) + _GAP * (len(parts) - 1)
    tile, y = Image.new("RGB", (_WIDTH, high + 2 * _LINE + 2), _PAPER), 0
    for part in parts:
        tile.paste(part, ((_WIDTH - part.width) // 2, y))
        y += part.height + _GAP
    draw, font = ImageDraw.Draw(tile), ImageFont.load_default(12)
    lines = (f"step {moment.step}   return {moment.total:.4g}", f"action: {names[moment.action]}")
    for number, line in enumerate(lines):
        draw.text((0, high + 2 + number * _LINE), line, _INK, font)
    return tile


def _as_wide(frame: Image.Image) -> Image.Image:
    """A frame of the width of a moment: enlarged by a whole number first, then made smaller."""
    whole = enlarged(frame, -(-_WIDTH // frame.width))
    size = (_WIDTH, round(whole.height * _WIDTH / whole.width))
    return whole.resize(size, Image.Resampling.BOX)

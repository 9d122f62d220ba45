"""How progress is shown: a live line a run on a terminal, plain lines elsewhere, or JSON."""

import os
import time
from collections.abc import Iterable, Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from common.text import shortened
from launch.terminal import console
from launch.terminal.console import emit, say
from launch.terminal.run_line import RunLine

PLAIN_SECONDS = 5.0
"""Seconds between two plain lines about one run."""
_JSON_SECONDS = 1.0
_BAR, _WIDE_BAR, _WIDE = 10, 24, 110  # columns: of the bar, and from where on it is wide
_NAME = 24  # columns of the longest name that is shown whole


class View:
    """Shows nothing; a subclass overrides what it shows."""

    def start(self, lines: Mapping[str, RunLine]) -> None:
        """Begins to show lines, which come and go."""

    def stop(self) -> None:
        """Shows no more."""

    def begin(self, line: RunLine) -> None:
        """A run has a line."""

    def activity(self, line: RunLine, told: str) -> None:
        """A run does something else than its units of work; `told` says so in a line."""

    def update(self, line: RunLine) -> None:
        """A run is further."""


def chosen() -> View:
    """The view for the style in which this process speaks, and for what standard error is."""
    match console.style():
        case "json":
            return _JsonView()
        case "quiet":
            return View()
    screen = console.stderr()
    if screen.is_terminal and os.environ.get("TERM") != "dumb":
        return _LiveView(screen)
    return _PlainView()


class _TimedView(View):
    """Says of each run only so often how far it is."""

    seconds: float

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def begin(self, line: RunLine) -> None:
        self._said[line.name] = time.monotonic()

    def update(self, line: RunLine) -> None:
        now = time.monotonic()
        if now - self._said[line.name] >= self.seconds:
            self._said[line.name] = now
            self.tell(line)

    def tell(self, line: RunLine) -> None:
        """Says how far a run is."""


class _PlainView(_TimedView):
    """Lines every few seconds, for a file or a pipe."""

    seconds = PLAIN_SECONDS

    def __init__(self) -> None:
        super().__init__()
        self._activities: set[tuple[str, str]] = set()

    def activity(self, line: RunLine, told: str) -> None:
        if (line.name, line.activity) not in self._activities:  # the first evaluation, not each
            self._activities.add((line.name, line.activity))
            say(told)

    def tell(self, line: RunLine) -> None:
        percent = "" if line.fraction is None else f"{line.fraction:.0%}"
        say("  ".join(filter(None, (f"{line.name}: {percent}", *line.pieces(), line.left()))))


class _JsonView(_TimedView):
    """An event every second."""

    seconds = _JSON_SECONDS

    def activity(self, line: RunLine, told: str) -> None:
        emit("activity", run=line.name, activity=line.activity)

    def tell(self, line: RunLine) -> None:
        left = line.seconds_left
        emit(
            "progress",
            run=line.name,
            done=line.done,
            total=line.total,
            unit=line.unit,
            per_second=round(line.rate, 3),
            seconds_left=None if left is None else round(left, 1),
            text=line.text,
            values=dict(line.values),
        )


class _LiveView(View):
    """A line for each run that is drawn again ten times a second."""

    def __init__(self, screen: Console):
        self._screen = screen
        self._live: Live | None = None

    def start(self, lines: Mapping[str, RunLine]) -> None:
        self._live = Live(
            get_renderable=lambda: self._draw(list(lines.values())),
            console=self._screen,
            refresh_per_second=10,
            transient=True,
        )
        self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _draw(self, lines: Iterable[RunLine]) -> Group:
        lines = list(lines)
        widest = max((min(len(line.name), _NAME) for line in lines), default=0)
        plain = self._screen.options.ascii_only
        return Group(*(drawn(line, widest, self._screen.width, plain) for line in lines))


def drawn(line: RunLine, name: int, width: int, plain: bool = False) -> Text:
    """A run in one line of a terminal: name, percent, bar, what there is to say, and time left.

    Args:
        line: The run.
        name: Columns of the name.
        width: Columns of the terminal; what does not fit is left out, the least important first.
        plain: Whether the terminal has no characters but ASCII.
    """
    title = shortened(line.name, name)
    text = Text(f"{title:<{name}}", style="bold", no_wrap=True, overflow="crop")
    activity, fraction = line.lasting_activity, line.fraction
    if fraction is None:
        return text.append(
            f"  {activity or line.activity or 'starting'}"[: width - name], "not bold"
        )
    left = "" if activity else line.left()
    bar = _WIDE_BAR if width >= _WIDE else _BAR
    room = width - name - len(" 100% ") - bar - bool(left) * (2 + len(left)) - 1
    words = _fitting([activity] if activity else line.pieces(), room)
    full = int(fraction * bar)
    signs = "#-" if plain else "━─"
    text.append(f" {fraction:4.0%} ", "not bold")
    text.append(signs[0] * full, "not bold green").append(signs[1] * (bar - full), "not bold dim")
    return text.append(f"{words:<{room}}{'  ' * bool(left)}{left}", "not bold")


def _fitting(pieces: Iterable[str], room: int) -> str:
    """The first pieces that fit, each after two blanks."""
    words = ""
    for piece in pieces:
        if len(words) + 2 + len(piece) > room:
            return words or f"  {piece}"[: max(room, 0)]
        words += f"  {piece}"
    return words

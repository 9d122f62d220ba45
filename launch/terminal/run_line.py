"""One run in the progress display: how far it is, how fast, and that in words."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_WINDOW_SECONDS = 15.0  # over which speed is measured: what was slow at first is soon forgotten
_SAMPLE_SECONDS = 0.2
_SHORT_SECONDS = 0.3  # one that is over sooner is not worth a word
_SIGNS = {"epsilon": "ε"}


@dataclass(kw_only=True)
class RunLine:
    """A run under way.

    Attributes:
        name: The run's name.
        done: Units of work that are done; None where that is not known yet.
        total: Units of work that there are.
        unit: What a unit is, such as "steps"; empty where its speed says nothing.
        text: What the run says of itself: pieces between two blanks, the most important first.
        values: What it measures, in the order of importance.
        activity: What it does beside its units of work, such as "compiling"; else empty.
    """

    name: str
    done: int | None = None
    total: int = 0
    unit: str = ""
    text: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    activity: str = ""
    _activity_began: float = 0.0
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def enter(self, activity: str) -> None:
        """Notes what the run does beside its units of work."""
        self.activity, self._activity_began = activity, time.monotonic()

    def advance(self, done: int) -> None:
        """Notes how far the run is."""
        self.done, self.activity = done, ""
        now, samples = time.monotonic(), self._samples
        if not samples or now - samples[-1][0] >= _SAMPLE_SECONDS:
            samples.append((now, done))
        while len(samples) > 2 and now - samples[1][0] > _WINDOW_SECONDS:
            samples.popleft()

    @property
    def rate(self) -> float:
        """Units of work per second, of late; 0 where that is not known."""
        if not self._samples or self.done is None:
            return 0.0
        began, first = self._samples[0]
        seconds = time.monotonic() - began
        return (self.done - first) / seconds if seconds > 0 else 0.0

    @property
    def fraction(self) -> float | None:
        """The part of the work that is done; None where that is not known."""
        if self.done is None or not self.total:
            return None
        return min(self.done / self.total, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest would take at the speed of late; None where that is not known."""
        if self.done is None or not self.total or self.rate <= 0:
            return None
        return max(self.total - self.done, 0) / self.rate

    @property
    def lasting_activity(self) -> str:
        """The activity with its seconds, where it has lasted long enough to be worth a word."""
        seconds = time.monotonic() - self._activity_began
        if not self.activity or seconds < _SHORT_SECONDS:
            return ""
        return f"{self.activity} ({seconds:.0f} s)" if seconds >= 1 else self.activity

    def pieces(self) -> Iterator[str]:
        """What there is to say, the most important first."""
        if self.unit and self.rate:
            yield f"{self.rate:,.0f} {self.unit}/s"
        yield from self.text.split("  ") if self.text else ()
        for name, value in self.values.items():
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
            yield f"{_SIGNS.get(name, name)} {shown}"
        if self.unit and self.done is not None:
            yield f"{self.done:,}/{self.total:,} {self.unit}"

    def left(self) -> str:
        """The time that is left, such as "1:05 left"; empty where it is not known."""
        seconds = self.seconds_left
        if seconds is None:
            return ""
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
        return f"{clock} left"

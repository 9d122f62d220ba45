"""Settings of what becomes of a training when its environments or workers fail."""

from dataclasses import dataclass

from common.errors import RunError
from common.settings import require
from common.typed_settings import Settings
from envs.faults import EnvironmentFault, OnFault, Place


@dataclass(frozen=True, kw_only=True)
class FaultConfig(Settings):
    """What becomes of a run when its environment or its workers fail."""

    on_fault: OnFault = "fail"
    """An environment that raises, returns nonsense or hangs: `fail` stops the run, resumable;
    `drop` abandons the episode, counts it, and resets."""
    hang_seconds: float = 60.0
    """Seconds after which a step or reset that has not returned counts as hung, and a worker that
    does not answer as dead."""
    max_restarts: int = 100
    """Workers that may be replaced in the life of a run before it stops, resumable; five deaths in
    one iteration stop it at once."""

    def __post_init__(self) -> None:
        seconds, restarts = self.hang_seconds, self.max_restarts
        require(seconds > 0, "hang_seconds", "must be positive", seconds)
        require(restarts >= 0, "max_restarts", "must be 0 or more", restarts)

    def mark_hanging(self, known_hangs: set[Place], place: Place) -> None:
        """Adds a hanging call to those that are not made again.

        Raises:
            RunError: `on_fault` is `fail`.
        """
        if self.on_fault == "fail":
            seconds = self.hang_seconds
            raise RunError(
                f"the environment hangs: {place}: no answer within {seconds:g} s{_to_drop(place)}"
            )
        known_hangs.add(place)

    def failed(self, error: EnvironmentFault) -> RunError:
        """The error with which a run ends after a fault that was not contained."""
        hint = _to_drop(error.fault.place) if self.on_fault == "fail" else ""
        return RunError(f"the environment failed: {error}{hint}", error.fault.trace)

    def one_more(self, restarts: int) -> int:
        """The number of restarts after another worker is replaced.

        Raises:
            RunError: There were too many.
        """
        limit = self.max_restarts
        if restarts >= limit:
            why = "is used up: workers die or hang again and again"
            raise RunError(f"--max-restarts {limit} {why if limit else 'has none replaced'}")
        return restarts + 1


def _to_drop(place: Place) -> str:
    """The advice to drop the episode; none for a reset, which would most likely fail again."""
    return "" if place.action is None else "; --on-fault drop would drop the episode and go on"

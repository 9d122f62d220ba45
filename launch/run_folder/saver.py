"""When a run writes checkpoints, and what happens where one cannot be written."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import reason
from launch.config.execution import CheckpointConfig
from launch.config.run import RunConfig
from launch.config.serialization import identity
from launch.run_folder import checkpoints
from launch.run_folder.checkpoints import Origin
from launch.run_folder.description import versions
from launch.run_folder.ends import End
from launch.run_folder.names import CHECKPOINTS

_LOG = logging.getLogger(__name__)
_SHARE = 0.05  # of a run's time that checkpoints may take


def origin(experiment: str, config: RunConfig, ends: Sequence[End] = ()) -> Origin:
    """What the checkpoints of a run belong to.

    Args:
        experiment: The experiment's name.
        config: The run's config.
        ends: Where it went on with another budget, in order. It can go on from the last of them
            only: from a checkpoint before, its bits would be those of another run.
    """
    last = ends[-1].step if ends else 0
    earlier = [
        _run(experiment, replace(config, **end.settings), ends[:number])  # type: ignore[type-var]
        for number, end in enumerate(ends)
        if end.step == last
    ]
    return Origin(
        run=_run(experiment, config, ends),
        versions=versions(),
        goes_on_from=earlier,
        goes_on_at=last,
    )


def _run(experiment: str, config: RunConfig, ends: Sequence[End]) -> dict[str, Any]:
    """A run as its checkpoints name it, as plain JSON values."""
    run = {"experiment": experiment, **identity(config)}
    return {**run, "ends": [asdict(end) for end in ends]} if ends else run


def newest_state(folder: Path, origin: Origin) -> dict[str, Any] | None:
    """The state in the newest whole checkpoint of a run; None where none was written.

    Args:
        folder: The run's folder.
        origin: What the checkpoint must belong to.

    Raises:
        UsageError: There are checkpoints, and none can be used.
    """
    try:
        return checkpoints.load_newest(folder / CHECKPOINTS, origin)
    except checkpoints.CheckpointError as error:
        raise UsageError(f"{error}; start a new run") from None


class Saver:
    """Writes a run's checkpoints, as often as asked for and as their cost allows."""

    def __init__(self, folder: Path, config: CheckpointConfig, origin: Origin):
        """Prepares for the first checkpoint.

        Args:
            folder: The run's folder.
            config: How often, and how many to keep.
            origin: What the checkpoints belong to.
        """
        self._folder, self._config, self._origin = folder / CHECKPOINTS, config, origin
        self._began = self._saved = time.monotonic()
        self._cost = self._spent = 0.0  # seconds, of the last one and of all

    def _left(self) -> str:
        """What a run can go on from where a checkpoint could not be written."""
        step = checkpoints.newest_step(self._folder)
        return "there is none before it" if step is None else f"the one at step {step} stands"

    def due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        wait = max(self._config.every_seconds, self._cost / _SHARE)
        return time.monotonic() - self._saved >= wait

    def affordable(self) -> bool:
        """Whether a checkpoint now would keep to the share of time that checkpoints may take."""
        return self._spent + self._cost <= _SHARE * (time.monotonic() - self._began)

    def save(
        self, step: int, state: Callable[[], Mapping[str, Any]], score: float | None = None
    ) -> bool:
        """Writes a checkpoint; says whether that worked, and what stood in the way.

        Older checkpoints are untouched where it did not.

        Args:
            step: Names it.
            state: Gives what it holds.
            score: The evaluation made at this very moment, if there was one.
        """
        began = time.monotonic()
        try:
            checkpoints.save(
                self._folder,
                step,
                state(),
                keep=self._config.keep,
                origin=self._origin,
                score=score,
            )
            return True
        except OSError as error:
            _LOG.warning("no checkpoint at step %d: %s; %s", step, reason(error), self._left())
            return False
        finally:
            self._saved = time.monotonic()
            self._cost = self._saved - began
            self._spent += self._cost

"""The callback that tells what environments do that they should not, once of each kind."""

import logging
from collections.abc import Mapping
from typing import Any

from envs.remarks import Remark
from envs.sources import EnvSource, label
from launch.run_folder.events import Record, Scalars
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.loop import Training
from training.pipeline import Iteration

_LOG = logging.getLogger(__name__)


class Remarks(Callback):
    """Warns of each kind once in the life of a run, and counts observations outside their box.

    Attributes:
        outside: Observations that were outside so far.
    """

    name = "remarks"

    def __init__(self, writer: RunWriter):
        """Makes the callback; what it writes is committed by `Metrics`, which comes after it.

        Args:
            writer: Writes the run's folder.
        """
        self._writer = writer
        self._told: set[str] = set()
        self.outside = 0

    def on_iteration(self, training: Training, done: Iteration) -> None:
        for remark in sorted(done.remarks, key=lambda each: each.at):
            self.outside += remark.count
            if remark.kind not in self._told:
                self._told.add(remark.kind)
                warn(training.env, remark)
                record = {"kind": "remark", "env_steps": done.env_steps, "text": remark.text}
                self._writer.write(Record(record))
        if self.outside:
            scalars = {"episode/outside": self.outside}
            self._writer.write(Scalars(done.env_steps, scalars))

    def get_state(self) -> dict[str, Any]:
        return {"told": sorted(self._told), "outside": self.outside}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._told, self.outside = set(state["told"]), state["outside"]


def warn(env: EnvSource, remark: Remark) -> None:
    """Tells what an environment does."""
    _LOG.warning("%s: %s", label(env), remark.text)

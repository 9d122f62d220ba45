"""The callback that tells what environments do that they should not, once of each kind."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.remarks import Remark
from envs.sources import EnvSource, label
from training.callbacks import Callback
from training.pipeline import Iteration

if TYPE_CHECKING:
    from training.loop import Training

_LOG = logging.getLogger(__name__)


class Remarks(Callback):
    """Warns of each kind once in a training's life, and counts observations outside their box.

    Attributes:
        outside: Observations that were outside so far.
    """

    name = "remarks"

    def __init__(self) -> None:
        self._told: set[str] = set()
        self.outside = 0

    def on_iteration(self, training: "Training", done: Iteration) -> None:
        for remark in sorted(done.remarks, key=lambda each: each.at):
            self.outside += remark.count
            if remark.kind not in self._told:
                self._told.add(remark.kind)
                warn(training.env, remark)
                self.on_warned(done.env_steps, remark)

    def on_warned(self, env_steps: int, remark: Remark) -> None:
        """Is called after a remark was told; does nothing unless a subclass does."""

    def get_state(self) -> dict[str, Any]:
        return {"told": sorted(self._told), "outside": self.outside}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._told, self.outside = set(state["told"]), state["outside"]


def warn(env: EnvSource, remark: Remark) -> None:
    """Tells what an environment does."""
    _LOG.warning("%s: %s", label(env), remark.text)

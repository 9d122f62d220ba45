"""Callbacks: they are called at every iteration, every evaluation and the end of a training."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from training.events import EndStatus, EvaluationDone
from training.pipeline import Iteration

if TYPE_CHECKING:
    from training.loop import Training


class Callback:
    """Is called at the events of a training. A subclass overrides the methods that it needs.

    The state of a callback that has a `name` is saved in checkpoints.
    """

    name: str = ""
    """Names its state in checkpoints; empty for a callback that has none."""

    def on_start(self, training: "Training") -> None:
        """Before the first iteration, or the first after a resume."""

    def on_started(self, training: "Training") -> None:
        """After every callback was told of the start, and before the first iteration."""

    def on_iteration_begin(self, training: "Training") -> None:
        """Before each iteration."""

    def on_iteration(self, training: "Training", done: Iteration) -> None:
        """After each iteration. `training.stop()` makes it the last one."""

    def on_evaluation(self, training: "Training", done: EvaluationDone) -> None:
        """After each evaluation during training."""

    def on_activity(self, training: "Training", activity: str) -> None:
        """Before something else than acting and learning, such as "evaluating"."""

    def on_training_end(self, training: "Training", status: EndStatus) -> None:
        """After the last iteration, before any final evaluation, with the state complete."""

    def on_end(self, training: "Training", status: EndStatus) -> None:
        """At the end, in the order of the callbacks.

        Where one of them is interrupted, `status` says so to those after it.
        """

    def close(self) -> None:
        """Frees what the callback holds. It is called whatever happened."""

    def get_state(self) -> Mapping[str, Any]:
        """What a resumed training needs: nested dictionaries and lists of arrays and numbers."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""

"""What a training is watched with: callbacks are told of every round, evaluation and end."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from training.events import EvaluationDone, Status
from training.pipeline import Round

if TYPE_CHECKING:
    from training.loop import Training


class Callback:
    """Is told what happens in a training. A subclass overrides what it wants to know.

    A callback with a state is saved in checkpoints under its `name`.
    """

    name: str = ""
    """Names its state in checkpoints; empty for a callback that has none."""

    def on_start(self, training: "Training") -> None:
        """Before the first round, or the first after a resume."""

    def on_round_begin(self, training: "Training") -> None:
        """Before each round."""

    def on_round(self, training: "Training", done: Round) -> None:
        """After each round. `training.stop()` makes it the last one."""

    def on_evaluation(self, training: "Training", done: EvaluationDone) -> None:
        """After each evaluation of a training under way."""

    def on_training_end(self, training: "Training", status: Status) -> None:
        """After the last round, before any final evaluation. The training's state is whole."""

    def on_end(self, training: "Training", status: Status) -> None:
        """At the end, in the order of the callbacks."""

    def close(self) -> None:
        """Whatever happened: frees what it holds."""

    def get_state(self) -> Mapping[str, Any]:
        """What a resumed training needs: nested dictionaries and lists of arrays and numbers."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""

"""The callback that shows how far a run is."""

from launch.console import ProgressLine
from training.callbacks import Callback
from training.events import EvaluationDone, Status
from training.loop import Training
from training.pipeline import Iteration

LAST_EPISODES = 100
"""Episodes over which the return is shown."""
_SIGNS = {"epsilon": "ε"}


class Progress(Callback):
    """A live line on a terminal, plain lines elsewhere."""

    def __init__(self, experiment: str):
        self._experiment = experiment
        self._line: ProgressLine | None = None

    def on_start(self, training: Training) -> None:
        self._line = ProgressLine(self._experiment, training.budget.env_steps, training.env_steps)
        self._line.__enter__()

    def on_iteration(self, training: Training, done: Iteration) -> None:
        assert self._line is not None
        self._line.update(
            done.env_steps,
            done.updates,
            training.episodes.last_mean(LAST_EPISODES),
            {_SIGNS.get(name, name): value for name, value in done.exploration.items()},
            training.episodes.dropped,
        )

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if done.solves and self._line is not None:
            self._line.say(
                f"solved at {done.env_steps:,} env steps: greedy mean return "
                f"{done.summary.mean_return:.4g} over {done.summary.episodes} episodes"
            )

    def on_training_end(self, training: Training, status: Status) -> None:
        self.close()

    def close(self) -> None:
        if self._line is not None:
            self._line.__exit__(None, None, None)
        self._line = None

"""The callback that shows how far a run is."""

from launch.terminal.progress import ProgressDisplay
from training.callbacks import Callback
from training.events import EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

LAST_EPISODES = 100
"""Episodes over which the return is shown."""


class Progress(Callback):
    """Gives a run its line among those of a command."""

    def __init__(self, name: str, display: ProgressDisplay, acting: str):
        """Makes the callback.

        Args:
            name: The run's name.
            display: Where its line is.
            acting: How its evaluations act.
        """
        self._name, self._display, self._acting = name, display, acting

    def on_start(self, training: Training) -> None:
        self._display.begin(self._name, training.env_steps)

    def on_iteration_begin(self, training: Training) -> None:
        # The first update is compiled, which takes longer than all iterations before it.
        if training.agent.needs_tensorflow and not training.learner.updates:
            self._display.activity(self._name, "compiling")

    def on_iteration(self, training: Training, done: Iteration) -> None:
        mean = training.episodes.last_mean(LAST_EPISODES)
        values: dict[str, float] = {} if mean is None else {"return": mean}
        values |= done.exploration
        values["updates"] = done.updates
        if training.episodes.dropped:
            values["episodes dropped"] = training.episodes.dropped
        self._display.update(
            self._name, done.env_steps, training.budget.env_steps, unit="steps", values=values
        )

    def on_activity(self, training: Training, activity: str) -> None:
        self._display.activity(self._name, activity)

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if done.solves:
            self._display.say(
                self._name,
                f"solved at {done.env_steps:,} env steps: {self._acting} mean return "
                f"{done.summary.mean_return:.4g} over {done.summary.episodes} episodes",
            )

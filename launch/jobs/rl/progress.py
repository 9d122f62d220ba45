"""The callback that shows how far a run is."""

from launch.terminal.progress import ProgressDisplay
from training.callbacks import Callback
from training.events import EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

LAST_EPISODES = 100
"""Episodes over which the return is shown."""
_SIGNS = {"epsilon": "ε"}


class Progress(Callback):
    """Gives a run its line among those of a command."""

    def __init__(self, name: str, display: ProgressDisplay):
        """Makes the callback.

        Args:
            name: The run's name.
            display: Where its line is.
        """
        self._name, self._display = name, display

    def on_start(self, training: Training) -> None:
        self._display.begin(self._name, training.env_steps)

    def on_iteration(self, training: Training, done: Iteration) -> None:
        total, mean = training.budget.env_steps, training.episodes.last_mean(LAST_EPISODES)
        rate = self._display.rate(self._name, done.env_steps)
        explored = {_SIGNS.get(name, name): value for name, value in done.exploration.items()}
        words = [
            f"{done.env_steps:,}/{total:,} env steps",
            f"return {'-' if mean is None else format(mean, '.4g')}",
            *(f"{name} {value:.3f}" for name, value in explored.items()),
            f"{rate:,.0f} steps/s",
            f"{done.updates:,} updates",
        ]
        if training.episodes.dropped:
            words.append(f"{training.episodes.dropped:,} episodes dropped")
        self._display.update(self._name, done.env_steps, total, "  ".join(words))

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if done.solves:
            self._display.say(
                self._name,
                f"solved at {done.env_steps:,} env steps: greedy mean return "
                f"{done.summary.mean_return:.4g} over {done.summary.episodes} episodes",
            )

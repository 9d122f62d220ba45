"""What a reinforcement learning run is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.weights import Weights
from launch.config.training import TrainingConfig
from launch.run_folder.ends import End
from launch.run_folder.names import resume_from_python, resume_hint
from launch.terminal.progress import ProgressDisplay
from training.callbacks import Callback
from training.recording import Recording
from training.rollout_config import RolloutConfig


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """A run before anything of it is started.

    Attributes:
        experiment: Its name, which need not be one of the catalog.
        config: Its config.
        rollout_config: Agent and environment; the environment may be a function.
        state: The checkpoint to continue from; None for a new run, and empty for one that stopped
            before its first checkpoint.
        started: `time.monotonic()` when it was asked for, before imports and Ray.
        display: Shows its progress.
        name: Its name there.
        initial_weights: What the learner starts from; None where it draws its own, or goes on.
        recording: What it learns from instead of acting; None where it acts.
        ends: Where the run went on with another budget, in order.
        num_actions: Number of actions, where checkpoints keep these in place of observations; else
            None.
        callbacks: Further callbacks, of whoever runs it from Python.
    """

    experiment: str
    config: TrainingConfig
    rollout_config: RolloutConfig
    state: Mapping[str, Any] | None
    started: float
    display: ProgressDisplay
    name: str
    initial_weights: Weights | None = None
    recording: Recording | None = None
    ends: Sequence[End] = ()
    num_actions: int | None = None
    callbacks: Sequence[Callback] = ()

    def resume_hint(self, folder: Path) -> str:
        """The end of a message about this run that stopped: how to continue it."""
        if self.callbacks:  # which a command line cannot give
            return f"; continue with: {resume_from_python(folder, callbacks=True)}"
        return resume_hint(folder)

    def announce(self, activity: str) -> None:
        """Shows what the run is doing before its training begins."""
        self.display.activity(self.name, activity)

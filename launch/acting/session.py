"""A run under way: a training with everything that makes a run folder, and every way it can end."""

import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.agent import Learner
from common.errors import Diverged, RunError
from common.text import one_line, reason
from launch import run_folder
from launch.acting import policy_files, results
from launch.acting.ahead import ImportAhead
from launch.acting.checkpointing import Checkpoints, Interruption
from launch.acting.films import Film
from launch.acting.metrics import Tracking
from launch.acting.progress import LAST_EPISODES, Progress
from launch.acting.results import Outcome
from launch.configs import TrainingConfig
from launch.errors import way_out
from launch.saving import Saver, origin
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.evaluate import Evaluate
from training.events import Status
from training.loop import Training
from training.pool import Pool
from training.rollout_config import RolloutConfig

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run is.

    Attributes:
        experiment: Its name.
        config: Its config.
        rollout: The agent and the environments; the environment may be a function.
        folder: Its folder.
    """

    experiment: str
    config: TrainingConfig
    rollout: RolloutConfig
    folder: Path


class Files(Callback):
    """Writes what a run leaves: its policy, its curve and `result.json`."""

    name = "files"

    def __init__(self, run: Run, tracking: Tracking, evaluate: Evaluate, started: float):
        """Makes the callback.

        Args:
            run: The run.
            tracking: Its metrics.
            evaluate: Its evaluations.
            started: `time.monotonic()` when the job started, imports and Ray included.
        """
        self._run, self._tracking, self._evaluate = run, tracking, evaluate
        self._started = started

    def on_end(self, training: Training, status: Status) -> None:
        try:
            self._write(training, status)
        except OSError as error:
            folder = self._run.folder
            message = f"{folder}: the results cannot be written: {reason(error)}"
            raise RunError(message) from None

    def _write(self, training: Training, status: Status) -> None:
        run = self._run
        self._tracking.faults(training.env_steps, self._evaluate.faults)
        self._tracking.flush()
        policy_files.save(run.folder, run.config, training.env, training.kept_weights)
        from launch.reporting import curves  # Matplotlib, which `ImportAhead` has loaded by now

        claim = self.write_result(training, status)
        curves.learning_curve(run.folder, claim, kept_from=training.kept_from)

    def write_result(
        self, training: Training, status: Status | results.Failed
    ) -> Mapping[str, Any]:
        """Writes `result.json`; returns the run's scores beside those of others."""
        run, outcome = self._run, self._outcome(training, status)
        claim = results.claim(run.experiment, run.config, training.env, outcome)
        results.write(run.folder, run.experiment, run.config, outcome, claim, self._started)
        return claim

    def _outcome(self, training: Training, status: Status | results.Failed) -> Outcome:
        fingerprint = None  # a failed run may have lost its learner, and proves nothing
        if status != "failed":
            fingerprint = training.episodes.fingerprint(
                training.learner.weights(), training.learner.evaluated_weights()
            )
        return Outcome(
            status=status,
            env_steps=training.env_steps,
            updates=training.learner.updates,
            episodes=len(training.episodes),
            dropped=training.episodes.dropped,
            restarts=training.pool.restarts,
            training_seconds=self._tracking.training_seconds,
            solved_at=self._evaluate.solved_at,
            policy_from=training.kept_from,
            training_return=training.episodes.last_mean(LAST_EPISODES),
            fingerprint=fingerprint,
            kept=self._evaluate.scores,
            last=self._evaluate.last_scores,
            random=self._evaluate.random_scores,
        )

    def get_state(self) -> Mapping[str, Any]:
        return {"wall_seconds": time.monotonic() - self._started}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._started -= state["wall_seconds"]


class Session:
    """Runs a training to its end, or to an interruption, and writes the run folder."""

    def __init__(
        self,
        run: Run,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
        state: Mapping[str, Any] | None,
        started: float,
        stop: Callable[[], bool],
        callbacks: Sequence[Callback] = (),
    ):
        """Prepares a run.

        Args:
            run: What it is.
            pool: Acts in all environments, from the positions in `state` on.
            learner: Learns.
            episodes: Follows the episodes of all environments.
            state: A checkpoint to continue from; None or empty for a run from its beginning.
            started: `time.monotonic()` when the job started, imports and Ray included.
            stop: Asked after each iteration whether to stop, with everything saved.
            callbacks: Further ones, of whoever runs it from Python.

        Raises:
            RunError: The metrics cannot be written.
        """
        config, folder = run.config, run.folder
        self._run = run
        self._tracking = Tracking(folder, state)
        evaluate = Evaluate(
            config.evaluation, solved_at=config.solved_at, until_solved=config.until_solved
        )
        self._checkpoints = Checkpoints(
            Saver(folder, config.checkpoint, origin(run.experiment, config))
        )
        self._files = Files(run, self._tracking, evaluate, started)
        watching: list[Callback] = [
            self._tracking,
            Progress(run.experiment),
            evaluate,
            Interruption(stop),
            self._checkpoints,
        ]
        if not config.until_solved:  # one that may end at any time would be slowed on its way
            watching.append(ImportAhead())
        if config.film_steps:
            watching.append(Film(folder / "film.mp4", config.film_steps))
        self._training = Training(
            run.rollout,
            config.budget,
            pool=pool,
            learner=learner,
            episodes=episodes,
            callbacks=[*watching, *callbacks, self._files],
            state=state,
        )

    def run(self) -> Training:
        """Trains until the budget is spent, the threshold is met, or somebody stops it.

        Raises:
            RunError: The run could not go on, its results could not be written, or somebody
                insisted on an end.
        """
        folder, training = self._run.folder, self._training
        try:
            training.run()
            return training
        except Diverged as error:
            self._fail("", keep_policy=True)
            raise RunError(
                f"{error}; the policy before it is in {folder} and so is the last good "
                "checkpoint, but the same settings repeat this to the bit: start a new run with a "
                f"smaller step (python -m launch {self._run.experiment} --help)"
            ) from None
        except RunError as error:
            if training.pipeline.whole:
                with suppress(RunError):  # a dead learner cannot be saved; the last one stands
                    self._checkpoints.save(training)
            kept = self._fail(error.trace)
            traced = f" (traceback in {folder / run_folder.FAILURE})" * bool(error.trace)
            raise RunError(f"{error}{traced}{way_out(folder) * kept}") from None
        except KeyboardInterrupt:
            raise RunError(
                f"stopped at once, without a checkpoint of now{way_out(folder)}"
            ) from None
        except Exception as error:  # of an agent, an environment or a callback of a user's own
            kept = self._fail("".join(traceback.format_exception(error)))
            traced = f" (traceback in {folder / run_folder.FAILURE})"
            raise RunError(
                f"{type(error).__name__}: {one_line(error)}{traced}{way_out(folder) * kept}"
            ) from error
        finally:
            training.close()

    def _fail(self, trace: str, *, keep_policy: bool = False) -> bool:
        """Leaves what a failed run can; says whether its folder is still there to continue from."""
        folder, training = self._run.folder, self._training
        if not self._tracking.in_place():
            return False
        try:
            self._tracking.flush()
            if trace:
                (folder / run_folder.FAILURE).write_text(trace)
            if keep_policy:
                kept = training.kept
                weights = kept.weights if kept else training.pipeline.acting_weights
                policy_files.save(folder, self._run.config, training.env, weights)
            self._files.write_result(training, "failed")
        except OSError as error:
            _LOG.warning("%s: %s", folder, reason(error))
        return True

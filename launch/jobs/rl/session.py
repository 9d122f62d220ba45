"""A run under way: a training with everything that makes a run folder, and every way it can end."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from agents.agent import Learner
from common.errors import RAISED, Diverged, RunError
from common.text import reason, with_kind
from launch.jobs.rl import policy_files, results, seeing
from launch.jobs.rl.checkpointing import Checkpoints
from launch.jobs.rl.import_ahead import ImportAhead
from launch.jobs.rl.metrics import Metrics
from launch.jobs.rl.pictures import Pictures
from launch.jobs.rl.progress import Progress
from launch.jobs.rl.remarks import Remarks
from launch.jobs.rl.run_spec import RunSpec
from launch.run_folder.names import resume_from_python, traceback_hint
from launch.run_folder.run_result import Status, TrainingRunResult
from launch.run_folder.saver import origin
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.evaluate import Evaluate
from training.events import EndStatus
from training.loop import Training
from training.played import Played
from training.pool import Pool

_LOG = logging.getLogger(__name__)


class Files(Callback):
    """Writes what a run leaves: its policy and its curve; its result when it is told to."""

    name = "files"

    def __init__(
        self,
        spec: RunSpec,
        writer: RunWriter,
        metrics: Metrics,
        remarks: Remarks,
        evaluate: Evaluate,
    ):
        """Makes the callback.

        Args:
            spec: What the run was made from.
            writer: Writes its folder.
            metrics: Its measurements.
            remarks: What its environments did.
            evaluate: Its evaluations.
        """
        self._spec, self._writer = spec, writer
        self._metrics, self._remarks, self._evaluate = metrics, remarks, evaluate
        self._started = spec.started
        self._found: TrainingRunResult | None = None

    def on_end(self, training: Training, status: EndStatus) -> None:
        with self._writing():
            self._write(training, status)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            folder = self._writer.folder
            message = f"{folder}: the results cannot be written: {reason(error)}"
            raise RunError(message) from None

    def _write(self, training: Training, status: EndStatus) -> None:
        folder = self._writer.folder
        self._metrics.faults(training.env_steps, self._evaluate.faults)
        self._writer.commit()
        self._writer.flush()
        training.tell("on_activity", "exporting the policy")
        policy_files.save(folder, self._spec.config, training.env, training.kept_weights)
        from launch.reports import curves  # Matplotlib, which `ImportAhead` has loaded by now

        self._found = self._result(training, status)
        training.tell("on_activity", "drawing the learning curve")
        curves.learning_curve(folder, self._found.claim, kept_from=training.kept_from)
        self._writer.show_pictures()

    def write_result(self) -> None:
        """Writes `result.json` of a run whose other files are written.

        Raises:
            RunError: It cannot be written.
        """
        assert self._found is not None
        with self._writing():
            self._writer.result(self._found)

    def write_failed(self, training: Training) -> None:
        """Writes `result.json` of a run that failed.

        Raises:
            OSError: It cannot be written.
        """
        self._writer.result(self._result(training, "failed"))

    def _result(self, training: Training, status: Status) -> TrainingRunResult:
        return results.of(
            self._spec,
            training,
            status,
            metrics=self._metrics,
            remarks=self._remarks,
            evaluate=self._evaluate,
            started=self._started,
        )

    def get_state(self) -> Mapping[str, Any]:
        return {"wall_seconds": time.monotonic() - self._started}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._started -= state["wall_seconds"]


class Finish(Callback):
    """Writes `result.json` last: a run that dies before it has its pictures can be continued."""

    def __init__(self, files: Files):
        self._files = files

    def on_end(self, training: Training, status: EndStatus) -> None:
        self._files.write_result()


class Session:
    """Runs a training to its end, or to an interruption, and writes the run folder."""

    def __init__(
        self,
        spec: RunSpec,
        folder: Path,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
        played: Played | None,
        interrupted: Callable[[], bool],
    ):
        """Prepares a run.

        Args:
            spec: What it is made from.
            folder: Its folder.
            pool: Acts; its environments are where `spec.state` says.
            learner: Learns.
            episodes: Follows the environments.
            played: Records their actions, for checkpoints; None keeps observations in these.
            interrupted: Asked whether to stop, with everything saved.

        Raises:
            RunError: The metrics cannot be written.
        """
        config = spec.config
        self._spec, self._folder = spec, folder
        belongs_to = origin(spec.experiment, config, spec.ends)
        self._writer = RunWriter(
            folder, belongs_to, config.checkpoint, spec.state, has_episodes=True
        )
        task = f"{spec.experiment} {config.task}"
        metrics, remarks = Metrics(self._writer, task), Remarks(self._writer)
        evaluate = Evaluate(
            config.evaluation,
            solved_at=config.solved_at,
            until_solved=config.until_solved,
            final=config.final,
        )
        self._checkpoints = Checkpoints(self._writer)
        self._files = Files(spec, self._writer, metrics, remarks, evaluate)
        watching: list[Callback] = [
            remarks,
            metrics,
            Progress(spec.name, spec.display, spec.config.acting),
            evaluate,
        ]
        if not config.until_solved:  # one that may end at any time would be slowed on its way
            watching.append(ImportAhead())
        self._training = Training(
            spec.rollout_config,
            config.budget,
            pool=pool,
            learner=learner,
            episodes=episodes,
            played=played,
            callbacks=[
                *watching,
                *spec.callbacks,
                self._files,
                *seeing.callbacks(spec, folder),
                self._checkpoints,
                Finish(self._files),
            ],
            interrupted=interrupted,
            state=spec.state,
        )
        self._tell_of_absent()

    def _tell_of_absent(self) -> None:
        """Names the callbacks of a user's own that a run goes on without."""
        if absent := sorted(self._training.absent.keys() - {Pictures.name}):
            _LOG.warning(
                "%s goes on without its callback%s %s, whose state is kept; to have it again: %s",
                *(self._folder, "s" * (len(absent) > 1), ", ".join(absent)),
                resume_from_python(self._folder, callbacks=True),
            )

    def run(self) -> Training:
        """Trains until the budget is spent, the threshold is met, or somebody stops it.

        Raises:
            RunError: The run could not go on, its results could not be written, or somebody
                insisted on an end.
        """
        spec, folder, training = self._spec, self._folder, self._training
        with ExitStack() as at_the_end:
            at_the_end.callback(self._writer.close)
            at_the_end.callback(training.close)
            try:
                training.run()
                return training
            except Diverged as error:
                self._fail("", keep_policy=True)
                raise RunError(
                    f"{error}; the policy before it is in {folder} and so is the last good "
                    "checkpoint, but the same settings repeat this to the bit: start a new run "
                    f"with a smaller step (python -m launch {spec.experiment} --help)"
                ) from None
            except RunError as error:
                if training.pipeline.whole:
                    with suppress(RunError):  # a dead learner cannot be saved; the last one stands
                        self._checkpoints.save(training)
                kept = self._fail(error.trace)
                traced = traceback_hint(folder) * bool(error.trace)
                raise RunError(f"{error}{traced}{spec.resume_hint(folder) * kept}") from None
            except KeyboardInterrupt:
                raise RunError(
                    f"stopped at once, without a checkpoint of now{spec.resume_hint(folder)}"
                ) from None
            except RAISED as error:  # of an agent, an environment or a callback of a user's own
                kept = self._fail("".join(traceback.format_exception(error)))
                raise RunError(
                    f"{with_kind(error)}{traceback_hint(folder)}{spec.resume_hint(folder) * kept}"
                ) from error

    def _fail(self, trace: str, *, keep_policy: bool = False) -> bool:
        """Leaves what a failed run can; says whether its folder is still there to continue from."""
        folder, training, writer = self._folder, self._training, self._writer
        if not writer.in_place():
            return False
        try:
            writer.commit()
            writer.flush()
            if trace:
                writer.failure(trace)
            if keep_policy:
                kept = training.kept
                weights = kept.weights if kept else training.pipeline.acting_weights
                policy_files.save(folder, self._spec.config, training.env, weights)
            self._files.write_failed(training)
        except OSError as error:
            _LOG.warning("%s: %s", folder, reason(error))
        return True

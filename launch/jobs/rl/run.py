"""A reinforcement learning run as commands and the scheduler see it."""

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from common.errors import RAISED, RunError, UsageError
from common.settings import changed
from common.text import with_kind
from launch.config.run import RunConfig
from launch.config.training import TrainingConfig
from launch.jobs import own_code
from launch.jobs.models.request import Request
from launch.jobs.rl.play import Play
from launch.run_folder import result
from launch.scheduler.run import Outcome, Run, SubmittedRun, refuse_others
from launch.terminal.progress import ProgressDisplay

_KIND = "a reinforcement learning run"


@dataclass(frozen=True, kw_only=True)
class TrainingRun(Run):
    """One execution of a reinforcement learning experiment."""

    DRIVES_RAY: ClassVar[bool] = True

    config: TrainingConfig
    env_steps: int | None = None
    """A new budget for a run that goes on; None keeps that of its config."""

    @classmethod
    def completed(cls, config: RunConfig) -> RunConfig:
        """The config with the SHA-256 of the weights that it starts from, and of its recording.

        Raises:
            UsageError: There are none where it says, its agent needs a recording, or a share of
                random actions is given and its agent acts at random.
        """
        assert isinstance(config, TrainingConfig)
        share = config.evaluation.epsilon
        if share and config.agent.acts_randomly:
            raise UsageError(f"--evaluation.epsilon {share:g}: the agent acts at random anyway")
        if config.init_from is None and config.data is None and not config.agent.needs_recording:
            return config
        from launch.jobs.rl import initial_weights, recordings

        return recordings.named_in(initial_weights.named_in(config))

    @property
    def threads(self) -> int | None:
        return None

    def check_resources(self) -> None:
        from launch.cluster.capacity import check_gpus  # Ray

        check_gpus(self.config.placement)

    def submit(self, display: ProgressDisplay) -> SubmittedRun:
        from launch.jobs.rl.ray_task import SubmittedTraining  # Ray

        return SubmittedTraining(self, self.config, display)

    def execute(self, display: ProgressDisplay, interrupted: Callable[[], bool]) -> Outcome:
        """Executes the run in this process, with workers on Ray where its config has some.

        It hears signals by itself, because Ray takes them while it starts.
        """
        from launch.jobs.rl import execution

        folder, config = self.folder, self.config
        try:
            if folder is None:
                folder, _ = execution.train(
                    self.experiment, config, self.arguments, display=display, name=self.name
                )
            else:
                execution.resume(
                    folder, config, env_steps=self.env_steps, display=display, name=self.name
                )
        except (UsageError, RunError) as error:
            return Outcome(run=self, folder=folder, error=error)
        except RAISED as error:  # before there was a folder for its traceback
            place = own_code.place(traceback.format_exc())
            if not place:
                raise
            failed = RunError(f"{with_kind(error)}{place}")
            return Outcome(run=self, folder=folder, error=failed)
        stopped = result.status(folder) == "interrupted"
        return Outcome(run=self, folder=folder, interrupted=stopped)

    def resumed(self, changes: Mapping[str, Any]) -> "TrainingRun":
        assert self.folder is not None
        before = self.config
        known = vars(before.placement).keys() | vars(before.faults) | {"env_steps"}
        refuse_others(changes, known, self.folder, _KIND)
        if changes.get("workers") == 0:
            changes = {"address": None, "learner_gpus": 0.0, "worker_gpus": 0.0, **changes}
        placement = changed(before.placement, changes)
        faults = changed(before.faults, changes)
        config = replace(before, placement=placement, faults=faults)
        return replace(self, config=config, env_steps=changes.get("env_steps"))

    def evaluate(self, settings: Mapping[str, Any]) -> Iterator[str]:
        assert self.folder is not None
        refuse_others(settings, vars(Play()), self.folder, _KIND)
        play = Play(**settings)
        from launch.jobs.rl import scoring

        found, film = scoring.evaluate(self.folder, play)
        rate = found.success_rate
        success = "" if rate is None else f", success rate {rate:.4f}"
        if changed := play.changes():
            yield f"played with {changed}"
        if play.epsilon is None and self.config.acting != "greedy":
            yield f"played {self.config.acting}, as in the run's own evaluations"
        yield (
            f"{found.episodes:,} episode{'s' * (found.episodes > 1)}: mean return "
            f"{found.mean_return:.4g} ± {found.std_return:.4g}, "
            f"from {found.min_return:.4g} to {found.max_return:.4g}{success}"
        )
        if film is not None:
            filmed = film()
            count = "one episode" if len(filmed) == 1 else f"{len(filmed)} episodes"
            mean = "return" if len(filmed) == 1 else "mean return"
            yield f"film {play.video}: {count}, {mean} {sum(filmed) / len(filmed):.4g}"

    def export(self, settings: Mapping[str, Any]) -> list[str]:
        assert self.folder is not None
        refuse_others(settings, ("to", "out", "actions"), self.folder, _KIND)
        request = Request(to=settings["to"], out=settings.get("out"))
        from launch.jobs.rl import exporting

        return exporting.export(self.folder, request, actions=settings.get("actions", False))

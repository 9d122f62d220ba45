"""A reinforcement learning run as commands and the scheduler see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from common.errors import RunError, UsageError
from common.settings import changed, require
from launch.config.training import TrainingConfig
from launch.run_folder import result
from launch.scheduler.run import Outcome, Run, SubmittedRun, refuse_others
from launch.terminal.progress import ProgressDisplay

_KIND = "a reinforcement learning run"
_EPISODES = 100  # that `evaluate` plays


@dataclass(frozen=True, kw_only=True)
class TrainingRun(Run):
    """One execution of a reinforcement learning experiment."""

    DRIVES_RAY: ClassVar[bool] = True

    config: TrainingConfig

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
                    folder, config.placement, config.faults, display=display, name=self.name
                )
        except (UsageError, RunError) as error:
            return Outcome(run=self, folder=folder, error=error)
        stopped = result.status(folder) == "interrupted"
        return Outcome(run=self, folder=folder, interrupted=stopped)

    def resumed(self, changes: Mapping[str, Any]) -> "TrainingRun":
        assert self.folder is not None
        before = self.config
        refuse_others(
            changes, vars(before.placement).keys() | vars(before.faults), self.folder, _KIND
        )
        if changes.get("workers") == 0:
            changes = {"address": None, "learner_gpus": 0.0, "worker_gpus": 0.0, **changes}
        placement = changed(before.placement, changes)
        faults = changed(before.faults, changes)
        return replace(self, config=replace(before, placement=placement, faults=faults))

    def evaluate(self, settings: Mapping[str, Any]) -> list[str]:
        assert self.folder is not None
        refuse_others(settings, ("episodes", "seed", "video"), self.folder, _KIND)
        episodes, seed = settings.get("episodes", _EPISODES), settings.get("seed")
        require(episodes >= 1, "episodes", "must be 1 or more", episodes)
        require(0 <= (seed or 0) < 2**63, "seed", "must be in [0, 2**63)", seed)
        from launch.jobs.rl import execution

        video = settings.get("video")
        found, filmed = execution.evaluate(self.folder, episodes, seed, video)
        rate = found.success_rate
        success = "" if rate is None else f", success rate {rate:.4f}"
        lines = [
            f"{found.episodes:,} episodes: mean return {found.mean_return:.4g} ± "
            f"{found.std_return:.4g}, from {found.min_return:.4g} to {found.max_return:.4g}"
            f"{success}"
        ]
        if video is not None:
            lines.append(f"film {video}: one episode, return {filmed[0]:.4g}")
        return lines

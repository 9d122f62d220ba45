"""A supervised run as commands and the scheduler see it."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from common.errors import RAISED, UsageError
from common.settings import changed
from launch.config.execution import KINDS
from launch.config.serialization import identity
from launch.config.supervised import SupervisedConfig
from launch.jobs.models.request import Request
from launch.jobs.supervised.receiver import EventReceiver, explained
from launch.run_folder.events import Checkpoint, Event
from launch.scheduler.run import Outcome, Run, SubmittedRun, refuse_others
from launch.terminal.progress import ProgressDisplay

_KIND = "a supervised run"


class _Stop(BaseException):
    """Ends a job at a checkpoint; no job takes it for an error of its own."""


@dataclass(frozen=True, kw_only=True)
class SupervisedRun(Run):
    """One execution of a supervised experiment."""

    DRIVES_RAY: ClassVar[bool] = False

    config: SupervisedConfig

    @property
    def threads(self) -> int | None:
        return self.config.resources.cpus

    def check_resources(self) -> None:
        from launch.cluster.capacity import check_resources  # Ray

        check_resources(self.experiment, self.config.resources)

    def submit(self, display: ProgressDisplay) -> SubmittedRun:
        from launch.jobs.supervised.ray_task import SubmittedJob  # Ray

        return SubmittedJob(self, self.config, display)

    def execute(self, display: ProgressDisplay, interrupted: Callable[[], bool]) -> Outcome:
        from launch.jobs.supervised import process  # TensorFlow

        receiver = EventReceiver(self, self.config, display)

        def send(event: Event) -> None:
            try:
                receiver.take(event)
            except OSError as error:  # ours; the job's own come with their traceback
                raise explained(error, "") from None
            if isinstance(event, Checkpoint) and interrupted():
                raise _Stop

        try:
            process.execute(self.config, receiver.restored(), send)
        except _Stop:
            return receiver.close(interrupted=True)
        except KeyboardInterrupt:
            receiver.close(interrupted=True)
            raise
        except RAISED as error:
            return receiver.close(explained(error, traceback.format_exc()))
        return receiver.close()

    def resumed(self, changes: Mapping[str, Any]) -> "SupervisedRun":
        assert self.folder is not None
        parts = (self.config.schedule, self.config.data, self.config.resources)
        known = {name for part in parts for name in vars(part)}
        refuse_others(changes, known, self.folder, _KIND)
        schedule, data, resources = (changed(part, changes) for part in parts)
        config = replace(self.config, schedule=schedule, data=data, resources=resources)
        if identity(config) != self.identity:
            raise UsageError(
                f"--workers {changes.get('workers')}: {self.folder} has "
                f"{self.config.resources.workers}, and would not go on to the same bits"
            )
        return replace(self, config=config)

    def evaluate(self, settings: Mapping[str, Any]) -> list[str]:
        assert self.folder is not None
        refuse_others(settings, ("data_dir", "data"), self.folder, _KIND)
        from launch.jobs.supervised import trained

        given: str | None = settings.get("data")
        kind, file = (given, None) if given is None or given in KINDS else (None, Path(given))
        kinds, scores = trained.evaluate(self.folder, settings.get("data_dir"), kind, file)
        sets = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
        return [f"data {sets}", *(f"{name} {value:.6g}" for name, value in scores.items())]

    def export(self, settings: Mapping[str, Any]) -> list[str]:
        assert self.folder is not None
        refuse_others(settings, ("to", "out", "model"), self.folder, _KIND)
        request = Request(to=settings["to"], out=settings.get("out"))
        from launch.jobs.supervised import exporting

        return exporting.export(self.folder, request, settings.get("model"))

"""`python -m launch resume RUN`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro

from common.errors import UsageError
from envs.faults import OnFault
from launch import run_folder
from launch.configs import (
    DataConfig,
    FaultConfig,
    PlacementConfig,
    ResourceConfig,
    ScheduleConfig,
    TrainingConfig,
    identity,
)
from launch.scheduling.planned import Planned
from launch.verbs.parsing import invalid_settings_in_one_line, parse
from launch.verbs.run import schedule
from launch.verbs.show import show

_Part = TypeVar("_Part", PlacementConfig, FaultConfig, ScheduleConfig, DataConfig, ResourceConfig)
_SUPERVISED = ("local", "data_dir", "max_retries", "servers")
_BOTH = ("run", "address", "workers")


@dataclass(frozen=True, kw_only=True)
class ResumeArguments:
    """Continue an unfinished run from its newest checkpoint, to the same bits."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    workers: int | None = None
    """Workers from here on; default: as before. 0 leaves the cluster and its GPUs; a supervised run
    that has workers keeps some, and one that has none gets none."""
    servers: int | None = None
    """A supervised run with workers: its parameter servers from here on; default: as before."""
    address: str | None = None
    """Cluster from here on; `local` for one on this machine. Default: as before."""
    learner_gpus: float | None = None
    """GPUs of the learner from here on; default: as before."""
    worker_gpus: float | None = None
    """GPUs of each worker from here on; default: as before."""
    on_fault: OnFault | None = None
    """What becomes of a failing environment from here on, `fail` or `drop`; default: as before."""
    hang_seconds: float | None = None
    """Seconds after which an environment counts as hung from here on; default: as before."""
    max_restarts: int | None = None
    """Workers that may be replaced in the life of the run; default: as before."""
    local: bool | None = None
    """A supervised run: in this process from here on, without Ray; default: as before."""
    data_dir: Path | None = None
    """A supervised run: where its data are now; default: as before."""
    max_retries: int | None = None
    """A supervised run: times it is started again after its worker died; default: as before."""


def run(arguments: Sequence[str]) -> int:
    """Continues a run."""
    given: ResumeArguments = parse(ResumeArguments, "resume", arguments)
    experiment, config = run_folder.read(given.run)
    changes = {name: value for name, value in vars(given).items() if value is not None}
    acting = isinstance(config, TrainingConfig)
    for name in changes.keys() - _BOTH:
        if (name in _SUPERVISED) == acting:
            flag = f"--{name.replace('_', '-')}"
            kind = "reinforcement learning" if acting else "supervised"
            raise UsageError(f"{flag}: {given.run} is a {kind} run, which has no such setting")
    if not isinstance(config, TrainingConfig):
        if run_folder.status(given.run) == "finished":
            raise run_folder.has_finished(given.run)
        before, workers = identity(config), config.resources.workers
        with invalid_settings_in_one_line():
            config = dataclasses.replace(
                config,
                schedule=_changed(config.schedule, changes),
                data=_changed(config.data, changes),
                resources=_changed(config.resources, changes),
            )
        if identity(config) != before:
            raise UsageError(
                f"--workers {given.workers}: {given.run} has {workers}, and would not go on to the "
                "same bits"
            )
        planned = Planned(
            experiment=experiment, config=config, arguments=arguments, folder=given.run
        )
        return schedule([planned])
    if given.workers == 0:
        changes = {"address": None, "learner_gpus": 0.0, "worker_gpus": 0.0, **changes}
    with invalid_settings_in_one_line():
        placement = _changed(config.placement, changes)
        faults = _changed(config.faults, changes)
        dataclasses.replace(config, placement=placement, faults=faults)
    from launch.acting import runs

    runs.resume(given.run, placement, faults)
    return show(given.run)


def _changed(part: _Part, changes: Mapping[str, Any]) -> _Part:
    """A part of a config with those of the changes that it has fields for."""
    own = {name: changes[name] for name in vars(part).keys() & changes.keys()}
    return dataclasses.replace(part, **own)

"""The settings of a supervised run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from common.errors import UsageError
from common.settings import InvalidSetting, require
from launch.config.execution import DataConfig, OutputConfig, ResourceConfig, ScheduleConfig
from launch.config.run import Kind, RunConfig
from supervised.core.job import InputError, JobConfig
from supervised.datasets.source import DataError, Source


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig(RunConfig):
    """A supervised run."""

    KIND: ClassVar[Kind] = "supervised"
    HOW_IT_RUNS: ClassVar[tuple[str, ...]] = ("schedule", "output")

    job: Annotated[JobConfig, tyro.conf.arg(name="")]
    """What is done."""
    seed: int = 0
    """Seed of everything random."""
    final: bool = True
    """Score the test data at the end; a search's trials do not."""
    resources: Annotated[ResourceConfig, tyro.conf.arg(name="")] = ResourceConfig()
    """What it needs."""
    data: Annotated[DataConfig, tyro.conf.arg(name="")] = DataConfig()
    """Where its data come from."""
    schedule: Annotated[ScheduleConfig, tyro.conf.arg(name="")] = ScheduleConfig()
    """How it is run."""
    output: Annotated[OutputConfig, tyro.conf.arg(name="")] = OutputConfig()
    """Where its folder goes."""

    def __post_init__(self) -> None:
        require(0 <= self.seed < 2**63, "seed", "must be in [0, 2**63)", self.seed)
        if self.resources.workers and self.schedule.local:
            raise InvalidSetting("--workers and --local exclude each other: workers are Ray's")
        if self.resources.workers and self.resources.precision == "mixed_float16":
            raise InvalidSetting(
                "--precision mixed_float16 scales losses, which workers do not: mixed_bfloat16 "
                "needs no scales"
            )

    @property
    def task(self) -> str:
        return self.job.module

    @property
    def method(self) -> type:
        return type(self.job)

    @property
    def modules(self) -> set[str]:
        return {type(self.job).__module__, self.job.module}

    @property
    def uses_ray(self) -> bool:
        return not self.schedule.local

    @property
    def address(self) -> str | None:
        return self.schedule.address

    @property
    def has_idle_workers(self) -> bool:
        return self.resources.workers > 0 and not self.job.takes_workers

    def with_seed(self, seed: int) -> "SupervisedConfig":
        return replace(self, seed=seed)

    def without_workers(self) -> "SupervisedConfig":
        return replace(self, resources=replace(self.resources, workers=0))

    def settled(self, default: RunConfig) -> "SupervisedConfig":
        """The config with absolute paths, because the job may run in another folder.

        Raises:
            UsageError: --data-dir names no folder, or one of the user's files cannot be used.
        """
        try:
            self.job.check()
        except (InputError, DataError) as error:
            raise UsageError(str(error)) from None
        return replace(self, job=_absolute(self.job), data=_existing(self.data))

    def look_for_data(self) -> None:
        if self.schedule.address is not None:  # the job looks for them where it runs
            return
        from supervised.datasets import catalog  # pandas

        data = self.data
        cache = data.data_cache.expanduser()
        source = Source(data_dir=data.data_dir, want=data.data, cache=cache)
        try:
            for name in self.job.data_sets:
                catalog.require(catalog.BY_NAME[name], source)
        except DataError as error:
            raise UsageError(str(error)) from None

    def reads_the_same_as(self, earlier: RunConfig, since: float) -> bool:
        """Whether the data are in the same folder, and no file of the user's is newer."""
        assert isinstance(earlier, SupervisedConfig)
        same_place = self.data.data_dir == earlier.data.data_dir
        return same_place and all(_newest(path) <= since for path in _paths(self.job))

    def describe_step(self, step: int) -> str:
        return f"checkpoint {step:,}"

    def identity_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that the bits depend on.

        How many workers share a batch leaves no trace, but whether any do: their sums round
        otherwise than those of a single process.
        """
        found = super().identity_of(values)
        for part, names in _NOT_IN_THE_BITS.items():
            found[part] = {k: v for k, v in found[part].items() if k not in names}
        workers = self.resources.workers
        found["resources"]["shared"] = workers if self.job.follows_workers else workers > 0
        return found


_NOT_IN_THE_BITS = {
    "resources": ("gpus", "memory_gb", "workers", "servers"),
    "data": ("data_dir", "data_cache"),
}


def _absolute(job: JobConfig) -> JobConfig:
    """A job's config with absolute paths."""
    found: dict[str, Any] = {}
    for name, value in ((f.name, getattr(job, f.name)) for f in fields(job)):
        if isinstance(value, Path):
            found[name] = value.absolute()
        elif isinstance(value, tuple) and all(isinstance(path, Path) for path in value):
            found[name] = tuple(path.absolute() for path in value)
    return replace(job, **found)


def _paths(job: JobConfig) -> Iterator[Path]:
    """The files and folders of the user's that a job reads."""
    for value in (getattr(job, field.name) for field in fields(job)):
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Path):
                yield each


def _newest(path: Path) -> float:
    """When a file, or the newest one in a folder, was changed; 0 where there is none."""
    inside = path.rglob("*") if path.is_dir() else ()
    times = (each.stat().st_mtime for each in (path, *inside) if each.exists())
    return max(times, default=0.0)


def _existing(data: DataConfig) -> DataConfig:
    """The config of the data with an absolute folder.

    Raises:
        UsageError: There is no such folder.
    """
    if data.data_dir is None:
        return data
    if not data.data_dir.is_dir():
        raise UsageError(f"--data-dir {data.data_dir}: no such folder")
    return replace(data, data_dir=data.data_dir.absolute())

"""Where and how a run is executed. Of these settings few are part of the result's bits."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, get_args

from common.settings import InvalidSetting, require, require_at_least
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class PlacementConfig(Settings):
    """Where a run is executed. With a learner on CPUs nothing here changes a bit of the result."""

    workers: int = 2
    """Ray actors that step the environments; 0 runs the same code in this process, without Ray."""
    address: str | None = None
    """Ray cluster to join: host:port, ray://host:port, auto; default RAY_ADDRESS or a local one."""
    learner_gpus: float = 0.0
    """GPUs for the learner, fractions allowed."""
    worker_gpus: float = 0.0
    """GPUs for each worker, fractions allowed."""
    head_start: bool = True
    """Begin in this process while Ray starts, in environments that cannot crash it: our own and
    Gymnasium's classic control, toy text and Box2D."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "workers", "learner_gpus", "worker_gpus")
        for name in ("learner_gpus", "worker_gpus"):
            value = getattr(self, name)
            whole = value <= 1 or float(value).is_integer()
            require(whole, name, "must be a fraction below 1 or a whole number", value)
        local = self.workers == 0
        if local and self.worker_gpus:
            raise InvalidSetting("--worker-gpus needs --workers 1 or more")
        if local and self.address is not None:
            raise InvalidSetting("--address needs --workers 1 or more: 0 runs without Ray")


@dataclass(frozen=True, kw_only=True)
class OutputConfig(Settings):
    """Where a run's folder goes."""

    run_dir: Path | None = None
    """The folder of this one run; it must not exist yet, or be empty."""
    out: Path = Path("runs")
    """Without --run-dir the folder is OUT/EXPERIMENT/TIME-seedN."""
    unfinished: Literal["ask", "resume", "new"] = "ask"
    """Where OUT holds an unfinished run of the very same settings: ask on a terminal (elsewhere say
    so and start a new one), resume it, or start a new one."""
    finished: Literal["again", "keep"] = "again"
    """Where OUT holds a finished run of the very same settings and seed, with data in the same
    folder and no newer file of your own: run it again, or keep it and do not. With
    `--unfinished resume` the same command then makes what is not there yet."""


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig(Settings):
    """Checkpoints of the whole run."""

    PART: ClassVar[str] = "checkpoint"

    every_seconds: float = 60.0
    """Wall seconds between checkpoints; longer where they would take over 5 % of the time. One is
    always written at the start, at the end and on Ctrl-C."""
    keep: int = 2
    """Newest checkpoints kept, beside the one of the best evaluation."""
    replay: Literal["auto", "transitions", "actions"] = "auto"
    """What is kept of the replay: its transitions, or the actions of the environments, a byte each,
    from which `resume` plays its observations again. auto: actions above 256 MB of observations."""

    def __post_init__(self) -> None:
        seconds = self.every_seconds
        require(seconds > 0, "checkpoint.every_seconds", "must be positive", seconds)
        require(self.keep >= 1, "checkpoint.keep", "must be 1 or more", self.keep)


DataWanted = Literal["auto", "real", "sample", "synthetic"]
KINDS: tuple[str, ...] = get_args(DataWanted)


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where data sets come from."""

    data_dir: Path | None = None
    """Folder with a sub-folder for each data set, or a set's own folder; without it the cache."""
    data: DataWanted = "auto"
    """Kind of data. `auto` takes real, then a sample that a package ships, and otherwise says how
    to get the real; synthetic data only when asked for."""
    data_cache: Path = Path("~/.cache/actorlab")
    """Folder of downloads."""


@dataclass(frozen=True, kw_only=True)
class ResourceConfig:
    """CPUs, GPUs and memory of a job and of its workers."""

    cpus: int = 1
    """CPUs reserved, and the threads of TensorFlow; changes the last digits of the results."""
    gpus: float = 0.0
    """GPUs reserved, fractions allowed; two or more train one model together, each on its share of
    every batch."""
    precision: Literal["float32", "float64", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Numbers that networks compute with. The mixed ones, which keep weights in float32, are for
    GPUs: a CPU is slower with them. float64 tells whether a difference is one of rounding."""
    memory_gb: float = 1.5
    """Memory reserved for the job, and for each of its workers, in gigabytes."""
    workers: int = 0
    """Ray actors that share every batch of a training, a CPU each where there are enough, --cpus
    threads and --gpus; the same bits for any number of them. 0 trains in the job's own process,
    whose sums are rounded differently."""
    servers: int = 1
    """Ray actors over which the weights are spread when workers train; they reserve nothing."""

    def __post_init__(self) -> None:
        require(self.cpus >= 1, "cpus", "must be 1 or more", self.cpus)
        require(self.gpus >= 0, "gpus", "must be 0 or more", self.gpus)
        whole = self.gpus <= 1 or float(self.gpus).is_integer()
        require(whole, "gpus", "must be a fraction below 1 or a whole number", self.gpus)
        require(self.memory_gb > 0, "memory_gb", "must be positive", self.memory_gb)
        require(self.workers >= 0, "workers", "must be 0 or more", self.workers)
        require(self.servers >= 1, "servers", "must be 1 or more", self.servers)


@dataclass(frozen=True, kw_only=True)
class ScheduleConfig:
    """On which cluster a job runs, and how often it is retried; the result has the same bits."""

    local: bool = False
    """Run in this process, without Ray."""
    address: str | None = None
    """Ray cluster to join: host:port, ray://host:port, auto; default RAY_ADDRESS or a local one."""
    max_retries: int = 3
    """Times a job whose process died is started again from its last checkpoint; counted anew after
    each further checkpoint."""

    def __post_init__(self) -> None:
        retries = self.max_retries
        require(retries >= 0, "max_retries", "must be 0 or more", retries)
        if self.local and self.address is not None:
            raise InvalidSetting("--address and --local exclude each other: local runs without Ray")

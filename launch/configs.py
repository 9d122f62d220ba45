"""What a user can set about a run. Imports neither TensorFlow nor Ray."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import cattrs
import tyro
from cattrs.v import format_exception

from agents.agent import Agent
from agents.registry import agent_type
from agents.registry import name_of as name_of_agent
from common.plugins import NotFound
from common.settings import InvalidSetting, require
from supervised.core.job import JobConfig
from supervised.core.registry import job_type
from supervised.core.registry import name_of as name_of_job
from training.evaluate import EvaluationConfig
from training.faults import FaultConfig
from training.pipeline import Rounds
from training.pool import Acting


@dataclass(frozen=True, kw_only=True)
class PlacementConfig:
    """Where a job runs. Nothing here changes a bit of the result, as long as CPUs learn."""

    workers: int = 2
    """Ray actors that step the environments; 0 runs the same code in this process, without Ray."""
    address: str | None = None
    """Ray cluster to join: host:port, ray://host:port, auto; default RAY_ADDRESS or a local one."""
    learner_gpus: float = 0.0
    """GPUs for the learner, fractions allowed."""
    worker_gpus: float = 0.0
    """GPUs for each worker, fractions allowed."""
    head_start: bool = True
    """Begin in this process while Ray starts, in environments that cannot harm it: our own and
    Gymnasium's classic control, toy text and Box2D."""

    def __post_init__(self) -> None:
        for name in ("workers", "learner_gpus", "worker_gpus"):
            value = getattr(self, name)
            require(value >= 0, name, "must be 0 or more", value)
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
class OutputConfig:
    """Where a run's folder goes."""

    run_dir: Path | None = None
    """The run's folder, exactly; it must not exist yet, or be empty."""
    out: Path = Path("runs")
    """Without --run-dir the folder is OUT/EXPERIMENT/TIME-seedN."""
    unfinished: Literal["ask", "resume", "new"] = "ask"
    """Where OUT holds an unfinished run of the very same settings: ask on a terminal (elsewhere say
    so and start a new one), resume it, or start a new one."""


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig:
    """Checkpoints of the whole run."""

    every_seconds: float = 60.0
    """Wall seconds between checkpoints, more where writing would take over 5 % of the time. One is
    always written at the start, at the end and on Ctrl-C."""
    keep: int = 2
    """Newest checkpoints kept, beside the one of the best evaluation."""

    def __post_init__(self) -> None:
        seconds = self.every_seconds
        require(seconds > 0, "checkpoint.every_seconds", "must be positive", seconds)
        require(self.keep >= 1, "checkpoint.keep", "must be 1 or more", self.keep)


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A reinforcement learning run."""

    env: str
    """Gymnasium id; module:Id-v0 imports the module first; module:function makes one."""
    agent: Agent
    """What learns."""
    env_steps: int
    """Budget, in environment steps over all streams."""
    seed: int = 0
    """Seed of everything random; the same seed gives the same bits on any number of workers."""
    streams: int = 16
    """Logical environments, spread over the workers; part of the result, unlike --workers."""
    round_steps: int = 16
    """Steps each stream takes in a round, under one set of weights."""
    lag: Literal[0, 1] = 1
    """Rounds by which acting runs ahead of learning. 1: both overlap. 0: they take turns."""
    until_solved: bool = False
    """Stop at the first evaluation that reaches `solved_at`."""
    solved_at: float | None = None
    """Mean return of an evaluation at which the environment counts as solved."""
    learner_threads: int = 1
    """CPU threads of the learner; the small networks here are fastest on one."""
    film_steps: int = 0
    """Steps of the trained policy to film as film.mp4 after training; 0 films none."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Evaluation during and after training."""
    checkpoint: CheckpointConfig = CheckpointConfig()
    """Checkpoints."""
    faults: Annotated[FaultConfig, tyro.conf.arg(name="")] = FaultConfig()
    """Failing environments and workers."""
    placement: Annotated[PlacementConfig, tyro.conf.arg(name="")] = PlacementConfig()
    """Where it runs."""
    output: Annotated[OutputConfig, tyro.conf.arg(name="")] = OutputConfig()
    """Where its folder goes."""

    def __post_init__(self) -> None:
        for name in ("env_steps", "streams", "round_steps", "learner_threads"):
            value = getattr(self, name)
            require(value >= 1, name, "must be 1 or more", value)
        for name in ("seed", "film_steps"):
            value = getattr(self, name)
            require(value >= 0, name, "must be 0 or more", value)
        require(self.seed < 2**63, "seed", "must be below 2**63", self.seed)
        if self.placement.workers > self.streams:
            raise InvalidSetting(
                f"--workers {self.placement.workers} is more than --streams {self.streams}: "
                "a worker needs at least one stream"
            )
        if self.until_solved and self.solved_at is None:
            raise InvalidSetting("--until-solved needs a threshold: give --solved-at RETURN")
        if self.until_solved and not self.evaluation.every_env_steps:
            raise InvalidSetting("--until-solved needs --evaluation.every-env-steps above 0")

    @property
    def acting(self) -> Acting:
        """Who acts where."""
        return Acting(
            env=self.env,
            agent=self.agent,
            seed=self.seed,
            streams=self.streams,
            faults=self.faults,
        )

    @property
    def modules(self) -> set[str]:
        """The modules that whoever runs it has to import for it."""
        return self.acting.modules

    @property
    def rounds(self) -> Rounds:
        """The budget and how it is played."""
        return Rounds(
            env_steps=self.env_steps,
            streams=self.streams,
            round_steps=self.round_steps,
            lag=self.lag,
        )


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Where data sets come from."""

    data_dir: Path | None = None
    """Folder with a sub-folder for each data set, or a set's own folder; without it the cache."""
    data: Literal["auto", "real", "sample", "synthetic"] = "auto"
    """Kind of data. `auto` takes real, then a sample that a package ships, and otherwise says how
    to get the real; synthetic data only when asked for."""
    data_cache: Path = Path("~/.cache/actorlab")
    """Folder of downloads."""


@dataclass(frozen=True, kw_only=True)
class ResourceConfig:
    """What a job needs of a node, and may use of it."""

    cpus: int = 1
    """CPUs reserved, and the threads of TensorFlow: part of the result's bits."""
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
    whose sums round otherwise."""
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
    """How a job is run; nothing here changes a bit of the result."""

    local: bool = False
    """Run in this process, without Ray."""
    address: str | None = None
    """Ray cluster to join: host:port, ray://host:port, auto; default RAY_ADDRESS or a local one."""
    max_retries: int = 3
    """Times a job whose worker died is started again from its last checkpoint, without a new one in
    between."""

    def __post_init__(self) -> None:
        retries = self.max_retries
        require(retries >= 0, "max_retries", "must be 0 or more", retries)
        if self.local and self.address is not None:
            raise InvalidSetting("--address and --local exclude each other: local runs without Ray")


@dataclass(frozen=True, kw_only=True)
class SupervisedConfig:
    """A supervised run."""

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
    def modules(self) -> set[str]:
        """The modules that whoever runs it has to import for it."""
        return {type(self.job).__module__, self.job.module}


RunConfig = TrainingConfig | SupervisedConfig
"""Of any run."""

HOW_IT_RUNS = ("placement", "output", "checkpoint", "faults", "schedule")
"""Fields that say where and how a run is executed; all others are part of its bits."""
_NOT_THE_BITS = {
    "resources": ("gpus", "memory_gb", "workers", "servers"),
    "data": ("data_dir", "data_cache"),
}


def identity(config: RunConfig) -> dict[str, Any]:
    """The settings that two runs with the same bits share, as plain JSON values."""
    values = {name: value for name, value in to_json(config).items() if name not in HOW_IT_RUNS}
    for part, names in _NOT_THE_BITS.items():
        if part in values:
            values[part] = {k: v for k, v in values[part].items() if k not in names}
    if isinstance(config, SupervisedConfig):  # how many there are leaves no trace, but whether any
        workers = config.resources.workers
        values["resources"]["shared"] = workers if config.job.follows_workers else workers > 0
    return values


def to_json(config: RunConfig) -> dict[str, Any]:
    """The config as plain JSON values; the name of an agent or a job stands under `_type`."""
    return _converter().unstructure(config, type(config))


def from_json(values: dict[str, Any]) -> RunConfig:
    """The config that `to_json` wrote.

    Raises:
        ValueError: A field is missing, unknown or of the wrong type; the message names it.
    """
    kind = SupervisedConfig if "job" in values else TrainingConfig
    try:
        return _converter().structure(values, kind)
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error, format_exception=_said))) from None


def _said(error: BaseException, kind: type | None) -> str:
    """What is wrong with a value: our own words where we have some."""
    ours = isinstance(error, NotFound | InvalidSetting)
    return str(error) if ours else format_exception(error, kind)


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    _open_class(converter, Agent, name_of_agent, agent_type)
    _open_class(converter, JobConfig, name_of_job, job_type)
    return converter


def _open_class(
    converter: cattrs.Converter,
    base: type[Any],
    name_of: Callable[[type[Any]], str],
    type_named: Callable[[str], type[Any]],
) -> None:
    """Has a field of a class hold any of its subclasses, whose name stands under `_type`."""

    def unstructure(value: Any) -> dict[str, Any]:
        kind = type(value)
        return {**converter.unstructure(value, kind), "_type": name_of(kind)}

    def structure(values: dict[str, Any], _: Any) -> Any:
        fields = {name: value for name, value in values.items() if name != "_type"}
        return converter.structure(fields, type_named(values["_type"]))

    converter.register_unstructure_hook_func(lambda kind: kind is base, unstructure)
    converter.register_structure_hook_func(lambda kind: kind is base, structure)

"""Settings of the chapter's jobs. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least
from supervised.core.job import JobConfig
from supervised.core.settings import OptimizerConfig

DigitNetwork = Literal["softmax", "lenet"]


@dataclass(frozen=True, kw_only=True)
class SharedConfig(JobConfig):
    """Settings of jobs whose subject is the work of several processes."""

    follows_workers: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class DataParallelConfig(SharedConfig):
    """Digits learned by one process, and by workers with parameter servers."""

    module: ClassVar[str] = "supervised.parallel.data_parallel"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    networks: tuple[DigitNetwork, ...] = ("softmax", "lenet")
    """Networks that are trained; the last one is kept."""
    filters: tuple[int, ...] = (32, 64, 128)
    """Filters of LeNet's convolutions. It has no dropout, whose draws would differ by process."""
    hidden: int = 625
    """Units of LeNet's hidden layer."""
    updates: int = 200
    """Updates of each training."""
    look_every: int = 25
    """Updates between two scores on validation images; a lost server costs no more than these."""
    batch_size: int = 200
    """Examples in each update."""
    parts: int = 8
    """Parts into which a batch is cut; there can be at most as many workers."""
    replicas: int = 2
    """Devices of TensorFlow's own strategy, which is one process: GPUs if --gpus gives enough, else
    logical CPUs; 0 leaves the strategy out."""
    optimizer: OptimizerConfig = OptimizerConfig(name="sgd", learning_rate=0.1)
    """Plain steps along the mean gradient, as the chapter describes them."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "updates", "look_every", "batch_size", "parts", "hidden")
        require(len(self.networks) >= 1, "networks", "must name one", self.networks)
        require(self.replicas != 1, "replicas", "must be 0, or 2 and more", self.replicas)
        require_at_least(self, 100, "validation")


@dataclass(frozen=True, kw_only=True)
class ToyConfig(SharedConfig):
    """The chapter's first cluster: a parameter server with two numbers, and two workers."""

    module: ClassVar[str] = "supervised.parallel.cluster_toy"

    a: float = 3.0
    """The server's first number."""
    b: float = 4.0
    """The server's second number."""
    new_a: float = 10.0
    """What the second worker sets the first number to."""


@dataclass(frozen=True, kw_only=True)
class DevicesConfig(JobConfig):
    """A^n + B^n with A^n and B^n on the same device, and on two."""

    module: ClassVar[str] = "supervised.parallel.devices"

    size: int = 2_000
    """Rows of the matrices; the book's 10,000 take 125 times as long."""
    power: int = 10
    """The power n, computed by n - 1 products one after another, as in the book."""
    repeats: int = 3
    """How often each placement is timed; the median counts."""
    memory_growth: bool = True
    """Whether a GPU's memory is taken as it is needed; else all of it at once."""
    memory_limit_mb: int = 0
    """Most memory of a GPU, in megabytes; 0 sets no limit. It excludes growth."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "size", "power", "repeats")
        require_at_least(self, 0, "memory_limit_mb")
        limit = self.memory_limit_mb
        both = self.memory_growth and limit
        require(not both, "memory_limit_mb", "needs --no-memory-growth", limit)


@dataclass(frozen=True, kw_only=True)
class ModelParallelConfig(SharedConfig):
    """A perceptron whose layers live in several processes, through which micro-batches flow."""

    module: ClassVar[str] = "supervised.parallel.model_parallel"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    hidden_sizes: tuple[int, ...] = (1024, 1024, 1024, 1024)
    """Units of the hidden layers, which are spread over the stages."""
    micro_batches: tuple[int, ...] = (1, 2, 4, 8)
    """Numbers of micro-batches of a batch; each number is a training of its own."""
    updates: int = 120
    """Updates of each training."""
    look_every: int = 40
    """Updates between two scores on validation images; a lost stage costs no more than these."""
    batch_size: int = 512
    """Examples in each update."""
    optimizer: OptimizerConfig = OptimizerConfig(name="sgd", learning_rate=0.03)
    """Optimizer that each stage has for its own layers."""
    validation: int = 5_000
    """Training images set aside for validation, scaled down with a smaller set."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "updates", "look_every", "batch_size")
        for count in self.micro_batches:
            fits = 1 <= count <= self.batch_size
            require(fits, "micro_batches", f"must be 1 to {self.batch_size}", count)
        require(len(self.micro_batches) >= 1, "micro_batches", "must name one", ())
        require_at_least(self, 100, "validation")

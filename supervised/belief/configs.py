"""Settings of the jobs with Boltzmann machines."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least, require_fractions, require_shares
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class RbmConfig:
    """How a restricted Boltzmann machine is trained."""

    steps: int = 1
    """Gibbs steps k of an update (CD-k)."""
    persistent: bool = False
    """Whether chains continue from update to update (PCD), or start from each batch."""
    learning_rate: float = 0.05
    """Step size."""
    momentum: float = 0.9
    """Share of the last step that is added to the next, in [0, 1)."""
    decay: float = 1e-4
    """Weight decay: the fraction of the weights that is subtracted per unit of step size."""
    epochs: int = 12
    """Passes over the training data."""
    batch_size: int = 100
    """Examples in each update, and number of chains."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "steps", "epochs", "batch_size", part="rbm")
        require(self.learning_rate > 0, "rbm.learning_rate", "must be positive", self.learning_rate)
        require_shares(self, "momentum", part="rbm")
        require_at_least(self, 0, "decay", part="rbm")


@dataclass(frozen=True, kw_only=True)
class RbmMnistConfig(JobConfig):
    """A restricted Boltzmann machine of MNIST's digits."""

    module: ClassVar[str] = "supervised.belief.rbm_mnist"
    reads: ClassVar[tuple[str, ...]] = ("mnist",)

    hidden: int = 256
    """Hidden units."""
    rbm: RbmConfig = RbmConfig()
    """How the machine is trained."""
    validation: float = 0.1
    """Fraction of the training images that is not trained on, for the metrics of each epoch."""
    chain_steps: int = 1_000
    """Gibbs steps of the longest chain that is shown."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "hidden", "chain_steps")
        require_fractions(self, "validation", most=1)


@dataclass(frozen=True, kw_only=True)
class BeliefConfig(JobConfig):
    """A deep belief network, and the same network without pre-training."""

    network: NetworkConfig = NetworkConfig(
        hidden_sizes=(64, 64), activation="sigmoid", initializer="glorot_normal"
    )
    """Layers and initial weights of the network, and of its control."""
    rbm: RbmConfig = RbmConfig(learning_rate=0.01, momentum=0.5, epochs=10)
    """How each layer is pre-trained."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3)
    """Optimizer of the fine-tuning."""
    fit: FitConfig = FitConfig(epochs=60, patience=10, keep="best")
    """Of the fine-tuning."""
    validation: float = 0.15
    """Fraction of the training rows that is kept for validation."""

    def __post_init__(self) -> None:
        sizes, kind = self.network.hidden_sizes, self.network.activation
        require(len(sizes) >= 1, "network.hidden_sizes", "must name a layer to pre-train", sizes)
        rule = "must be sigmoid, as Bernoulli units are"
        require(kind == "sigmoid", "network.activation", rule, kind)
        require_fractions(self, "validation", most=1)


@dataclass(frozen=True, kw_only=True)
class DbnBankConfig(BeliefConfig):
    """A deep belief network of the bank's calls, and its control."""

    module: ClassVar[str] = "supervised.belief.dbn_bank"
    reads: ClassVar[tuple[str, ...]] = ("bank",)
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    network: NetworkConfig = NetworkConfig(
        hidden_sizes=(64, 64), activation="sigmoid", initializer="glorot_normal", dropout=0.2
    )
    """The book's layers and dropout, with sigmoid units."""


@dataclass(frozen=True, kw_only=True)
class DbnHousesConfig(BeliefConfig):
    """A deep belief network of house prices, and its control."""

    module: ClassVar[str] = "supervised.belief.dbn_houses"
    reads: ClassVar[tuple[str, ...]] = ("houses",)
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    rbm: RbmConfig = RbmConfig(
        learning_rate=1e-3, momentum=0.5, decay=1e-3, epochs=10, batch_size=20
    )
    """How each layer is pre-trained; Gaussian units need a smaller step."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=5e-3)
    """Optimizer of the fine-tuning."""
    fit: FitConfig = FitConfig(epochs=120, batch_size=20, patience=20, keep="best")
    """Of the fine-tuning."""
    validation: float = 0.2
    """Fraction of the training rows that is kept for validation."""
    log_target: bool = False
    """Whether network and ridge regression learn the logarithm of the price instead of the price,
    which is no better on validation rows of the sample."""

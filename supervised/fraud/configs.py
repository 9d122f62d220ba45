"""Settings of the fraud analysis. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig


@dataclass(frozen=True, kw_only=True)
class FraudConfig(JobConfig):
    """An autoencoder of card payments, its controls, and a classifier made from its encoder."""

    module: ClassVar[str] = "supervised.fraud.autoencoder"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"
    reads: ClassVar[tuple[str, ...]] = ("creditcard",)

    network: NetworkConfig = NetworkConfig(
        hidden_sizes=(15,), activation="tanh", initializer="glorot_uniform"
    )
    """Hidden layers of the encoder, which the decoder mirrors; 28 inputs and outputs."""
    optimizer: OptimizerConfig = OptimizerConfig(name="rmsprop", learning_rate=1e-3)
    """Optimizer of autoencoder and classifiers: the book's."""
    fit: FitConfig = FitConfig(epochs=60, batch_size=256, patience=10, keep="best")
    """Training of the autoencoder: the book's batches, 60 epochs where it has 1,000."""
    classifier_epochs: int = 60
    """Most epochs of each classifier; batch size and patience are those of `fit`."""
    fraud_share: float = 0.0025
    """Largest fraction of frauds among the payments that train and choose the autoencoder. Of the
    published payments 0.2 % are frauds, and all stay, as in the book; of the sample a sixth are,
    and most are left out. 0 keeps genuine payments only, 1 keeps all."""
    validation: float = 0.2
    """Last fraction of the training period; it chooses epoch, thresholds and class weights."""

    def __post_init__(self) -> None:
        sizes, share = self.network.hidden_sizes, self.validation
        require(len(sizes) >= 1, "network.hidden_sizes", "must name the code's layer", sizes)
        require_at_least(self, 1, "classifier_epochs")
        rule = "must be in [0, 1]"
        require(0 <= self.fraud_share <= 1, "fraud_share", rule, self.fraud_share)
        require(0.01 <= share <= 0.9, "validation", "must be in [0.01, 0.9]", share)

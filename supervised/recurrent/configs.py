"""Settings of the chapter's recurrent networks. Imports no TensorFlow."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require
from supervised.job import JobConfig
from supervised.settings import FitConfig, OptimizerConfig

Cell = Literal["rnn", "lstm", "gru"]


@dataclass(frozen=True, kw_only=True)
class SpamConfig(JobConfig):
    """A recurrent network that tells spam from other short messages."""

    module: ClassVar[str] = "supervised.recurrent.spam"

    cell: Cell = "rnn"
    """Kind of the recurrent units; the book's is the plain one."""
    units: int = 32
    """Recurrent units; the book has 10."""
    embedding: int = 50
    """Numbers that a word becomes; the book's."""
    dropout: float = 0.5
    """Fraction of the last state dropped in training; the book's."""
    length: int = 50
    """Words of a message that are looked at, marks counted; the book has 25, without marks."""
    fewest: int = 2
    """Times that a word must occur in the training messages to be known; the book's is 11."""
    most: int = 5_000
    """Words known at most, the commonest first."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
    """Adam along a cosine, in place of the book's RMSProp at 0.0001."""
    fit: FitConfig = FitConfig(epochs=6, batch_size=64, keep="best")
    """6 epochs where the book has 1,000 of batches of 250; the weights are those with the lowest
    validation loss."""
    validation_fraction: float = 0.1
    """Fraction of the training messages set aside for validation."""

    def __post_init__(self) -> None:
        for name in ("units", "embedding", "length", "fewest", "most"):
            require(getattr(self, name) >= 1, name, "must be 1 or more", getattr(self, name))
        require(0 <= self.dropout < 1, "dropout", "must be in [0, 1)", self.dropout)
        fraction = self.validation_fraction
        require(0 < fraction < 1, "validation_fraction", "must be in (0, 1)", fraction)

"""Settings of the chapter's recurrent networks. Imports no TensorFlow."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

from common.settings import require, require_at_least, require_fractions, require_shares
from supervised.core.job import JobConfig, ModelNames
from supervised.core.settings import Cell, FitConfig, OptimizerConfig

Pooling = Literal["last", "mean"]

KEPT = "texts.json"
"""Name of the file in a run's folder that tells how texts are cleaned."""


@dataclass(frozen=True, kw_only=True)
class CellsConfig(JobConfig):
    """Recurrent cells written out, beside Keras' own, and the size of gradients through them."""

    module: ClassVar[str] = "supervised.recurrent.cells"

    units: int = 32
    """Recurrent units of the cells whose gradients are measured."""
    steps: tuple[int, ...] = (10, 20, 50, 100, 200)
    """Lengths of the sequences through which gradients go back."""
    clip: float = 1.0
    """Largest norm of clipped gradients."""
    lookahead: int = 3
    """How many steps later the input is that the bidirectional demonstration must name."""
    fit: FitConfig = FitConfig(epochs=5, batch_size=64)
    """Training of the two networks of the bidirectional demonstration."""

    def __post_init__(self) -> None:
        require_at_least(self, 2, "units")
        require(len(self.steps) >= 1, "steps", "must name a length", self.steps)
        for steps in self.steps:
            require(2 <= steps <= 1_000, "steps", "must be from 2 to 1,000", steps)
        require(self.clip > 0, "clip", "must be positive", self.clip)
        require(1 <= self.lookahead <= 10, "lookahead", "must be from 1 to 10", self.lookahead)


@dataclass(frozen=True, kw_only=True)
class ReaderConfig(JobConfig):
    """A recurrent network that puts texts into classes."""

    takes_texts: ClassVar[bool] = True

    cell: Cell = "lstm"
    """Kind of the recurrent units."""
    units: int = 64
    """Recurrent units."""
    embedding: int = 64
    """Size of a word's embedding."""
    embedding_dropout: float = 0.0
    """Fraction of the embedding dropped in training; equal numbers for all words of a text."""
    pooling: Pooling = "last"
    """State that is classified: the last, or the mean over the words of the text."""
    dropout: float = 0.5
    """Fraction of the classified state dropped in training; the book's."""
    length: int = 100
    """Words of a text that are read; punctuation marks count as words."""
    fewest: int = 2
    """How often a word must occur in the training texts to be in the vocabulary."""
    most: int = 20_000
    """Most words of the vocabulary, the commonest first."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
    """Adam along a cosine, in place of the book's RMSProp."""
    fit: FitConfig = FitConfig(epochs=6, batch_size=64, keep="best")
    """The weights are those with the lowest validation loss."""
    validation_fraction: float = 0.1
    """Fraction of the training texts set aside for validation."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "units", "embedding", "length", "fewest", "most")
        require_shares(self, "dropout", "embedding_dropout")
        require_fractions(self, "validation_fraction", most=1)

    def names(self, kept: Callable[[str], bytes | None]) -> ModelNames:
        contents = kept(KEPT)
        if contents is None:  # of a run that is older than the file
            return ModelNames()
        about = json.loads(contents)
        before = f"texts are cleaned: each replacement of {KEPT}, in order; then {about['then']}"
        return ModelNames(
            output=about.get("target", ""), classes=about["classes"], before=(before,)
        )


@dataclass(frozen=True, kw_only=True)
class SpamConfig(ReaderConfig):
    """A recurrent network that tells spam from other short messages."""

    module: ClassVar[str] = "supervised.recurrent.two_classes"
    reads: ClassVar[tuple[str, ...]] = ("sms",)
    texts: ClassVar[Literal["sms"]] = "sms"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".txt"

    cell: Cell = "rnn"
    """Kind of the recurrent units; the book's is the plain one."""
    units: int = 32
    """Recurrent units; the book has 10."""
    embedding: int = 50
    """Size of a word's embedding; the book's."""
    length: int = 50
    """Words of a message that are read; punctuation marks count as words. The book has 25 words,
    without marks."""
    most: int = 5_000
    """Most words of the vocabulary, the commonest first. They occur at least twice in the messages,
    in the book 11 times."""


@dataclass(frozen=True, kw_only=True)
class SentimentConfig(ReaderConfig):
    """A recurrent network that tells good opinions from bad ones."""

    module: ClassVar[str] = "supervised.recurrent.two_classes"
    reads_chosen: ClassVar[str] = "texts"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".txt"

    texts: Literal["imdb", "umich"] = "imdb"
    """Reviews of films, or the book's short sentences."""
    pooling: Pooling = "mean"
    """State that is classified: the last, or the mean over the words; the book's mean includes the
    padding."""
    embedding_dropout: float = 0.3
    """Fraction of the embedding dropped in training; equal numbers for all words of a text."""
    length: int = 400
    """Words of a text that are read; punctuation marks count as words. One review in six is
    longer."""
    most: int = 10_000
    """Most words of the vocabulary; rarer words are names, which differ in other films."""
    fit: FitConfig = FitConfig(epochs=2, batch_size=64, keep="best")
    """After two epochs the network has memorised films; the weights are those with the lowest
    validation loss."""


@dataclass(frozen=True, kw_only=True)
class HarConfig(JobConfig):
    """Recurrent layers that name the activity of a person with a phone at the waist."""

    module: ClassVar[str] = "supervised.recurrent.activities"
    reads: ClassVar[tuple[str, ...]] = ("har",)

    cell: Cell = "lstm"
    """Kind of the recurrent units; the book's."""
    units: int = 32
    """Units of the dense layer in front, and of each recurrent layer; the book's."""
    pooling: Pooling = "last"
    """State of the last recurrent layer that is classified: the last (the book's), or the mean over
    time."""
    layers: int = 2
    """Number of recurrent layers; the book's."""
    dropout: float = 0.5
    """Fraction of a recurrent layer's outputs dropped in training; the book drops none."""
    l2: float = 0.00075
    """Factor of the sum of squared weights and biases in the loss: the book's 0.0015, of which
    TensorFlow 1 took half."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2.5e-3, schedule="cosine")
    """The book's step size, along a cosine."""
    fit: FitConfig = FitConfig(epochs=16, batch_size=128)
    """The book has 300 epochs of batches of 1,500. The last weights are kept: so few volunteers
    validate that the epoch with their lowest loss is the best for them only."""
    validation_volunteers: int = 2
    """Volunteers of the training set that validate. The more volunteers the network learns from,
    the better it does for others."""
    members: int = 3
    """Networks that are trained from different initial weights; their probabilities are averaged.
    The book has one."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "units", "layers", "validation_volunteers", "members")
        require_shares(self, "dropout")
        require_at_least(self, 0, "l2")


@dataclass(frozen=True, kw_only=True)
class PassengersConfig(JobConfig):
    """Recurrent units that predict next month's passengers."""

    module: ClassVar[str] = "supervised.recurrent.passengers"
    reads: ClassVar[tuple[str, ...]] = ("airline",)

    cell: Cell = "lstm"
    """Kind of the recurrent units; the book's."""
    units: int = 16
    """Recurrent units; the book has 5."""
    window: int = 12
    """Months before a forecast that are its inputs; the book has 5."""
    target: Literal["growth", "level"] = "growth"
    """Inputs and outputs: the logarithm of each month's growth, or the book's numbers of
    passengers."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3)
    """The book's optimizer."""
    fit: FitConfig = FitConfig(epochs=400, batch_size=16, patience=60, keep="best")
    """The book makes 1,000 updates with all months, stopped by the test error."""
    validation: int = 18
    """Number of last training months that are set aside for validation."""
    test_fraction: float = 0.25
    """Fraction of the months that is the test, the last ones; the book's."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "units", "window")
        require_at_least(self, 2, "validation")
        fraction = self.test_fraction
        require(0 < fraction <= 0.5, "test_fraction", "must be in (0, 0.5]", fraction)

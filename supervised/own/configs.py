"""Settings of the jobs with a user's own data. Imports no TensorFlow."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import InvalidSetting, require
from supervised.core.job import JobConfig, ModelNames
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.own.layout import Header
from supervised.recurrent.configs import Pooling, ReaderConfig

Task = Literal["classification", "regression"]


@dataclass(frozen=True, kw_only=True)
class TableConfig(JobConfig):
    """A perceptron on a user's own table, beside a linear model and boosted trees."""

    module: ClassVar[str] = "supervised.own.table"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"
    other_file: ClassVar[str] = "test"

    csv: Path | None = None
    """The table: CSV with any separator and encoding, packed or not, or Parquet; required."""
    target: str = ""
    """The column that is predicted, by its name or its number, from 1; required."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """What the target is: a class or a number; `auto` tells it from the values."""
    ignore: tuple[str, ...] = ()
    """Columns that are no inputs, by name or number, such as those known only afterwards."""
    test: Path | None = None
    """A table with the test rows; without it a part of the first one is set aside."""
    group: str = ""
    """A column such as a person's number: no value of it is in training and test both."""
    time: str = ""
    """A column of dates or numbers: the test rows are the latest, validation those before."""
    header: Header = "auto"
    """Whether the first line names the columns; `auto` tells it from the fields."""
    network: NetworkConfig = NetworkConfig(hidden_sizes=(128, 64), dropout=0.2)
    """Hidden layers."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
    """Adam along a cosine."""
    fit: FitConfig = FitConfig(epochs=100, batch_size=32, patience=20, keep="best")
    """Most epochs, and when fewer do; the weights are those with the lowest validation loss."""
    most_updates: int = 30_000
    """Updates at most: of a table with many rows there are fewer epochs, but one."""
    validation_fraction: float = 0.15
    """Fraction of the rows set aside for validation."""
    test_fraction: float = 0.2
    """Fraction of the rows set aside for the test, where --test names none."""

    def __post_init__(self) -> None:
        require(self.most_updates >= 1, "most_updates", "must be 1 or more", self.most_updates)
        for name in ("validation_fraction", "test_fraction"):
            value = getattr(self, name)
            require(0 < value < 0.5, name, "must be in (0, 0.5)", value)
        if self.group and self.time:
            raise InvalidSetting("--group and --time exclude each other")

    def check(self) -> None:
        from supervised.own import data  # pandas

        data.columns_of(self, data.named(self))

    def names(self, kept: Callable[[str], bytes | None]) -> ModelNames:
        from supervised.own import data  # pandas

        return data.names(kept)

    @property
    def metric(self) -> str:
        return "r2" if self.task == "regression" else ""


@dataclass(frozen=True, kw_only=True)
class TextConfig(ReaderConfig):
    """A recurrent network on a user's own texts, beside bags of words."""

    module: ClassVar[str] = "supervised.own.text"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".txt"
    other_file: ClassVar[str] = "test"

    csv: Path | None = None
    """The texts and their labels: a table with any separator and encoding, packed or not, or
    Parquet; or a label, a tab and a text on each line. This or `--folder` is required."""
    folder: Path | None = None
    """A folder, zip or tar archive with a folder for each class, in which each file is a text."""
    text_column: str = ""
    """The column that has the texts, by its name or its number, from 1; told without it."""
    target: str = ""
    """The column that has the labels, by its name or its number; told without it."""
    test: Path | None = None
    """A file or folder with the test texts; without it a part of the first one is set aside."""
    group: str = ""
    """A column such as the writer's number: no value of it is in training and test both."""
    time: str = ""
    """A column of dates or numbers: the test texts are the latest, validation those before."""
    header: Header = "auto"
    """Whether the first line names the columns; `auto` tells it from the fields."""
    pooling: Pooling = "mean"
    """State that is classified: the last, or the mean over the words of the text."""
    embedding_dropout: float = 0.3
    """Fraction of the embedding dropped in training; equal numbers for all words of a text."""
    length: int = 400
    """Words of a text that are read; punctuation marks count as words, and of Chinese and Japanese
    all characters."""
    fit: FitConfig = FitConfig(epochs=30, batch_size=32, patience=5, keep="best")
    """Most epochs, and when fewer do; the weights are those with the lowest validation loss."""
    most_updates: int = 1_500
    """Updates at most: of many texts there are fewer epochs, but one. The network soon knows texts
    by heart."""
    validation_fraction: float = 0.1
    """Fraction of the texts set aside for validation."""
    test_fraction: float = 0.2
    """Fraction of the texts set aside for the test, where --test names none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.most_updates >= 1, "most_updates", "must be 1 or more", self.most_updates)
        for name in ("validation_fraction", "test_fraction"):
            value = getattr(self, name)
            require(0 < value < 0.5, name, "must be in (0, 0.5)", value)
        for one, other in (("group", "time"), ("csv", "folder")):
            if getattr(self, one) and getattr(self, other):
                raise InvalidSetting(f"--{one} and --{other} exclude each other")

    def check(self) -> None:
        from supervised.own import text_files  # pandas

        text_files.labelled(self)
        if self.test is not None:
            text_files.read(self.test, self.header)

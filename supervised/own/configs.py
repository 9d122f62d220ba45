"""Settings of the jobs with a user's own data. Imports no TensorFlow."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import InvalidSetting, require_at_least, require_fractions
from supervised.core.job import JobConfig, ModelNames
from supervised.core.settings import Cell, FitConfig, NetworkConfig, OptimizerConfig
from supervised.own.layout import Header
from supervised.recommenders.configs import FactorsConfig
from supervised.recurrent.configs import Pooling, ReaderConfig

Task = Literal["classification", "regression"]


@dataclass(frozen=True, kw_only=True)
class OwnConfig(JobConfig):
    """What jobs with a user's own data have whose test is a part of them, or other data."""

    other_file: ClassVar[str] = "test"

    test: Path | None = None
    """A file with the test data, or a folder where these are in folders; without it a part of the
    data is set aside."""
    validation_fraction: float = 0.15
    """Fraction of the data set aside for validation, where none are by themselves."""
    test_fraction: float = 0.2
    """Fraction of the data set aside for the test, where none are by themselves."""

    def __post_init__(self) -> None:
        require_fractions(self, "validation_fraction", "test_fraction")

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Of training, validation and test; that of the test is 0 where --test has it."""
        test = 0.0 if self.test is not None else self.test_fraction
        return 1 - test - self.validation_fraction, self.validation_fraction, test


@dataclass(frozen=True, kw_only=True)
class RowsConfig(OwnConfig):
    """What jobs have that take one row of a table after the other, be it numbers or a text."""

    csv: Path | None = None
    """The table: CSV with any separator and encoding, packed or not, or Parquet; required."""
    target: str = ""
    """The column that is predicted, by its name or its number, from 1; required."""
    group: str = ""
    """A column such as a person's number: no value of it is in training and test both."""
    time: str = ""
    """A column of dates or numbers: the test rows are the latest, validation those before."""
    header: Header = "auto"
    """Whether the first line names the columns; `auto` tells it from the fields."""
    most_updates: int = 30_000
    """Updates at most: of a table with many rows there are fewer epochs, but one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(self, 1, "most_updates")
        if self.group and self.time:
            raise InvalidSetting("--group and --time exclude each other")


@dataclass(frozen=True, kw_only=True)
class TableConfig(RowsConfig):
    """A perceptron on a user's own table, beside a linear model and boosted trees."""

    module: ClassVar[str] = "supervised.own.table"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    task: Literal["auto", "classification", "regression"] = "auto"
    """What the target is: a class or a number; `auto` tells it from the values."""
    ignore: tuple[str, ...] = ()
    """Columns that are no inputs, by name or number, such as those known only afterwards."""
    network: NetworkConfig = NetworkConfig(hidden_sizes=(128, 64), dropout=0.2)
    """Hidden layers."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=2e-3, schedule="cosine")
    """Adam along a cosine."""
    fit: FitConfig = FitConfig(epochs=100, batch_size=32, patience=20, keep="best")
    """Most epochs, and when fewer do; the weights are those with the lowest validation loss."""

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
class TextConfig(RowsConfig, ReaderConfig):
    """A recurrent network on a user's own texts, beside bags of words."""

    module: ClassVar[str] = "supervised.own.text"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".txt"

    csv: Path | None = None
    """The texts and their labels: a table with any separator and encoding, packed or not, or
    Parquet; or a label, a tab and a text on each line. This or `--folder` is required."""
    folder: Path | None = None
    """A folder, zip or tar archive with a folder for each class, in which each file is a text."""
    text_column: str = ""
    """The column that has the texts, by its name or its number, from 1; told without it."""
    target: str = ""
    """The column that has the labels, by its name or its number; told without it."""
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

    def __post_init__(self) -> None:
        super().__post_init__()
        ReaderConfig.__post_init__(self)
        if self.csv and self.folder:
            raise InvalidSetting("--csv and --folder exclude each other")

    def check(self) -> None:
        from supervised.own import text_files  # pandas

        text_files.labelled(self)
        if self.test is not None:
            text_files.read(self.test, self.header)


@dataclass(frozen=True, kw_only=True)
class SeriesConfig(JobConfig):
    """Recurrent units that foretell a user's own series, beside what they have to beat."""

    module: ClassVar[str] = "supervised.own.series"
    other_file: ClassVar[str] = "csv"

    csv: Path | None = None
    """The table: CSV with any separator and encoding, packed or not, or Parquet; required."""
    value: str = ""
    """The column of the values, by its name or its number, from 1; required."""
    time: str = ""
    """The column of their times: dates, or numbers of steps; without it the first one with dates is
    taken. `rows` takes the rows as the steps."""
    series: str = ""
    """The column that says which series a row is of, where there are several."""
    header: Header = "auto"
    """Whether the first line names the columns; `auto` tells it from the fields."""
    horizon: int = 0
    """Steps that are foretold; 0 takes a season, or 10 where there is none."""
    season: int = 0
    """Steps of a season; 0 tells it from the times: 24 for hours, 7 for days, 12 for months."""
    window: int = 0
    """Steps before a forecast that are its inputs; 0 takes a season, or 12 and more."""
    target: Literal["auto", "level", "change", "growth"] = "auto"
    """What is foretold of a step: its value, its change or the logarithm of its growth; `auto`
    takes growth where larger values change more, else what a linear map does better with."""
    cell: Cell = "lstm"
    """Kind of the recurrent units."""
    units: int = 16
    """Recurrent units."""
    optimizer: OptimizerConfig = OptimizerConfig(learning_rate=3e-3)
    """Adam with a constant step size."""
    fit: FitConfig = FitConfig(epochs=400, batch_size=16, patience=60, keep="best")
    """Most epochs, and when fewer do; the weights are those with the lowest validation loss."""
    most_updates: int = 10_000
    """Updates at most: of long series there are fewer epochs, but one."""
    validation_fraction: float = 0.2
    """Fraction of the time before the test that is set aside for validation, by which the training
    is stopped and intervals are calibrated."""
    test_fraction: float = 0.2
    """Fraction of the time that is the test, the last."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "horizon", "season", "window")
        require_at_least(self, 1, "units", "most_updates")
        require_fractions(self, "validation_fraction", "test_fraction")

    def check(self) -> None:
        from supervised.own import series_parts  # pandas

        series_parts.read(self)


@dataclass(frozen=True, kw_only=True)
class RatingsConfig(OwnConfig, FactorsConfig):
    """A matrix factorization of a user's own ratings, or of what people chose."""

    module: ClassVar[str] = "supervised.own.ratings"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"

    csv: Path | None = None
    """The ratings, one a line: CSV with any separator, packed or not, Parquet, or the file of
    ratings or the archive of any MovieLens; required."""
    user: str = ""
    """The column of people, by name or number, from 1; else found by its usual names."""
    item: str = ""
    """The column of items, such as films or products; else found by its usual names."""
    rating: str = ""
    """The column of ratings, or of counts; else found by its usual names."""
    time: str = ""
    """The column of times or dates; else found by its usual names."""
    header: Header = "auto"
    """Whether the first line names the columns; `auto` tells it from the fields."""
    titles: Path | None = None
    """A table with items and their titles; MovieLens' own is found beside the ratings."""
    implicit: bool = False
    """Whether lines say what people chose or how often, and not how they like it."""
    negatives: int = 4
    """With --implicit: items drawn as not chosen, for each one that was."""
    split: Literal["auto", "time", "random"] = "auto"
    """Test ratings: the latest, or random ones; `auto` takes the latest where there are times."""
    validation_fraction: float = 0.1
    """Fraction of the ratings set aside for validation."""
    liked: float | None = None
    """The least rating of who likes an item; without it three quarters up the scale."""
    k: int = 10
    """Length of the recommended lists that are scored."""
    fit: FitConfig = FitConfig(epochs=20, batch_size=1_000, keep="best")
    """Epochs at most, and ratings of an update: of few ratings a hundredth, but 32. The weights
    are those with the lowest validation loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        FactorsConfig.__post_init__(self)
        require_at_least(self, 1, "k", "negatives")

    def check(self) -> None:
        from supervised.own import rating_files  # pandas

        rating_files.check(self)

    @property
    def drawn(self) -> int:
        return self.negatives if self.implicit else 0

    @property
    def metric(self) -> str:
        return "ndcg" if self.implicit else ""

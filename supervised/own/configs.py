"""Settings of the jobs with a user's own data. Imports no TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from common.settings import InvalidSetting, require
from supervised.core.job import JobConfig
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.own.layout import Header
from supervised.recommenders.configs import FactorsConfig

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

    @property
    def metric(self) -> str:
        return "r2" if self.task == "regression" else ""


@dataclass(frozen=True, kw_only=True)
class RatingsConfig(FactorsConfig):
    """A matrix factorization of a user's own ratings, or of what people chose."""

    module: ClassVar[str] = "supervised.own.ratings"
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ".csv"
    other_file: ClassVar[str] = "test"

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
    test: Path | None = None
    """A file with the test ratings; without it a part of the first one is set aside."""
    test_fraction: float = 0.2
    """Fraction of the ratings set aside for the test, where --test names none."""
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
        for name in ("k", "negatives"):
            require(getattr(self, name) >= 1, name, "must be 1 or more", getattr(self, name))
        for name in ("validation_fraction", "test_fraction"):
            value = getattr(self, name)
            require(0 < value < 0.5, name, "must be in (0, 0.5)", value)

    def check(self) -> None:
        from supervised.own import rating_files  # pandas

        rating_files.check(self)

    @property
    def drawn(self) -> int:
        return self.negatives if self.implicit else 0

    @property
    def metric(self) -> str:
        return "ndcg" if self.implicit else ""

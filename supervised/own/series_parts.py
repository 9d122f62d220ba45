"""A user's series divided by time: the first part is learned from, the last one is the test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.core import kept as keeping
from supervised.core import rows
from supervised.core.job import Context, InputError
from supervised.datasets.source import DataError, some
from supervised.own import columns, series_files
from supervised.own.configs import SeriesConfig
from supervised.own.files import OwnFile
from supervised.own.periods import Period
from supervised.own.series_files import Found, Named, Say, Series

_KEPT = "series.json"
_HORIZON, _WINDOW = 10, 12  # of series without a season
_FEWEST = 8  # windows to learn from
_LEFT_OUT = "they have no window in every part and a horizon in the test"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What is foretold from what.

    Attributes:
        season: Steps of a season; 1 where there is none.
        horizon: Steps that are foretold.
        window: Steps that are looked back on.
    """

    season: int
    horizon: int
    window: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """A series, divided.

    Attributes:
        validation: Its first step that is not trained on.
        test: The first of its test.
    """

    series: Series
    validation: int
    test: int

    def is_enough(self, shape: Shape) -> bool:
        """Whether there is a window in every part, and in the test a forecast of all horizons."""
        fits = shape.window + 1 < self.validation < self.test
        return fits and self.test + shape.horizon <= len(self.series)


@dataclass(frozen=True, kw_only=True)
class Divided:
    """The series of a file, divided.

    Attributes:
        found: All of them.
        shape: What is foretold from what.
        parts: Those that are long enough.
        test: Number of the first step of the test.
        words: How they are divided, for a reader.
    """

    found: Found
    shape: Shape
    parts: tuple[Part, ...]
    test: int
    words: str

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores must know."""
        found = []
        if self.left_out:
            found.append(f"{len(self.left_out):,} series are left out: {_LEFT_OUT}")
        if len(self.parts) > 1:
            found.append(
                "the RMSE is that of the largest series above all; MASE is in units of each, and "
                "weighs forecasts alike"
            )
        return found

    @property
    def left_out(self) -> list[str]:
        """Names of the others."""
        used = {part.series.name for part in self.parts}
        return [each.name for each in self.found.series if each.name not in used]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What other files are read and foretold by.

    Attributes:
        named: The columns.
        header: Whether the file of the training named them.
        period: The length of steps.
        shape: What is foretold from what.
        target: What windows consist of.
        scales: Of each series what is taken off its values and what they are divided by.
        left_out: Names of series that were too short.
        test: Number of the first step of the test.
        radii: [L][H] half widths of intervals.
    """

    named: Named
    header: bool
    period: Period
    shape: Shape
    target: Any
    scales: Mapping[str, Sequence[float]]
    left_out: Sequence[str]
    test: int
    radii: Sequence[Sequence[float]]


def read(config: SeriesConfig, say: Say = lambda _: None) -> Divided:
    """Reads and divides the series, and says what was found.

    Raises:
        InputError: The table or the column of values is not named.
        DataError: It cannot be read, or is too short.
    """
    if config.csv is None:
        raise InputError("--csv is missing: the table, such as --csv sales.csv --value sales")
    found = series_files.read(config.csv, config.header, lambda f: _columns(config, f), say)
    if len({value for each in found.series for value in each.values}) < 2:
        raise DataError(f"{config.csv}: the values are all the same: there is nothing to foretell")
    if config.target == "growth":
        require_positive(found)
    divided = _divided(config, found)
    say(divided.words)
    if divided.left_out:
        which = some(divided.left_out, columns.NAMED)
        say(f"left out, since {_LEFT_OUT}: {which}")
    return divided


def require_positive(found: Found) -> None:
    """Makes sure that growth can be told.

    Raises:
        DataError: A value is 0 or less.
    """
    for each in found.series:
        below = np.flatnonzero(each.values <= 0)[:1]
        if len(below):
            label = found.period.labels(each.steps[below])[0]
            raise DataError(
                f"{found.file.path}: {each.values[below[0]]:g} at {label}: growth is told of "
                "positive values only: train with --target change"
            )


def _columns(config: SeriesConfig, file: OwnFile) -> Named:
    if not config.value:
        raise InputError(
            f"--value is missing: the column of values; there are the {columns.quoted(file.names)}"
        )
    return series_files.columns_of(file, config.value, config.time, config.series)


def _divided(config: SeriesConfig, found: Found) -> Divided:
    steps = np.sort(np.concatenate([each.steps for each in found.series]))
    ends = (1 - config.test_fraction - config.validation_fraction, 1 - config.test_fraction)
    middle, test = (int(steps[min(round(end * len(steps)), len(steps) - 1)]) for end in ends)
    cut = [
        Part(series=each, validation=middle - each.start, test=test - each.start)
        for each in found.series
    ]
    # One that ended before the test says nothing of what can be foretold in it.
    reaching = [part for part in cut if part.test < len(part.series)]
    longest = max(reaching, key=lambda part: (part.validation, len(part.series)))
    for_test = max(len(part.series) - part.test for part in reaching)
    shape, told = _shape(config, found, longest.validation, for_test)
    parts = tuple(part for part in cut if part.is_enough(shape))
    windows = sum(part.validation - shape.window - 1 for part in parts)
    sizes = (longest.validation, longest.test - longest.validation, for_test)
    said = "{:,} steps for training, {:,} for validation, {:,} for the test".format(*sizes)
    if windows < _FEWEST:
        raise DataError(
            f"{found.file.path}: {said}: too few for --window {shape.window} and --horizon "
            f"{shape.horizon}; at least {shape.window + 1 + _FEWEST} are needed for training, and "
            f"{shape.horizon} for the test: take smaller ones, or a longer series"
        )
    since = found.period.labels(np.array([test]))[0]
    words = f"{told}; {said}, which begins at {since}"
    return Divided(found=found, shape=shape, parts=parts, test=test, words=words)


def _shape(
    config: SeriesConfig, found: Found, for_training: int, for_test: int
) -> tuple[Shape, str]:
    """What is foretold from what, by the settings and the times; and in words.

    Args:
        for_training: The most steps that one has before validation.
        for_test: The most steps that one has in the test.

    Raises:
        DataError: The series are too short for what the settings want.
    """
    season = config.season or found.period.season
    too_short = 2 * season >= for_training
    if too_short and config.season:
        raise DataError(
            f"--season {season}: {for_training:,} steps for training have no two such seasons"
        )
    words = f"season {season}"
    if too_short:
        season, words = 1, f"too short for a season of {season}"
    elif season == 1:
        words = "no season"
    window = config.window or min(season * -(-_WINDOW // season), max(season, for_training // 3, 1))
    horizon = config.horizon
    if horizon > for_test:
        raise DataError(
            f"--horizon {horizon}: the test has {for_test:,} steps only: see --test-fraction"
        )
    horizon = horizon or max(1, min(season if season > 1 else _HORIZON, for_test // 2))
    shape = Shape(season=season, horizon=horizon, window=window)
    return shape, f"{words}, window {window}, horizon {horizon}"


def keep(divided: Divided, target: str, scales: Any, radii: Any, context: Context) -> None:
    """Keeps what `predict` and `evaluate` need beside the model.

    Args:
        scales: Of each series that is used, by name: what is taken off its values, and their unit.
        radii: [L, H] half widths of intervals.
    """
    file, hashes = divided.found.file, divided.found.hashes()
    about = Kept(
        named=divided.found.named,
        header=file.header,
        period=divided.found.period,
        shape=divided.shape,
        target=target,
        scales=scales,
        left_out=divided.left_out,
        test=divided.test,
        radii=radii.tolist(),
    )
    keeping.keep(_KEPT, about, context)
    is_test = np.concatenate([each.steps >= divided.test for each in divided.found.series])
    whole = np.concatenate(hashes)
    rows.remember(context, whole[~is_test], whole[is_test])


def kept(context: Context) -> Kept:
    """What `keep` has kept in the run's folder.

    Raises:
        DataError: There is nothing.
    """
    return keeping.read(_KEPT, context, Kept)


def to_score(found: Found, known: Kept, context: Context) -> list[npt.NDArray[np.bool_]]:
    """Of each series which steps [N] may be scored: those of the test, or that are new.

    A step is known by its series and its time, since its value may have been revised or rounded
    after the training. Without times the rows of another file may be others, and the value counts.
    """
    places = [known.period.places(found.period.times(each.steps)).round() for each in found.series]
    test = np.flatnonzero(np.concatenate(places) >= known.test)
    trained = None
    if known.named.time:
        of_training = [
            (place >= 0) & (place < known.test) & (each.name in known.scales)
            for each, place in zip(found.series, places, strict=True)
        ]
        trained = np.concatenate(of_training)
    else:
        context.say("no times: steps were trained on where row number and value are the same")
    hashes = np.concatenate(found.hashes())
    may = np.zeros(len(hashes), bool)
    may[rows.to_score(context, hashes, test, trained)] = True
    return np.split(may, np.cumsum([len(each) for each in found.series])[:-1])

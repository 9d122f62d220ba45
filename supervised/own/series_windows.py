"""A user's series as windows, and what of a step they foretell."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from supervised.core.examples import Examples
from supervised.core.forecasts import controls, errors
from supervised.core.forecasts.windows import Floats, Step, Target, Windows
from supervised.core.job import Context
from supervised.own.configs import SeriesConfig
from supervised.own.series_files import Series
from supervised.own.series_parts import Divided, Kept, Part, Shape

Pair = tuple[Part, Windows]
"""A series, divided, and the same as windows."""

_MOST_CALIBRATED = 2_000  # steps of a series, the last before the test
_FEWEST_BLOCKS = 4  # by which spread and level are compared
_FOLLOWS = 0.5  # least slope, and least correlation, of the logarithms of spread and level
_BEYOND = 0.1  # share of validation values beyond those of training; by chance there are some


def target(config: SeriesConfig, divided: Divided, context: Context) -> Target:
    """What is foretold of a step, by the settings or by what comes before the test; says it.

    Growth where changes are the larger the larger the values are; changes where values leave the
    range of the training, in which a network's units stay; else values or changes, with whichever a
    ridge regression errs less in validation.
    """
    if config.target != "auto":
        return config.target
    if spread_follows_level(divided):
        context.say("larger values change more: growth is foretold (--target growth)")
        return "growth"
    if (beyond := share_beyond(divided)) > _BEYOND:
        why = f"{beyond:.0%} of the validation values are beyond those of the training"
        context.say(f"{why}: changes are foretold (--target change)")
        return "change"
    scored = {each: _of_ridge(divided, each) for each in ("level", "change")}
    if scored["level"] <= scored["change"]:
        best, words = "level", "values are foretold (--target level)"
    else:
        best, words = "change", "changes are foretold (--target change)"
    beside = f"ridge errs by {scored['level']:.3g} with values, {scored['change']:.3g} with changes"
    context.say(f"{words}: in validation {beside}")
    return best


def share_beyond(divided: Divided) -> float:
    """The share of validation values that are beyond all of their series' training values."""
    beyond = []
    for part in divided.parts:
        train = part.series.values[: part.validation]
        values = part.series.values[part.validation : part.test]
        beyond.append((values < train.min()) | (values > train.max()))
    return float(np.mean(np.concatenate(beyond)))


def spread_follows_level(divided: Divided) -> bool:
    """Whether all values are positive, and their changes about in proportion to them.

    Growth has no meaning at 0, so values of the test must be positive, too: that is a fact about
    what kind of data they are, and tells nothing of scores. Else the test is left alone: over
    blocks of a window before it, the logarithm of the deviation of changes is compared with that of
    the mean: a slope nearer to 1 than to 0 asks for logarithms (Tukey 1977, spread versus level).
    """
    if any((each.values <= 0).any() for each in divided.found.series):
        return False
    length, means, deviations = max(divided.shape.window, 4), [], []
    for part in divided.parts:
        values = part.series.values[: part.test]
        for begin in range(0, len(values) - length, length):
            means.append(values[begin : begin + length].mean())
            deviations.append(np.diff(values[begin : begin + length + 1]).std())
    level, spread = np.array(means), np.array(deviations)
    level, spread = np.log(level[spread > 0]), np.log(spread[spread > 0])
    if len(level) < _FEWEST_BLOCKS or not level.std() or not spread.std():
        return False
    slope = np.polyfit(level, spread, 1)[0]
    return bool(slope > _FOLLOWS and np.corrcoef(level, spread)[0, 1] > _FOLLOWS)


def pairs(divided: Divided, of: Target) -> list[Pair]:
    """The series as windows; of several each on a scale of its own, that of its training part."""
    several, found = len(divided.parts) > 1, []
    for part in divided.parts:
        trained = part.series.values[: part.validation]
        windows = Windows(
            values=part.series.values,
            target=of,
            window=divided.shape.window,
            middle=float(trained.mean()) if several else 0.0,
            scale=(float(trained.std()) or 1.0) if several else 1.0,
        )
        found.append((part, windows))
    return found


def as_in_training(series: Series, known: Kept) -> Windows:
    """A series as windows; one that the training had not is on the scale of all its values."""
    middle, scale = 0.0, 1.0
    if series.name in known.scales:
        middle, scale = known.scales[series.name]
    elif len(known.scales) > 1:
        middle, scale = float(series.values.mean()), float(series.values.std()) or 1.0
    return Windows(
        values=series.values,
        target=known.target,
        window=known.shape.window,
        middle=middle,
        scale=scale,
    )


def examples(parts: Sequence[tuple[Windows, int, int]]) -> Examples:
    """The windows of several series from one step to before another, one below the other."""
    every: list[Any] = [windows.examples(begin, end) for windows, begin, end in parts]
    return Examples(
        x=np.concatenate([each.x for each in every]), y=np.concatenate([each.y for each in every])
    )


def validated(of: Sequence[Pair], step: Step, shape: Shape) -> list[tuple[Floats, Floats]]:
    """Forecasts [O, H] of the parts for validation, and what came, of each series."""
    found = []
    for part, windows in of:
        begin = max(part.validation, part.test - _MOST_CALIBRATED)
        truth = part.series.truth
        found.append(errors.rolled(windows, truth, step, begin, part.test, shape.horizon))
    return found


def rmse(differences: Sequence[Floats]) -> float:
    """The root of the mean square of all that are known."""
    return float(np.sqrt(np.nanmean(np.concatenate(differences) ** 2)))


def _of_ridge(divided: Divided, of: Target) -> float:
    """The error of a ridge regression in validation, of several series in units of each."""
    found = pairs(divided, of)
    train = examples([(each, each.first, part.validation) for part, each in found])
    foretold = validated(found, controls.ridge(train), divided.shape)
    return rmse(
        [
            (true - said) / each.scale
            for (_, each), (said, true) in zip(found, foretold, strict=True)
        ]
    )

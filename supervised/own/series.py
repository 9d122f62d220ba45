"""Recurrent units that foretell series of one's own, beside what they have to beat (chapter 6).

The period of the times is told from the file, and said. The last part is the test: from each of its
steps the next ones are foretold, and nothing after that step is known. What is foretold of a step
becomes part of the next window. Beside stand the last step, the last season, and a ridge regression
on the same windows. Intervals are calibrated on forecasts of the part before the test.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from supervised.core.forecasts import controls, intervals, network, pictures
from supervised.core.forecasts.windows import Floats, Step, Windows
from supervised.core.job import Context, Result
from supervised.datasets.source import DataError, some
from supervised.own import (
    columns,
    models,
    series_files,
    series_parts,
    series_pictures,
    series_scores,
)
from supervised.own import figures as table_figures
from supervised.own import series_windows as windowed
from supervised.own.configs import SeriesConfig
from supervised.own.series_files import Found, Series
from supervised.own.series_parts import Divided, Kept
from supervised.own.series_scores import Tested
from supervised.own.series_windows import Pair


def run(config: SeriesConfig, context: Context) -> Result:
    """Trains on the first part of the series and scores forecasts of the last one once.

    Raises:
        InputError, DataError: The series cannot be used.
        Diverged: The loss is not finite.
    """
    divided = series_parts.read(config, context.say)
    context.load(lambda _: divided.found.file)
    pairs = windowed.pairs(divided, windowed.target(config, divided, context))
    train = windowed.examples([(each, each.first, part.validation) for part, each in pairs])
    validation = windowed.examples([(each, part.validation, part.test) for part, each in pairs])
    config, fewer = models.within(config, len(train))
    model = network.trained(train, validation, config, divided.found.named.value, context)
    context.model(model)
    step = network.step(model)
    context.activity("calibrating intervals")
    foretold = windowed.validated(pairs, step, divided.shape)
    on_scale = [
        each.straight(true) - each.straight(said)
        for (_, each), (said, true) in zip(pairs, foretold, strict=True)
    ]
    radii = intervals.radii(on_scale)
    scales = {part.series.name: (each.middle, each.scale) for part, each in pairs}
    series_parts.keep(divided, pairs[0][1].target, scales, radii, context)
    on_validation = {"rmse": windowed.rmse([true - said for said, true in foretold])}
    calibrating = sum(len(true) for _, true in foretold)
    notes = [divided.words, *divided.notes]
    notes.append(f"intervals are calibrated on forecasts from {calibrating:,} validation steps")
    if (most := intervals.calibrated(on_scale)) < divided.shape.horizon:
        notes.append(f"intervals of more than {most} steps ahead are wider in proportion to these")
    notes += fewer
    if not context.final:
        return Result(metrics={}, metric="rmse", validation=on_validation, notes=notes)
    both = windowed.examples([(each, each.first, part.test) for part, each in pairs])
    steps = {"network": step, "ridge": controls.ridge(both)}
    every = [
        series_scores.tested(
            part.series, each, part.series.steps >= divided.test, steps, divided.shape, radii
        )
        for part, each in pairs
    ]
    found = series_scores.together(every)
    if not len(found):
        raise DataError(f"{config.csv}: all forecasts of the test begin in a gap of the series")
    _show(divided, pairs, every, found, radii, step, context)
    return series_scores.result(found, on_validation, notes, divided.shape)


def evaluate(config: SeriesConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model's forecasts: of the test, or of steps of another file that are new."""
    assert config.csv is not None
    known = series_parts.kept(context)
    found = _like_training(config.csv, known, context)
    context.load(lambda _: found.file)
    steps, radii = {"network": network.step(model)}, np.array(known.radii)
    every = []
    for each, may in zip(found.series, series_parts.to_score(found, known, context), strict=True):
        if each.name not in known.left_out:
            windows = windowed.as_in_training(each, known)
            every.append(series_scores.tested(each, windows, may, steps, known.shape, radii))
    if not sum(map(len, every)):
        raise DataError(
            f"{config.csv}: has no {known.shape.horizon} steps in a row that are new and have "
            f"{known.shape.window + 1} before them: there is nothing to score"
        )
    together = series_scores.together(every)
    return {"forecasts": len(together), **series_scores.metrics_of(together)}


def predict(
    config: SeriesConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Foretells what follows the ends of a user's series, which may be longer than in training."""
    known, step = series_parts.kept(context), network.step(model)
    radii, tables = np.array(known.radii), []
    for path in map(Path, inputs):
        found = _like_training(path, known, context)
        for each, windows in _long_enough(found, known, context):
            table = _ahead(each, windows, step, found, radii)
            table.insert(0, "file", str(path))
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _long_enough(found: Found, known: Kept, context: Context) -> list[tuple[Series, Windows]]:
    """The series of a file that have what a forecast looks back on; the others are named.

    Raises:
        DataError: None has.
    """
    path = found.file.path
    every = [(each, windowed.as_in_training(each, known)) for each in found.series]
    kept = [(each, windows) for each, windows in every if len(each) >= windows.first]
    if not kept:
        longest, windows = max(every, key=lambda pair: len(pair[0]))
        which = f"series {longest.name}" if longest.name else "it"
        raise DataError(
            f"{path}: {which} has {len(longest)} steps, expected {windows.first} or more, which a "
            "forecast looks back on"
        )
    names, left_out = {each.name for each, _ in kept}, {*known.left_out}
    short = {each.name for each in found.series} - names
    strange = names - {*known.scales} - left_out if len(known.scales) > 1 else set()
    for some_of_them, what in (
        (short, "left out, since they are too short"),
        (names & left_out, "the training left these out, too short as they were"),
        (strange, "no series of the training"),
    ):
        if some_of_them:
            context.say(f"{path.name}: {what}: {some(sorted(some_of_them), columns.NAMED)}")
    return kept


def _like_training(path: Path, known: Kept, context: Context) -> Found:
    """Reads a file with the columns and the period of the training.

    Raises:
        DataError: It is no such file.
    """
    given = known.named
    found = series_files.read(
        path,
        "yes" if known.header else "no",
        lambda file: series_files.columns_of(file, given.value, given.time or "rows", given.series),
        context.say,
    )
    ours, theirs = known.period, found.period
    if (ours.unit, round(ours.length, 6)) != (theirs.unit, round(theirs.length, 6)):
        raise DataError(f"{path}: has {theirs.words}, the training had {ours.words}")
    if known.target == "growth":
        series_parts.require_positive(found)
    return found


def _ahead(
    series: Series, windows: Windows, step: Step, found: Found, radii: Floats
) -> pd.DataFrame:
    """The forecasts of the steps after the end of a series, with their intervals."""
    horizon = radii.shape[1]
    said = windows.forecasts(step, np.array([len(series)]), horizon)[0]
    times = found.period.labels(series.steps[-1] + np.arange(1, horizon + 1))
    named = {"series": series.name} if found.named.series else {}
    bands = pictures.named(intervals.bands(windows, said, radii))
    return pd.DataFrame({**named, "time": times, "value": said, **bands})


def _show(
    divided: Divided,
    pairs: Sequence[Pair],
    every: Sequence[Tested],
    found: Tested,
    radii: Floats,
    step: Step,
    context: Context,
) -> None:
    """Keeps the forecasts, the scores and pictures of them, and says the scores."""
    value, shown = divided.found.named.value, []
    ahead = [_ahead(part.series, each, step, divided.found, radii) for part, each in pairs]
    context.table("forecast", pd.concat(ahead, ignore_index=True))
    for (part, windows), tested, table in zip(pairs, every, ahead, strict=True):
        if len(tested) and len(shown) < series_pictures.MOST:
            after = table["value"].to_numpy()
            shown.append(
                series_pictures.Shown(
                    series=part.series,
                    first=int(tested.firsts[-1]),
                    tested=tested.said["network"][-1],
                    after=after,
                    beyond=intervals.bands(windows, after, radii),
                )
            )
    context.figure("forecast", series_pictures.forecasts(shown, divided, value))
    horizons = series_scores.by_horizon(found)
    context.table("horizons", horizons)
    context.figure("horizons", series_pictures.by_horizon(horizons, value))
    is_known = np.isfinite(found.true[:, 0])
    true, said = (values[is_known, 0] for values in (found.true, found.said["network"]))
    title = f"{value}: one step ahead, test"
    context.figure("residuals", table_figures.residuals(true, said, value, title))
    scores = series_scores.figures(found)
    context.table("figures", scores)
    for model, rmse, error, mase in zip(
        *(scores[name] for name in ("model", "rmse", "rmse_standard_error", "mase")), strict=True
    ):
        about = f" ± {error:.2g}" if np.isfinite(error) else ""
        context.say(f"rmse {rmse:.4g}{about}  mase {mase:.3f}  {model}")

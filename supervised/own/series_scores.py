"""Forecasts from many steps of a user's series, scored beside simple ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.text import counted
from supervised.core import sampling, scores
from supervised.core.forecasts import controls, errors, intervals
from supervised.core.forecasts.windows import Floats, Step, Windows
from supervised.core.job import Result
from supervised.own.series_files import Series
from supervised.own.series_parts import Shape

CONTROLS = {
    "persistence": "the last step again",
    "seasonal": "the last season again",
    "ridge": "ridge on the same window",
}
"""What a forecast has to beat, in words."""
_FEWEST = 5  # stretches of which a standard error is told: of fewer it is mostly chance
_MOST = 20_000  # forecasts that are scored


@dataclass(frozen=True, kw_only=True)
class Tested:
    """Forecasts of one or several series.

    Attributes:
        firsts: [P] the first step that each foretells, counted in its series.
        begins: [P] the number of this step, the same for all series.
        true: [P, H] what came, NaN where it is not known.
        said: [P, H] what was foretold, by the name of who did.
        bands: Ends [P, H] of intervals around the network's forecasts, by their probability.
        unit: [P] the unit of MASE; NaN where it is 0.
    """

    firsts: npt.NDArray[np.int64]
    begins: npt.NDArray[np.int64]
    true: Floats
    said: Mapping[str, Floats]
    bands: Mapping[float, tuple[Floats, Floats]]
    unit: Floats

    def __len__(self) -> int:
        return len(self.firsts)

    @property
    def stretch(self) -> npt.NDArray[np.int64]:
        """Numbers [P] of the stretches of time, each a horizon long, in which forecasts begin.

        Forecasts share steps with those of their own stretch and of the neighbouring ones, and with
        no others. They are the same for all series: what moves one often moves the others at that
        time.
        """
        first = self.begins.min() if len(self) else 0
        return (self.begins - first) // self.true.shape[1]


def tested(
    series: Series,
    windows: Windows,
    may: npt.NDArray[np.bool_],
    steps: Mapping[str, Step],
    shape: Shape,
    radii: Floats,
) -> Tested:
    """Forecasts from every step of a series from which all horizons may be scored.

    Args:
        windows: The same as windows.
        may: [N] which steps may be scored.
        steps: What foretells one step, by name; the network's is `network`.
        radii: [L, H] half widths of intervals.
    """
    firsts = np.arange(max(windows.first, shape.season), len(series) - shape.horizon + 1)
    ahead = firsts[:, None] + np.arange(shape.horizon)
    # A gap that reaches over the first step is filled with what came after it.
    firsts = firsts[may[ahead].all(axis=1) & series.known[firsts - 1]]
    ahead = firsts[:, None] + np.arange(shape.horizon)
    said = {
        name: windows.forecasts(step, firsts, shape.horizon)
        if len(firsts)
        else np.empty((0, shape.horizon))
        for name, step in steps.items()
    }
    said["persistence"] = controls.persistence(windows.values, firsts, shape.horizon)
    if shape.season > 1:
        said["seasonal"] = controls.persistence(windows.values, firsts, shape.horizon, shape.season)
    # The unit of MASE is of the steps before the test, or of all where all are scored.
    before = series.values[: int(may.argmax()) or len(series)]
    unit = errors.naive_error(before, shape.season) or np.nan
    return Tested(
        firsts=firsts,
        begins=series.steps[firsts],
        true=series.truth[ahead],
        said=said,
        bands=intervals.bands(windows, said["network"], radii),
        unit=np.full(len(firsts), unit),
    )


def together(every: Sequence[Tested]) -> Tested:
    """The forecasts of several series as one; of very many every second or third of them."""
    total = sum(map(len, every))
    some = slice(None, None, -(-total // _MOST) or 1)

    def joined(parts: Sequence[Any]) -> Any:
        if isinstance(parts[0], Mapping):
            return {name: joined([part[name] for part in parts]) for name in parts[0]}
        if isinstance(parts[0], tuple):
            return tuple(map(joined, zip(*parts, strict=True)))
        return np.concatenate(parts)[some]

    return Tested(**joined([vars(each) for each in every]))


def metrics_of(found: Tested) -> dict[str, float]:
    """RMSE, MAE and MASE of all, over all horizons, and the share of truths inside intervals."""
    metrics: dict[str, float] = {}
    for name, said in found.said.items():
        prefix = "" if name == "network" else f"{name}_"
        size = np.abs(found.true - said)
        metrics[f"{prefix}rmse"] = float(np.sqrt(np.mean(_of_rows(size**2))))
        metrics[f"{prefix}mae"] = float(np.mean(_of_rows(size)))
        metrics[f"{prefix}mase"] = float(np.mean(_of_rows(size / found.unit[:, None])))
    metrics |= intervals.inside(found.true, found.bands)
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def errors_of(found: Tested, name: str = "network") -> dict[str, float]:
    """Standard errors of metrics, over stretches of the series of which neighbours share steps.

    Of a handful of stretches none is told: it would be one of chance.
    """
    if sampling.whole_stretches(found.stretch) < _FEWEST:
        return {}
    size = np.abs(found.true - found.said[name])
    error = sampling.of_squares_in_time(_of_rows(size**2), _of_rows(found.stretch, size))
    for metric, rows in {"mae": size, "mase": size / found.unit[:, None]}.items():
        error[metric] = sampling.of_mean_in_time(_of_rows(rows), _of_rows(found.stretch, rows))
    return {metric: value for metric, value in error.items() if np.isfinite(value)}


def figures(found: Tested) -> pd.DataFrame:
    """The scores of all with their standard errors, a row each."""
    metrics, rows = metrics_of(found), []
    for name in found.said:
        prefix, error = "" if name == "network" else f"{name}_", errors_of(found, name)
        row: dict[str, object] = {"model": {"network": "the network", **CONTROLS}[name]}
        for metric in ("rmse", "mae", "mase"):
            row[metric] = metrics.get(f"{prefix}{metric}", np.nan)
            row[f"{metric}_standard_error"] = error.get(metric, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def by_horizon(found: Tested) -> pd.DataFrame:
    """RMSE of each number of steps ahead, and the share of truths inside intervals."""
    table = {"ahead": np.arange(1, found.true.shape[1] + 1)}
    for name, said in found.said.items():
        squares = np.nanmean((found.true - said) ** 2, axis=0)
        table["rmse" if name == "network" else f"{name}_rmse"] = np.sqrt(squares)
    return pd.DataFrame({**table, **intervals.inside(found.true, found.bands, axis=0)})


def result(
    found: Tested, validation: Mapping[str, float], notes: Sequence[str], shape: Shape
) -> Result:
    """The result of the job."""
    metrics, stretches = metrics_of(found), int(sampling.whole_stretches(found.stretch))
    what = f"of {len(found):,} forecasts, each of {shape.horizon} steps, over all of these"
    scored = figures(found)
    every = [*zip(scored["model"], scored["rmse"], strict=True)]
    simpler = scores.no_better("the network is", "rmse", every)
    overlap = f"they overlap, so errors are over {stretches:,} whole stretches of a horizon"
    if stretches < _FEWEST:
        overlap = (
            f"they overlap, and fill {stretches:,} whole stretches of a horizon: too few to tell "
            "their sampling error; a shorter --horizon or a longer test makes more"
        )
    if without := int(np.isnan(found.unit).sum()):
        simpler = (*simpler, f"not in MASE: {counted(without, 'forecast')} of exact repetitions")
    return Result(
        metrics=metrics,
        metric="rmse",
        validation=validation,
        baseline=metrics["persistence_rmse"],
        notes=[f"{what}; {overlap}", *notes, *simpler],
        controls={name: CONTROLS[name] for name in ("seasonal", "ridge") if name in found.said},
        test_rows=len(found),
        sampling_errors=errors_of(found),
    )


def _of_rows(values: npt.NDArray, like: Floats | None = None) -> npt.NDArray:
    """The means of rows [P, H] where something is known, or the values [P] of these rows."""
    known = np.isfinite(values if like is None else like)
    rows = known.any(axis=1)
    if like is not None:
        return values[rows]
    return np.where(known, values, 0.0)[rows].sum(axis=1) / known[rows].sum(axis=1)

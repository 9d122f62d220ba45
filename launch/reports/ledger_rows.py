"""A group of runs as cells of the ledger: scores beside those of others, and what they rest on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from common.intervals import share_interval
from launch.experiments.experiment import Experiment
from launch.reports import seed_means
from launch.reports.again import cell, ranges
from launch.reports.groups import Group
from launch.reports.intervals import mean_known
from launch.run_folder.run_result import SupervisedRunResult, TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from supervised.core.job import LOWER_IS_BETTER, SHARES_OF_ROWS
from training.evaluation import Summary

SCORES = (
    *("experiment", "data", "metric", "book", "baseline", "strongest control", "optimum", "ours"),
    "test set",
)
AGENTS = (
    *("experiment", "environment", "metric", "book", "random", "optimum", "final", "kept"),
    "one run's episodes",
)
RUNS = ("experiment", "runs", "seeds", "fingerprints", "seconds", "MB", "command")

_NORMAL = 1.96  # standard errors on each side of a 95 % interval
_PRINT = 8  # digits of a fingerprint

Cells = dict[str, str]


def name(group: Group) -> str:
    """The experiment, and what tells the group from others of it."""
    return f"{group.experiment} `{group.differs}`" if group.differs else group.experiment


def scores(group: Group, rivals: Mapping[str, float] | None) -> Cells:
    """A supervised experiment's scores, by the names in `SCORES`.

    Args:
        rivals: Scores of other experiments that are controls of this one, by what they are of; None
            where there is such an experiment and no run of it tells.
    """
    claims = _claims(group)
    first = claims[0]
    if rivals:
        claims = [replace(each, controls={**(each.controls or {}), **rivals}) for each in claims]
    control = strongest(claims)
    return {
        "experiment": name(group),
        "data": group.results[0].data_kind or "-",
        "metric": first.metric,
        "book": _book(first),
        "baseline": short(mean_known([claim.baseline for claim in claims])),
        "strongest control": _control(claims, control, lacks=rivals is None),
        "optimum": short(mean_known([claim.optimum for claim in claims])),
        "ours": _ours(group, control),
        "test set": _test_set(claims),
    }


def unmeasured(experiment: str, found: Experiment) -> Cells:
    """The row of an experiment that has no run because files are missing."""
    row = dict.fromkeys(SCORES, "-") | {"experiment": experiment, "metric": found.claim.metric}
    return row | {
        "book": short(found.claim.book),
        "ours": f"not measured: needs {found.needs}",
    }


def agents(group: Group, scale: seed_means.Scale) -> Cells:
    """A reinforcement learning experiment's scores, by the names in `AGENTS`."""
    claims = _claims(group)
    first = claims[0]
    return {
        "experiment": name(group),
        "environment": group.results[0].subject,
        "metric": first.metric,
        "book": short(first.book),
        "random": short(mean_known([claim.baseline for claim in claims])),
        "optimum": short(mean_known([claim.optimum for claim in claims])),
        "final": _mean([claim.final for claim in claims], scale),
        "kept": _mean([claim.ours for claim in claims], scale),
        "one run's episodes": _episodes(group),
    }


def runs(group: Group) -> Cells:
    """What the scores rest on, by the names in `RUNS`."""
    results = group.results
    memory = [run.peak_memory_mb for run in results if isinstance(run, SupervisedRunResult)]
    prints = [run.fingerprint for run in results]
    return {
        "experiment": name(group),
        "runs": f"{len(results)}/{len(results) + group.unfinished}",
        "seeds": ranges([run.seed for run in results]),
        "fingerprints": " ".join(each[:_PRINT] if each else "-" for each in prints),
        "seconds": short(_median(run.wall_seconds for run in results)),
        "MB": short(_median(memory)),
        "command": cell(group),
    }


def strongest(claims: Sequence[Comparison]) -> tuple[str, float] | None:
    """The control with the best mean over the runs that have it, and that mean."""
    values: dict[str, list[float]] = defaultdict(list)
    for claim in claims:
        for control, score in (claim.controls or {}).items():
            values[control].append(score)
    means = {control: float(np.mean(each)) for control, each in values.items()}
    best = min if claims[0].metric in LOWER_IS_BETTER else max
    return best(means.items(), key=lambda item: item[1]) if means else None


def short(value: float | None) -> str:
    """A number with five digits; "-" where it is not known."""
    return "-" if value is None else f"{value:.5g}"


def _claims(group: Group) -> list[Comparison]:
    return [found.claim for found in group.results]


def _book(claim: Comparison) -> str:
    apart = claim.book is not None and not claim.comparable
    return f"{short(claim.book)}, not comparable" if apart else short(claim.book)


def _control(
    claims: Sequence[Comparison], control: tuple[str, float] | None, *, lacks: bool
) -> str:
    if control is not None:
        return f"{short(control[1])} {control[0]}"
    written = any(claim.controls is not None for claim in claims) and not lacks
    return "none measured" if written else "not written down"


def _ours(group: Group, control: tuple[str, float] | None) -> str:
    claims = _claims(group)
    ours = _mean([claim.ours for claim in claims], seed_means.scales([group])[0])
    mean = mean_known([claim.ours for claim in claims])
    if control is None or mean is None or short(mean) == short(control[1]):
        return ours
    below = (mean > control[1]) == (claims[0].metric in LOWER_IS_BETTER)
    return f"{ours}, **below the control**" if below else ours


def _test_set(claims: Sequence[Comparison]) -> str:
    """The sampling error of the test rows, as an interval around our mean, and their number."""
    rows, mean = claims[0].test_rows, mean_known([claim.ours for claim in claims])
    if rows is None or mean is None:
        return "-"
    error = mean_known([claim.sampling_error for claim in claims])
    if error is not None:
        ends = mean - _NORMAL * error, mean + _NORMAL * error
    elif claims[0].metric in SHARES_OF_ROWS:
        ends = share_interval(mean, rows)
    else:
        return f"{rows:,} rows"
    return f"{ends[0]:.4g} to {ends[1]:.4g}, {rows:,} rows"


def _episodes(group: Group) -> str:
    """The sampling error of one run's final weights, from the episodes they were scored on."""
    trainings = [run for run in group.results if isinstance(run, TrainingRunResult)]
    found = [run.final_evaluation for run in trainings if run.final_evaluation is not None]
    if not found:
        return "-"
    share = group.results[0].claim.metric == "success_rate"
    halves = [_half_of_share(each) if share else _half_of_return(each) for each in found]
    return f"± {np.mean(halves):.2g} of {found[0].episodes:,}"


def _half_of_share(summary: Summary) -> float:
    low, high = share_interval(summary.success_rate or 0.0, summary.episodes)
    return (high - low) / 2


def _half_of_return(summary: Summary) -> float:
    return _NORMAL * summary.std_return / summary.episodes**0.5


def _mean(values: Sequence[float | None], scale: seed_means.Scale) -> str:
    known = [value for value in values if value is not None]
    return seed_means.cell(known, scale) if known else "-"


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None

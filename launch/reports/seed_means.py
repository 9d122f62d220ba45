"""Means over seeds in the tables of `report` and `ledger`, with intervals that cover."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from launch.config.training import TrainingConfig
from launch.reports.compared import anchors, measures, pages
from launch.reports.compared.found import environment_of
from launch.reports.compared.limits import ENOUGH
from launch.reports.compared.measures import METHODS, Bounds, Measure, Sample
from launch.reports.groups import Group
from launch.reports.intervals import FEWEST
from launch.run_folder import description
from launch.run_folder.score_comparison import Comparison
from supervised.core.job import BETWEEN_0_AND_1

METHOD = (
    "[low, high]: 95 % interval of the mean over seeds, from three runs on, then the lowest and "
    f"the highest seed. t: {METHODS['t']}, which covers 95 % of normal and of skewed scores, but "
    "not where some runs fail outright: of supervised jobs, whose runs hardly ever do, from three "
    f"runs on, of agents from {ENOUGH}. k: {METHODS['k']}. [-]: no interval covers, for want of "
    f"{ENOUGH} runs or of a known range"
)


class Scale(NamedTuple):
    """What is known of the scores of a group's runs.

    Attributes:
        bounds: The lowest and the highest that they can have; None if not known.
        steady: Whether hardly any run fails outright: those of supervised jobs.
    """

    bounds: Bounds
    steady: bool


def scales(groups: Sequence[Group]) -> list[Scale]:
    """What is known of the scores of each group's runs: in one environment all have one range."""
    configs = [description.read(group.runs[0][0])[1] for group in groups]
    acting: dict[str, list[Comparison]] = defaultdict(list)
    for group, config in zip(groups, configs, strict=True):
        if isinstance(config, TrainingConfig):
            acting[environment_of(config)] += [found.claim for found in group.results]
    ranges = {name: anchors.score_range(name, claims) for name, claims in acting.items()}
    return [
        Scale(ranges[environment_of(config)], steady=False)
        if isinstance(config, TrainingConfig)
        else Scale((0.0, 1.0) if _is_share(group) else None, steady=True)
        for group, config in zip(groups, configs, strict=True)
    ]


def _is_share(group: Group) -> bool:
    return group.results[0].claim.metric in BETWEEN_0_AND_1


def mean(values: Sequence[float], on: Scale) -> Measure | None:
    """The mean with its interval; None for fewer values than three, or where one is not finite."""
    if len(values) < FEWEST or not np.isfinite(values).all():
        return None
    scores = np.array(values)
    bounds = anchors.widened(on.bounds, scores)
    return measures.mean(Sample(strata=[scores], bounds=bounds, steady=on.steady))


def cell(values: Sequence[float], on: Scale) -> str:
    """A mean, its interval, and the lowest and the highest value.

    Such as "0.92 [0.27, 0.98] k, 0.91 to 0.93"; of fewer than three values the mean alone.
    """
    found = mean(values, on)
    if found is None:
        return f"{float(np.mean(values)):.5g}"
    return f"{pages.cell(found)}, {spread(values)}"


def spread(values: Sequence[float]) -> str:
    """The lowest and the highest of some values."""
    low, high = (f"{end(values):.4g}" for end in (min, max))
    return f"all {low}" if low == high else f"{low} to {high}"

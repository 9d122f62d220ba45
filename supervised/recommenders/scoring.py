"""Scores trained factors on held-out ratings, and their lists beside those of simpler ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots, scores
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.recommenders import controls, ranking
from supervised.recommenders.ranking import Lists, Scores
from supervised.recommenders.rated import Parts
from supervised.recommenders.table import Table

_SHOWN = ("precision", "recall", "ndcg")


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a trained table is scored on. Examples have places in the table from 1, 0 if unknown.

    Attributes:
        table: The trained weights.
        seen: Ratings for training and validation.
        test: Held-out ratings.
        low: The lowest possible rating.
        high: The highest possible rating.
        liked: The least rating of a test film that is to be found in a list.
        k: Length of a list.
    """

    table: Table
    seen: Examples
    test: Examples
    low: float
    high: float
    liked: float
    k: int

    @classmethod
    def of(cls, table: Table, parts: Parts, k: int, test: Examples) -> "Held":
        """Some held-out ratings of a run, by a table that it has trained."""
        low, high, liked = parts.low, parts.high, parts.liked
        return cls(table=table, seen=parts.seen, test=test, low=low, high=high, liked=liked, k=k)

    def answers(self) -> npt.NDArray[np.float32]:
        """Predicted ratings [N] of the test, clipped to possible ones."""
        assert isinstance(self.test.x, Mapping)
        return self.table.pairs(self.test.x).clip(self.low, self.high)

    def lists(self) -> Lists:
        """The lists to be scored: films of the test that known people liked.

        Films without training ratings are left out.
        """
        return Lists(
            films=len(self.table.films),
            seen=_pairs(self.seen.x, np.full(len(self.seen), True)),
            liked=_pairs(self.test.x, self.test.y >= self.liked),
        )


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """How good recommended lists are.

    Attributes:
        frame: A row for each recommender and figure, with an interval over people.
        by_person: By recommender and figure, the values [P] of people.
        coverage: By recommender, the share of films that are in any list.
    """

    frame: pd.DataFrame
    by_person: Mapping[str, Mapping[str, npt.NDArray[np.float64]]]
    coverage: Mapping[str, float]

    def metrics(self, of: str) -> dict[str, float]:
        """Means over people, and the coverage, of a recommender's lists."""
        found = {name: float(values.mean()) for name, values in self.by_person[of].items()}
        return {**found, "coverage": self.coverage[of]}

    def all_metrics(self) -> dict[str, float]:
        """Those of all recommenders, under their names."""
        every = (scores.named(name, self.metrics(name)) for name in self.by_person)
        return {name: value for found in every for name, value in found.items()}

    def beaten_by(self) -> list[str]:
        """A note for each recommender whose lists find more than those of the factors."""
        ours = self.metrics("factors")
        return [
            f"lists by factors find less than lists by {name}: ndcg {ours['ndcg']:.3f} beside "
            f"{theirs['ndcg']:.3f}, precision {ours['precision']:.3f} beside "
            f"{theirs['precision']:.3f}"
            for name, theirs in ((n, self.metrics(n)) for n in self.by_person if n != "factors")
            if theirs["ndcg"] > ours["ndcg"]
        ]


def lists(
    held: Held, context: Context, others: Mapping[str, Scores] | None = None
) -> Ranked | None:
    """Scores the lists by factors, by popularity, and of other recommenders.

    Args:
        others: More recommenders by name.

    Returns:
        None where nobody known has a film to be found.
    """
    found = held.lists()
    if not len(found.liked):
        return None
    popular = controls.popularity(held.seen, len(held.table.films), held.liked)
    recommenders: dict[str, Scores] = {
        "factors": held.table.rows,
        "popularity": lambda people: np.tile(popular, (len(people), 1)),
        **(others or {}),
    }
    rows: list[dict[str, Any]] = []
    by_person, coverage = {}, {}
    for name, recommender in recommenders.items():
        context.activity(f"lists by {name}")
        by_person[name], coverage[name] = ranking.measure(found, recommender, held.k)
        for metric, values in by_person[name].items():
            mean, low, high = ranking.interval(values, context.rng("intervals"))
            about = {"recommender": name, "figure": f"{metric}@{held.k}", "people": len(values)}
            rows.append({**about, "mean": mean, "low": low, "high": high})
    return Ranked(frame=pd.DataFrame(rows), by_person=by_person, coverage=coverage)


def picture_of_errors(ratings: npt.NDArray[Any], found: npt.NDArray[Any]) -> Figure:
    """Plots the predictions for each rating, and their errors."""
    figure, axes = plots.panels(1, 2)
    left, right = axes[0]
    stars = _shown(ratings)
    nearest = stars[np.abs(ratings[:, None] - stars).argmin(axis=1)]
    left.boxplot([found[nearest == star] for star in stars], whis=(5, 95), sym="")
    left.set_xticks(range(1, len(stars) + 1), [f"{star:g}" for star in stars])
    right.hist(found - ratings, bins=60, color=plots.BLUE)
    plots.label(left, "foretold; whiskers: 5 % and 95 %", "rating", "foretold")
    plots.label(right, "errors", "foretold - rating", "test ratings")
    return figure


def picture_of_lists(ranked: Ranked, k: int) -> Figure:
    """Plots how much is found by the lists of each recommender, with intervals over people."""
    figure, panel = plots.one_panel(size=(6.5, 4.0))
    names = list(ranked.by_person)
    width = 0.8 / len(names)
    for place, (name, color) in enumerate(zip(names, plots.COLORS, strict=False)):
        mine: Any = ranked.frame[ranked.frame["recommender"] == name].set_index("figure")
        part = mine.loc[[f"{figure}@{k}" for figure in _SHOWN]]
        ends = [part["mean"] - part["low"], part["high"] - part["mean"]]
        at = np.arange(len(_SHOWN)) + (place - (len(names) - 1) / 2) * width
        panel.bar(at, part["mean"], width, yerr=ends, color=color, label=name, capsize=2)
    panel.set_xticks(range(len(_SHOWN)), [f"{name}@{k}" for name in _SHOWN])
    title = f"what lists of {k} find of the test; lines: 95 % over people"
    plots.label(panel, title, "", "mean over people", legend=True)
    panel.set_ylim(0, 1.25 * panel.get_ylim()[1])  # the legend stands above the bars
    return figure


def _pairs(x: Any, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The chosen pairs whose person and film are known, by places from 0."""
    pairs = np.column_stack([x["user"], x["movie"]]).astype(np.int64) - 1
    return pairs[chosen & (pairs >= 0).all(axis=1)]


def _shown(ratings: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The ratings that get a box: all different ones, or ten of very many."""
    found = np.unique(ratings)
    return found if len(found) <= 20 else np.linspace(found[0], found[-1], 10)

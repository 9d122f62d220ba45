"""Metrics of ranked lists of films: how many of the films that a person liked are at the top."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

Scores = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.floating]]
"""A function from people [N] to scores [N, I] of all films for each of them."""

_PEOPLE_AT_ONCE = 512
_RESAMPLES = 1_000


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Pairs of people and films, by places: films to be found, and films to leave out.

    Attributes:
        films: Number of films.
        seen: [N, 2] people and films of the training, which are never recommended.
        liked: [M, 2] people and films of the test that count as hits.
    """

    films: int
    seen: npt.NDArray[np.int64]
    liked: npt.NDArray[np.int64]


def measure(lists: Lists, scores: Scores, k: int) -> tuple[dict[str, Floats], float]:
    """Metrics of all people who have films to be found.

    Args:
        scores: Scores of a recommender; films of equal scores are ranked by place.
        k: Length of a list.

    Returns:
        Metrics of each person [P], and the coverage: the share of films that are in any list.
        `precision` is the number of hits in the list, divided by k; `recall` divides it by the
        number of films to be found; `ndcg` is the sum of 1 / log2(1 + rank) over hits, divided by
        the best possible sum; `map` is the sum of precisions at each hit, divided by the smaller of
        k and the number of films to be found.
    """
    parts: list[Mapping[str, Floats]] = []
    shown = np.zeros(lists.films, bool)
    for hits, found in _in_parts(lists, scores, k, shown):
        parts.append(of_hits(hits, found))
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return whole, float(shown.mean())


def of_hits(hits: Booleans, found: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Metrics of lists [P, K] of hits, of people with `found` [P] films to be found."""
    k = hits.shape[1]
    weights = 1 / np.log2(np.arange(2, k + 2))  # [K]
    best = np.concatenate([[0.0], weights.cumsum()])[np.minimum(found, k)]  # [P]
    precisions = hits.cumsum(axis=1) / np.arange(1, k + 1)  # [P, K]
    return {
        "precision": hits.mean(axis=1),
        "recall": hits.sum(axis=1) / found,
        "ndcg": (hits * weights).sum(axis=1) / best,
        "map": (hits * precisions).sum(axis=1) / np.minimum(found, k),
    }


def interval(values: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean of a metric [P] of people, and the ends of a 95 % bootstrap interval over people."""
    counts = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), _RESAMPLES)
    means = counts @ values / len(values)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def last_of_each(users: npt.NDArray[np.int32], times: npt.NDArray[np.int64]) -> Booleans:
    """Whether each rating [N] is its person's last; of ratings at equal times, the last row is."""
    order = np.lexsort((np.arange(len(users)), times, users))
    last = np.append(np.diff(users[order]) != 0, True)
    found = np.zeros(len(users), bool)
    found[order[last]] = True
    return found


def _in_parts(
    lists: Lists, scores: Scores, k: int, shown: Booleans
) -> Iterator[tuple[Booleans, npt.NDArray[np.int64]]]:
    """Makes the lists of some people at a time, and marks all listed films in `shown` [I].

    Yields:
        Whether each film of their lists is a hit [P, K], and how many films each person was to
        find [P].
    """
    people = np.unique(lists.liked[:, 0])
    for start in range(0, len(people), _PEOPLE_AT_ONCE):
        part = people[start : start + _PEOPLE_AT_ONCE]
        found = np.array(scores(part), np.float64)  # [P, I]
        found[_cells(lists.seen, part)] = -np.inf
        liked = np.zeros(found.shape, bool)
        liked[_cells(lists.liked, part)] = True
        top = np.argsort(-found, axis=1, kind="stable")[:, :k]  # [P, K]
        shown[top[np.isfinite(np.take_along_axis(found, top, axis=1))]] = True
        yield np.take_along_axis(liked, top, axis=1), liked.sum(axis=1)


def _cells(
    pairs: npt.NDArray[np.int64], people: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of the pairs of these people: the number of the person among them, and the film."""
    mine = pairs[np.isin(pairs[:, 0], people)]
    return np.searchsorted(people, mine[:, 0]), mine[:, 1]

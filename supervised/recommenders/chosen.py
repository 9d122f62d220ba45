"""What people chose, beside items that are drawn as not chosen: to learn from choices alone."""

from collections.abc import Mapping

import numpy as np

from supervised.core.examples import Examples


def beside_drawn(
    chosen: Examples, taken: Examples, films: int, count: int, rng: np.random.Generator
) -> Examples:
    """Examples of 1 for what people chose, and of 0 for items drawn evenly for the same people.

    Args:
        chosen: Places, from 1, of people and items; those with an unknown one are left out.
        taken: Pairs that are not drawn as not chosen.
        films: Number of items.
        count: Items drawn for each chosen one; those that the person took are left out.
    """
    assert isinstance(chosen.x, Mapping)
    assert isinstance(taken.x, Mapping)
    known = (chosen.x["user"] > 0) & (chosen.x["movie"] > 0)
    user, movie = (chosen.x[name][known].astype(np.int64) for name in ("user", "movie"))
    person = np.repeat(user, count)
    drawn = rng.integers(1, films + 1, len(person))
    pairs = taken.x["user"].astype(np.int64) * (films + 1) + taken.x["movie"]
    free = ~np.isin(person * (films + 1) + drawn, pairs)
    people, items = np.append(user, person[free]), np.append(movie, drawn[free])
    answers = np.append(np.ones(len(user)), np.zeros(int(free.sum())))
    x = {"user": people.astype(np.int32), "movie": items.astype(np.int32)}
    return Examples(x=x, y=answers.astype(np.float32))

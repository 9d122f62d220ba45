"""The file in a run's folder from which a recommender is made again."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core.job import Context
from supervised.datasets import ratings as published
from supervised.datasets.movielens import Movielens
from supervised.datasets.source import DataError
from supervised.recommenders.serving import Recommender
from supervised.recommenders.table import Penalties, Table, plain

NAME = "recommender.npz"


def keep(recommender: Recommender, context: Context) -> None:
    """Keeps a recommender in the run's folder."""
    data, by = recommender.data, recommender.penalties
    order = np.lexsort((data.movies, data.users))
    low, high, liked = recommender.low, recommender.high, recommender.liked
    arrays: dict[str, Any] = dict(
        **recommender.table.arrays(),
        rules=np.array([low, high, liked, by.l2, by.bias_l2, by.negatives], np.float64),
        item=np.array(recommender.item),
        user=plain(data.people["user"]),
        **{name: plain(data.films[name]) for name in ("movie", "title", "genres")},
        users=data.users[order],
        movies=data.movies[order],
        ratings=data.ratings[order],
    )
    contents = io.BytesIO()
    np.savez_compressed(contents, **arrays)
    context.keep(NAME, contents.getvalue())


def read(path: Path) -> Recommender:
    """Reads what `keep` has kept.

    Raises:
        DataError: It cannot be read.
    """
    try:
        return _of(path)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path}: not a recommender that can be read ({error})") from None


def of_run(context: Context) -> Recommender:
    """The recommender that the run has kept, in `predict` and `evaluate`.

    Raises:
        DataError: There is none.
    """
    contents = context.kept(NAME)
    if contents is None:
        raise DataError(f"the run's folder lacks {NAME}")
    return _of(io.BytesIO(contents))


def _of(file: Path | io.BytesIO) -> Recommender:
    with np.load(file, allow_pickle=False) as found:
        arrays = dict(found)
    low, high, liked, l2, bias_l2, negatives = arrays["rules"].tolist()
    films = {name: list(arrays[name]) for name in ("movie", "title", "genres")}
    data = Movielens(
        name="",
        kind="real",
        users=arrays["users"],
        movies=arrays["movies"],
        ratings=arrays["ratings"],
        times=np.empty(0, np.int64),
        people=pd.DataFrame({"user": arrays["user"]}),
        films=pd.DataFrame(films),
    )
    return Recommender(
        table=Table.from_arrays(arrays),
        data=data,
        low=low,
        high=high,
        liked=liked,
        penalties=Penalties(l2=l2, bias_l2=bias_l2, negatives=int(negatives)),
        item=str(arrays["item"]),
    )


def foretold(
    table: Table,
    x: Mapping[str, npt.NDArray[np.int32]],
    users: Any,
    films: Any,
    context: Context,
    item: str = "movie",
) -> pd.DataFrame:
    """A table of predicted ratings of people by films, and whether both are known.

    Ratings are clipped to those of the training, where the run has kept these.

    Args:
        x: Places [N] in it of people and films, from 1; 0 for unknown ones.
        users: [N] the people as they were given.
        films: [N] the films as they were given.
        item: What films are called in the table.
    """
    kept = context.kept(NAME)
    low, high = published.LOWEST, published.HIGHEST
    if kept is not None:
        with np.load(io.BytesIO(kept), allow_pickle=False) as arrays:
            low, high = arrays["rules"][:2].tolist()
    frame = pd.DataFrame({"user": users, item: films, "rating": table.pairs(x).clip(low, high)})
    known = {"user_known": x["user"] > 0, f"{item}_known": x["movie"] > 0}
    return frame.assign(**known)

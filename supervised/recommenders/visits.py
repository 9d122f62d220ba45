"""Visits as rows of fields: the item, the other items of the visit, and whether it was bought.

Two data sets get this form. In a shop's visits a row is an item that was clicked. Its fields come
from clicks before the visit's first purchase, and never from prices, which only purchases have. In
film ratings a visitor is a person and a row is a film that they rated; four stars or more are a
purchase, and the number of stars is the quantity.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import film_files, movielens, yoochoose
from supervised.datasets.movielens import Movielens
from supervised.datasets.source import Loaded, Source
from supervised.datasets.yoochoose import Yoochoose
from supervised.recommenders.configs import Shop
from supervised.recommenders.rated import LIKED

ITEM, BESIDE = "item", "beside"

_BESIDE = 10  # other items of a visit that a row has at most: the nearest ones
_GENRES = 6  # of a film, at most

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Visits(Loaded):
    """Rows of an item in a visit; the rows of a visit follow each other.

    Attributes:
        sessions: [N] the visit of each row.
        fields: By name, [N, m] numbers of 0 or more; -1 after a row's last one.
        bought: [N] whether the item was bought.
        quantity: [N] float32 quantity that was bought; 0 if none, or if it is not known.
    """

    sessions: Numbers
    fields: Mapping[str, Numbers]
    bought: npt.NDArray[np.bool_]
    quantity: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sessions)

    def take(self, rows: npt.NDArray) -> "Visits":
        """These rows, by number or by mask."""
        return replace(
            self,
            sessions=self.sessions[rows],
            fields={name: values[rows] for name, values in self.fields.items()},
            bought=self.bought[rows],
            quantity=self.quantity[rows],
        )


def loader(shop: Shop, most: int) -> Callable[[Source], Visits]:
    """A loader of at most `most` random visits, which are the same in every run."""
    kinds: dict[Shop, Callable[[Source], Visits]] = {
        "yoochoose": lambda source: of_shop(yoochoose.load(source), most),
        "ml-1m": lambda source: of_ratings(movielens.load_1m(source), most),
    }
    return kinds[shop]


def of_shop(data: Yoochoose, most: int) -> Visits:
    """Visits to a shop.

    Args:
        most: Most visits that are taken.
    """
    clicks: Any = data.clicks[_chosen(data.clicks["session"].to_numpy(), most)]
    buys: Any = data.buys
    until = clicks["session"].map(buys.groupby("session")["time"].min())
    rows = _of_clicks(clicks[~(clicks["time"] > until)])  # a visit without a purchase has all
    bought = buys.groupby(["session", "item"], as_index=False)["quantity"].sum()
    rows = rows.merge(bought, how="left", on=["session", "item"])
    return Visits(
        name=data.name,
        kind=data.kind,
        note=data.note,
        sessions=rows["session"].to_numpy(np.int64),
        fields=_shop_fields(rows),
        bought=rows["quantity"].notna().to_numpy(),
        quantity=rows["quantity"].fillna(0).to_numpy(np.float32),
    )


def read(shop: Shop, path: Path) -> Visits:
    """All visits of a user's own file: clicks, or ratings with films and people beside them.

    Raises:
        DataError: It cannot be read, or has another format.
    """
    if shop == "ml-1m":
        data = movielens.read("ml-1m", path)
        return of_ratings(data, len(data))
    clicks, _ = yoochoose.read_clicks(path)
    nothing = pd.DataFrame({"session": [], "time": [], "item": [], "quantity": []}, dtype=np.int64)
    return of_shop(Yoochoose(name=str(path), kind="real", clicks=clicks, buys=nothing), len(clicks))


def _of_clicks(clicks: Any) -> Any:
    """A row for each item of each visit, in the order of its first click."""
    clicks = clicks.sort_values(["session", "time"], kind="stable", ignore_index=True)
    clicks["place"] = clicks.groupby("session").cumcount()
    last = clicks["session"] != clicks["session"].shift(-1)
    clicks["seconds"] = (clicks["time"].shift(-1) - clicks["time"]).where(~last, 0)
    clicks["last"] = last
    clicks["start"] = clicks.groupby("session")["time"].transform("first")
    rows = clicks.groupby(["session", "item"], as_index=False, sort=False).agg(
        category=("category", "max"),
        clicks=("item", "size"),
        seconds=("seconds", "sum"),
        place=("place", "min"),
        last=("last", "max"),
        start=("start", "first"),
    )
    rows["items"] = rows.groupby("session")["item"].transform("size")
    return rows.sort_values(["session", "place"], ignore_index=True)


def _shop_fields(rows: Any) -> dict[str, Numbers]:
    start = pd.to_datetime(rows["start"], unit="s")
    item = rows["item"].to_numpy(np.int64)
    columns = {
        "category": rows["category"],
        "clicks": rows["clicks"].clip(upper=6),
        "seconds": _magnitude(rows["seconds"]),
        "place": rows["place"].clip(upper=9),
        "last": rows["last"],
        "items": _magnitude(rows["items"]),
        "hour": start.dt.hour,
        "weekday": start.dt.weekday,
    }
    return {
        ITEM: item[:, None],
        **{name: column.to_numpy(np.int64)[:, None] for name, column in columns.items()},
        BESIDE: _beside(rows["session"].to_numpy(), item),
    }


def of_ratings(data: Movielens, most: int) -> Visits:
    """Visits of people who rate films.

    Args:
        most: Most people that are taken.
    """
    rows = np.flatnonzero(_chosen(data.users, most))
    rows = rows[np.lexsort((data.movies[rows], data.times[rows], data.users[rows]))]
    users, movies = data.users[rows], data.movies[rows]
    item = data.films["movie"].to_numpy(np.int64)[movies]
    titles: Any = data.films["title"]
    years = titles.str.extract(r"\((\d{4})\)\s*$")[0].fillna(-1).to_numpy(np.int64)
    occupations: Any = pd.to_numeric(data.people["occupation"], errors="coerce")
    columns = {
        "year": years[movies],
        "gender": (data.people["gender"] == "F").to_numpy(np.int64)[users],
        "age": data.people["age"].to_numpy(np.int64)[users],
        "occupation": occupations.fillna(-1).to_numpy(np.int64)[users],
        "items": _magnitude(np.bincount(users)[users]),
    }
    stars = data.ratings[rows]
    return Visits(
        name=data.name,
        kind=data.kind,
        note=data.note,
        sessions=data.people["user"].to_numpy(np.int64)[users],
        fields={
            ITEM: item[:, None],
            "genres": _genres(data.films["genres"].tolist())[movies],
            **{name: column[:, None] for name, column in columns.items()},
            BESIDE: _beside(users, item),
        },
        bought=stars >= LIKED,
        quantity=stars,
    )


def _chosen(sessions: npt.NDArray, most: int) -> npt.NDArray[np.bool_]:
    """Which rows belong to the visits that are taken."""
    every = np.unique(sessions)
    if len(every) <= most:
        return np.full(len(sessions), True)
    chosen = np.random.default_rng(0).choice(every, most, replace=False, shuffle=False)
    return np.isin(sessions, chosen)


def _magnitude(counts: Any) -> Any:
    """Binary digits of a count: 0, 1, 2 for 2 and 3, 3 for 4 to 7, and so on."""
    return np.ceil(np.log2(counts + 1)).astype(np.int64)


def _genres(names: Sequence[str]) -> Numbers:
    """Places [I, 6] of each film's genres in the list of all genres; -1 after the last."""
    known = {genre: place for place, genre in enumerate(film_files.GENRES_100K)}
    found = np.full((len(names), _GENRES), -1, np.int64)
    for row, text in enumerate(names):
        genres = [known[name] for name in text.split("|") if name in known][:_GENRES]
        found[row, : len(genres)] = genres
    return found


def _beside(sessions: npt.NDArray, items: npt.NDArray) -> Numbers:
    """Items [N, 10] of the visit in the rows before and after each row; -1 for none."""
    found = np.full((len(items), _BESIDE), -1, np.int64)
    for column in range(_BESIDE):
        distance = column // 2 + 1
        here, there = slice(distance, None), slice(None, -distance)
        if column % 2:
            here, there = there, here
        same = sessions[here] == sessions[there]
        found[here, column] = np.where(same, items[there], -1)
    return found

"""Which columns of a user's file have the people, items, ratings and times."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets.headers import plain
from supervised.datasets.source import DataError
from supervised.own import columns, files, layout
from supervised.own.configs import RatingsConfig
from supervised.own.files import OwnFile
from supervised.own.layout import Header

_ORDER: tuple[str, ...] = ("user", "item", "rating", "time")
_WHAT = {"user": "people", "item": "items", "rating": "ratings", "time": "times"}
_COUNTS = ("count", "counts", "plays", "playcount", "listens", "views", "clicks", "quantity")
_USUAL: Mapping[str, tuple[str, ...]] = {
    "user": (
        *("userid", "user", "uid", "username", "reviewerid", "reviewer", "customerid"),
        *("customer", "memberid", "member", "personid", "person", "profileid", "accountid"),
        *("visitorid", "viewerid", "readerid", "listenerid"),
    ),
    "item": (
        *("itemid", "item", "movieid", "movie", "filmid", "film", "parentasin", "asin"),
        *("productid", "product", "sku", "isbn", "bookid", "book", "songid", "song", "trackid"),
        *("track", "artistid", "artist", "gameid", "game", "animeid", "recipeid", "jokeid"),
        *("businessid", "gmapid", "articleid", "article", "iid"),
    ),
    "rating": ("rating", "ratings", "userrating", "bookrating", "stars", "score", "overall"),
    "time": (
        *("timestamp", "time", "unixreviewtime", "ratedat", "datetime", "date", "reviewtime"),
        *("createdat", "ts"),
    ),
    "title": ("title", "titles", "movietitle", "filmtitle", "booktitle", "producttitle"),
}
"""Usual names in small letters, without what stands between words; the first one found is taken."""
_NAMES_OF_TITLES = (*_USUAL["title"], "name", "itemname", "productname")
_NUMBER = re.compile(r"0|[1-9]\d{0,17}")


def opened(path: Path, header: Header) -> OwnFile:
    """Opens a user's file, in which :: may stand between fields.

    Raises:
        DataError: It is not there, or no table.
    """
    file = files.opened(path, header)
    first = file.data.partition(b"\n")[0]
    if file.layout is None or b"::" not in first:
        return file
    data = file.data.replace(b"::", b"\t")
    found = layout.told(data[:1_000_000].decode(file.encoding, errors="replace"), header)
    words = f"{len(found.names):,} columns, separated by ::"
    return replace(file, data=data, names=found.names, layout=found, words=words)


def told(config: RatingsConfig, file: OwnFile, *, rated: bool = True) -> dict[str, str]:
    """The names of the columns: `user` and `item`, and where they are there `rating` and `time`.

    Args:
        config: The settings, which may name some.
        rated: Whether it must have ratings; pairs to be predicted need none.

    Raises:
        DataError: One is missing, or is named twice.
    """
    found: dict[str, str] = {}
    for what in _ORDER:
        if given := getattr(config, what):
            found[what] = columns.named(given, file.names, f"--{what}")
    if not (file.header or found) and len(file.names) in (2, 3, 4):
        found = dict(zip(_ORDER, file.names, strict=False))
    more = _COUNTS if config.implicit else ()
    for what in (each for each in _ORDER if each not in found):
        free = [name for name in file.names if name not in found.values()]
        name = _usual(free, (*_USUAL[what], *more) if what == "rating" else _USUAL[what])
        if name is not None:
            found[what] = name
    needed = ["user", "item", *(["rating"] if rated and not config.implicit else [])]
    for what in (each for each in needed if each not in found):
        counted = _usual(file.names, _COUNTS) if what == "rating" else None
        hint = f"; for counts, such as {counted!r}: --implicit" if counted else ""
        if what == "rating" and not counted:
            hint = "; if each line says what somebody chose: --implicit"
        say_it = f"--{what} COLUMN" if rated else "name it as in the training"
        raise DataError(
            f"{file.path}: which column has the {_WHAT[what]}? {say_it}; there are the "
            f"{columns.quoted(file.names)}{hint}"
        )
    for what in found:
        twin = next((o for o in found if o != what and found[o] == found[what]), None)
        if twin is not None:
            raise DataError(f"--{what} and --{twin} are the same column, {found[what]!r}")
    return found


def identifiers(column: pd.Series) -> npt.NDArray:
    """People or items [N] as numbers where all are whole ones as written, else as words."""
    words = pd.Series(columns.to_words(column), dtype=object)
    if words.astype(str).str.fullmatch(_NUMBER).all():
        return words.astype(np.int64).to_numpy()
    return words.to_numpy(object)


def number(word: str) -> int:
    """A person or an item as the number that is written; -1, which none has, for another word."""
    return int(word) if _NUMBER.fullmatch(word) else -1


def title_column(names: Sequence[str]) -> str | None:
    """The column of titles beside ratings, if there is one."""
    return _usual(names, _USUAL["title"])


def titles(path: Path, item: str) -> pd.Series:
    """Titles by item, from a table with both.

    Args:
        item: What the items' column is called in the ratings.

    Raises:
        DataError: It cannot be read, or lacks one of the columns.
    """
    file = opened(path, "auto")
    by_item = item if item in file.names else _usual(file.names, (*_USUAL["item"], "id"))
    rest = [name for name in file.names if name != by_item]
    by_title = _usual(rest, _NAMES_OF_TITLES)
    if not file.header and len(file.names) >= 2:
        by_item, by_title = file.names[:2]
    if by_item is None or by_title is None:
        raise DataError(
            f"--titles {path}: expected a column {item!r} and one named title, found the "
            f"{columns.quoted(file.names)}"
        )
    frame = file.frame((by_item, by_title))
    found = columns.to_words(columns.of(frame, by_title))
    items = columns.to_words(columns.of(frame, by_item))
    return once(found, items)


def once(values: npt.NDArray, items: npt.NDArray) -> pd.Series:
    """The first value by item that is not empty."""
    found = pd.Series(values, index=pd.Index(items), dtype=object)
    kept: Any = found[(found != "").to_numpy(bool) & ~found.index.duplicated()]
    return kept


def _usual(names: Sequence[str], usual: Sequence[str]) -> str | None:
    known = {plain(name): name for name in reversed(names)}
    return next((known[each] for each in usual if each in known), None)

"""Reads ratings: person, film, rating and time on each line, separated by ::, tab or comma."""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets.source import DataError

LOWEST, HIGHEST = 0.5, 5.0
_COLUMNS = ("user", "movie", "rating", "time")
_MOST = 2**62
_BROKEN_AT_MOST = 0.01  # of the lines


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """The ratings of a file, without the lines that were left out.

    Attributes:
        users: [N] int64 published numbers.
        movies: [N] int64 published numbers.
        values: [N] float32.
        times: [N] int64, seconds since 1970.
        note: How many lines were left out and why, or "".
    """

    users: npt.NDArray[np.int64]
    movies: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    times: npt.NDArray[np.int64]
    note: str


def parse(data: bytes, where: str) -> Ratings:
    """Reads lines in the order of the file; separators may change from line to line.

    Broken lines, ratings out of range and a header are counted and left out. Of a pair that comes
    twice the last rating counts.

    Args:
        data: The file's contents.
        where: Name of the file, for messages.

    Raises:
        DataError: One line in a hundred is broken or more, or none is whole.
    """
    header = 1 if data[:4].lower() == b"user" else 0
    if header:
        data = data.partition(b"\n")[2]
    plain = data.replace(b"::", b"\t").replace(b",", b"\t")
    left_out: Counter[str] = Counter()
    first: dict[str, int] = {}
    try:
        frame = pd.read_csv(
            io.BytesIO(plain),
            sep="\t",
            header=None,
            names=[*_COLUMNS, "rest"],
            dtype={"user": np.int64, "movie": np.int64, "rating": np.float32, "time": np.int64},
            index_col=False,
            on_bad_lines="error",
            skip_blank_lines=False,  # they count as lines
        )
        if frame.pop("rest").notna().any():
            raise ValueError("five fields")
        frame["line"] = np.arange(1, len(frame) + 1) + header
    except (ValueError, OverflowError):  # pandas' own are kinds of it; now line by line
        frame = _one_by_one(plain, 1 + header, left_out, first)
    total = len(frame) + sum(left_out.values())
    inside = frame["rating"].between(LOWEST, HIGHEST)
    if not inside.all():
        left_out["ratings out of range"] += int((~inside).sum())
        first.setdefault("ratings out of range", int(frame.loc[~inside, "line"].iloc[0]))
        frame = frame.loc[inside]
    if sum(left_out.values()) > _BROKEN_AT_MOST * total or frame.empty:
        name, count = left_out.most_common(1)[0] if left_out else ("lines", 0)
        raise DataError(
            f"{where}: {count:,} of {total:,} are {name} (the first: line {first.get(name, 1)}); "
            "expected USER::MOVIE::RATING::TIME, or tabs or commas between"
        )
    repeated = frame[["user", "movie"]].duplicated(keep="last")
    if repeated.any():
        left_out["ratings that a later one of the same pair replaces"] = int(repeated.sum())
        frame = frame.loc[~repeated]
    return Ratings(
        users=frame["user"].to_numpy(np.int64),
        movies=frame["movie"].to_numpy(np.int64),
        values=frame["rating"].to_numpy(np.float32),
        times=frame["time"].to_numpy(np.int64),
        note=note_of(left_out),
    )


def note_of(left_out: Mapping[str, int]) -> str:
    """What was left out, by how many of what it was."""
    said = "; ".join(f"{count:,} {what}" for what, count in left_out.items())
    return f"left out: {said}" if said else ""


def _one_by_one(
    data: bytes, start: int, left_out: Counter[str], first: dict[str, int]
) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(data.decode("latin-1").splitlines(), start):
        if not line.strip():
            continue
        try:
            user, movie, rating, time = line.split("\t")
            row = (int(user), int(movie), float(rating), int(float(time)), number)
            if max(row) >= _MOST:
                raise ValueError("too large")
            rows.append(row)
        except (ValueError, OverflowError):
            left_out["broken lines"] += 1
            first.setdefault("broken lines", number)
    return pd.DataFrame(rows, columns=[*_COLUMNS, "line"])

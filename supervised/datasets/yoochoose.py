"""YooChoose: clicks and purchases of a shop's visitors over six months (RecSys Challenge 2015)."""

import csv
import io
import re
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from supervised.datasets import finding
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile, read_blocks

_CLICKS, _BUYS = "yoochoose-clicks.dat", "yoochoose-buys.dat"

INFO = Info(
    name="yoochoose",
    title="YooChoose: 33,003,944 clicks in a shop, 1,150,753 purchases, 9,249,729 visits, 2014",
    source="https://www.kaggle.com/datasets/chadgostopp/recsys-challenge-2015",
    licence="CC BY-NC-ND 4.0",
    size="275 MB packed, 1.6 GB",
    files=(RemoteFile(name=_CLICKS), RemoteFile(name=_BUYS)),
    folders=("yoochoose-data", "recsys-challenge-2015"),
    how=f"unpack {_CLICKS} and {_BUYS} from yoochoose-data.7z",
)

BRAND = 13
"""The category of items that are shown for their brand; 1 to 12 are the shop's categories, 0 is
unknown."""
SPECIAL = 14
"""The category of special offers."""

_SIZE = (33_003_944, 1_150_753)
_MOST = 2**31 - 1  # of a number
_FIELDS = {
    "clicks": ("session", "time", "item", "category"),
    "buys": ("session", "time", "item", "price", "quantity"),
}
_SHOWN = {
    "clicks": "1,2014-04-07T10:51:09.277Z,214536502,0",
    "buys": "420374,2014-04-06T18:44:58.314Z,214537888,12462,1",
}
_WHOLE = {
    "clicks": re.compile(rb"\d+,\d{4}-\d\d-\d\dT[\d:.]+Z,\d+,(S|\d+)\s*"),
    "buys": re.compile(rb"\d+,\d{4}-\d\d-\d\dT[\d:.]+Z,\d+,\d+,\d+\s*"),
}
_BROKEN_AT_MOST = 0.01  # of the lines


@dataclass(frozen=True, kw_only=True)
class Yoochoose(Loaded):
    """What visitors clicked and bought.

    Attributes:
        kind: `real` with all published lines, others are a sample; 1,500 visits where synthetic.
        clicks: A row each: `session`, `time` (seconds since 1970), `item`, `category` (0 to 14).
        buys: A row each: `session`, `time`, `item`, `quantity` (0 where the shop did not say).
            Prices are left out: only purchases have one, so a price would give a purchase away.
    """

    clicks: pd.DataFrame
    buys: pd.DataFrame


def _read(of_clicks: File, of_buys: File) -> Yoochoose:
    clicks, no_clicks = read_clicks(of_clicks)
    buys, no_buys = _read_lines(of_buys, "buys")
    left_out = [
        f"{count:,} broken lines of {name}"
        for count, name in ((no_clicks, "clicks"), (no_buys, "purchases"))
        if count
    ]
    return Yoochoose(
        name="yoochoose",
        kind="real" if (len(clicks), len(buys)) == _SIZE else "sample",
        note=f"left out: {' and '.join(left_out)}" if left_out else "",
        clicks=clicks,
        buys=buys,
    )


def _read_lines(path: File, what: str) -> tuple[pd.DataFrame, int]:
    """Reads a file of clicks or purchases, in its order.

    Returns:
        The rows with the columns of `Yoochoose`, and how many broken lines were left out.

    Raises:
        DataError: It cannot be read, one line in a hundred is broken or more, or none is whole.
    """
    found, lines, first = [pd.DataFrame()], 0, ""
    for block in read_blocks(path):
        rows, count = _rows(block, what), block.count(b"\n") + (not block.endswith(b"\n"))
        if len(rows) < count and not first:
            numbered = enumerate(block.splitlines(), lines + 1)
            broken = (n for n, line in numbered if not _WHOLE[what].fullmatch(line))
            first = f" (the first: line {next(broken, lines + 1):,})"
        lines += count
        found.append(rows)
    frame = pd.concat(found, ignore_index=True)
    missing = lines - len(frame)
    if frame.empty or missing > _BROKEN_AT_MOST * lines:
        raise DataError(
            f"{path}: {missing:,} of {lines:,} lines are broken{first}, "
            f"expected such as {_SHOWN[what]}"
        )
    return frame, missing


read_clicks = partial(_read_lines, what="clicks")
"""Reads a file of clicks."""


def _rows(block: bytes, what: str) -> pd.DataFrame:
    """The whole lines of a block, as numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # what is too long is counted
        text: Any = pd.read_csv(
            io.BytesIO(block),
            header=None,
            names=[*_FIELDS[what], "rest"],
            dtype=str,
            keep_default_na=False,
            index_col=False,
            encoding="latin-1",
            quoting=csv.QUOTE_NONE,
            on_bad_lines="skip",
        )
    times: Any = pd.to_datetime(text["time"], format="ISO8601", utc=True, errors="coerce")
    rows: Any = pd.DataFrame(
        {
            "session": pd.to_numeric(text["session"], errors="coerce"),
            "time": times.astype("datetime64[s, UTC]").astype(np.int64).where(times.notna()),
            "item": pd.to_numeric(text["item"], errors="coerce"),
        }
    )
    if what == "clicks":
        rows["category"] = _categories(text["category"])
    else:
        rows["quantity"] = pd.to_numeric(text["quantity"], errors="coerce")
    whole = rows.drop(columns="time").apply(lambda column: column.between(0, _MOST))
    alone = text["rest"].isin(["", np.nan])
    kept = rows[whole.all(axis=1) & rows["time"].notna() & alone]
    return kept.astype(np.int64).astype(dict.fromkeys(whole, np.int32))


def _categories(text: Any) -> Any:
    """Categories in words as numbers 0 to 14; NaN for any other word."""
    numbers: Any = pd.to_numeric(text.where(text != "S", str(SPECIAL)), errors="coerce")
    return numbers.where((numbers < BRAND) | (text == "S") | numbers.isna(), BRAND)


def synthetic(
    rng: np.random.Generator, *, visits: int = 1_500, items: int = 120, categories: int = 6
) -> Yoochoose:
    """Generates visits to a shop; each visitor wants one category and buys its items.

    Half of the clicks are at random, so an item alone tells nothing: the other items of the visit
    tell the category. One click in ten breaks the rule. All categories have equally many items.
    """
    count = rng.integers(2, 8, visits)
    session = np.repeat(np.arange(1, visits + 1), count)
    wanted = rng.integers(0, categories, visits)[session - 1]
    astray = rng.random(len(session)) < 0.5
    kind = np.where(astray, rng.integers(0, categories, len(session)), wanted)
    item = kind + categories * rng.integers(0, items // categories, len(session))
    start = 1_396_400_000 + rng.integers(0, 10**7, visits)
    steps = rng.integers(5, 120, len(session))
    first = np.repeat(np.cumsum(count) - count, count)
    passed = np.cumsum(steps) - np.cumsum(steps)[first]
    time = start[session - 1] + passed
    clicks = pd.DataFrame(
        {"session": session, "time": time, "item": 1_000 + item, "category": 1 + kind}
    )
    bought = (kind == wanted) ^ (rng.random(len(session)) < 0.1)
    buys = clicks.loc[bought, ["session", "item"]].drop_duplicates()
    buys["time"] = start[buys["session"] - 1] + 3_600
    buys["quantity"] = 1 + rng.poisson(0.2 + 0.3 * (buys["item"] % categories))
    return Yoochoose(name="yoochoose", kind="synthetic", clicks=clicks, buys=buys)


load = finding.loader(INFO, read=_read, synthetic=synthetic)

"""Names of columns: whether the first line of a table has them, and how they compare."""

import re
from collections.abc import Sequence

POINT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+")
MISSING = ("", "?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A")
"""Fields that stand for a value that is not known."""


def plain(name: str) -> str:
    """A column's name without what people change about it."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_number(field: str) -> bool:
    """Whether a field is a number, with a decimal point or a decimal comma."""
    return bool(POINT.fullmatch(field.strip()) or COMMA.fullmatch(field.strip()))


def has_names(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record has names: no numbers, while there are some below.

    Where there are none below, names are different, and none comes again in its column.
    """
    first, below = records[0], records[1:]
    if any(is_number(field) or field.strip() in MISSING[1:] for field in first):
        return False
    columns = [[r[i].strip() for r in below if len(r) > i] for i in range(len(first))]
    known = [[field for field in column if field not in MISSING] for column in columns]
    if any(column and all(map(is_number, column)) for column in known):
        return True
    again = any(field.strip() in column for field, column in zip(first, known, strict=True))
    return len(set(first)) == len(first) and not again

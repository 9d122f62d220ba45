"""Where a data set comes from, and what kind of data it then is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

DataKind = Literal["real", "sample", "synthetic"]
"""`real` is the published set, whole; `sample` a genuine subset or sibling that an installed package
ships; `synthetic` a seeded generator of the same schema."""

Progress = Callable[[int, int, str], None]
"""Called with what is done, the total (same unit) and what it is."""


class DataError(Exception):
    """Data that is missing or wrong; the message names the file, what was expected, the way out."""


def _silent(done: int, total: int, what: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where data sets are looked for.

    Attributes:
        data_dir: A folder with one sub-folder per set, or a set's own folder; None looks in the
            cache and downloads.
        want: The kind asked for; `auto` takes real, then sample, and never synthetic.
        cache: Folder of downloads.
        progress: Told about downloads.
    """

    data_dir: Path | None = None
    want: Literal["auto", "real", "sample", "synthetic"] = "auto"
    cache: Path = field(default_factory=lambda: Path.home() / ".cache" / "actorlab")
    progress: Progress = _silent


class Dataset(Protocol):
    """What every data set says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> DataKind: ...

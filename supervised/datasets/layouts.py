"""Published tables of rows of two kinds: what they have, and what is a part of one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import tables
from supervised.datasets.source import DataError, File, Loaded
from supervised.datasets.tables import Category, Column

_FEWEST = 100  # rows of a part of a published set


@dataclass(frozen=True, kw_only=True)
class Table(Loaded):
    """A data set of rows with a column that is to be predicted.

    Attributes:
        kind: `real` of a whole published set; a part of one is a `sample`, and so is what a package
            ships.
        frame: The other columns: numbers as float64, words as str.
        target: [N] int32 places among the names of the classes.
    """

    frame: pd.DataFrame
    target: npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a table of rows of two kinds is published.

    Attributes:
        columns: The columns it must have beside `target`.
        target: The column that says the kind of a row.
        words: The two words of that column.
        published: Rows, and rows of the second kind.
        optional: Columns that are published and not asked for.
        aliases: Other names of columns.
    """

    columns: Mapping[str, Column]
    target: str
    words: tuple[str, str] = ("0", "1")
    published: tuple[int, int]
    optional: tuple[str, ...] = ()
    aliases: Mapping[str, str] | None = None

    def rows(self, path: File) -> pd.DataFrame:
        """Reads a user's own rows, as `read` does; they need not say of which kind they are."""
        optional = (*self.optional, self.target)
        return tables.read(path, self.columns, optional=optional, aliases=self.aliases)

    def table(self, name: str, path: File) -> Table:
        """Reads the published table called `name`, or any part of it.

        Raises:
            DataError: It is not such a table, a value is wrong, rows of one kind are missing, or
                there are more than are published.
        """
        asked = {**self.columns, self.target: Category(values=self.words)}
        frame = tables.read(path, asked, optional=self.optional, aliases=self.aliases)
        ones = (frame.pop(self.target) == self.words[1]).to_numpy(np.int32)
        rows, many = len(ones), int(ones.sum())
        said = f"{rows:,} rows, {many:,} of them with {self.target} {self.words[1]}"
        if rows < _FEWEST or many in (0, rows):
            raise DataError(f"{path}: has {said}; expected {_FEWEST} or more, of both kinds")
        every, most = self.published
        if many > most or rows - many > every - most:
            raise DataError(
                f"{path}: has {said}, which is no part of the {every:,} with {most:,} that are "
                "published"
            )
        table = Table(name=name, kind="sample", frame=frame, target=ones)
        said = f"{said}, where {every:,} with {most:,} are published"
        return table.judged((rows, many) == self.published, said)

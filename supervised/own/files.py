"""Reads a user's own tables: text in any encoding, packed or not, and Parquet."""

import bz2
import codecs
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from common import optional
from common.text import reason
from supervised.datasets import listing
from supervised.datasets.headers import MISSING
from supervised.datasets.source import DataError, DataKind, Loaded, impostor
from supervised.own import numbers
from supervised.own.layout import Header, Layout, told
from supervised.own.numbers import Form

_PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}
_ZIP, _PARQUET = b"PK\x03\x04", b"PAR1"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JSON = (b'{"', b"[{", b'{ "')
_OTHERS = (
    (b"\x28\xb5\x2f\xfd", "packed with zstd: unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an Excel file: save it as CSV"),
    *((start, "JSON: write it as CSV, as with pandas' read_json and to_csv") for start in _JSON),
)
_NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252, as Latin-1"}


@dataclass(frozen=True, kw_only=True)
class OwnData(Loaded):
    """A user's own data, which are real; their name is that of the file or folder.

    Attributes:
        sha256: Checksum of the file as it is, or of the names and contents of all files.
    """

    kind: DataKind = "real"
    sha256: str


@dataclass(frozen=True, kw_only=True)
class OwnFile(OwnData):
    """A user's own table, not read yet but its names.

    Attributes:
        words: How it is laid out, for a reader.
        data: Its contents, unpacked.
        encoding: The encoding of a text.
        layout: The layout of a text; None for Parquet.
    """

    path: Path
    names: tuple[str, ...]
    words: str
    data: bytes
    encoding: str = ""
    layout: Layout | None = None

    @property
    def header(self) -> bool:
        """Whether it names its columns itself."""
        return self.layout is None or self.layout.header

    def renamed(self, names: Sequence[str]) -> "OwnFile":
        """This file with other names of its columns."""
        assert self.layout is not None
        layout = replace(self.layout, names=tuple(names))
        return replace(self, names=tuple(names), layout=layout)

    def frame(self, words: Collection[str] = ()) -> pd.DataFrame:
        """All rows, as `read` has them."""
        return self.read(words)[0]

    def read(
        self, words: Collection[str] = (), forms: Mapping[str, Form] | None = None
    ) -> tuple[pd.DataFrame, Mapping[str, Form]]:
        """All rows, and how the numbers of columns are written.

        Fields are numbers where a whole column has some, and text otherwise.

        Args:
            words: Columns whose fields are text, whatever they look like.
            forms: How numbers are written, by column, as in another file; None tells it from them.

        Raises:
            DataError: The table cannot be read, or has no rows.
        """
        if self.layout is None:
            found = pd.read_parquet(io.BytesIO(self.data))
            found.columns = list(self.names)
            found = found.astype({name: str for name in words if name in found}).mask(found.isna())
            forms = {}
        else:
            found, forms = self._of_text(words, forms)
        if found.empty:
            raise DataError(f"{self.path}: has no rows below its names")
        return found, forms

    def _of_text(
        self, words: Collection[str], forms: Mapping[str, Form] | None
    ) -> tuple[pd.DataFrame, Mapping[str, Form]]:
        """The rows of a text, as `read` has them."""
        found: Any = self._parsed(words)
        others = [n for n in self.names if n not in words and not _is_told(found[n])]
        if others:  # true and false are words, of which pandas would lose how they are written
            found[others] = self._parsed(others, others)
        if forms is None:
            forms = self._forms(found, words)
        written = [name for name in forms if name in found and name not in words]
        misread = [name for name in written if pd.api.types.is_numeric_dtype(found[name])]
        if misread:
            found[misread] = self._parsed(misread, misread)[misread]  # pandas has the file's order
        for name in written:
            found[name] = numbers.converted(found[name], forms[name])
        return found, forms

    def _forms(self, found: Any, words: Collection[str]) -> Mapping[str, Form]:
        """How numbers are written, by column; none of those that pandas reads right."""
        free = [name for name in self.names if name not in words]
        text = [name for name in free if not pd.api.types.is_numeric_dtype(found[name])]
        told = {name: each for name in text if (each := numbers.told(found[name])) is not None}
        with_commas = any(each.form == "comma" and each.is_certain for each in told.values())
        forms: dict[str, Form] = {
            name: each.form if each.is_certain or not with_commas else "comma"
            for name, each in told.items()
        }
        floats = [n for n in free if pd.api.types.is_float_dtype(found[n]) and n not in forms]
        if with_commas and floats:  # 1.234 is a thousand and more, if all are like that
            written: Any = self._parsed(floats, floats)
            forms |= {name: "comma" for name in floats if numbers.are_grouped(written[name])}
        return forms

    def _parsed(self, words: Collection[str], chosen: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows of a text, of all columns or of some, in which `words` are read as text."""
        assert self.layout is not None
        found = self.layout
        try:
            frame = pd.read_csv(
                io.BytesIO(self.data),
                sep=found.separator,
                names=list(found.names),
                header=0 if found.header else None,
                skiprows=found.above,
                index_col=False,
                usecols=None if chosen is None else list(chosen),
                dtype={name: str for name in words if name in found.names},
                encoding=self.encoding,
                na_values=list(MISSING),
                skipinitialspace=True,
                skip_blank_lines=len(found.names) > 1,  # in one column they are missing fields
                low_memory=False,  # else a column's type is told from parts of it
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
            raise DataError(f"{self.path}: not a table that can be read: {reason(error)}") from None
        if len(found.names) == 1:  # empty lines at the end are none of the table
            known = np.flatnonzero(frame[found.names[0]].notna())
            return frame.iloc[: known[-1] + 1 if len(known) else 0]
        return frame


def opened(path: Path, header: Header = "auto") -> OwnFile:
    """Opens a file and tells its layout.

    Args:
        path: CSV or similar text, packed with gzip, bzip2, xz or zip, or not; or Parquet.
        header: Whether the first line of a text has the names of columns.

    Raises:
        DataError: It is not there, or not such a file.
    """
    raw = listing.contents(path)
    return told_of(path, hashlib.sha256(raw).hexdigest(), _unpacked(path, raw), header)


def told_of(path: Path, digest: str, data: bytes, header: Header) -> OwnFile:
    """The table of a file's contents.

    Args:
        digest: Checksum of the file as it is.
        data: Its contents, unpacked.
        header: As in `opened`.

    Raises:
        DataError: They are no table.
    """
    if not data.strip():
        raise DataError(f"{path}: is empty")
    other = next((what for magic, what in _OTHERS if data.lstrip().startswith(magic)), None)
    if what := impostor(data) or other:
        raise DataError(f"{path}: expected a table, found {what}")
    about: Any = {"path": path, "name": path.name, "sha256": digest, "data": data}
    if data.startswith(_PARQUET):
        with optional.imported("pyarrow", DataError):
            from pyarrow import parquet  # pyright: ignore[reportMissingImports]
        names = tuple(map(str, parquet.read_schema(io.BytesIO(data)).names))
        return OwnFile(**about, names=names, words="Parquet")
    encoding = _encoding(data)
    # A character that is cut at the end of the head is no fault of the file.
    head = data[:1_000_000].decode(encoding, errors="replace")
    if any(ord(sign) < ord("\t") for sign in head):
        raise DataError(f"{path}: expected a table in text or Parquet, found other bytes")
    found = told(head, header)
    shown = _NAMES.get(encoding, encoding.upper())
    words = f"{len(found.names):,} columns, {shown}, {found.words}"
    return OwnFile(**about, names=found.names, words=words, encoding=encoding, layout=found)


def _unpacked(path: Path, raw: bytes) -> bytes:
    try:
        for magic, unpack in _PACKED.items():
            if raw.startswith(magic):
                return unpack(raw)
        if raw.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                if "[Content_Types].xml" in archive.namelist():
                    raise DataError(f"{path}: expected a table, found an Excel file: save as CSV")
                inside = [
                    n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n
                ]
                if len(inside) != 1:
                    raise DataError(
                        f"{path}: holds {len(inside)} files ({', '.join(inside[:5])}); unpack the "
                        "one that is meant"
                    )
                return archive.read(inside[0])
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: is packed, and broken or cut off ({reason(error)})") from None
    return raw


def _encoding(data: bytes) -> str:
    """The encoding of a text: by its mark, by its zeros, UTF-8 if it is that, else Windows-1252."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
    if max(even, odd) > len(data[:2000]) // 8:
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8"


def _is_told(column: pd.Series) -> bool:
    """Whether a column came out as text or as numbers."""
    kind = pd.api.types
    return not kind.is_bool_dtype(column) and (
        kind.is_numeric_dtype(column) or kind.infer_dtype(column, skipna=True) == "string"
    )

"""Where a data set comes from, and which kind of data it is: real, a sample, or synthetic."""

import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal, Protocol, Self, cast

from common.text import reason

DataKind = Literal["real", "sample", "synthetic"]
"""`real` is the published set, whole; `sample` a genuine subset or sibling, as an installed
package ships it; `synthetic` a seeded generator of the same schema."""

Progress = Callable[[int, int, str], None]
"""Called with the amount done, the total in the same unit (0 if unknown), and a text that says what
is under way."""

File = Path | zipfile.Path
"""A file on disk, or one in a zip, which is read where it is."""

_GZIP_MAGIC = b"\x1f\x8b"
_IMPOSTORS = (
    (b"version https://git-lfs", "a pointer of Git LFS; fetch the file itself: git lfs pull"),
    (b"<!doctype", "a web page (HTML); fetch it again, logged in where that is asked for"),
    (b"<html", "a web page (HTML); fetch it again, logged in where that is asked for"),
)
_HEAD = 512  # bytes in which an impostor shows itself
_BLOCK = 32_000_000  # bytes in memory as text


class DataError(Exception):
    """Data is missing or wrong; the message names the file, what was expected, and what to do."""


def some(names: Sequence[str], most: int = 5) -> str:
    """Names in a line, the first few of many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """One published file of a data set.

    Attributes:
        name: Its name in a folder and in the cache.
        urls: Where it is published, in the order of trying; empty where a login is needed.
        sha256: Checksum of the file's bytes; None if nobody published it: then the contents are
            checked.
        size: Size of the download in bytes; None where unknown.
        members: Where the addresses are of a zip: the file's path inside it; more than one where
            the zip holds a zip.
        alternatives: Other names of files with the same contents, whatever their layout.
        subsets: Names of other published files that have a part of it or a sibling: a sample.
        trees: Where the contents of an archive are when it is unpacked: paths with wildcards, in
            small letters, below the folder that then stands for the file.
    """

    name: str
    urls: tuple[str, ...] = ()
    sha256: str | None = None
    size: int | None = None
    members: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    subsets: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which the file is looked for, best first, each with `.gz` and without."""
        return tuple(
            spelling
            for name in (self.name, *self.alternatives, *self.subsets)
            for spelling in dict.fromkeys([name, name.removesuffix(".gz"), f"{name}.gz"])
            if not spelling.endswith(".gz.gz")
        )


@dataclass(frozen=True, kw_only=True)
class Info:
    """What is known of a data set before it is loaded.

    Attributes:
        name: Name of the set and of its folder.
        title: One line on what it is: full name, a colon, the most important, a comma, the rest.
        source: Where it is published.
        licence: Terms of use, the most important before the first mark.
        size: Size of the published files, in words; first what a download has.
        files: The files that make up the set.
        forms: Other files that make it up, where these are not one for each of `files`.
        folders: Names that others give the set's folder.
        sample: What the packaged sample is; None where there is none.
        synthetic: Whether `--data synthetic` generates it.
        how: How to get it by hand, in one line.
    """

    name: str
    title: str
    source: str
    licence: str
    size: str
    files: tuple[RemoteFile, ...]
    forms: tuple[tuple[RemoteFile, ...], ...] = ()
    folders: tuple[str, ...] = ()
    sample: str | None = None
    synthetic: bool = True
    how: str

    @property
    def what(self) -> str:
        """What it is, in the few words that a line of a table has room for."""
        return self.title.partition(": ")[2].partition(", ")[0]

    @property
    def terms(self) -> str:
        """The licence, as short."""
        return re.split(r"[,;:(]", self.licence)[0].strip()

    @property
    def amount(self) -> str:
        """The size, as short: a number and its unit."""
        return " ".join(self.size.split()[:2]).rstrip(",")


class Dataset(Protocol):
    """What every data set has: its name, and its kind of data.

    Most have a `note`, too: what a reader must know about the data, or "".
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> DataKind: ...


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A data set that was loaded; each set adds its rows.

    Attributes:
        note: How the data differ from what is published, what was left out, or "".
    """

    name: str
    kind: DataKind
    note: str = ""

    def judged(self, whole: bool, said: str) -> Self:
        """This set as the published one, or as a sample.

        Args:
            whole: Whether it is all that is published.
            said: What it is instead, in words.
        """
        if whole:
            return replace(self, kind="real")
        return replace(self, kind="sample", note="; ".join(filter(None, [said, self.note])))


def beside(path: File, name: str) -> File:
    """The file of another name in the same folder, on disk or in a zip."""
    folder: Any = path.parent
    return folder / name


def refuse_impostor(path: File) -> None:
    """Makes sure that a file on disk or in a zip is not what often stands in its place.

    Raises:
        DataError: It is a pointer of Git LFS, or a web page.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from None
    if what := impostor(head):
        raise DataError(f"{path}: is not the data but {what}")


def impostor(data: bytes) -> str | None:
    """What often stands in the place of a download, and how to get that, in words; else None.

    Args:
        data: The contents of a file, or their beginning.
    """
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((what for beginning, what in _IMPOSTORS if head.startswith(beginning)), None)


def read_bytes(path: File) -> bytes:
    """A file's contents, unpacked where they are packed with gzip, whatever the file's name.

    Raises:
        DataError: It cannot be read, or the gzip file is broken or cut off.
    """
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


def read_blocks(path: File) -> Iterator[bytes]:
    """Whole lines of a file, some megabytes at a time, unpacked where they are packed with gzip.

    Raises:
        DataError: It cannot be read, or the gzip file is broken or cut off.
    """
    try:
        with unpacked(path) as file:
            while block := file.read(_BLOCK):
                yield block + file.readline()
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from None


@contextmanager
def unpacked(path: File) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked as they are read where they are packed with gzip."""
    with path.open("rb") as plain:
        packed = plain.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    with path.open("rb") as outer, gzip.open(outer) if packed else outer as file:
        yield cast(IO[bytes], file)


def read_text(path: File) -> str:
    """The text of a file in UTF-8, UTF-16 or, where it is neither, Windows' Latin-1.

    Raises:
        DataError: It cannot be read.
    """
    return decoded(read_bytes(path))


def decoded(data: bytes) -> str:
    """The text of bytes in UTF-8, UTF-16 or, where they are neither, Windows' Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for order in (0, 1):  # UTF-16 without its mark: every other byte of plain letters is 0
        if len(data) >= 4 and not any(data[1 - order : _HEAD : 2]):
            return data.decode(("utf-16-le", "utf-16-be")[order], "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _unreadable(path: File, error: Exception) -> DataError:
    if isinstance(error, EOFError | gzip.BadGzipFile | zlib.error):
        return DataError(
            f"{path}: expected a whole gzip file, found a broken or truncated one "
            f"({reason(error)}); fetch it again"
        )
    return DataError(f"{path}: cannot be read ({reason(error)})")

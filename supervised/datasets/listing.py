"""What is in a folder: all its files, those in folders and zips inside it, too."""

import fnmatch
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.text import reason
from supervised.datasets.source import DataError, File

_DEEPEST = 6
_LARGEST_INNER = 64_000_000  # bytes of a zip in a zip that is looked into, for it is unpacked


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder; there may be a hundred thousand of them.

    Attributes:
        name: Its path below the folder, with those of the zips that it is in.
        place: The folder; the file itself where it is in a zip.
        archive: The zip that it is in, or None.
    """

    name: str
    place: File
    archive: File | None = None

    @property
    def file(self) -> File:
        """The file."""
        return self.place if not isinstance(self.place, Path) else self.place / self.name

    @property
    def last(self) -> str:
        """The file's own name, in small letters: names are compared without capitals."""
        return self.name.rpartition("/")[2].lower()

    @property
    def folder(self) -> str:
        """The path of the folder or zip that it is in."""
        return self.name.rpartition("/")[0]

    @property
    def depth(self) -> int:
        """How many folders and zips it is in."""
        return self.name.count("/")

    def root(self, tree: str) -> File | None:
        """The folder or zip that holds a file which a path with wildcards names, if this is one.

        Args:
            tree: The path, such as `train/neg/*.txt`, in small letters.
        """
        wanted = tree.split("/")
        parts = self.name.lower().rsplit("/", len(wanted))[-len(wanted) :]
        if len(parts) < len(wanted) or not all(map(fnmatch.fnmatchcase, parts, wanted)):
            return None
        file = self.file
        return file.parents[len(wanted) - 1] if isinstance(file, Path) else self.archive


def files(place: Path, deepest: int = _DEEPEST, *, zips: bool = True) -> list[Entry]:
    """The files of a folder or zip, the least nested first; hidden ones are left out.

    Args:
        deepest: How many folders deep to look.
        zips: Whether to look into zips in it, and into those in them.

    Raises:
        DataError: It cannot be read.
    """
    if place.is_file():
        found = list(_members("", place))
        if not found:
            raise DataError(f"{place}: expected a zip with files, found none or a broken one")
    else:
        found = list(_walked(place, deepest))
        packed = [entry for entry in found if zips and entry.last.endswith(".zip")]
        found += [member for e in packed for member in _members(f"{e.name}/", e.file)]
    return sorted(found, key=lambda entry: (entry.depth, entry.name))


def files_in(folder: Path) -> list[Path]:
    """The files in a folder and in those inside of it, without hidden ones, in order of name.

    Raises:
        DataError: It cannot be read.
    """
    try:
        inside = sorted(folder.rglob("*"))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({reason(error)})") from None
    shown = (path for path in inside if not any(map(_hidden, path.relative_to(folder).parts)))
    return [path for path in shown if path.is_file()]


def contents(file: Path) -> bytes:
    """A file's contents as they are.

    Raises:
        DataError: It cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({reason(error)})") from None


def _walked(folder: Path, deepest: int) -> Iterator[Entry]:
    def failed(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({reason(error)})")

    for place, inside, names in os.walk(folder, onerror=failed, followlinks=True):
        below = Path(place).relative_to(folder).parts
        inside[:] = [n for n in inside if not _hidden(n)] if len(below) < deepest else []
        start = "".join(f"{part}/" for part in below)
        yield from (Entry(start + name, folder) for name in names if not _hidden(name))


def _members(start: str, path: File) -> Iterator[Entry]:
    """The files in a zip and in the zips inside it, `start` before names; none of a broken one."""
    try:
        archive = _opened(path)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return
    for member in members:
        if any(map(_hidden, member.filename.split("/"))):
            continue
        inner = Entry(start + member.filename, zipfile.Path(archive, member.filename), path)
        yield inner
        if inner.last.endswith(".zip") and member.file_size <= _LARGEST_INNER:
            yield from _members(f"{inner.name}/", inner.file)


def _opened(path: File) -> zipfile.ZipFile:
    if isinstance(path, Path):
        return zipfile.ZipFile(path)
    archive = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    archive.filename = str(path)  # for messages
    return archive


def _hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def named(entries: Sequence[Entry], names: Sequence[str]) -> list[Entry]:
    """The entries of these names, those of the first name first, without regard to capitals."""
    ranks = {name.lower(): rank for rank, name in reversed(list(enumerate(names)))}
    return sorted(
        (entry for entry in entries if entry.last in ranks), key=lambda entry: ranks[entry.last]
    )

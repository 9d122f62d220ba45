"""What is in a folder: all its files, those in folders and zips inside it, too."""

import fnmatch
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from common.text import reason
from supervised.datasets.source import DataError, File

_DEEPEST = 6
_LARGEST_INNER = 64_000_000  # bytes of a zip in a zip that is looked into, for it is unpacked


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file in a folder.

    Attributes:
        name: Its path below the folder, with those of the zips that it is in.
        file: The file.
        archive: The zip that it is in, or None.
    """

    name: str
    file: File
    archive: File | None = None

    @property
    def last(self) -> str:
        """The file's own name, in small letters: names are compared without capitals."""
        return PurePosixPath(self.name).name.lower()

    @property
    def folder(self) -> str:
        """The path of the folder or zip that it is in."""
        return str(PurePosixPath(self.name).parent)

    @property
    def depth(self) -> int:
        """How many folders and zips it is in."""
        return self.name.count("/")

    def root(self, tree: str) -> File | None:
        """The folder or zip that holds a file which a path with wildcards names, if this is one.

        Args:
            tree: The path, such as `train/neg/*.txt`.
        """
        parts, wanted = self.name.lower().split("/"), tree.lower().split("/")
        if len(parts) < len(wanted) or not all(
            fnmatch.fnmatchcase(part, pattern)
            for part, pattern in zip(parts[-len(wanted) :], wanted, strict=True)
        ):
            return None
        if self.archive is not None:
            return self.archive
        assert isinstance(self.file, Path)
        return self.file.parents[len(wanted) - 1]


def files(place: Path, deepest: int = _DEEPEST, *, zips: bool = True) -> list[Entry]:
    """The files of a folder or zip, the least nested first; hidden ones are left out.

    Args:
        place: The folder or zip.
        deepest: How many folders deep to look.
        zips: Whether to look into zips in it, and into those in them.

    Raises:
        DataError: It cannot be read.
    """
    if place.is_file():
        whole = Entry(name="", file=place)
        found = [replace(entry, name=entry.name[1:]) for entry in _members(whole)]
        if not found:
            raise DataError(f"{place}: expected a zip with files, found none or a broken one")
    else:
        found = list(_walked(place, deepest))
        packed = [entry for entry in found if zips and entry.last.endswith(".zip")]
        found += [member for entry in packed for member in _members(entry)]
    return sorted(found, key=lambda entry: (entry.depth, entry.name))


def _walked(folder: Path, deepest: int) -> Iterator[Entry]:
    def failed(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({reason(error)})")

    for place, inside, names in os.walk(folder, onerror=failed, followlinks=True):
        below = Path(place).relative_to(folder)
        inside[:] = [n for n in inside if not _hidden(n)] if len(below.parts) < deepest else []
        for name in names:
            if not _hidden(name):
                yield Entry(name=(below / name).as_posix(), file=Path(place, name))


def _members(entry: Entry) -> Iterator[Entry]:
    """The files in a zip and in the zips inside it; none where it is broken."""
    try:
        archive = _opened(entry)
        members = [member for member in archive.infolist() if not member.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return
    for member in members:
        if any(map(_hidden, member.filename.split("/"))):
            continue
        inner = Entry(
            name=f"{entry.name}/{member.filename}",
            file=zipfile.Path(archive, member.filename),
            archive=entry.file,
        )
        yield inner
        if inner.last.endswith(".zip") and member.file_size <= _LARGEST_INNER:
            yield from _members(inner)


def _opened(entry: Entry) -> zipfile.ZipFile:
    if isinstance(entry.file, Path):
        return zipfile.ZipFile(entry.file)
    archive = zipfile.ZipFile(io.BytesIO(entry.file.read_bytes()))
    archive.filename = str(entry.file)  # for messages
    return archive


def _hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def named(entries: Sequence[Entry], names: Sequence[str]) -> list[Entry]:
    """The entries of these names, those of the first name first, without regard to capitals."""
    ranks = {name.lower(): rank for rank, name in reversed(list(enumerate(names)))}
    return sorted(
        (entry for entry in entries if entry.last in ranks), key=lambda entry: ranks[entry.last]
    )

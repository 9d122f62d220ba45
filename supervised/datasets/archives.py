"""Reads files in a folder, a zip or a tar archive in one way, without unpacking the archive."""

import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from common.text import reason
from supervised.datasets.source import DataError, File

Wanted = Callable[[str], bool]

_BROKEN = (
    *(OSError, EOFError, RuntimeError, zlib.error),  # RuntimeError: a zip with a password
    *(lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)
_CHUNK = 1 << 20


def files(path: File, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Names (with their folders) and contents of the files that are wanted.

    Args:
        path: A folder, which is searched with all folders in it, or an archive of any compression.
            A folder's files come in the order of their names, an archive's in its own order. An
            archive in a zip is copied out of it first.
        wanted: Tells by its name whether a file is wanted.

    Raises:
        DataError: It cannot be read, or is broken or cut off.
    """
    try:
        if not isinstance(path, Path):
            with tempfile.NamedTemporaryFile() as copy, path.open("rb") as packed:
                shutil.copyfileobj(packed, copy)
                copy.flush()
                yield from _read(Path(copy.name), wanted)
        else:
            yield from _read(path, wanted)
    except _BROKEN as error:
        raise DataError(
            f"{path}: cannot be read, or is broken or cut off ({reason(error)})"
        ) from None


def _read(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    read = _folder if path.is_dir() else _zip if zipfile.is_zipfile(path) else _tar
    if read is _tar and not tarfile.is_tarfile(path):
        raise tarfile.ReadError("neither a zip nor a tar archive")
    yield from read(path, wanted)


def _folder(folder: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if wanted(name) and path.is_file():
            yield name, path.read_bytes()


def _zip(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if wanted(member.filename) and not member.is_dir():
                yield member.filename, archive.read(member)


def _tar(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:  # as a stream it would not notice a cut-off end
        for member in archive:
            packed = (
                archive.extractfile(member) if member.isfile() and wanted(member.name) else None
            )
            if packed is not None:
                yield member.name, packed.read()
        # To the end of the packed file, where its checksum is: what is cut off may be behind all
        # members.
        assert archive.fileobj is not None
        while archive.fileobj.read(_CHUNK):
            pass

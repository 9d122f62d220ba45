"""Downloads files into the cache: with checksums, with resumption, by one process at a time."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from filelock import FileLock

from common.text import reason
from supervised.datasets.source import DataError, Progress, RemoteFile

Check = Callable[[Path], object]
"""Raises `DataError` if a file's contents are wrong."""

_NO_ADDRESS = "cannot be downloaded without a login"
_ATTEMPTS = 5
_TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds of silence
_CHUNK = 1 << 16


def fetch(file: RemoteFile, folder: Path, *, progress: Progress, check: Check) -> Path:
    """Returns the file in the cache, and downloads it first if it is not complete there.

    If a download fails or is killed, what has arrived stays in a `.partial` file, and the next
    attempt continues at its end. A second process that wants the same file waits for the first.

    Args:
        file: What to fetch, and from where.
        folder: The set's folder in the cache.
        progress: Told the bytes done and in all.
        check: Checks a file that has no checksum before it gets into the cache.

    Raises:
        DataError: No mirror had it, its checksum or contents are wrong, or the cache cannot be
            written.
    """
    target = folder / file.name
    if _is_whole(target, file):
        return target
    if not file.urls:
        raise DataError(f"{file.name}: {_NO_ADDRESS}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{file.name}.lock"):
            if not _is_whole(target, file):
                _from_mirrors(file, target, progress, check)
            return target
    except OSError as error:
        raise DataError(f"{folder}: the cache cannot be written ({reason(error)})") from None


def unreachable(file: RemoteFile) -> str | None:
    """Why no address of a file can be asked for it; None where one of them answers."""
    if not file.urls:
        return f"{file.name}: {_NO_ADDRESS}"
    return _tried(file, lambda url: requests.head(url, timeout=_TIMEOUT[0]))


def _tried(file: RemoteFile, ask: Callable[[str], object]) -> str | None:
    """Asks one address of a file after the other; why none has answered, None where one has."""
    failures = []
    for url in file.urls:
        try:
            ask(url)
            return None
        except requests.RequestException as error:
            failures.append(f"{urlsplit(url).netloc}: {_reason(error)}")
        except (ValueError, DataError) as error:  # ValueError: the checksum, in pooch's words
            failures.append(f"{urlsplit(url).netloc}: {reason(error)}")
    return f"{file.name}: not downloaded ({'; '.join(failures)})"


def _is_whole(target: Path, file: RemoteFile) -> bool:
    if file.sha256 is None:
        return target.is_file()
    return target.is_file() and pooch.file_hash(str(target)) == file.sha256


def _from_mirrors(file: RemoteFile, target: Path, progress: Progress, check: Check) -> None:
    pooch.get_logger().setLevel("WARNING")  # it tells every address; ours is to tell the progress
    # Any: pooch's own type for it has the arguments of another kind of callable.
    downloader: Any = _Downloader(file=file, progress=progress, check=check)
    why = _tried(
        file,
        lambda url: pooch.retrieve(
            url,
            known_hash=file.sha256,
            fname=target.name,
            path=target.parent,
            downloader=downloader,
        ),
    )
    if why:
        raise DataError(why)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    return "no connection" if isinstance(error, requests.ConnectionError) else reason(error)


@dataclass(frozen=True, kw_only=True)
class _Downloader:
    """Gets one file for pooch, which then compares the checksum and puts it into its place."""

    file: RemoteFile
    progress: Progress
    check: Check

    def __call__(self, url: str, output_file: str, _: object) -> None:
        partial = self._partial(url, Path(output_file).parent)
        self._download(url, partial)
        try:
            if self.file.members:
                Path(output_file).write_bytes(_unpack(partial, self.file.members))
            else:
                os.replace(partial, output_file)
        finally:
            partial.unlink(missing_ok=True)
        if self.file.sha256 is None:
            self.check(Path(output_file))

    def _partial(self, url: str, folder: Path) -> Path:
        """The file with what has arrived; mirrors share it if a checksum says they are equal."""
        same = self.file.sha256 if self.file.sha256 and not self.file.members else url
        return folder / f"{self.file.name}.{hashlib.sha256(same.encode()).hexdigest()[:8]}.partial"

    def _download(self, url: str, partial: Path) -> None:
        for attempt in range(_ATTEMPTS):
            before = _size(partial)
            try:
                return self._go_on(url, partial)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if _size(partial) <= before or attempt == _ATTEMPTS - 1:
                    raise
        return None

    def _go_on(self, url: str, partial: Path) -> None:
        start = _size(partial)
        headers = {"Accept-Encoding": "identity"}  # else the checksum would be of other bytes
        if start:
            headers["Range"] = f"bytes={start}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                if answer.headers.get("Content-Range", "").endswith(f"/{start}"):
                    return None  # killed between the last byte and the checksum
                partial.unlink()
                return self._go_on(url, partial)
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content:
                start = 0
            length = answer.headers.get("Content-Length")
            total = start + int(length) if length else self.file.size or 0
            with open(partial, "ab" if start else "wb") as file:
                while chunk := _arrived(answer):
                    file.write(chunk)
                    self.progress(file.tell(), total, self.file.name)
                if length and file.tell() < total:
                    raise requests.exceptions.ChunkedEncodingError("it ended too early")
        return None


def _arrived(answer: requests.Response) -> bytes:
    """The bytes that have arrived; to wait for more could lose them if the connection breaks."""
    try:
        return answer.raw.read1(_CHUNK, decode_content=False)
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _unpack(archive: Path, members: tuple[str, ...]) -> bytes:
    """The file at the end of a path that leads through zips inside zips."""
    data = archive.read_bytes()
    for member in members:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as outer:
                data = outer.read(member)
        except (zipfile.BadZipFile, KeyError) as error:
            raise DataError(f"expected a zip with {member} ({reason(error)})") from None
    return data

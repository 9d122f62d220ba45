"""Finds a data set in the user's folder, in the cache, or by downloading; else its sample."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar
from urllib.parse import urlsplit

import numpy as np

from common.text import reason
from supervised.datasets import listing, published
from supervised.datasets.download import fetch, unreachable
from supervised.datasets.published import Paths
from supervised.datasets.source import DataError, DataKind, Dataset, Info, Source

T = TypeVar("T", bound=Dataset)
T_co = TypeVar("T_co", bound=Dataset, covariant=True)

_log = logging.getLogger(__name__)

State = Literal["here", "sample", "download", "by hand", "broken"]
"""What a run would find: the published set on this machine; only a sample; an address from which it
downloads the set; nothing, because no command can fetch it; or a folder in which files lack."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run would have a data set from.

    Attributes:
        state: In a word.
        kind: Kind of the data; None where there would be none.
        path: The file or folder on this machine; None where it is not in one.
        words: All of it for a reader, and how to get the published set.
    """

    state: State
    kind: DataKind | None = None
    path: Path | None = None
    words: str


class NotFound(DataError):
    """The published set is not found; a set that is found and is wrong is a plain `DataError`."""


class Loader(Protocol[T_co]):
    """What loads a data set."""

    def __call__(self, source: Source, *, seed: int = 0) -> T_co:
        """Loads the set as the source wants it; `seed` is that of a generated one.

        Raises:
            DataError: It is missing, or a file is not what was published.
        """
        ...


def loader(
    info: Info,
    *,
    read: Callable[..., T],
    sample: Callable[[], T] | None = None,
    synthetic: Callable[[np.random.Generator], T] | None = None,
) -> Loader[T]:
    """What loads a set as a source wants it.

    `auto` falls back on the packaged sample, with a warning that says why, but only where the
    published set is nowhere: what is in the user's folder and broken is an error.

    Args:
        read: Reads the published files, given in the order of `info.files` or one of `info.forms`.
        sample: Loads the packaged sample; None if there is none.
        synthetic: Generates the set from draws; None if nothing can.
    """

    def load(source: Source, *, seed: int = 0) -> T:
        if source.want == "synthetic":
            if synthetic is None:
                raise DataError(f"{info.name}: there is no generator of it; {_by_hand(info)}")
            return synthetic(np.random.default_rng(seed))
        if source.want == "sample":
            return _load_sample(info, source, read, sample)
        try:
            # Only sets of one file have none with a checksum, so that the file alone can be read.
            paths = find(info, source, check=read)
        except NotFound as error:
            if source.want == "real" or sample is None:
                raise
            _log.warning("%s; for now it is the sample: %s", reason(error), info.sample)
            return sample()
        dataset = read(*paths)
        if source.want == "real" and dataset.kind != "real":
            raise DataError(f"{paths[0]}: is a {dataset.kind} of {info.name}; {_by_hand(info)}")
        return dataset

    return load


def _load_sample(
    info: Info, source: Source, read: Callable[..., T], sample: Callable[[], T] | None
) -> T:
    if sample is not None:
        return sample()
    paths = _in_data_dir(info, source)
    dataset = read(*paths) if paths else None
    if dataset is None or dataset.kind != "sample":
        raise DataError(f"{info.name}: no installed package ships a sample; {_by_hand(info)}")
    return dataset


def find(info: Info, source: Source, *, check: Callable[[Path], object]) -> Paths:
    """The set's published files, in the order of `info.files` or of one of `info.forms`.

    They are looked for in the user's folder, then in the cache, then at the published addresses.

    Args:
        check: Raises `DataError` for a download without a checksum whose contents are wrong.

    Raises:
        NotFound: They are not found.
        DataError: The user's folder does not exist, or holds only some of them.
    """
    paths = _in_data_dir(info, source)
    if paths is not None:
        return paths
    if source.data_dir is not None:
        looked_for = ", ".join(file.name for file in info.files)
        _log.warning(
            "%s: nothing of it in %s (looked for %s/ and %s); looking in the cache",
            info.name,
            source.data_dir,
            info.name,
            looked_for,
        )
    folder = source.cache / info.name
    try:
        return tuple(
            fetch(file, folder, progress=source.progress, check=check) for file in info.files
        )
    except DataError as error:
        raise _not_found(info, error) from None


def require(info: Info, source: Source) -> None:
    """Makes sure that a run would find a set or could download it, without reading it.

    Raises:
        DataError: It would not, or the user's folder has something else; as `load` says it.
    """
    if source.want == "synthetic" or _in_data_dir(info, source) is not None:
        return
    if source.want == "sample" and info.sample is None:
        raise DataError(f"{info.name}: no installed package ships a sample; {_by_hand(info)}")
    folder = source.cache / info.name
    missing = [file for file in info.files if not (folder / file.name).is_file()]
    if missing and (info.sample is None or source.want == "real"):
        nowhere = f"nothing of it in {source.data_dir}; " if source.data_dir else ""
        if why := unreachable(missing[0]):
            raise _not_found(info, f"{nowhere}{why}")


def place(info: Info, source: Source) -> Place:
    """Where a run would have a set from, without reading it.

    The user's folder and the cache are looked into by the files' names and beginnings only.
    """
    try:
        paths = _in_data_dir(info, source) or _in_cache(info, source)
    except DataError as error:
        return Place(state="broken", words=f"error: {reason(error)}")
    if paths is not None:
        subsets = {name for file in info.files for name in file.subsets}
        kind = "sample" if paths[0].name.removesuffix(".gz") in subsets else "real"
        path = Path(str(paths[0] if len(paths) == 1 else paths[0].parent))
        state = "sample" if kind == "sample" else "here"
        return Place(state=state, kind=kind, path=path, words=f"{kind}: {path}")
    urls = info.files[0].urls
    real = f"a download from {urlsplit(urls[0]).netloc} ({info.size})" if urls else info.how
    words = f"sample: {info.sample}; real: {real}" if info.sample else f"real: {real}"
    if urls:
        return Place(state="download", kind="real", words=words)
    if info.sample:
        return Place(state="sample", kind="sample", words=words)
    return Place(state="by hand", words=words)


def _by_hand(info: Info) -> str:
    files = ", ".join(file.name for file in info.files)
    generated = ", or run on generated data: --data synthetic" if info.synthetic else ""
    return f"put {files} into DIR/{info.name}/ and pass --data-dir DIR ({info.how}){generated}"


def _not_found(info: Info, why: object) -> NotFound:
    return NotFound(f"{info.name}: not found; {why}; {_by_hand(info)}")


def _in_data_dir(info: Info, source: Source) -> Paths | None:
    """The set's files in the user's folder; None if no file of the set is there."""
    root = source.data_dir
    if root is None:
        return None
    try:
        if not root.is_dir():
            found = "is not a folder" if root.exists() else "no such folder"
            raise DataError(f"--data-dir {root}: {found}; expected one with {info.name}/ in it")
        own = published.own_folder(info, root)
        entries = published.beside_others(info, root) if own is None else listing.files(own)
    except OSError as error:
        raise DataError(f"--data-dir {root}: cannot be read ({reason(error)})") from None
    paths = published.files(info, entries)
    started = own is not None or published.has_any(info, entries)
    if paths is None and started:
        lacks = published.what_lacks(info, entries)
        raise DataError(
            f"{own or root}: {lacks}; {_by_hand(info)}, or take the folder away to have "
            f"{info.name} from elsewhere"
        )
    return paths


def _in_cache(info: Info, source: Source) -> Paths | None:
    folder = source.cache / info.name
    return published.files(info, listing.files(folder)) if folder.is_dir() else None

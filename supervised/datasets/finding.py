"""Finds a data set in the user's folder, in the cache, or by downloading; else its sample."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from common.text import reason
from supervised.datasets import listing
from supervised.datasets.download import fetch, unreachable
from supervised.datasets.listing import Entry
from supervised.datasets.source import (
    DataError,
    DataKind,
    Dataset,
    File,
    Info,
    RemoteFile,
    Source,
    refuse_impostor,
)

T = TypeVar("T", bound=Dataset)
Paths = tuple[File, ...]

_NAMED = 8  # files of a folder that a message names
_COMPARED = 100  # files of a folder whose names are compared with those that are known
_ALIKE = 0.6  # of names, for a message to take one for the other

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


def load(
    info: Info,
    source: Source,
    *,
    read: Callable[[Paths], T],
    sample: Callable[[], T] | None = None,
    synthetic: Callable[[], T] | None = None,
) -> T:
    """Loads a set as the source wants it.

    `auto` falls back on the packaged sample, with a warning that says why, but only where the
    published set is nowhere: what is in the user's folder and broken is an error.

    Args:
        info: The set.
        source: Where to look and what kind is wanted.
        read: Reads the published files, in the order of `info.files` or of one of `info.forms`.
        sample: Loads the packaged sample; None if there is none.
        synthetic: Generates the set; None if nothing can.

    Raises:
        DataError: What is wanted is missing or wrong.
    """
    if source.want == "synthetic":
        if synthetic is None:
            raise DataError(f"{info.name}: there is no generator of it; {_by_hand(info)}")
        return synthetic()
    if source.want == "sample":
        return _load_sample(info, source, read, sample)
    try:
        # Only sets of one file have none with a checksum, so that the file alone can be read.
        paths = find(info, source, check=lambda path: read((path,)))
    except NotFound as error:
        if source.want == "real" or sample is None:
            raise
        _log.warning("%s; for now it is the sample: %s", reason(error), info.sample)
        return sample()
    dataset = read(paths)
    if source.want == "real" and dataset.kind != "real":
        raise DataError(f"{paths[0]}: is a {dataset.kind} of {info.name}; {_by_hand(info)}")
    return dataset


def _load_sample(
    info: Info, source: Source, read: Callable[[Paths], T], sample: Callable[[], T] | None
) -> T:
    if sample is not None:
        return sample()
    paths = _in_data_dir(info, source)
    dataset = read(paths) if paths else None
    if dataset is None or dataset.kind != "sample":
        raise DataError(f"{info.name}: no installed package ships a sample; {_by_hand(info)}")
    return dataset


def find(info: Info, source: Source, *, check: Callable[[Path], object]) -> Paths:
    """The set's published files, in the order of `info.files` or of one of `info.forms`.

    They are looked for in the user's folder, then in the cache, then at the published addresses.

    Args:
        info: The set.
        source: Where to look.
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


def where(info: Info, source: Source) -> str:
    """Says where a set would come from and its kind, or how to get it, without reading anything."""
    return place(info, source).words


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
        own = _own_folder(info, root)
        entries = _beside_others(info, root) if own is None else listing.files(own)
    except OSError as error:
        raise DataError(f"--data-dir {root}: cannot be read ({reason(error)})") from None
    paths = _published(info, entries)
    started = own is not None or any(_candidates(file, entries) for file in info.files)
    if paths is None and started:
        raise DataError(
            f"{own or root}: {_what_lacks(info, entries)}; {_by_hand(info)}, or take the folder "
            f"away to have {info.name} from elsewhere"
        )
    return paths


def _in_cache(info: Info, source: Source) -> Paths | None:
    folder = source.cache / info.name
    return _published(info, listing.files(folder)) if folder.is_dir() else None


def _own_folder(info: Info, root: Path) -> Path | None:
    """The set's own folder or zip in the user's folder, or that folder itself by its name."""
    names = [name.lower() for name in (info.name, *info.folders)]
    inside = {path.name.lower(): path for path in sorted(root.iterdir(), reverse=True)}
    for name in names:
        if name in inside and inside[name].is_dir():
            return inside[name]
    if root.resolve().name.lower() in names:
        return root
    for name in names:
        if f"{name}.zip" in inside:
            return inside[f"{name}.zip"]
    if info.name in inside:
        raise DataError(
            f"{inside[info.name]}: expected a folder with {info.files[0].name}, found something "
            "else"
        )
    return None


def _beside_others(info: Info, root: Path) -> list[Entry]:
    """The files of a folder of several sets that may be of this one: those not in others' folders.

    Of what lies deeper only an unpacked archive of the set counts, whose folders are the user's.
    """
    trees = [tree for file in info.files for tree in file.trees]
    deepest = max((tree.count("/") for tree in trees), default=0)
    return [
        entry
        for entry in listing.files(root, deepest, zips=False)
        if entry.depth == 0 or root in (entry.root(tree) for tree in trees)
    ]


def _published(info: Info, entries: list[Entry]) -> Paths | None:
    """The files of the first form of a set of which all are there.

    Raises:
        DataError: One of them is not what its name says.
    """
    for form in (info.files, *info.forms):
        found = _form(form, entries)
        for file in found or ():
            if file.is_file():
                refuse_impostor(file)
        if found:
            return found
    return None


def _form(form: tuple[RemoteFile, ...], entries: list[Entry]) -> Paths | None:
    """The files of a form, from one folder where one has them all."""
    found = [_candidates(file, entries) for file in form]
    if not all(found):
        return None
    for beside, _ in found[0]:
        side = [[file for folder, file in each if folder == beside] for each in found]
        if all(side):
            return tuple(files[0] for files in side)
    return tuple(each[0][1] for each in found)


def _candidates(file: RemoteFile, entries: list[Entry]) -> list[tuple[str, File]]:
    """What may be a file, with its folder: by its names; else a folder that has its contents."""
    if found := listing.named(entries, file.names):
        return [(entry.folder, entry.file) for entry in found]
    roots = ((entry.folder, entry.root(tree)) for tree in file.trees for entry in entries)
    first = next(((folder, root) for folder, root in roots if root is not None), None)
    return [] if first is None else [first]


def _what_lacks(info: Info, entries: list[Entry]) -> str:
    """What the nearest form of a set lacks, what there is instead, and what that may be."""
    forms = (info.files, *info.forms)
    lacking = {form: [f for f in form if not _candidates(f, entries)] for form in forms}
    known = {name.lower() for form in forms for file in form for name in file.names}
    alike, here, name, nearest = max(
        (
            (SequenceMatcher(None, entry.last, name.lower()).ratio(), entry.name, name, form)
            for entry in entries[:_COMPARED]
            if entry.last not in known
            for form in forms
            for file in lacking[form]
            for name in file.names
        ),
        key=lambda pair: pair[0],
        default=(0.0, "", "", info.files),
    )
    started = [form for form in forms if len(lacking[form]) < len(form)]
    nearest = started[0] if started else nearest if alike >= _ALIKE else info.files
    said = [f"holds no {', '.join(file.name for file in lacking[nearest])}"]
    others = [" with ".join(file.name for file in form) for form in forms if form is not nearest]
    more = f" and {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    there = ", ".join(entry.name for entry in entries[:_NAMED])
    said += [f"there are {there}{more}" if entries else "it is empty"]
    said += [f"is {here} meant to be {name}?"] if alike >= _ALIKE else []
    said += [f"{' or '.join(others)} would do, too"] if others else []
    return "; ".join(said)

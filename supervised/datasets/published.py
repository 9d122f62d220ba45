"""Which files of a folder are a published set, in one of the forms in which people have it."""

from difflib import SequenceMatcher
from pathlib import Path

from supervised.datasets import listing
from supervised.datasets.listing import Entry
from supervised.datasets.source import DataError, File, Info, RemoteFile, refuse_impostor, some

Paths = tuple[File, ...]

_NAMED = 8  # files of a folder that a message names
_COMPARED = 100  # files of a folder whose names are compared with those that are known
_ALIKE = 0.6  # of names, for a message to take one for the other


def own_folder(info: Info, root: Path) -> Path | None:
    """The set's own folder or zip in the user's folder, or that folder itself by its name.

    Raises:
        DataError: Something of the set's name is neither.
    """
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


def beside_others(info: Info, root: Path) -> list[Entry]:
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


def files(info: Info, entries: list[Entry]) -> Paths | None:
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


def has_any(info: Info, entries: list[Entry]) -> bool:
    """Whether any file of a set's first form is there."""
    return any(_candidates(file, entries) for file in info.files)


def what_lacks(info: Info, entries: list[Entry]) -> str:
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
    there = some([entry.name for entry in entries], _NAMED)
    said += [f"there are {there}" if entries else "it is empty"]
    said += [f"is {here} meant to be {name}?"] if alike >= _ALIKE else []
    said += [f"{' or '.join(others)} would do, too"] if others else []
    return "; ".join(said)


def _form(form: tuple[RemoteFile, ...], entries: list[Entry]) -> Paths | None:
    """The files of a form, from one folder where one has them all."""
    found = [_candidates(file, entries) for file in form]
    if not all(found):
        return None
    for beside, _ in found[0]:
        side = [[file for folder, file in each if folder == beside] for each in found]
        if all(side):
            return tuple(each[0] for each in side)
    return tuple(each[0][1] for each in found)


def _candidates(file: RemoteFile, entries: list[Entry]) -> list[tuple[str, File]]:
    """What may be a file, with its folder: by its names; else a folder that has its contents."""
    if found := listing.named(entries, file.names):
        return [(entry.folder, entry.file) for entry in found]
    roots = ((entry.folder, entry.root(tree)) for tree in file.trees for entry in entries)
    first = next(((folder, root) for folder, root in roots if root is not None), None)
    return [] if first is None else [first]

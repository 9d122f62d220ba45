"""`python -m launch data [NAME]`."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.text import Text

from common import jsons
from common.errors import UsageError
from launch.commands.flags import PROGRAM, parse
from launch.commands.places import COLOURS, Places, readers
from launch.commands.printing import NARROW, columns, labelled, show
from launch.config.execution import DataConfig
from supervised.datasets import catalog
from supervised.datasets.source import Info

_WHAT = 33  # columns on a terminal of 80


@dataclass(frozen=True, kw_only=True)
class DataArguments:
    """List the data sets, a line each, or tell everything about one: also how to get it."""

    name: Annotated[str | None, tyro.conf.Positional] = None
    """The name of one set, which tells everything about it."""
    json: bool = False
    """Everything about each of them, as JSON."""
    data_dir: Path | None = None
    """Folder with a sub-folder for each data set."""
    data_cache: Path = DataConfig().data_cache
    """Folder of downloads."""


def run(arguments: Sequence[str]) -> int:
    """Lists the data sets.

    Raises:
        UsageError: There is no set of that name, or the folder is none.
    """
    given: DataArguments = parse(DataArguments, "data", arguments)
    found = Places(given.data_dir, given.data_cache)
    chosen = catalog.ALL if given.name is None else (_named(given.name),)
    if given.json:
        values = {info.name: _values(info, found) for info in chosen}
        print(jsons.dumps(values, indent=2))
    elif given.name is not None:
        show(_everything(chosen[0], found))
    else:
        show(_table(found))
    return 0


def _named(name: str) -> Info:
    if name in catalog.BY_NAME:
        return catalog.BY_NAME[name]
    near = difflib.get_close_matches(name, catalog.BY_NAME, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"see: {PROGRAM} data"
    raise UsageError(f"data: no set is called {name!r}: {hint}")


def _table(found: Places) -> Iterator[str | Text]:
    room = _WHAT + columns() - NARROW
    yield Text(f"{'name':<12} {'what':<{room}} {'size':>7}  {'licence':<15} here", "bold")
    for info in catalog.ALL:
        state = found[info.name].state
        whole = info.title.partition(": ")[2]
        what = whole if len(whole) <= room else info.what
        line = Text(f"{info.name:<12} {what:<{room}} {info.amount:>7}  {info.terms:<15} ")
        yield line.append("yes" if state == "here" else state, COLOURS[state])
    yield ""
    yield "download: a run downloads it; sample: only a sample is here; by hand: bring it"
    yield f"everything about one: {PROGRAM} data NAME"


def _everything(info: Info, found: Places) -> Iterator[str | Text]:
    place = found[info.name]
    yield from labelled(info.name, info.title)
    yield ""
    yield from labelled("source", info.source)
    yield from labelled("licence", info.licence)
    yield from labelled("size", info.size)
    yield from labelled("files", ", ".join(file.name for file in info.files))
    yield from labelled("or", ", ".join(_others(info)))
    for line in labelled("here", place.words):
        yield Text(line, COLOURS[place.state])
    yield from labelled("by hand", f"{info.how}; into DIR/{info.name}/, with --data-dir DIR")
    yield from labelled("generated", "--data synthetic" if info.synthetic else "")
    yield from labelled("read by", ", ".join(readers(info.name)))


def _others(info: Info) -> list[str]:
    """The names of other files in which a set is read."""
    same = [name for file in info.files for name in (*file.alternatives, *file.subsets)]
    return [*same, *(" with ".join(file.name for file in form) for form in info.forms)]


def _values(info: Info, found: Places) -> dict[str, object]:
    place = found[info.name]
    return {
        "title": info.title,
        "source": info.source,
        "licence": info.licence,
        "size": info.size,
        "files": [file.name for file in info.files],
        "others": _others(info),
        "sample": info.sample,
        "synthetic": info.synthetic,
        "how": info.how,
        "state": place.state,
        "kind": place.kind,
        "path": place.path and str(place.path),
        "where": place.words,
        "read_by": readers(info.name),
    }

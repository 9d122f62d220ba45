"""How many data sets are here, and which have to be got."""

from collections import defaultdict
from collections.abc import Sequence

from common.findings import Finding, fail, ok, warn
from launch.diagnosis.finding import Check
from supervised.datasets import catalog
from supervised.datasets.source import Info, Source

_MEND = "python -m launch data"


def checks(source: Source) -> dict[str, Check]:
    """The checks of this group."""
    return {"data sets": lambda: data_sets(catalog.ALL, source)}


def data_sets(sets: Sequence[Info], source: Source) -> list[Finding]:
    """A line for each place that data sets are had from."""
    root = source.data_dir
    if root is not None and not root.is_dir():
        return [fail("data folder", f"--data-dir {root}: no such folder", f"mkdir -p {root}")]
    names: dict[str, list[str]] = defaultdict(list)
    broken = []
    for info in sets:
        place = catalog.place(info, source)
        if place.state == "broken":
            broken.append(warn(info.name, place.words.removeprefix("error: "), _MEND))
        else:
            names[place.state].append(info.name)
    missing = names["by hand"]
    return [
        ok("here", _names(names["here"])),
        ok("samples", f"{_names(names['sample'])} (installed packages bring them)"),
        ok("to download", f"{_names(names['download'])} (at their first use)"),
        warn("to get", f"{_names(missing)} (by hand)", _MEND) if missing else ok("to get", "0"),
        *broken,
    ]


def _names(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"

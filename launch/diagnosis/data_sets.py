"""How many data sets are here, and which have to be got."""

from collections.abc import Sequence

from launch.diagnosis.finding import Check, Finding, fail, ok, warn
from supervised.datasets import catalog
from supervised.datasets.source import DataError, Info, Source

_MEND = "python -m launch data"


def checks(source: Source) -> dict[str, Check]:
    """The checks of this group."""
    return {"data sets": lambda: data_sets(catalog.ALL, source)}


def data_sets(sets: Sequence[Info], source: Source) -> list[Finding]:
    """A line for each place that data sets are had from."""
    root = source.data_dir
    if root is not None and not root.is_dir():
        return [fail("data folder", f"--data-dir {root}: no such folder", f"mkdir -p {root}")]
    here, sample, download, by_hand = [], [], [], []
    broken = []
    for info in sets:
        try:
            found = catalog.at_hand(info, source)
        except DataError as error:
            broken.append(warn(info.name, str(error), _MEND))
            continue
        if found is not None:
            here.append(info.name)
        elif info.sample:
            sample.append(info.name)
        elif info.files[0].urls:
            download.append(info.name)
        else:
            by_hand.append(info.name)
    return [
        ok("here", _names(here)),
        ok("samples", f"{_names(sample)} (installed packages bring them)"),
        ok("to download", f"{_names(download)} (at their first use)"),
        warn("to get", f"{_names(by_hand)} (by hand)", _MEND) if by_hand else ok("to get", "0"),
        *broken,
    ]


def _names(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"

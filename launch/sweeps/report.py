"""What a sweep came to: its table, its picture, and the times of its runs in a file of their own.

Times differ from one execution to the next; nothing else that is written here does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from common.errors import UsageError
from common.text import reason
from launch.experiments.study import Series
from launch.reports.comparison import columns_of, markdown, row_of
from launch.reports.intervals import METHOD
from launch.run_folder import result
from launch.run_folder.files import replacing, write_json
from launch.sweeps import earlier, picture
from launch.sweeps.names import PICTURE, TABLE, TIMES, VALUES
from launch.sweeps.sweep import Entry, Sweep

_SHARED = (*("experiment", "on", "metric", "book", "baseline", "optimum", "runs", "env steps"),)
"""Columns that stand above the table where they are the same in all rows: no score of ours does."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A sweep's figures.

    Attributes:
        rows: A row for each variant with a finished run, as plain JSON values.
        common: What is the same in all rows, by column, as text.
        cells: What differs between them, by column, as text.
    """

    rows: Sequence[Mapping[str, Any]]
    common: Mapping[str, str]
    cells: Sequence[Mapping[str, str]]

    @property
    def shared(self) -> str:
        """What is the same in all rows, in a line."""
        return ", ".join(f"{name} {text}" for name, text in self.common.items())

    def table(self) -> Table:
        """The rows, for a terminal."""
        table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
        for number, name in enumerate(self.cells[0]):
            if number:
                table.add_column(name, justify="right", no_wrap=True)
            else:
                table.add_column(name, overflow="fold")
        for cell in self.cells:
            table.add_row(*cell.values())
        return table


def begin(sweep: Sweep, asked: Mapping[str, Any]) -> None:
    """Makes the sweep's folder, and notes in it what was asked.

    A table that is there stays until the one that has all of its runs is made.

    Raises:
        UsageError: It cannot be written, or has the table of another sweep.
    """
    earlier.refuse_another(sweep)
    try:
        sweep.folder.mkdir(parents=True, exist_ok=True)
        if not earlier.has_table(sweep.folder):
            write_json(sweep.folder / VALUES, _values(sweep, asked, []))
    except OSError as error:
        raise UsageError(
            f"--out {sweep.folder}: cannot be written ({reason(error)}); choose another"
        ) from None


def made(sweep: Sweep) -> Report:
    """The figures of the runs that have finished."""
    found = {name: entries for name, entries in sweep.finished_runs().items() if entries}
    rows = [_row(entries, len(sweep.seeds)) for entries in found.values()]
    cells = columns_of(rows) if rows else []
    named = [
        {"variant": name, **{c: text for c, text in cell.items() if not c.startswith("worst")}}
        for name, cell in zip(found, cells, strict=True)
    ]
    common = {
        column: text
        for column, text in (named[0] if named else {}).items()
        if column in _SHARED and len(named) > 1 and len({cell[column] for cell in named}) == 1
    }
    return Report(
        rows=rows,
        common=common,
        cells=[{c: text for c, text in cell.items() if c not in common} for cell in named],
    )


def write(
    sweep: Sweep,
    report: Report,
    asked: Mapping[str, Any],
    series: Sequence[Series],
    shows: str = "",
) -> None:
    """Writes the table, the picture, the figures and the times into the sweep's folder.

    Args:
        sweep: The sweep, with a finished run at least.
        report: Its figures.
        asked: What was asked, for `sweep.json`.
        series: What the picture shows.
        shows: What the figures show, in a sentence.

    Raises:
        UsageError: They cannot be written.
    """
    found = {name: entries for name, entries in sweep.finished_runs().items() if entries}
    parts = [report.shared, markdown(report.cells), f"{METHOD}.", shows, f"![]({PICTURE})"]
    values = _values(sweep, asked, report.rows) | ({"shows": shows} if shows else {})
    try:
        _write(sweep.folder / TABLE, "\n\n".join(filter(None, parts)) + "\n")
        _write(sweep.folder / TIMES, _times(found))
        write_json(sweep.folder / VALUES, values)
        folders = {name: [entry.folder for entry in entries] for name, entries in found.items()}
        picture.draw(folders, series, sweep.folder / PICTURE)
    except OSError as error:
        raise UsageError(f"{sweep.folder}: cannot be written ({reason(error)})") from None


def _row(entries: Sequence[Entry], asked: int) -> dict[str, Any]:
    """What a variant came to, over its finished seeds."""
    results = [result.read(entry.folder) for entry in entries]
    variant = entries[0].variant
    row = row_of(results)
    del row["wall_seconds"]
    return {
        "variant": variant.name,
        **row,
        "varied": dict(variant.settings),
        "runs": asked,
        "seeds": [entry.seed for entry in entries],
        "fingerprints": [found.fingerprint for found in results],
    }


def _values(
    sweep: Sweep, asked: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What `sweep.json` has: what was asked, the runs, and what they came to."""
    runs = [
        {
            "variant": entry.variant.name,
            "experiment": entry.variant.experiment,
            "seed": entry.seed,
            "folder": str(entry.folder.relative_to(sweep.folder)),
        }
        for entry in sweep.entries
    ]
    return {"asked": dict(asked), "runs": runs, "rows": list(rows)}


def _times(found: Mapping[str, Sequence[Entry]]) -> str:
    """The wall seconds of each run, a row a variant."""
    cells = [
        {
            "variant": name,
            "seconds of each seed": ", ".join(
                f"{result.read(entry.folder).wall_seconds:.1f}" for entry in entries
            ),
        }
        for name, entries in found.items()
    ]
    return markdown(cells) + "\n"


def _write(path: Path, text: str) -> None:
    with replacing(path) as unfinished:
        unfinished.write_text(text)

"""What a sweep came to: its table, its picture, and the times of its runs in a file of their own.

Times differ from one execution to the next; nothing else that is written here does.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from common.errors import UsageError
from common.text import reason
from launch.experiments.study import Series
from launch.reports.comparison import SCORES, columns_of, markdown, row_of, stacked
from launch.reports.intervals import METHOD, half_width
from launch.run_folder import result
from launch.run_folder.files import replacing, unwritable, write_json
from launch.sweeps import earlier, picture
from launch.sweeps.names import PICTURE, TABLE, TIMES, VALUES
from launch.sweeps.sweep import Entry, Sweep

_SHARED = (*("experiment", "on", "metric", "book", "baseline", "optimum", "runs", "env steps"),)
"""Columns that stand above the table where they are the same in all rows: no score of ours does."""
_NAME = 24  # columns of a variant's name that has room, in lines below each other


@dataclass(frozen=True, kw_only=True)
class Report:
    """A sweep's figures.

    Attributes:
        rows: A row for each variant with a finished run, as plain JSON values.
        cells: The same as text, by column.
    """

    rows: Sequence[Mapping[str, Any]]
    cells: Sequence[Mapping[str, str]]

    def markdown(self) -> list[str]:
        """What is the same in all rows, in a line, and what differs, as a table."""
        shared, cells = _split(self.cells)
        return [shared, markdown(cells)]

    def tables(self, width: int) -> Iterator[tuple[str, Table]]:
        """A table for each environment or kind of data, below a line of what its rows share.

        Args:
            width: Columns of the terminal; where a table has no room its rows are blocks.
        """
        groups: dict[str, list[Mapping[str, str]]] = defaultdict(list)
        for row, cell in zip(self.rows, self.cells, strict=True):
            groups[row["on"]].append(cell)
        for group in groups.values():
            shared, cells = _split(group)
            yield shared, _table(cells, width)


def begin(sweep: Sweep, asked: Mapping[str, Any]) -> None:
    """Notes in the sweep's folder what was asked.

    A table that is there stays until the one that has all of its runs is made.

    Raises:
        UsageError: It cannot be written, or has the table of another sweep.
    """
    earlier.refuse_another(sweep)
    try:
        if not earlier.has_table(sweep.folder):
            write_json(sweep.folder / VALUES, _values(sweep, asked, []))
    except OSError as error:
        raise unwritable("--out", sweep.folder, error) from None


def made(sweep: Sweep) -> Report:
    """The figures of the runs that have finished."""
    found = {name: entries for name, entries in sweep.finished_runs().items() if entries}
    rows = [_row(entries, len(sweep.seeds)) for entries in found.values()]
    cells = columns_of(rows) if rows else []
    named = [
        {"variant": name, **{c: text for c, text in cell.items() if not c.startswith("worst")}}
        for name, cell in zip(found, cells, strict=True)
    ]
    return Report(rows=rows, cells=named)


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
    parts = [*report.markdown(), f"{METHOD}.", shows, f"![]({PICTURE})"]
    values = _values(sweep, asked, report.rows) | ({"shows": shows} if shows else {})
    try:
        _write(sweep.folder / TABLE, "\n\n".join(filter(None, parts)) + "\n")
        _write(sweep.folder / TIMES, _times(found))
        write_json(sweep.folder / VALUES, values)
        folders = {name: [entry.folder for entry in entries] for name, entries in found.items()}
        picture.draw(folders, series, sweep.folder / PICTURE)
    except OSError as error:
        raise UsageError(f"{sweep.folder}: cannot be written ({reason(error)})") from None


def _split(
    cells: Sequence[Mapping[str, str]],
) -> tuple[str, list[dict[str, str]]]:
    """What is the same in all rows, in a line, and the rows without it."""
    common = {
        column: text
        for column, text in cells[0].items()
        if column in _SHARED and len(cells) > 1 and len({cell[column] for cell in cells}) == 1
    }
    line = ", ".join(f"{name} {text}" for name, text in common.items())
    return line, [{c: text for c, text in cell.items() if c not in common} for cell in cells]


def _table(cells: Sequence[Mapping[str, str]], width: int) -> Table:
    """Rows side by side, where a variant's name has room beside the figures; else as blocks."""
    wide = {column: max(len(column), *(len(c[column]) for c in cells)) for column in cells[0]}
    name, *others = wide.values()
    if 1 + min(name, _NAME) + 2 + sum(other + 2 for other in others) > width:
        return stacked(cells)
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for number, column in enumerate(cells[0]):
        if number:
            table.add_column(column, justify="right", no_wrap=True)
        else:
            table.add_column(column, overflow="fold")
    for cell in cells:
        table.add_row(*cell.values())
    return table


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
        **{f"{name}_half_width": half_width(row[f"{name}_values"]) for name in SCORES},
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

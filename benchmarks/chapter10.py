"""docs/chapter10.md: what the book's chapter 10 has or claims, and what has it here.

    python -m benchmarks.chapter10

The rows are in docs/chapter10.toml. Figures are looked up in the pages that measure them, so this
comes after them.
"""

import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import flags
from benchmarks.studies import PAGE as STUDIES
from benchmarks.studies import shown
from launch.commands.flags import PROGRAM
from launch.reports.comparison import markdown

DOCS = Path(__file__).parent.parent / "docs"
ROWS = DOCS / "chapter10.toml"
PAGE = DOCS / "chapter10.md"
RESULTS = DOCS / "agents" / "results.md"
_INTRODUCTION = """# Chapter 10, row by row

What the book's chapter on reinforcement learning builds, shows or claims, where it is here, the
command, the figure, and what is different. Figures are those of [studies.md](studies.md) and
[agents/results.md](agents/results.md): means over seeds with their 95 % interval. Written by
`python -m benchmarks.chapter10` (`make chapter10`) from `docs/chapter10.toml`."""


def main(arguments: Sequence[str]) -> None:
    """Writes the page."""
    flags(__doc__).parse_args(arguments)
    cells = [_cells(row) for row in rows()]
    PAGE.write_text(f"{_INTRODUCTION}\n\n{markdown(cells)}\n")
    print(f"{PAGE}: {len(cells)} rows")


def rows() -> list[dict[str, Any]]:
    """The rows, as they are in the file."""
    return tomllib.loads(ROWS.read_text())["row"]


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    links = ", ".join(f"[{document}]({document})" for document in row["documents"])
    where = " ".join(filter(None, (row["where"], row.get("missing"), links)))
    return {
        "in the book": row["book"],
        "here": where,
        "command": "<br>".join(f"`{PROGRAM} {command}`" for command in row["commands"]),
        "figure": _figure(row),
        "deviation": row.get("deviation", "-"),
    }


def _figure(row: Mapping[str, Any]) -> str:
    """What was measured: a study's sentence, or an experiment's scores."""
    if "study" in row:
        return shown(STUDIES.read_text()).get(row["study"], "-") if STUDIES.exists() else "-"
    if "result" not in row:
        return "-"
    found = _result(row["result"])
    return f"`{row['result']}` {found['final']} greedy, {found['training']} training"


def _result(experiment: str) -> dict[str, str]:
    """The row of an experiment in the page of results, by its columns."""
    lines = [line for line in RESULTS.read_text().splitlines() if line.startswith("| ")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    header = next(line for line in table if line[0] == "experiment")
    values = next(line for line in table if line[0] == experiment)
    return dict(zip(header, values, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])

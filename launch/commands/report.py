"""`python -m launch report RUN [RUN ...]`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common.errors import UsageError
from launch.commands.flags import parse
from launch.commands.printing import NARROW
from launch.terminal.blocks import beside
from launch.terminal.console import stdout


@dataclass(frozen=True, kw_only=True)
class ReportArguments:
    """Draw and tabulate runs; seeds of one experiment are summarised together.

    Finished runs count, of several with the same settings and seed the newest; others are named.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders, or folders that hold some, at any depth."""
    out: Path = Path("reports/report.png")
    """The picture; the table goes beside it as .md and .json."""


def run(arguments: Sequence[str]) -> int:
    """Draws and tabulates runs."""
    given: ReportArguments = parse(ReportArguments, "report", arguments)
    if not given.runs:
        raise UsageError("report needs run folders: python -m launch report RUN [RUN ...]")
    from launch.reports import comparison, seed_means

    picture = given.out if given.out.suffix else given.out.with_suffix(".png")
    rows = comparison.compare(given.runs, picture)
    console = stdout()
    if not console.is_terminal:
        console.width = NARROW
    console.print(comparison.table(rows, console.width))
    print(*beside("", seed_means.METHOD), sep="\n")
    print(f"picture {picture}")
    return 0

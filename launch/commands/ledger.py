"""`python -m launch ledger RUN [RUN ...]`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common.errors import UsageError
from launch.commands.flags import parse, writing
from launch.run_folder.files import page, refuse_results


@dataclass(frozen=True, kw_only=True)
class LedgerArguments:
    """Write a page of results: the book's scores, trivial and simple ones, ours over seeds.

    Finished runs count, of several with the same settings and seed the newest; others are named.
    """

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders, or folders that hold some, at any depth."""
    out: Path = Path("reports/ledger.md")
    """The Markdown file."""


def run(arguments: Sequence[str]) -> int:
    """Writes the ledger."""
    given: LedgerArguments = parse(LedgerArguments, "ledger", arguments)
    if not given.runs:
        raise UsageError("ledger needs run folders: python -m launch ledger RUN [RUN ...]")
    refuse_results(given.out)
    from launch.reports import ledger

    text, rows = ledger.write(given.runs, given.out.parent)
    with writing(given.out):
        given.out.parent.mkdir(parents=True, exist_ok=True)
        with page(given.out) as unfinished:
            unfinished.write_text(text)
    print(f"{rows} row{'s' * (rows != 1)} in {given.out}")
    return 0

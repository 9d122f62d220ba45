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

    with writing(given.out):
        _refuse_others(given.out, ledger.BEGINS)
    text, rows = ledger.write(given.runs, given.out.parent)
    with writing(given.out):
        given.out.parent.mkdir(parents=True, exist_ok=True)
        with page(given.out) as unfinished:
            unfinished.write_text(text)
    print(f"{rows} row{'s' * (rows != 1)} in {given.out}")
    return 0


def _refuse_others(out: Path, begins: str) -> None:
    """Makes sure that nothing is replaced but a page that this command wrote.

    Args:
        out: Where the page goes.
        begins: How such pages begin.

    Raises:
        UsageError: The file is another one.
    """
    if not out.is_file() or not out.stat().st_size:
        return
    with out.open("rb") as file:
        is_own = file.read(len(begins.encode())) == begins.encode()
    if not is_own:
        raise UsageError(f"--out: {out} was not written by ledger; choose another name")

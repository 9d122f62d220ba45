"""`python -m launch data`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from common.errors import UsageError
from launch.commands.flags import parse
from launch.config.execution import DataConfig
from supervised.datasets import catalog
from supervised.datasets.source import Source


@dataclass(frozen=True, kw_only=True)
class DataArguments:
    """List every data set: its source, licence and size, and where it is or how to get it."""

    data_dir: Path | None = None
    """Folder with a sub-folder for each data set."""
    data_cache: Path = DataConfig().data_cache
    """Folder of downloads."""


def run(arguments: Sequence[str]) -> int:
    """Lists the data sets."""
    given: DataArguments = parse(DataArguments, "data", arguments)
    if given.data_dir is not None and not given.data_dir.is_dir():
        raise UsageError(f"--data-dir {given.data_dir}: no such folder")
    source = Source(data_dir=given.data_dir, cache=given.data_cache.expanduser())
    table = Table(title="data sets", show_lines=True)
    for column in ("name", "what it is", "source", "licence", "size", "here"):
        table.add_column(column, overflow="fold")
    for info in catalog.ALL:
        table.add_row(
            info.name, info.title, info.source, info.licence, info.size, catalog.where(info, source)
        )
    Console().print(table)
    return 0

"""`python -m launch list`."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from common.errors import UsageError
from launch.experiments import catalog


def run(arguments: Sequence[str]) -> int:
    """Lists the experiments."""
    if arguments:
        raise UsageError(f"list takes no arguments, got {' '.join(arguments)}")
    table = Table(title="experiments")
    for column in ("name", "what it is", "claim", "cost on 2 cores"):
        table.add_column(column, no_wrap=column == "name")
    for name, experiment in catalog.everything().items():
        claim = experiment.claim
        scores = {"book": claim.book, "optimum": claim.optimum}
        known = [f"{word} {value:g}" for word, value in scores.items() if value is not None]
        claims = "; ".join([*known, *([claim.note] if claim.note else [])])
        table.add_row(name, experiment.summary, claims, experiment.cost)
    Console().print(table)
    return 0

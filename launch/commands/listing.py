"""`python -m launch list`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from launch.commands.flags import parse
from launch.config.run import Kind
from launch.experiments import catalog
from launch.experiments.experiment import Experiment


@dataclass(frozen=True, kw_only=True)
class ListArguments:
    """List the experiments."""

    names: bool = False
    """Names only, one a line."""
    kind: Kind | None = None
    """Only reinforcement learning, or only supervised experiments."""
    runnable: bool = False
    """Only experiments that need no file of yours: the commands make or download all they read."""


def run(arguments: Sequence[str]) -> int:
    """Lists the experiments."""
    given: ListArguments = parse(ListArguments, "list", arguments)
    found = {
        name: experiment
        for name, experiment in catalog.everything().items()
        if given.kind in (None, experiment.config.KIND)
        and not (given.runnable and experiment.needs)
    }
    if given.names:
        print(*found, sep="\n")
    else:
        _print_table(found)
    return 0


def _print_table(experiments: Mapping[str, Experiment]) -> None:
    table = Table(title="experiments")
    for column in ("name", "what it is", "claim", "cost on 2 cores"):
        table.add_column(column, no_wrap=column == "name")
    for name, experiment in experiments.items():
        claim = experiment.claim
        scores = {"book": claim.book, "optimum": claim.optimum}
        known = [f"{word} {value:g}" for word, value in scores.items() if value is not None]
        claims = "; ".join([*known, *([claim.note] if claim.note else [])])
        table.add_row(name, experiment.summary, claims, experiment.cost)
    Console().print(table)

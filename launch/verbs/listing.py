"""`python -m launch list`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from launch import catalog
from launch.configs import SupervisedConfig, TrainingConfig
from launch.experiments.experiment import Experiment
from launch.verbs.parsing import parse

_KINDS = {"rl": TrainingConfig, "supervised": SupervisedConfig}


@dataclass(frozen=True, kw_only=True)
class ListArguments:
    """List the experiments."""

    names: bool = False
    """Names only, one a line."""
    kind: Literal["rl", "supervised"] | None = None
    """Only reinforcement learning, or only supervised experiments."""
    runnable: bool = False
    """Only experiments that need no file of yours: the commands make or download all they read."""


def run(arguments: Sequence[str]) -> int:
    """Lists the experiments."""
    given: ListArguments = parse(ListArguments, "list", arguments)
    kind = _KINDS[given.kind] if given.kind else object
    found = {
        name: experiment
        for name, experiment in catalog.everything().items()
        if isinstance(experiment.config, kind) and not (given.runnable and experiment.needs)
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
        figures = {"book": claim.book, "optimum": claim.optimum}
        known = [f"{word} {value:g}" for word, value in figures.items() if value is not None]
        claims = "; ".join([*known, *([claim.note] if claim.note else [])])
        table.add_row(name, experiment.summary, claims, experiment.cost)
    Console().print(table)

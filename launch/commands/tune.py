"""`python -m launch tune EXPERIMENT`."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from common.settings import require
from launch.commands.flags import (
    INTERRUPTED,
    PROGRAM,
    TerminalFlags,
    invalid_settings_in_one_line,
    override,
)
from launch.commands.run import settled
from launch.experiments import catalog
from launch.run_folder.location import folder_name
from launch.scheduler.run import Outcome
from launch.terminal.console import speaking


@dataclass(frozen=True, kw_only=True)
class TuneArguments:
    """Search an experiment's hyper-parameters by its validation score; test data stay untouched.

    Flags of the experiment itself hold for every trial. The same command again continues a search.
    """

    experiment: Annotated[str, tyro.conf.Positional]
    """Its name; `list` names those there are."""
    trials: int = 20
    """Number of trials; a grid may have fewer points."""
    sampler: Literal["grid", "random", "tpe"] = "tpe"
    """Every point of a grid in seeded order, random draws, or Optuna's tree-structured Parzen
    estimator, which learns from the trials before."""
    lag: int = 3
    """Results that a new trial does not wait for: LAG + 1 trials can run at once. Changes what tpe
    finds, unlike the number of CPUs."""
    search_seed: int = 0
    """Seed of the proposals."""
    study: Path | None = None
    """Folder of the search; default: runs/tune/EXPERIMENT-SAMPLER."""
    terminal: Annotated[TerminalFlags, tyro.conf.arg(name="")] = TerminalFlags()


def run(arguments: Sequence[str]) -> int:
    """Searches."""
    with invalid_settings_in_one_line():
        given, flags = tyro.cli(
            TuneArguments, prog=f"{PROGRAM} tune", args=list(arguments), return_unknown_args=True
        )
        require(given.trials >= 1, "trials", "must be 1 or more", given.trials)
        require(given.lag >= 0, "lag", "must be 0 or more", given.lag)
    name = given.experiment
    config = settled(name, override(name, catalog.get(name).config, flags))
    from launch.scheduler import schedule
    from launch.tuning import report
    from launch.tuning.search import Search, SearchConfig, flags_of

    folder = given.study or Path("runs/tune") / f"{folder_name(name)}-{given.sampler}"
    search = Search(
        SearchConfig(
            experiment=name,
            flags=flags,
            sampler=given.sampler,
            trials=given.trials,
            lag=given.lag,
            seed=given.search_seed,
            folder=folder,
        ),
        plan=lambda flags: settled(name, override(name, catalog.get(name).config, flags)),
    )

    def finished(outcome: Outcome) -> None:
        search.finished(outcome)
        report.write(search, folder, f"{name}, {given.sampler} search")

    with speaking(given.terminal.style):
        outcomes = schedule.execute(search.supply(), [config], finished)
    if any(outcome.interrupted for outcome in outcomes):
        print(f"interrupted; the same command continues the search in {folder}")
        return INTERRUPTED
    best = search.best()
    print(
        f"{len(search.results())} trials; best {search.metric} {best.value:.5g}"
        f"{' on validation data' * (config.KIND == 'supervised')} in trial {best.number}"
    )
    print(f"picture {folder / report.PICTURE}, table {folder / report.TABLE}")
    command = shlex.join(["python", "-m", "launch", name, *flags, *flags_of(best.params)])
    print(f"to run it whole, the test included: {command}")
    return 0

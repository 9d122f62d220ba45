"""`python -m launch tune EXPERIMENT`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from common.errors import UsageError
from common.settings import require
from launch.commands.flags import (
    INTERRUPTED,
    PROGRAM,
    WHOLE_NUMBERS,
    TerminalFlags,
    invalid_settings_in_one_line,
    override,
    read,
)
from launch.commands.outcomes import emit_end
from launch.commands.run import settled
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.run_folder.location import folder_name
from launch.run_folder.lock import made_and_held
from launch.scheduler.run import Outcome
from launch.terminal.console import emit, say, speaking, style
from launch.terminal.typed import flag_name, typed

if TYPE_CHECKING:
    from launch.tuning.search import Search

_OF_A_FOLDER = "a search has one folder, with its trials in it: --study FOLDER"
_OF_A_SEED = (
    "trials have the seeds 100, 101, ..., with which no figure is made; --trial-seeds N says how "
    "many"
)
_OF_THE_SEARCH = {
    **dict.fromkeys(("--seed", "--seeds"), _OF_A_SEED),
    **dict.fromkeys(("--out", "--run-dir"), _OF_A_FOLDER),
    "--unfinished": "a search always goes on with its unfinished runs",
    "--finished": "a search always keeps its finished runs",
}
"""Flags of an experiment that belong to the search as a whole, and what to do instead."""
_SEEDS = 3  # of a trial of an agent: with one, luck decides as much as settings do


@dataclass(frozen=True, kw_only=True)
class TuneArguments:
    """Search an experiment's settings, by episodes or validation data that serve nothing else.

    Flags of the experiment itself hold for every trial. The same command again continues a search.
    """

    experiment: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="EXPERIMENT")]
    """Its name; `list` names those there are."""
    space: tuple[str, ...] = ()
    """What to search, each NAME=LOW:HIGH, NAME=LOW:HIGH:log or NAME=A,B,C, as in
    agent.learning_rate=1e-4:1e-2:log agent.double=true,false; layers as LAYERSxUNITS,
    agent.hidden_sizes=1:3x32:256:log, or "64 64,256". Default: what suits the experiment."""
    trials: int = 20
    """Number of trials; a grid may have fewer points."""
    sampler: Literal["grid", "random", "tpe"] = "tpe"
    """Every point of a grid in seeded order, random draws, or Optuna's tree-structured Parzen
    estimator, which learns from the trials before."""
    lag: int = 3
    """Results that a new trial does not wait for: LAG + 1 trials can run at once. Changes what tpe
    finds, unlike the number of CPUs."""
    trial_seeds: int | None = None
    """Runs of each trial, with the seeds 100, 101, ...; their mean is its score. Default: 3 for
    agents, 1 for supervised jobs."""
    prune: bool = True
    """End a trial after the first of its seeds whose mean so far is below the median of the trials
    before."""
    search_seed: int = 0
    """Seed of the proposals."""
    study: Path | None = None
    """Folder of the search; default: runs/tune/EXPERIMENT-SAMPLER."""
    terminal: Annotated[TerminalFlags, tyro.conf.arg(name="")] = TerminalFlags()


def run(arguments: Sequence[str]) -> int:
    """Searches."""
    given, flags = read(
        TuneArguments,
        arguments,
        prog=f"{PROGRAM} tune",
        return_unknown_args=True,
        registry=WHOLE_NUMBERS,
    )
    with invalid_settings_in_one_line():
        require(given.trials >= 1, "trials", "must be 1 or more", given.trials)
        require(given.lag >= 0, "lag", "must be 0 or more", given.lag)
        seeds = given.trial_seeds
        require(seeds is None or seeds >= 1, "trial_seeds", "must be 1 or more", seeds)
    for flag in map(flag_name, flags):
        if instead := _OF_THE_SEARCH.get(flag):
            raise UsageError(f"{flag}: {instead}")
    name = given.experiment

    def plan(flags: Sequence[str]) -> RunConfig:
        return settled(name, override(name, catalog.get(name).config, flags))

    config = plan(flags)
    from launch.tuning import search, space

    asked = search.SearchConfig(
        experiment=name,
        flags=flags,
        sampler=given.sampler,
        trials=given.trials,
        lag=given.lag,
        seed=given.search_seed,
        folder=given.study or Path("runs/tune") / f"{folder_name(name)}-{given.sampler}",
        space=space.of(name, given.space, config),
        trial_seeds=seeds or (_SEEDS if config.KIND == "rl" else 1),
        prune=given.prune,
    )
    search.check(asked, plan)
    with speaking(given.terminal.style), made_and_held(asked.folder, "--study"):
        return _searched(search.Search(asked, plan), plan)


def _searched(search: "Search", plan: Callable[[Sequence[str]], RunConfig]) -> int:
    """Makes the trials of a search, and tells what they came to; returns the exit code."""
    from launch.scheduler import schedule
    from launch.tuning import report

    asked = search.config
    name, folder, config = asked.experiment, asked.folder, plan(asked.flags)

    def finished(outcome: Outcome) -> None:
        search.finished(outcome)
        emit_end(outcome)
        report.write(search, folder, f"{name}, {asked.sampler} search")

    outcomes = schedule.execute(search.supply(), [config], finished, left=search.left)
    if any(outcome.interrupted for outcome in outcomes):
        say(f"interrupted; the same command continues the search in {folder}")
        return INTERRUPTED
    best = report.write_best(search, plan, folder)
    if style() == "json":
        emit("search", **report.in_json(search, folder))
        return 0
    print(*report.in_words(search, folder), sep="\n")
    seeded = ("--seeds", "0-9") if config.KIND == "rl" else ()
    print(f"to run it whole: {typed('--config', best, *seeded)}")
    return 0

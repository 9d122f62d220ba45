"""`python -m launch EXPERIMENT [EXPERIMENT ...] [FLAGS]`."""

import dataclasses
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.errors import UsageError
from launch.commands.flags import (
    PROGRAM,
    Command,
    command,
    command_of_known,
    invalid_settings_in_one_line,
    refuse_foreign,
    seeds,
)
from launch.commands.names import COMMANDS
from launch.commands.outcomes import emit_end_of, execute
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.jobs import kinds
from launch.run_folder import checkpoints, location
from launch.run_folder.names import CHECKPOINTS
from launch.scheduler.run import Run
from launch.terminal.console import say, speaking
from launch.terminal.typed import flag_name, typed

_LOG = logging.getLogger(__name__)
_OF_SWEEPS = {
    "--json": "--json-lines tells everything of a run as JSON",
    "--retries": f"a run that failed goes on with: {PROGRAM} resume RUN",
}
"""Flags that only sweeps heed, and what to do instead."""


def run(arguments: list[str]) -> int:
    """Runs experiments, a sweep of them, or a study."""
    from launch.commands import sweep

    if arguments[0] in catalog.STUDIES:
        return sweep.study(arguments[0], arguments[1:])
    commands = asked(arguments)
    first = next(iter(commands.values()))
    names, flags = list(commands), arguments[len(commands) :]
    if first.vary:
        return sweep.vary(names, flags, first)
    refuse_flags_of_sweeps(flags)
    with speaking(first.terminal.style):
        return execute(plan(commands, arguments))


def asked(arguments: list[str]) -> dict[str, Command[RunConfig]]:
    """What a command asks of each experiment that it names.

    Raises:
        UsageError: An unknown experiment or flag, or flags that exclude each other.
    """
    names = _names(arguments)
    return commands_of(names, arguments[len(names) :])


def plan(commands: Mapping[str, Command[RunConfig]], arguments: Sequence[str]) -> list[Run]:
    """The runs that a command names: each experiment with each seed.

    Args:
        commands: What is asked of each experiment.
        arguments: The command line, kept with each run.

    Raises:
        UsageError: A folder that cannot be, or nothing that workers could do.
    """
    configs = {name: asked.config for name, asked in commands.items()}
    for name, config in configs.items():
        if tuned := catalog.tuned_for(name, config):
            others = " or ".join(f"{PROGRAM} {other}" for other in tuned[:2])
            say(f"settings made for {config.task}: {others}")
    with invalid_settings_in_one_line():
        configs = {name: settled(name, config) for name, config in configs.items()}
    return of_configs(configs, {name: asked.seeds for name, asked in commands.items()}, arguments)


def of_configs(
    configs: Mapping[str, RunConfig],
    given_seeds: Mapping[str, str | None],
    arguments: Sequence[str],
) -> list[Run]:
    """The runs of configs, each with each seed.

    Args:
        configs: Whole configs, by the names of their experiments.
        given_seeds: Of each what --seeds says; None where it says nothing.
        arguments: The command line, kept with each run.

    Raises:
        UsageError: A folder that cannot be, or nothing that workers could do.
    """
    configs = with_workers(configs)
    given = {name: seeds(text) for name, text in given_seeds.items() if text is not None}
    with invalid_settings_in_one_line():
        runs = [
            kinds.new(name, config.with_seed(seed), arguments)
            for name, config in configs.items()
            for seed in given.get(name, [config.seed])
        ]
    _warn_of_a_job_of_ray(runs)
    if len(runs) > 1 and any(run.config.output.run_dir for run in runs):
        raise UsageError("--run-dir is one folder, and these are several runs: use --out")
    return [_to_continue(run) for run in _lacking(runs)]


def _lacking(runs: Sequence[Run]) -> list[Run]:
    """The runs without those that `--finished keep` finds finished.

    Raises:
        UsageError: --run-dir says where the run goes.
    """
    if any(run.config.output.run_dir for run in runs if run.config.output.finished == "keep"):
        raise UsageError("--finished keep looks for runs below --out; leave --run-dir out")
    found = {
        run.name: location.finished(run.config.output, run.experiment, run.config)
        for run in runs
        if run.config.output.finished == "keep"
    }
    kept = {name: folder for name, folder in found.items() if folder is not None}
    if len(runs) == 1 and kept:
        say(f"{next(iter(kept.values()))} has the same settings and is finished: not run again")
    elif kept:
        say(f"{len(kept)} of {len(runs)} runs are finished, and not run again")
    for name, folder in kept.items():
        emit_end_of(name, folder)
    return [run for run in runs if run.name not in kept]


def _warn_of_a_job_of_ray(runs: Sequence[Run]) -> None:
    """`ray job submit` runs a command in a copy of the folder, which nobody finds again."""
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" not in os.environ:
        return
    outputs = [run.config.output for run in runs]
    lost = [output for output in outputs if not (output.run_dir or output.out).is_absolute()]
    if lost:
        _LOG.warning(
            "the run goes into %s, a copy that Ray made of the folder: give --out an absolute "
            "folder to find it again",
            Path.cwd(),
        )


def settled(name: str, config: RunConfig) -> RunConfig:
    """An experiment's config, with flags applied, and with what follows from them.

    Raises:
        UsageError: A folder that it names does not exist.
    """
    return config.settled(catalog.get(name).config)


def commands_of(names: Sequence[str], flags: list[str]) -> dict[str, Command[RunConfig]]:
    """What is asked of each experiment; of several each takes the flags that it has.

    Raises:
        UsageError: A flag that none of them has, or flags that exclude each other.
    """
    refuse_both_seeds(flags)
    if len(names) == 1:
        return {names[0]: command(names[0], catalog.get(names[0]), flags)}
    commands: dict[str, Command[RunConfig]] = {}
    unknown: list[list[str]] = []
    for name in names:
        commands[name], left = command_of_known(name, catalog.get(name), flags)
        unknown.append(left)
    wrong = [flag for flag in unknown[0] if all(flag in left for left in unknown)]
    for name in names if wrong else ():
        refuse_foreign(name, catalog.get(name).config, wrong)
    if wrong:
        raise UsageError(
            f"{' '.join(wrong)}: no flag of {', '.join(names)}; see: {PROGRAM} {names[0]} --help"
        )
    return commands


def refuse_flags_of_sweeps(flags: Sequence[str]) -> None:
    """Makes sure that a command which makes no sweep has no flag that only sweeps heed.

    Raises:
        UsageError: It has one; what to do instead is said.
    """
    for flag in map(flag_name, flags):
        if instead := _OF_SWEEPS.get(flag):
            raise UsageError(f"{flag} needs --vary; {instead}")


def refuse_both_seeds(flags: Sequence[str]) -> None:
    """Makes sure that flags name one seed, or several.

    Raises:
        UsageError: They do both.
    """
    if {"--seed", "--seeds"} <= set(map(flag_name, flags)):
        raise UsageError("--seed and --seeds exclude each other")


def with_workers(configs: Mapping[str, RunConfig]) -> dict[str, RunConfig]:
    """The configs, without workers where there is nothing that they could share.

    Raises:
        UsageError: There is nothing in any of them.
    """
    idle = {name: config for name, config in configs.items() if config.has_idle_workers}
    if len(idle) == len(configs):
        raise UsageError(f"--workers: {', '.join(idle)} trains no network on batches to be shared")
    return {**configs} | {name: config.without_workers() for name, config in idle.items()}


def _names(arguments: Sequence[str]) -> list[str]:
    """The experiments that a command begins with.

    Raises:
        UsageError: It begins with none, or with an unknown one.
    """
    names: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        catalog.get(argument, others=() if names else COMMANDS)
        if argument in names:
            raise UsageError(f"{argument} is named twice; --seeds 0-4 runs it with several seeds")
        names.append(argument)
    if not names:
        first = arguments[0]
        late = next((name for name in arguments if catalog.find(name)), None)
        hint = f"{PROGRAM} {late} {first} ..." if late else f"see: {PROGRAM} --help"
        raise UsageError(f"{first}: the name of an experiment comes before its flags; {hint}")
    return names


def _to_continue(run: Run) -> Run:
    """The run, or the unfinished one of the same settings where that should go on instead."""
    output = run.config.output
    if output.run_dir is not None or output.unfinished == "new":
        return run
    found = location.unfinished(output, run.experiment, run.config)
    if found is None:
        return run
    where = run.config.describe_step(checkpoints.newest_step(found / CHECKPOINTS) or 0)
    say(f"{found} has the same settings and stopped at {where}")
    if output.unfinished == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        say(f"starting a new run; that one goes on with: {typed('resume', found)}")
        return run
    if output.unfinished == "ask":
        print("continue it, to the same bits? [Y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().lower() not in ("\n", "y\n", "yes\n"):
            return run
    return dataclasses.replace(run, folder=found)

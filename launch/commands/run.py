"""`python -m launch EXPERIMENT [EXPERIMENT ...] [FLAGS]`."""

import dataclasses
import sys
from collections.abc import Sequence

from common.errors import RunError, UsageError
from launch.commands.flags import (
    INTERRUPTED,
    PROGRAM,
    invalid_settings_in_one_line,
    override,
    override_known,
    seeds,
)
from launch.commands.names import COMMANDS
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.jobs import kinds
from launch.run_folder import checkpoints, location, result
from launch.run_folder.names import CHECKPOINTS
from launch.scheduler.run import Outcome, Run
from launch.terminal.console import say


def run(arguments: list[str]) -> int:
    """Runs experiments."""
    return execute(plan(arguments))


def plan(arguments: list[str]) -> list[Run]:
    """The runs that a command names: each experiment with each seed.

    Raises:
        UsageError: An unknown experiment or flag, or a folder that cannot be.
    """
    names = _names(arguments)
    flags, given = _seeds(arguments[len(names) :])
    configs = _with_workers(_configs(names, flags))
    for name, config in configs.items():
        if tuned := catalog.tuned_for(name, config):
            commands = " or ".join(f"{PROGRAM} {other}" for other in tuned)
            say(f"settings made for {config.task}: {commands}")
    with invalid_settings_in_one_line():
        runs = [
            kinds.new(name, settled(name, configs[name]).with_seed(seed), arguments)
            for name in names
            for seed in given or [configs[name].seed]
        ]
    if len(runs) > 1 and any(run.config.output.run_dir for run in runs):
        raise UsageError("--run-dir is one folder, and these are several runs: use --out")
    return [_to_continue(run) for run in runs]


def settled(name: str, config: RunConfig) -> RunConfig:
    """An experiment's config, with flags applied, and with what follows from them.

    Raises:
        UsageError: A folder that it names does not exist.
    """
    return config.settled(catalog.get(name).config)


def execute(runs: Sequence[Run]) -> int:
    """Executes runs on one cluster, or here, and prints what became of them.

    Returns:
        The exit code.

    Raises:
        UsageError, RunError: What stood in the way of a single run.
    """
    from launch.scheduler import schedule

    if len(runs) == 1:
        (only,) = runs
        if only.DRIVES_RAY:
            return _told(schedule.execute_alone(only))
        return _told(schedule.execute(runs, [only.config])[0])
    outcomes = schedule.execute(runs, [run.config for run in runs])
    if any(isinstance(outcome.error, RunError) for outcome in outcomes):
        return 1
    if any(outcome.error is not None for outcome in outcomes):
        return 2
    return INTERRUPTED if any(outcome.interrupted for outcome in outcomes) else 0


def _told(outcome: Outcome) -> int:
    """Prints the outcome of a single run; returns the exit code."""
    if outcome.error is not None:
        raise outcome.error
    if outcome.folder is None:
        return INTERRUPTED
    found = result.read(outcome.folder)
    if outcome.interrupted:
        print(
            f"interrupted{found.where_stopped}; everything is saved. Continue with: "
            f"{PROGRAM} resume {outcome.folder}"
        )
        return INTERRUPTED
    print("\n".join(found.in_words(outcome.folder)))
    return 0


def _configs(names: Sequence[str], flags: Sequence[str]) -> dict[str, RunConfig]:
    """Each experiment's config; of several each takes the flags that it has."""
    if len(names) == 1:
        return {names[0]: override(names[0], catalog.get(names[0]).config, flags)}
    configs: dict[str, RunConfig] = {}
    unknown: list[list[str]] = []
    for name in names:
        configs[name], left = override_known(name, catalog.get(name).config, flags)
        unknown.append(left)
    wrong = [flag for flag in unknown[0] if all(flag in left for left in unknown)]
    if wrong:
        raise UsageError(
            f"{' '.join(wrong)}: no flag of {', '.join(names)}; see: {PROGRAM} {names[0]} --help"
        )
    return configs


def _with_workers(configs: dict[str, RunConfig]) -> dict[str, RunConfig]:
    """The configs, without workers where there is nothing that they could share.

    Raises:
        UsageError: There is nothing in any of them.
    """
    idle = {name: config for name, config in configs.items() if config.has_idle_workers}
    if len(idle) == len(configs):
        raise UsageError(f"--workers: {', '.join(idle)} trains no network on batches to be shared")
    return configs | {name: config.without_workers() for name, config in idle.items()}


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


def _seeds(flags: list[str]) -> tuple[list[str], list[int]]:
    """The flags without --seeds, and the seeds it names."""
    for position, flag in enumerate(flags):
        name, equals, value = flag.partition("=")
        if name != "--seeds":
            continue
        end = position + 1 if equals else position + 2
        if not equals and end > len(flags):
            raise UsageError("--seeds: expected such as 0-4 or 1,3,7")
        rest = flags[:position] + flags[end:]
        if any(other.partition("=")[0] == "--seed" for other in rest):
            raise UsageError("--seed and --seeds exclude each other")
        return rest, seeds(value if equals else flags[end - 1])
    return flags, []


def _to_continue(run: Run) -> Run:
    """The run, or the unfinished one of the same settings where that should go on instead."""
    output = run.config.output
    if output.run_dir is not None or output.unfinished == "new":
        return run
    found = location.unfinished(output, run.experiment, run.config)
    if found is None:
        return run
    where = run.config.describe_step(checkpoints.newest_step(found / CHECKPOINTS))
    say(f"{found} has the same settings and stopped at {where}")
    if output.unfinished == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        say(f"starting a new run; that one goes on with: {PROGRAM} resume {found}")
        return run
    if output.unfinished == "ask":
        print("continue it, to the same bits? [Y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().lower() not in ("\n", "y\n", "yes\n"):
            return run
    return dataclasses.replace(run, folder=found)

"""`python -m launch EXPERIMENT [EXPERIMENT ...] [FLAGS]`."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.errors import RunError, UsageError
from launch import catalog, checkpoints, run_folder
from launch.configs import DataConfig, RunConfig, SupervisedConfig, TrainingConfig
from launch.console import say
from launch.scheduling.planned import JobOutcome, Planned
from launch.verbs.parsing import (
    INTERRUPTED,
    PROGRAM,
    invalid_settings_in_one_line,
    override,
    override_known,
    seeds,
)
from launch.verbs.show import show
from supervised.core.job import JobConfig


def run(arguments: list[str]) -> int:
    """Runs experiments."""
    planned = plan(arguments)
    if len(planned) == 1 and isinstance(planned[0].config, TrainingConfig):
        return _train(planned[0], planned[0].config)
    return schedule(planned)


def plan(arguments: list[str]) -> list[Planned]:
    """The runs that a command names: each experiment with each seed.

    Raises:
        UsageError: An unknown experiment or flag, or a folder that cannot be.
    """
    names = _names(arguments)
    flags, given = _seeds(arguments[len(names) :])
    configs = _with_workers(_configs(names, flags))
    for name, config in configs.items():
        if isinstance(config, TrainingConfig) and (tuned := catalog.tuned_for(name, config)):
            commands = " or ".join(f"{PROGRAM} {other}" for other in tuned)
            say(f"settings made for {config.env}: {commands}")
    with invalid_settings_in_one_line():
        runs = [
            Planned(
                experiment=name,
                config=dataclasses.replace(settled(name, configs[name]), seed=seed),
                arguments=arguments,
            )
            for name in names
            for seed in given or [configs[name].seed]
        ]
    if len(runs) > 1 and any(planned.config.output.run_dir for planned in runs):
        raise UsageError("--run-dir is one folder, and these are several runs: use --out")
    return [_to_continue(planned) for planned in runs]


def schedule(planned: Sequence[Planned]) -> int:
    """Runs what is planned on one cluster, or here; returns the exit code."""
    from launch.scheduling import jobs

    def finished(outcome: JobOutcome) -> None:
        if len(planned) == 1 and outcome.folder is not None and outcome.error is None:
            show(outcome.folder)

    outcomes = jobs.run(planned, [p.config for p in planned], finished)
    if len(planned) == 1 and outcomes[0].error is not None:
        raise outcomes[0].error
    if any(isinstance(outcome.error, RunError) for outcome in outcomes):
        return 1
    if any(outcome.error is not None for outcome in outcomes):
        return 2
    return INTERRUPTED if any(outcome.interrupted for outcome in outcomes) else 0


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
    idle = {
        name: config
        for name, config in configs.items()
        if isinstance(config, SupervisedConfig)
        and config.resources.workers
        and not config.job.takes_workers
    }
    if len(idle) == len(configs):
        raise UsageError(f"--workers: {', '.join(idle)} trains no network on batches to be shared")
    alone = {
        name: dataclasses.replace(
            config, resources=dataclasses.replace(config.resources, workers=0)
        )
        for name, config in idle.items()
    }
    return configs | alone


def _names(arguments: Sequence[str]) -> list[str]:
    names: list[str] = []
    for argument in arguments:
        if argument.startswith("-"):
            break
        catalog.get(argument)
        if argument in names:
            raise UsageError(f"{argument} is named twice; --seeds 0-4 runs it with several seeds")
        names.append(argument)
    return names


def _seeds(flags: list[str]) -> tuple[list[str], list[int]]:
    """The flags without --seeds, and the seeds it names."""
    for place, flag in enumerate(flags):
        name, equals, value = flag.partition("=")
        if name != "--seeds":
            continue
        end = place + 1 if equals else place + 2
        if not equals and end > len(flags):
            raise UsageError("--seeds: expected such as 0-4 or 1,3,7")
        rest = flags[:place] + flags[end:]
        if any(other.partition("=")[0] == "--seed" for other in rest):
            raise UsageError("--seed and --seeds exclude each other")
        return rest, seeds(value if equals else flags[end - 1])
    return flags, []


def settled(name: str, config: RunConfig) -> RunConfig:
    """A config with what follows from its flags: absolute folders, no threshold of another task.

    Raises:
        UsageError: There is no such folder of data.
    """
    if isinstance(config, SupervisedConfig):
        data = dataclasses.replace(config.data, data_dir=_data_dir(config.data))
        return dataclasses.replace(config, job=_absolute(config.job), data=data)
    default = catalog.get(name).config
    assert isinstance(default, TrainingConfig)
    if config.env != default.env and config.solved_at == default.solved_at:
        return dataclasses.replace(config, solved_at=None)
    return config


def _absolute(job: JobConfig) -> JobConfig:
    """A job with its files named from the root: it may run in another folder."""
    found: dict[str, Any] = {}
    for name, value in ((f.name, getattr(job, f.name)) for f in dataclasses.fields(job)):
        if isinstance(value, Path):
            found[name] = value.absolute()
        elif isinstance(value, tuple) and all(isinstance(path, Path) for path in value):
            found[name] = tuple(path.absolute() for path in value)
    return dataclasses.replace(job, **found)


def _data_dir(data: DataConfig) -> Path | None:
    if data.data_dir is None:
        return None
    if not data.data_dir.is_dir():
        raise UsageError(f"--data-dir {data.data_dir}: no such folder")
    return data.data_dir.absolute()


def _to_continue(planned: Planned) -> Planned:
    """The plan, with the unfinished run of the same settings where that should go on instead."""
    output = planned.config.output
    if output.run_dir is not None or output.unfinished == "new":
        return planned
    found = run_folder.unfinished(output, planned.experiment, planned.config)
    if found is None:
        return planned
    done = f"{checkpoints.newest_step(found / run_folder.CHECKPOINTS):,}"
    where = f"checkpoint {done}"
    if isinstance(planned.config, TrainingConfig):
        where = f"{done} of {planned.config.env_steps:,} env steps"
    say(f"{found} has the same settings and stopped at {where}")
    if output.unfinished == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        say(f"starting a new run; that one goes on with: {PROGRAM} resume {found}")
        return planned
    if output.unfinished == "ask":
        print("continue it, to the same bits? [Y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().lower() not in ("\n", "y\n", "yes\n"):
            return planned
    return dataclasses.replace(planned, folder=found)


def _train(planned: Planned, config: TrainingConfig) -> int:
    """A single reinforcement learning run, whose learner lives in this process."""
    from launch.acting import runs

    folder = planned.folder
    if folder is not None:
        runs.resume(folder, config.placement, config.faults)
    else:
        folder, _ = runs.train(planned.experiment, config, planned.arguments)
    return show(folder)

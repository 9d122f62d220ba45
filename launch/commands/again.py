"""`python -m launch --config FILE [FLAGS]`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common.errors import UsageError
from launch.commands.flags import PROGRAM, command, invalid_settings_in_one_line
from launch.commands.outcomes import execute
from launch.commands.run import of_configs, refuse_both_seeds, refuse_flags_of_sweeps
from launch.config.execution import OutputConfig
from launch.experiments import catalog
from launch.experiments.experiment import Experiment
from launch.run_folder import description
from launch.run_folder.names import CONFIG
from launch.scheduler.run import Run
from launch.terminal.console import say, speaking

CONFIG_FLAG = "--config"


def run(arguments: Sequence[str]) -> int:
    """Runs the config in a file again, as it is or with some of its settings changed."""
    path, flags = _file(arguments)
    name, config = description.read_file(path)
    config = replace(config, output=OutputConfig())  # type: ignore[type-var]
    if path.name == CONFIG and description.ends(path.parent):
        say(f"{path}: that run went on with another budget; one that has it from the start differs")
    refuse_both_seeds(flags)
    known = catalog.find(name)
    experiment = Experiment(summary=known.summary if known else "a run again", config=config)
    asked = command(f"{CONFIG_FLAG} {path}", experiment, flags)
    if asked.vary:
        vary = f"{PROGRAM} {name} --vary ..."
        raise UsageError(f"--vary: {CONFIG_FLAG} runs one config; its experiment varies: {vary}")
    refuse_flags_of_sweeps(flags)
    with speaking(asked.terminal.style):
        with invalid_settings_in_one_line():
            settled = asked.config.settled(config)
        runs: list[Run] = of_configs({name: settled}, {name: asked.seeds}, arguments)
        return execute(runs)


def _file(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """The file that --config names, and the flags after it.

    Raises:
        UsageError: It names none.
    """
    first, *rest = arguments
    _, joined, value = first.partition("=")
    if not joined:
        value, *rest = rest or [""]
    if not value or value.startswith("-"):
        raise UsageError(
            "--config: a file is missing: a run's config.json, or the best.json of a search"
        )
    path = Path(value)
    return (path / CONFIG if path.is_dir() else path), rest

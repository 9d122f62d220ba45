"""Where the folder of a run is: a new one, or that of a run of the same settings."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from common.errors import UsageError
from common.text import reason
from launch.config.execution import OutputConfig
from launch.config.run import RunConfig
from launch.config.serialization import identity
from launch.run_folder import description, result
from launch.run_folder.lock import held, is_held
from launch.run_folder.names import CONFIG, LOCK
from launch.terminal.typed import typed


@contextmanager
def new(
    experiment: str,
    config: RunConfig,
    arguments: Sequence[str],
    *,
    spaces: Mapping[str, str] | None = None,
) -> Iterator[Path]:
    """Makes the folder of a new run, writes its description, and keeps it locked while it lasts.

    Args:
        experiment: The experiment's name in the catalog.
        config: The run's config.
        arguments: The command line; empty for a run from Python.
        spaces: What an agent sees and does, in words; None for a run without an agent.

    Raises:
        UsageError: It exists and holds something, or cannot be written.
    """
    output = config.output
    folder = reserve(experiment, config)
    with held(folder):
        check(output)  # another run may have been there between the first look and the lock
        try:
            description.write(folder, experiment, config, arguments, spaces=spaces)
        except OSError as error:
            raise _unwritable(output, folder, error) from None
        yield folder


def reserve(experiment: str, config: RunConfig) -> Path:
    """Makes the empty folder of a new run.

    Raises:
        UsageError: It exists and holds something, or cannot be written.
    """
    output = config.output
    check(output)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-seed{config.seed}"
    folder = output.run_dir or output.out / folder_name(experiment) / name
    number = 1
    try:
        while output.run_dir is None and folder.exists():
            number += 1
            folder = folder.with_name(f"{name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, folder, error) from None
    return folder


def folder_name(experiment: str) -> str:
    """The name of the folder of an experiment's runs: a module's experiment is `module.NAME`."""
    return re.sub(r"[^\w.-]", ".", experiment)


def _unwritable(output: OutputConfig, folder: Path, error: OSError) -> UsageError:
    flag = "--out" if output.run_dir is None else "--run-dir"
    return UsageError(f"{flag} {folder}: cannot be written ({reason(error)}); choose another")


def unfinished(output: OutputConfig, experiment: str, config: RunConfig) -> Path | None:
    """The newest unfinished run under OUT that has the same settings and is not being executed.

    Runs that cannot be read are passed over, and so are those that went on with another budget:
    their bits are not those of a run that had it from the start.
    """
    for folder, _, status in _of_same_settings(output, experiment, config):
        if status != "finished" and not is_held(folder):
            return folder
    return None


def finished(output: OutputConfig, experiment: str, config: RunConfig) -> Path | None:
    """The newest finished run under OUT of the same settings and files; as for `unfinished`."""
    for folder, theirs, status in _of_same_settings(output, experiment, config):
        began = (folder / CONFIG).stat().st_mtime
        if status == "finished" and config.reads_the_same_as(theirs, began):
            return folder
    return None


def _of_same_settings(
    output: OutputConfig, experiment: str, config: RunConfig
) -> Iterator[tuple[Path, RunConfig, str]]:
    """Runs under OUT of the same settings and budget, newest first: folder, config and status."""
    found = sorted((output.out / folder_name(experiment)).glob(f"*/{CONFIG}"), reverse=True)
    for folder in (path.parent for path in found):
        try:
            name, theirs = description.read(folder)
            status, went_on = result.status(folder), bool(description.ends(folder))
        except UsageError:
            continue
        if name == experiment and not went_on and identity(theirs) == identity(config):
            yield folder, theirs, status


def check(output: OutputConfig) -> None:
    """Makes sure that a new run does not land in another one.

    Raises:
        UsageError: The folder asked for exists and holds something.
    """
    folder = output.run_dir
    if folder is None:
        return
    try:
        inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        taken = folder.exists() and (not folder.is_dir() or bool(inside - {LOCK}))
    except OSError as error:
        raise UsageError(f"--run-dir {folder}: cannot be read ({reason(error)})") from None
    if taken:
        raise UsageError(
            f"--run-dir {folder}: it already exists; choose another folder, "
            f"or continue that run with: {typed('resume', folder)}"
        )

"""Earlier ends of a run that went on with another budget: what it had come to by then."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import reason
from launch.run_folder.files import replacing, sync_folder
from launch.run_folder.names import CONFIG, EVENTS, RESULT
from launch.terminal.typed import typed

ENDS = "ends"
"""The folder in a run's folder that holds one for each earlier end, named 1, 2 and so on."""


@dataclass(frozen=True, kw_only=True)
class End:
    """Where a run went on with other settings than before.

    Attributes:
        step: The step of the checkpoint that it went on from; 0 where there was none.
        settings: The settings that it had until then, by the fields of its config.
    """

    step: int
    settings: Mapping[str, Any]


def refuse_end(folder: Path) -> None:
    """Makes sure that a folder which is to go on is not an earlier end of a run.

    Raises:
        UsageError: It is one, which has no checkpoint.
    """
    ends = folder.resolve().parent
    if ends.name == ENDS and (ends.parent / CONFIG).exists():
        run = os.path.normpath(folder / ".." / "..")
        raise UsageError(
            f"{folder}: an earlier end of the run {run}, kept to be read; "
            f"the run itself goes on: {typed('resume', run)}"
        )


def keep(folder: Path, number: int) -> None:
    """Copies what a run has come to into a folder of its own, and takes its result away.

    The folder can be reported and evaluated like that of a run. If the process is killed on the
    way, the run either still has its result or comes to it again, and the same call goes on.

    Args:
        folder: The run's folder, locked by this process.
        number: Number of the end, counted from 1.

    Raises:
        UsageError: It cannot be written.
    """
    end = folder / ENDS / str(number)
    try:
        end.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            # A file of TensorBoard's would show up as a run of its own.
            skipped = path.name == RESULT or path.name.startswith((".", EVENTS))
            if path.is_file() and not skipped:
                with replacing(end / path.name) as copy:
                    shutil.copyfile(path, copy)
        if (folder / RESULT).exists():
            os.replace(folder / RESULT, end / RESULT)
            sync_folder(end)
            sync_folder(folder)
    except OSError as error:
        raise UsageError(f"{end}: cannot be written ({reason(error)})") from None

"""Which runs are summarised together."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from launch.config.serialization import identity
from launch.run_folder import description
from launch.run_folder.ends import ENDS
from launch.run_folder.names import CONFIG, RESULT


def runs_in(folders: Sequence[Path]) -> Iterator[Path]:
    """The run folders among some folders, and those of ended runs inside the others.

    What a run had come to before it went on is not counted beside the run itself.
    """
    for folder in folders:
        inside = [] if (folder / CONFIG).exists() else sorted(folder.rglob(RESULT))
        runs = (file.parent for file in inside)
        yield from [run for run in runs if ENDS not in run.relative_to(folder).parts] or [folder]


def settings_of(folder: Path) -> str:
    """The experiment and the settings of a run, without its seed: equal for runs of one group.

    Raises:
        UsageError: It is not a run folder.
    """
    experiment, config = description.read(folder)
    shared = {name: value for name, value in identity(config).items() if name != "seed"}
    return json.dumps([experiment, shared], sort_keys=True)

"""Which runs are summarised together."""

import json
from pathlib import Path

from launch.config.serialization import identity
from launch.run_folder import description


def settings_of(folder: Path) -> str:
    """The experiment and the settings of a run, without its seed: equal for runs of one group.

    Raises:
        UsageError: It is not a run folder.
    """
    experiment, config = description.read(folder)
    shared = {name: value for name, value in identity(config).items() if name != "seed"}
    return json.dumps([experiment, shared], sort_keys=True)

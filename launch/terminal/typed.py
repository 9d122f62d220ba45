"""Commands for the user, as they are typed into a shell."""

import shlex
from pathlib import Path

PROGRAM = "python -m launch"


def typed(*words: object) -> str:
    """A command of ours: its name and its arguments, quoted where a shell needs that."""
    return f"{PROGRAM} {shlex.join(map(str, words))}"


def tensorboard(folder: Path | str) -> str:
    """The command that shows the runs of a folder."""
    return shlex.join(["tensorboard", "--logdir", str(folder)])

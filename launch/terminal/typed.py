"""Commands for the user, as they are typed into a shell."""

import shlex
from pathlib import Path

PROGRAM = "python -m launch"


def typed(*words: object) -> str:
    """A command of ours: its name and its arguments, quoted where a shell needs that."""
    return f"{PROGRAM} {shlex.join(map(str, words))}"


def flag_name(word: str) -> str:
    """The flag in a word that may have its value behind it: `--env-steps` of --env_steps=9."""
    return word.partition("=")[0].replace("_", "-")


def tensorboard(folder: Path | str) -> str:
    """The command that shows the runs of a folder."""
    return shlex.join(["tensorboard", "--logdir", str(folder)])

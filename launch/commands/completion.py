"""`python -m launch completion bash|zsh|fish`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from launch.commands import completion_scripts
from launch.commands.flags import parse

_WORDS = "words"
"""What the scripts ask this command for instead of a script; it is in no help."""


@dataclass(frozen=True, kw_only=True)
class CompletionArguments:
    """Print a script with which a shell completes the command `actorlab` at the Tab key.

    In ~/.bashrc: eval "$(actorlab completion bash)". In ~/.zshrc: eval "$(actorlab completion
    zsh)". In ~/.config/fish/config.fish: actorlab completion fish | source
    """

    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional]
    """The shell."""


def run(arguments: Sequence[str]) -> int:
    """Prints the script, or what a script asks for."""
    if arguments[:1] == [_WORDS]:
        from launch.commands import completion_words

        for word, about in completion_words.candidates(arguments[2:]):  # after the "--"
            print(f"{word}\t{about}")
        return 0
    given: CompletionArguments = parse(CompletionArguments, "completion", arguments)
    print(completion_scripts.SCRIPTS[given.shell], end="")
    return 0

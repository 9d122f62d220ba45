"""Errors that a user sees as one line."""


def one_line(error: BaseException) -> str:
    """An error's message without its line breaks."""
    return " ".join(str(error).split())


class UsageError(Exception):
    """A wrong flag, file or address: exit code 2. The message names the value and the way out."""


class RunError(Exception):
    """A run that could not go on: exit code 1. The message says what happened and the way out."""

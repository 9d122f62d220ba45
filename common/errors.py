"""Errors that a user sees as one line."""

RAISED = (Exception, SystemExit)
"""What code of somebody else may raise when it is called: sys.exit() in it must not end the run or
the script that called it."""


class UsageError(Exception):
    """A wrong flag, file or address: exit code 2. The message names the value and the way out."""


class Diverged(ArithmeticError):
    """A loss or a weight that is not finite any more: the same settings repeat it to the bit."""

    def __init__(self, message: str, update: int | None = None):
        """Makes the error.

        Args:
            message: What is not finite, and where it was seen.
            update: The update it happened in, counted from 1; None where updates are not counted.
        """
        super().__init__(message, update)
        self.update = update

    def __str__(self) -> str:
        return self.args[0]


class RunError(Exception):
    """A run that could not go on: exit code 1. The message says what happened and the way out."""

    def __init__(self, message: str, trace: str = ""):
        """Makes the error.

        Args:
            message: What happened, in one line.
            trace: The traceback of somebody else's code that failed; kept in the run folder.
        """
        super().__init__(message)
        self.trace = trace

"""The command line. Nothing here imports TensorFlow or Ray before a job needs them."""

import importlib
import logging
import sys
from collections.abc import Sequence

from common.errors import RunError, UsageError
from launch.commands import listing, run
from launch.commands.flags import INTERRUPTED
from launch.terminal.console import WarningLines

_USAGE = """\
usage: python -m launch EXPERIMENT [FLAGS]     run an experiment; EXPERIMENT --help lists its flags
       python -m launch EXPERIMENT EXPERIMENT ... --seeds 0-4 [FLAGS]
                                               run several, each with several seeds, on one cluster
       python -m launch list                   every experiment: what it is, its claim, its cost
       python -m launch data                   every data set: where it is, or how to get it
       python -m launch resume RUN             continue an interrupted run, to the same bits
       python -m launch evaluate RUN           score a trained policy or model, or film a policy
       python -m launch predict RUN INPUT ...  apply a trained model to your own rows or pictures
       python -m launch recommend RUN --user N what to see next, from trained factors
       python -m launch report RUN [RUN ...]   pictures and a table
       python -m launch ledger RUN [RUN ...]   book, baseline and ours with intervals, as Markdown
       python -m launch tune EXPERIMENT        search hyper-parameters: --trials N --sampler tpe
       tensorboard --logdir runs               watch the curves
"""
_COMMANDS = {
    "data": "data",
    "evaluate": "evaluate",
    "ledger": "ledger",
    "list": "listing",
    "predict": "predict",
    "recommend": "recommend",
    "report": "report",
    "resume": "resume",
    "tune": "tune",
}
"""Commands and their modules in `launch.commands`, each imported when it is asked for."""


def main(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code.

    0 done, 1 the run failed, 2 wrong usage or data, 130 interrupted.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[WarningLines()])
    try:
        return _dispatch(list(arguments))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return listing.run([])
    if arguments[0] in _COMMANDS:
        command = importlib.import_module(f"launch.commands.{_COMMANDS[arguments[0]]}")
        return command.run(arguments[1:])
    return run.run(arguments)

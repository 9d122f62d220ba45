"""The command line. Nothing here imports TensorFlow or Ray before a job needs them."""

import errno
import importlib
import logging
import sys
from collections.abc import Sequence

from common.errors import RunError, UsageError
from launch.commands.flags import BROKEN_PIPE, INTERRUPTED
from launch.commands.names import COMMANDS, HELP
from launch.terminal.console import WarningLines, drop_output

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # of a disk that output goes to
_SHORT = """\
Actorlab: agents that learn by acting, distributed on Ray and bit-exact.

  python -m launch dqn_cartpole          train an agent; --help lists its flags
  python -m launch list                  every experiment
  python -m launch resume RUN            continue an interrupted run
  python -m launch evaluate RUN          score or film what a run has learned
  python -m launch report RUN RUN ...    compare runs in a picture and a table

RUN is a folder below runs/. All commands: python -m launch --help
"""
_USAGE = """\
usage:
  python -m launch EXPERIMENT [FLAGS]      run an experiment
  python -m launch A B ... --seeds 0-4     run several, with several seeds
  python -m launch A --vary SETTING=1,3    a sweep: one table and picture
  python -m launch --config FILE [FLAGS]   run a config.json again
  python -m launch list [WORD ...]         experiments, or all about one
  python -m launch data [NAME]             data sets, and where they are
  python -m launch envs [PATTERN]          environments, or all about one
  python -m launch check ENV               can it be learned; what to mend
  python -m launch resume RUN              go on, to the same bits; or further
  python -m launch describe RUN            what it is: model, scores, files
  python -m launch evaluate RUN            score or film what it learned
  python -m launch watch RUN               see it act: a window, or text
  python -m launch record RUN              log its steps, to learn from
  python -m launch predict RUN INPUT ...   apply a trained model to your data
  python -m launch export RUN --to FORMAT  its model for TFLite, ONNX, Keras
  python -m launch recommend RUN --user N  what a person would like next
  python -m launch report RUN ...          runs in a picture and a table
  python -m launch compare RUN ...         agents over seeds, with intervals
  python -m launch ledger RUN ...          book and ours, as Markdown
  python -m launch tune EXPERIMENT         search settings; --space says which
  python -m launch doctor                  what works here, what is missing
  python -m launch completion SHELL        Tab completes commands and flags
  python -m launch --version               versions of what runs here
  tensorboard --logdir runs                watch the curves

NAME --help lists the flags of an experiment or a command.
RUN is a run's folder, below runs/.
"""


def main(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code.

    0 done, 1 the run failed, 2 wrong usage or data, 130 interrupted, 141 nobody reads the output.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[WarningLines()])
    try:
        code = _dispatch(list(arguments))
        sys.stdout.flush()  # here, where a reader that has gone can still be told from a failure
        return code
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # such as `| head`
        drop_output()
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in _FULL or error.filename is not None:
            raise
        drop_output()
        print(f"error: the output cannot be written ({error.strerror})", file=sys.stderr)
        return 1


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        print(_SHORT, end="")
        return 0
    first, *rest = arguments
    if first in HELP:
        about = next((word for word in rest if word not in HELP), None)
        if about is not None:
            return _dispatch([about, "--help"])
        print(_USAGE, end="")
        return 0
    if first in ("-V", "--version"):
        print(_versions())
        return 0
    if first in COMMANDS:
        command = importlib.import_module(f"launch.commands.{COMMANDS[first]}")
        return command.run(rest)
    if first.partition("=")[0] == "--config":
        from launch.commands import again

        return again.run(arguments)
    from launch.commands import run  # imports far more than a command that only tells something

    return run.run(arguments)


def _versions() -> str:
    from launch.run_folder.description import git_commit, versions

    commit = git_commit()
    found = versions()
    ours = f"actorlab {found.pop('actorlab', 'not installed')}"
    others = ", ".join(f"{name} {version}" for name, version in found.items())
    return f"{ours}{f' (commit {commit})' if commit else ''}\n{others}"

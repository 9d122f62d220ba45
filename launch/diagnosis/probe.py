"""Code that is tried in a Python of its own, which is ended when it takes too long."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of some code.

    Attributes:
        seconds: The time it took, Python's start included.
        value: What it printed last, as JSON; None where it failed.
        error: Why it failed, in one line; empty where it did not.
    """

    seconds: float
    value: Any = None
    error: str = ""


def attempt(code: str, *arguments: str, seconds: float) -> Outcome:
    """Runs code in a process of its own.

    Args:
        code: Python that prints a line of JSON at its end.
        arguments: `sys.argv[1:]` of the code.
        seconds: After which it is ended, with all the processes that it started.
    """
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said, wrong = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return Outcome(seconds=seconds, error=f"no answer after {seconds:g} seconds")
        except BaseException:  # Ctrl-C, too, leaves nothing behind
            _end(process)
            raise
    took = time.monotonic() - began
    lines = said.splitlines()
    if process.returncode == 0 and lines:
        return Outcome(seconds=took, value=json.loads(lines[-1]))
    reasons = wrong.strip().splitlines() or [f"ended with code {process.returncode}"]
    return Outcome(seconds=took, error=reasons[-1])


def _end(process: subprocess.Popen[str]) -> None:
    try:
        below = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    process.kill()
    for each in below:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue

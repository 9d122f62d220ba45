"""A module run in a new process of this Python."""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


class ProcessFailed(Exception):
    """The process did not do its work; the message says why."""


def run_module(
    name: str, given: Any, *, seconds: float, environ: Mapping[str, str] | None = None
) -> bytes:
    """Runs a module as `python -m` does, with the modules that this process finds.

    Args:
        name: The module.
        given: What it reads from its standard input, pickled.
        seconds: After which nobody waits for it any more.
        environ: Environment variables beside those of this process.

    Returns:
        What it wrote to its standard output.

    Raises:
        ProcessFailed: It died, or took too long.
    """
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    try:
        done = subprocess.run(
            [sys.executable, "-m", name],
            input=pickle.dumps(given),
            env={**os.environ, "PYTHONPATH": paths, **(environ or {})},
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise ProcessFailed(f"had not ended after {seconds:g} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ProcessFailed(f"ended with exit code {done.returncode}: {said[-1]}")
    return done.stdout

"""Plants one fault after another in a copy of the code, and asks the suite: does it notice?

    python -m tests.mutation [--only NUMBER ...] [--quick]

For each fault of `faults.py` the tests named with it are run first, in the copy; where none of
them fails, the tests that `make test` runs. Exits with 1 where fewer than 18 are noticed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.faults import FAULTS, Fault

ROOT = Path(__file__).parents[2]
_ENOUGH = 18
_WHOLE = ("-n", "2", "--dist", "worksteal", "tests")


def main(arguments: Sequence[str]) -> int:
    """Runs the faults; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of faults, from 1")
    parser.add_argument("--quick", action="store_true", help="never ask the whole suite")
    given = parser.parse_args(arguments)
    numbers = given.only or range(1, len(FAULTS) + 1)
    if wrong := [number for number in numbers if not 1 <= number <= len(FAULTS)]:
        parser.error(f"--only {wrong[0]}: there are faults 1 to {len(FAULTS)}")
    missed = []
    for number in numbers:
        fault = FAULTS[number - 1]
        began = time.monotonic()
        by = _noticed(fault, whole=not given.quick)
        seconds = time.monotonic() - began
        print(f"{number:2} {'noticed' if by else 'MISSED '} {seconds:4.0f} s  {fault.name}: {by}")
        missed += [] if by else [fault.name]
    print(f"{len(numbers) - len(missed)} of {len(numbers)} noticed")
    needed = _ENOUGH if len(numbers) == len(FAULTS) else len(numbers)
    return 0 if len(numbers) - len(missed) >= needed else 1


def _noticed(fault: Fault, whole: bool) -> str:
    """The test that fails because of a fault; nothing where none does."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "actorlab"
        tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
        for name in tracked:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
        path = copy / fault.file
        text = path.read_text()
        if text.count(fault.before) != 1:
            raise SystemExit(f"error: {fault.file} has not once: {fault.before!r}")
        path.write_text(text.replace(fault.before, fault.after))
        by = _first_failure(copy, fault.tests)
        return by or (_first_failure(copy, _WHOLE) if whole else "")


def _first_failure(copy: Path, tests: Sequence[str]) -> str:
    """The first test of those asked that fails; nothing where all pass."""
    command = [sys.executable, "-m", "pytest", "-x", "--tb=no", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if failed is None:
        raise SystemExit(f"error: no test was run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

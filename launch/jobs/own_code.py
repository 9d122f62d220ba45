"""Finds where somebody's own code failed, in a traceback that is not kept."""

import re
import sysconfig
from pathlib import Path

from launch.shadowing import ROOMS

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_HOME = Path(__file__).resolve().parents[2]
_OTHERS = (
    *(_HOME / room for room in (*ROOMS, "launch")),
    *(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "purelib", "platlib")),
)


def place(trace: str) -> str:
    """Where a failure is, at the end of a message about it, such as " (mine.py, line 3)".

    It is the last line of a traceback that is neither ours nor that of an installed package; "" if
    none is.
    """
    for name, number in reversed(_FRAME.findall(trace)):
        file = Path(name).resolve()
        if name.startswith("<") or any(map(file.is_relative_to, _OTHERS)):
            continue
        here = file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file
        return f" ({here}, line {number})"
    return ""

"""Reading `metrics.jsonl`: all records of a run, or the newest."""

import json
import os
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import reason
from launch.run_folder.names import METRICS

_LAST_BYTES = 2**18


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The records of a run's `metrics.jsonl`; a last line cut short by a crash is left out.

    Raises:
        UsageError: The file is missing or damaged.
    """
    path = folder / METRICS
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read: {reason(error)}") from None


def last_record(folder: Path) -> dict[str, Any] | None:
    """The last whole record of a run's `metrics.jsonl` so far; None where there is none to be had.

    Reads the end of the file only.
    """
    try:
        with open(folder / METRICS, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST_BYTES))
            lines = [line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
        return json.loads(lines[-1])
    except (OSError, ValueError, IndexError):
        return None

"""What a job keeps as JSON in its run's folder, for `predict` and `evaluate`."""

import json
from typing import Any

from supervised.core.job import Context
from supervised.datasets.source import DataError


def keep(name: str, about: Any, context: Context) -> None:
    """Keeps plain values under a name."""
    context.keep(name, json.dumps(about, ensure_ascii=False, indent=1).encode())


def read(name: str, context: Context) -> Any:
    """The values that `keep` has kept.

    Raises:
        DataError: There are none.
    """
    contents = context.kept(name)
    if contents is None:
        raise DataError(f"the run's folder lacks {name}")
    return json.loads(contents)

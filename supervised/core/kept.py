"""What a job keeps as JSON in its run's folder, for `predict` and `evaluate`."""

import json
from typing import Any

import cattrs

from supervised.core.job import Context
from supervised.datasets.source import DataError

_CONVERTER = cattrs.Converter()
_CONVERTER.register_structure_hook(float, lambda value, _: value)  # whole numbers stay whole


def keep(name: str, about: Any, context: Context, kind: Any = None) -> None:
    """Keeps plain values or a dataclass under a name; of an object's class only what `kind` has."""
    plain = _CONVERTER.unstructure(about, unstructure_as=kind)
    context.keep(name, json.dumps(plain, ensure_ascii=False, indent=1).encode())


def parsed(contents: bytes, kind: Any) -> Any:
    """What `keep` has kept in a file, as a dataclass."""
    return _CONVERTER.structure(json.loads(contents), kind)


def read(name: str, context: Context, kind: Any = dict) -> Any:
    """The values that `keep` has kept, or the dataclass.

    Raises:
        DataError: There are none.
    """
    contents = context.kept(name)
    if contents is None:
        raise DataError(f"the run's folder lacks {name}")
    return parsed(contents, kind)

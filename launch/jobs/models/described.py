"""What is told of a run by its kind: what it learned on, and what its models are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UsageError
from common.text import one_line
from launch.jobs.models import keras_files
from launch.jobs.models.keras_files import ModelFile
from launch.jobs.models.tensors import Tensor


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """The arrays of a policy that is no Keras model.

    Attributes:
        shapes: Their shapes, by name.
    """

    shapes: Mapping[str, tuple[int, ...]]

    @property
    def parameters(self) -> int:
        return sum(int(np.prod(shape)) for shape in self.shapes.values())

    def to_json(self) -> dict[str, Any]:
        """The shapes as plain JSON values."""
        return {"arrays": {name: list(shape) for name, shape in self.shapes.items()}}


@dataclass(frozen=True, kw_only=True)
class Described:
    """What is told of a run by its kind.

    Attributes:
        rows: Names and texts of what it learned on, and by what.
        inputs: What its model takes.
        choices: What its model chooses from: "actions" or "classes"; empty where it is neither.
        names: The names of these, in their order.
        notes: What has to be done to inputs before, or is done by the model.
        models: What is in the files of its models, by their names.
        missing: What is missing or cannot be read, in sentences.
    """

    rows: Mapping[str, str]
    inputs: Sequence[Tensor] = ()
    choices: str = ""
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    models: Mapping[str, ModelFile | Arrays]
    missing: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON values, without what is missing."""
        models = {
            name: {"parameters": model.parameters, **model.to_json()}
            for name, model in self.models.items()
        }
        return {
            **self.rows,
            "inputs": [each.to_json() for each in self.inputs],
            **({self.choices: list(self.names)} if self.choices else {}),
            "notes": list(self.notes),
            "models": models,
        }


def first_sentence(settings: Any) -> str:
    """The first line of what a class of settings says of itself."""
    return ((type(settings).__doc__ or "").strip().splitlines() or [""])[0]


def models_in(folder: Path, missing: list[str]) -> dict[str, ModelFile | Arrays]:
    """The Keras models in a run's folder, by their files' names.

    Args:
        folder: The run's folder.
        missing: Takes what cannot be read.
    """
    found: dict[str, ModelFile | Arrays] = {}
    for path in sorted(folder.glob("*.keras")):
        try:
            found[path.name] = keras_files.read(path)
        except UsageError as error:
            missing.append(str(error))
    return found


def arrays_in(path: Path, missing: list[str]) -> Arrays | None:
    """The shapes of the arrays in an `.npz` file; None where it is not there, or damaged.

    Args:
        path: The file.
        missing: Takes what is wrong with it.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Arrays(shapes={name: arrays[name].shape for name in arrays.files})
    except Exception as error:  # NumPy and zipfile raise half a dozen kinds
        missing.append(f"{path}: not arrays that can be read: {one_line(error)}")
        return None

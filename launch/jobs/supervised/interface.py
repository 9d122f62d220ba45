"""What a trained model takes and gives, in words and numbers, told from the files of its run."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from launch.config.supervised import SupervisedConfig
from launch.jobs.models.keras_files import LayerInFile, ModelFile
from launch.jobs.models.tensors import Tensor

_CONFUSION = "confusion.csv"
"""What jobs with classes keep: its columns are their names, between these."""
_FIRST, _LAST = "true", "data"
_SMALLEST = 1e-12  # variance of a number that has one


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What a trained model takes and gives.

    Attributes:
        inputs: What it takes.
        output: What it says, such as the column that it predicts; empty where that has no name.
        classes: The names of its classes, in their order; empty where it has none, or they are not
            known.
        before: What has to be done to inputs before, in sentences.
    """

    inputs: Sequence[Tensor]
    output: str
    classes: Sequence[str]
    before: Sequence[str]


def of(folder: Path, config: SupervisedConfig, model: ModelFile) -> Interface:
    """What a model of a run takes and gives.

    Args:
        folder: The run's folder.
        config: Its config.
        model: The model's file.
    """

    def kept(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    names = config.job.names(kept)
    inputs = [replace(each, parts=tuple(names.inputs.get(each.name, ()))) for each in model.inputs]
    classes = tuple(names.classes) or _of_confusion(folder / _CONFUSION)
    return Interface(
        inputs=[_with_range(each, model) for each in inputs],
        output=names.output,
        classes=classes,
        before=tuple(names.before),
    )


def _of_confusion(path: Path) -> tuple[str, ...]:
    """The names of classes in a confusion matrix; none where there is no such file."""
    try:
        with open(path, newline="") as file:
            first, *names = next(csv.reader(file))
    except (OSError, StopIteration, ValueError):
        return ()
    if first != _FIRST:
        return ()
    return tuple(names[:-1] if names[-1:] == [_LAST] else names)


def _with_range(tensor: Tensor, model: ModelFile) -> Tensor:
    """An input with what the first layers say of its numbers."""
    if tensor.dtype == "uint8":
        return replace(tensor, low=0, high=255)
    if tensor.dtype.startswith("int"):
        most = [layer.config["input_dim"] - 1 for layer in model.of_kind("Embedding")]
        return replace(tensor, low=0, high=most[0]) if len(most) == 1 else tensor
    for layer in model.of_kind("Normalization"):
        mean, variance = (list(_numbers(layer, name)) for name in ("mean", "variance"))
        if mean and (len(mean),) == tensor.shape and layer.takes == tensor.shape:
            std = [value**0.5 if value > _SMALLEST else 0.0 for value in variance]
            return replace(tensor, mean=mean, std=std)
    return tensor


def _numbers(layer: LayerInFile, name: str) -> Iterator[float]:
    """The numbers of a setting, which may be in a list of one list."""
    waiting: list[Any] = [layer.config.get(name)]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting = [*value, *waiting]
        elif isinstance(value, int | float):
            yield float(value)

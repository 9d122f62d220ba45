"""A trained model of a supervised run as a file for others."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from common.backend import prepare_deterministic
from common.errors import UsageError
from launch.config.supervised import SupervisedConfig
from launch.jobs.models import keras_files
from launch.jobs.models.request import Request
from launch.jobs.models.tensors import Tensor
from launch.jobs.models.trial import COARSE, TOLERANCE, Arrays, Trial
from launch.jobs.supervised import interface
from launch.jobs.supervised.interface import Interface
from launch.run_folder import description, facts
from launch.run_folder.names import CONFIG, RESULT
from supervised.core.job import module_of
from supervised.datasets.source import DataError

_MODEL, _SUFFIX = "model", ".keras"
_ROWS = 64
_UNNAMED = ("keras_tensor", "input_layer", "input_")  # beginnings of names that Keras gives


def export(folder: Path, request: Request, name: str | None = None) -> list[str]:
    """Exports a model of a run.

    Args:
        folder: The run's folder.
        request: The format, and where to.
        name: Which of the run's models; None takes the one that predicts.

    Returns:
        What was done, in lines.

    Raises:
        UsageError: There is no such model, or it cannot be read or be of this format.
        RunError: It cannot be converted, or gives something else than the run's model.
    """
    _, config = description.read(folder)
    assert isinstance(config, SupervisedConfig)
    file = _file(folder, name)
    path = request.path(folder, file.stem)
    known = keras_files.read(file)
    if request.to == "onnx" and (texts := [i.name for i in known.inputs if i.dtype == "string"]):
        raise UsageError(
            f"--to onnx: this model takes texts ({', '.join(texts)}), and the converter to ONNX "
            "has no lookup of words: take --to saved_model"
        )
    request.check()
    prepare_deterministic(config.resources.cpus, hide_gpus=True)
    from launch.jobs.models import exporting, formats
    from launch.jobs.supervised import drawing
    from supervised.core import saved_models

    module_of(config.job)  # which may have layers of its own, as the published networks do
    try:
        model = saved_models.load(file)
    except DataError as error:
        raise UsageError(str(error)) from None
    names = _names(model)
    named = formats.named(model, list(names.values()), _outputs(model))
    rng = np.random.default_rng(config.seed)
    drawn = drawing.inputs(named, rng, _ROWS)
    told = interface.of(folder, config, known)
    known_of_run = facts.of(folder)
    data = getattr(known_of_run.result, "data_sets", {})
    subject = exporting.Subject(
        model=named,
        trial=_trial(model, names, drawn, drawing.with_gaps(drawn, rng)),
        about={
            **known_of_run.to_json(),
            "data": data,
            **_about(told, names, named),
            "kept": _kept(folder),
        },
    )
    return exporting.export(subject, request.to, path)


def _trial(model: Any, names: Mapping[str, str], drawn: Arrays, with_gaps: Arrays) -> Trial:
    """What an export has to give: what the run's own model gives.

    Args:
        model: The run's model.
        names: New names of its inputs by their own, in its order.
        drawn: Inputs by their new names.
        with_gaps: The same with missing numbers, which are tried where the model takes them.
    """
    import keras

    from launch.jobs.models import formats

    def given(inputs: Arrays) -> Arrays:
        ordered = [keras.ops.convert_to_tensor(inputs[name]) for name in names.values()]
        arrays = map(np.asarray, formats.called(model, ordered))
        return dict(zip(_outputs(model), arrays, strict=True))

    expected, complete = given(with_gaps), True
    if not all(np.isfinite(each).all() for each in expected.values()):
        expected, complete = given(drawn), False
    return Trial(
        inputs=drawn if not complete else with_gaps,
        expected=expected,
        what=f"{_ROWS} seeded random inputs",
        tolerance=COARSE if formats.is_coarse(model) else TOLERANCE,
    )


def _file(folder: Path, name: str | None) -> Path:
    """The file of a model.

    Raises:
        UsageError: There is none.
    """
    path = folder / f"{name or _MODEL}{_SUFFIX}"
    if path.is_file():
        return path
    others = ", ".join(f"--model {each.stem}" for each in sorted(folder.glob(f"*{_SUFFIX}")))
    if name is not None or others:
        raise UsageError(f"{folder}: has no {path.name}; it has {others or 'no models'}")
    raise UsageError(f"{folder}: no {path.name}: the run keeps no model, or has not ended")


def _names(model: Any) -> dict[str, str]:
    """New names of a model's inputs by those that they have: plain ones where Keras chose them."""
    names = [each.name for each in model.inputs]
    if not any(name.startswith(_UNNAMED) for name in names):
        return {name: name for name in names}
    plain = ["input", *(f"input_{i}" for i in range(2, len(names) + 1))]
    return dict(zip(names, plain, strict=True))


def _outputs(model: Any) -> list[str]:
    count = len(model.outputs)
    return ["output"] if count == 1 else [f"output_{i}" for i in range(1, count + 1)]


def _about(told: Interface, names: Mapping[str, str], model: Any) -> dict[str, Any]:
    """What is told of a model beside it."""
    if len(names) == 1:  # a file may call the only one otherwise
        names = dict(zip((each.name for each in told.inputs), names.values(), strict=False))
    inputs = [replace(each, name=names.get(each.name, each.name)) for each in told.inputs]
    return {
        "inputs": [each.to_json() for each in inputs],
        "outputs": [each.to_json() for each in _told_outputs(told, model)],
        "classes": list(told.classes),
        "to_be_done_before": list(told.before),
    }


def _kept(folder: Path) -> dict[str, Any]:
    """What the job has kept beside its model as JSON, by the names of the files."""
    paths = [each for each in folder.glob("*.json") if each.name not in (CONFIG, RESULT)]
    return {each.name: json.loads(each.read_text()) for each in sorted(paths)}


def _told_outputs(told: Interface, model: Any) -> Iterator[Tensor]:
    for name, each in model.output.items():
        classes = told.classes if each.shape[-1] == len(told.classes) else ()
        about = "the probability of each class" if classes else told.output
        yield Tensor(
            name=name,
            shape=tuple(each.shape[1:]),
            dtype=each.dtype,
            low=0 if classes else None,
            high=1 if classes else None,
            parts=classes,
            about=about,
        )

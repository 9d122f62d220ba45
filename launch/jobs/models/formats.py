"""Formats of exported models: each is written by its own library, and can be run again here."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from launch.jobs.models.request import Format
from launch.jobs.models.trial import Arrays, Runner

_ONE_ROW = "it takes one row at a time"


def named(model: keras.Model, inputs: list[str], outputs: list[str]) -> keras.Model:
    """The model with inputs and outputs of these names, which every format then has.

    Args:
        model: The model.
        inputs: Names of its inputs, in their order.
        outputs: Names of its outputs, in their order.
    """
    given = [
        keras.Input(each.shape[1:], dtype=each.dtype, name=name)
        for each, name in zip(model.inputs, inputs, strict=True)
    ]
    found = called(model, given)
    return keras.Model(
        dict(zip(inputs, given, strict=True)), dict(zip(outputs, found, strict=True))
    )


def called(model: keras.Model, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a model in their order, given its inputs in the order of `model.inputs`."""
    if isinstance(model, keras.Sequential):
        (given,) = inputs
    else:  # a dictionary of inputs is in another order than their list
        given = keras.tree.pack_sequence_as(model.input, list(inputs))
    return keras.tree.flatten(model(given, training=False))


def is_coarse(model: keras.Model) -> bool:
    """Whether any layer of a model computes in 16 bits."""
    return any(str(each.compute_dtype) in ("float16", "bfloat16") for each in _layers(model))


def _layers(model: Any) -> Iterator[Any]:
    """A model, its layers, and those of models within it."""
    yield model
    for layer in getattr(model, "layers", ()):
        yield from _layers(layer)


def write(model: keras.Model, to: Format, path: Path) -> list[str]:
    """Writes a model that was called before.

    Args:
        model: A model with a dictionary of inputs and one of outputs.
        to: The format.
        path: The file or folder, whose name ends as the format's.

    Returns:
        What whoever uses the file must know.
    """
    match to:
        case "keras":
            model.save(path)
            return _own_layers(model)
        case "saved_model":
            model.export(path, format="tf_saved_model", verbose=False)
        case "onnx":
            _write_onnx(model, path)
        case "tflite":
            return _write_tflite(model, path)
    return []


def _own_layers(model: keras.Model) -> list[str]:
    """A remark on a model with layers that are not Keras' own."""
    kinds = {type(layer) for layer in _layers(model)}
    ours = sorted(f"{k.__module__}:{k.__name__}" for k in kinds if k.__module__[:6] != "keras.")
    if not ours:
        return []
    named = ", ".join(ours)
    return [f"loading it needs these modules of Actorlab, for layers of theirs: {named}"]


def _write_onnx(model: keras.Model, path: Path) -> None:
    for layer in _layers(model):
        if isinstance(layer, keras.layers.Normalization):
            # The converter takes tensors that a model holds for inputs, and arrays for constants.
            layer.mean, layer.variance = np.asarray(layer.mean), np.asarray(layer.variance)
    model.export(path, format="onnx", verbose=False)


def _write_tflite(model: keras.Model, path: Path) -> list[str]:
    # An interpreter has the others only where somebody has built them in.
    built_in = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    given = {"format": "litert", "verbose": False, "target_spec": built_in}
    try:
        model.export(path, **given)
    except Exception:  # the converter has no class for what a recurrent layer does to many rows
        row = {
            name: tf.TensorSpec((1, *each.shape[1:]), each.dtype, name)
            for name, each in zip(model.input, model.inputs, strict=True)
        }
        model.export(path, input_signature=[row], **given)
        return [_ONE_ROW]
    return []


def opened(to: Format, path: Path) -> Runner:
    """A file as somebody else would run it."""
    match to:
        case "keras":
            return _of_keras(path)
        case "saved_model":
            return _of_saved_model(path)
        case "onnx":
            return _of_onnx(path)
        case "tflite":
            return _of_tflite(path)


def of_model(model: keras.Model) -> Runner:
    """A model with a dictionary of inputs and one of outputs, as it is."""
    return lambda arrays: _plain(model(_tensors(arrays), training=False))


def _of_keras(path: Path) -> Runner:
    model: Any = keras.models.load_model(path, compile=False, safe_mode=True)
    return of_model(model)


def _of_saved_model(path: Path) -> Runner:
    loaded: Any = tf.saved_model.load(str(path))
    served = loaded.signatures["serving_default"]
    # The model goes when nothing holds it, and its variables with it.
    return lambda arrays, _=loaded: _plain(served(**_tensors(arrays)))


def _of_onnx(path: Path) -> Runner:
    import onnxruntime  # pyright: ignore[reportMissingImports]

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = [each.name for each in session.get_outputs()]

    def run(arrays: Arrays) -> Arrays:
        return dict(zip(outputs, session.run(outputs, dict(arrays)), strict=True))

    return run


def _of_tflite(path: Path) -> Runner:
    interpreter = tf.lite.Interpreter(str(path))
    served = interpreter.get_signature_runner()
    one_row = all(it["shape_signature"][0] == 1 for it in served.get_input_details().values())

    def run(arrays: Arrays, _: Any = interpreter) -> Arrays:
        if not one_row:
            return {name: np.array(each) for name, each in served(**arrays).items()}
        count = len(next(iter(arrays.values())))
        rows = [{name: each[i : i + 1] for name, each in arrays.items()} for i in range(count)]
        found = [{name: np.array(each) for name, each in served(**row).items()} for row in rows]
        return {name: np.concatenate([each[name] for each in found]) for name in found[0]}

    return run


def _tensors(arrays: Arrays) -> dict[str, tf.Tensor]:
    return {name: tf.constant(array) for name, array in arrays.items()}


def _plain(outputs: Mapping[str, Any]) -> Arrays:
    return {name: np.asarray(each) for name, each in outputs.items()}

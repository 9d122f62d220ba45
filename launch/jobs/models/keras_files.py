"""What is in a `.keras` file, read without TensorFlow: its layers and their shapes."""

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import one_line
from launch.jobs.models.tensors import Tensor

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_SETTINGS = ("units", "filters", "kernel_size", "pool_size", "strides", "activation", "rate")
"""Settings of layers that are told, where they say anything."""
_OPERATIONS = "keras.src.ops."
_USUAL = (None, "linear", 1, [1], [1, 1], 0.0)


@dataclass(frozen=True, kw_only=True)
class LayerInFile:
    """A layer of a saved model.

    Attributes:
        name: Its name.
        kind: Its class, such as Dense, and settings of it, such as "Dense 64 relu".
        takes: Shape of a row that it takes; None where the file does not say.
        weights: The shapes of its arrays.
        depth: In how many models it is that are layers of another.
        is_operation: Whether it is a single operation, such as a sum, and no layer with a name in
            Keras' manual.
        config: Its settings.
    """

    name: str
    kind: str
    takes: tuple[int | None, ...] | None
    weights: tuple[tuple[int, ...], ...] = ()
    depth: int = 0
    is_operation: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """How many numbers its arrays have."""
        return sum(math.prod(shape) for shape in self.weights)

    def to_json(self) -> dict[str, Any]:
        """The layer as plain JSON values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "takes": None if self.takes is None else list(self.takes),
            "weights": [list(shape) for shape in self.weights],
            "parameters": self.parameters,
        }


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A saved model.

    Attributes:
        inputs: What it takes.
        layers: Its layers, in their order; those of a model within it are behind that one.
    """

    inputs: tuple[Tensor, ...]
    layers: tuple[LayerInFile, ...]

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The layers as plain JSON values."""
        return {"layers": [layer.to_json() for layer in self.layers]}

    def of_kind(self, *kinds: str) -> Iterator[LayerInFile]:
        """The layers of some classes."""
        return (layer for layer in self.layers if layer.kind.split()[0] in kinds)


def read(path: Path) -> ModelFile:
    """What is in a `.keras` file.

    Raises:
        UsageError: It cannot be read.
    """
    import h5py

    try:
        with zipfile.ZipFile(path) as archive:
            model = json.loads(archive.read(_CONFIG))
            with h5py.File(io.BytesIO(archive.read(_WEIGHTS))) as weights:
                layers = tuple(_layers(model, weights, 0))
    except (OSError, KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path}: not a model that can be read: {one_line(error)}") from None
    inputs = tuple(_input(each) for each in layers if each.kind == "InputLayer" and not each.depth)
    return ModelFile(inputs=inputs, layers=layers)


def _layers(model: Mapping[str, Any], weights: Any, depth: int) -> Iterator[LayerInFile]:
    """The layers of a model, those of models within it behind each of these."""
    stored = _by_name(weights)
    for layer in model["config"].get("layers", ()):
        config, name = layer["config"], layer["config"].get("name", layer.get("name"))
        own = stored.get(name)
        is_model = "layers" in config
        yield LayerInFile(
            name=str(name),
            kind=_kind(layer["class_name"], config),
            takes=_takes(layer),
            weights=() if is_model or own is None else tuple(_shapes(own)),
            depth=depth,
            is_operation=str(layer.get("module", "")).startswith(_OPERATIONS),
            config={} if is_model else config,
        )
        if is_model and own is not None:
            yield from _layers(layer, own, depth + 1)


def _by_name(group: Any) -> dict[str, Any]:
    """The groups of a model's layers in its file of weights, by the names of the layers."""
    found = {}
    for stored in group.get("layers", {}).values():
        name = stored["vars"].attrs.get("name") if "vars" in stored else None
        if name is not None:
            found[name.decode() if isinstance(name, bytes) else str(name)] = stored
    return found


def _shapes(group: Any) -> Iterator[tuple[int, ...]]:
    for name, part in group.items():
        if hasattr(part, "shape"):
            yield tuple(part.shape)
        elif name != "seed_generator":  # the state of draws, which is nothing that was learned
            yield from _shapes(part)


def _kind(name: str, config: Mapping[str, Any]) -> str:
    """A layer's class and what is said of its settings."""
    told = [(setting, config.get(setting)) for setting in _SETTINGS]
    shown = [_setting(name, value) for name, value in told if _plain(value) not in _USUAL]
    return " ".join([name, *shown])


def _plain(value: Any) -> Any:
    """A setting; sizes that are the same in all directions as one of them."""
    return value["class_name"] if isinstance(value, dict) and "class_name" in value else value


def _setting(name: str, value: Any) -> str:
    value = _plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = "x".join(map(str, value))
    return f"/{value}" if name == "strides" else str(value)


def _takes(layer: Mapping[str, Any]) -> tuple[int | None, ...] | None:
    """Shape of a row that a layer takes; of several inputs that of the first."""
    if "batch_shape" in layer["config"]:
        return tuple(layer["config"]["batch_shape"][1:])
    shapes = list(_tensor_shapes(layer.get("inbound_nodes", [])))
    if not shapes and isinstance(built := layer.get("build_config", {}).get("input_shape"), list):
        shapes = built if built and isinstance(built[0], list) else [built]
    return tuple(shapes[0][1:]) if shapes else None


def _tensor_shapes(value: Any) -> Iterator[list[int | None]]:
    """The shapes of the symbolic tensors anywhere in a JSON value."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["shape"]
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _tensor_shapes(each)


def _input(layer: LayerInFile) -> Tensor:
    return Tensor(
        name=layer.name,
        shape=layer.takes or (),
        dtype=str(layer.config.get("dtype", "float32")),
    )

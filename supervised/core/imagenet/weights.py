"""Reads published weights: Keras' HDF5 files, and arrays by layer in `.npy`, `.npz` or `.pkl`.

Nothing in a file is executed: a pickle, inside a `.npy` or not, may hold arrays, dictionaries,
lists and strings, and whatever else it asks for is refused.
"""

import pickle
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import keras
import numpy as np
import numpy.typing as npt

from common.text import one_line, reason
from supervised.datasets.source import DataError

Layers = Mapping[str, Sequence[npt.NDArray[Any]]]
"""Weights by name of the layer, in the file's order; those of a layer as Keras orders them."""

_HDF5, _NPY, _ZIP = b"\x89HDF\r\n\x1a\n", b"\x93NUMPY", b"PK\x03\x04"
_PICKLE = b"\x80"  # of protocol 2 and later
_ORDER = ("W", "b")


def read(path: Path) -> Layers:
    """Reads the weights in a file; its format is known by its contents, not by its name.

    Raises:
        DataError: The file cannot be read, or holds something else.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
            file.seek(0)
            if start.startswith(_HDF5):
                return _read_hdf5(path)
            if start.startswith(_NPY):
                return _read_npy(file, path)
            if start.startswith(_ZIP):
                return _read_npz(file, path)
            if start.startswith(_PICKLE):
                return _unpickled(file, path)
    except OSError as error:
        raise DataError(f"--weights {path}: cannot be read ({reason(error)})") from None
    raise DataError(
        f"--weights {path}: expected a Keras .h5 file, or arrays by layer in .npy, .npz or .pkl"
    )


def assign(model: keras.Model, found: Layers, path: Path, *, by_name: bool) -> None:
    """Gives a network the weights of a file; layers that the network lacks are left out.

    Args:
        found: The weights, as `read` returns them.
        path: The file's path, for messages.
        by_name: Whether layers are found by their names in the file; else by their order.

    Raises:
        DataError: A layer is missing, or its weights have other shapes.
    """
    takers = [layer for layer in model.layers if layer.weights]
    names = [layer.name for layer in takers] if by_name else list(found)[: len(takers)]
    missing = [name for name in names if name not in found]
    if missing or len(names) < len(takers):
        what = f"no {', '.join(missing[:3])}" if missing else f"{len(names)} layers"
        raise DataError(
            f"--weights {path}: not the weights of {model.name}: it has {what} "
            f"where {len(takers)} layers are expected, first {takers[0].name}"
        )
    for layer, name in zip(takers, names, strict=True):
        variables = layer.trainable_weights + layer.non_trainable_weights  # the files' order
        expected = [tuple(variable.shape) for variable in variables]
        shapes = [values.shape for values in found[name]]
        if shapes != expected:
            raise DataError(
                f"--weights {path}: not the weights of {model.name}: {name} has the shapes "
                f"{_listed(shapes)}, expected {_listed(expected)}"
            )
        for variable, values in zip(variables, found[name], strict=True):
            variable.assign(values)


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(" x ".join(map(str, shape)) or "one number" for shape in shapes) or "none"


def _read_hdf5(path: Path) -> Layers:
    """Reads the layout of keras.applications: `layer_names`, and a group for each layer."""
    with h5py.File(path, "r") as file:
        whole: Any = file.get("model_weights", file)
        try:
            layers = {name: whole[name] for name in _names(whole, "layer_names")}
            found = {
                name.replace("/", "_"): [
                    np.asarray(group[weight]) for weight in _names(group, "weight_names")
                ]
                for name, group in layers.items()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"--weights {path}: an HDF5 file, but not in the layout of keras.applications "
                f"({one_line(error)})"
            ) from None
    return {name: weights for name, weights in found.items() if weights}


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which Keras spreads over numbered attributes if it is long."""
    parts = [attribute] if attribute in group.attrs else []
    while not parts or f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _read_npz(file: BinaryIO, path: Path) -> Layers:
    """Reads a `.npz` file with arrays named LAYER/W and LAYER/b."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
    except (ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"--weights {path}: not a .npz of arrays ({one_line(error)})") from None
    found: dict[str, list[npt.NDArray[Any]]] = {}
    for name in sorted(named, key=lambda name: name.endswith("/b")):
        layer, _, part = name.rpartition("/")
        if not layer or part not in _ORDER:
            raise DataError(f"--weights {path}: expected arrays LAYER/W and LAYER/b, found {name}")
        found.setdefault(layer.replace("/", "_"), []).append(named[name])
    return found


def _read_npy(file: BinaryIO, path: Path) -> Layers:
    """Reads a `.npy` file that holds one pickled dictionary."""
    try:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
    except Exception as error:  # whatever a broken header makes of itself
        raise DataError(f"--weights {path}: {one_line(error)}") from None
    if not dtype.hasobject or shape != ():
        raise DataError(f"--weights {path}: expected a dictionary of layers, each with [W, b]")
    return _unpickled(file, path)


def _unpickled(file: BinaryIO, path: Path) -> Layers:
    """Unpickles a dictionary from layers to [W, b]."""
    try:
        found = _Arrays(file, encoding="latin1").load()
        if isinstance(found, np.ndarray) and found.shape == ():
            found = found.item()
    except Exception as error:  # whatever a broken pickle makes of itself
        raise DataError(f"--weights {path}: {one_line(error)}") from None
    if not isinstance(found, dict) or not all(
        isinstance(name, str)
        and isinstance(weights, (list, tuple))
        and all(isinstance(values, np.ndarray) and values.dtype.kind == "f" for values in weights)
        for name, weights in found.items()
    ):
        raise DataError(f"--weights {path}: expected a dictionary of layers, each with [W, b]")
    return {name.replace("/", "_"): weights for name, weights in found.items()}


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"encodes by {encoding}, which no array does")
    return text.encode("latin1")


_RECONSTRUCT = np.empty(0).__reduce__()[0]
_ALLOWED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("_codecs", "encode"): _latin1,  # how Python 3 writes bytes for Python 2
}
"""What pickles of arrays ask for, those of older NumPy versions, too."""


class _Arrays(pickle.Unpickler):
    """Unpickles arrays in dictionaries and lists, and executes nothing."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(
                f"refused: the pickle asks for {module}.{name}, and weights are arrays only"
            )
        return _ALLOWED[module, name]

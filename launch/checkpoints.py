"""Checkpoints of a whole run: complete or absent, verified before they are read, never executed."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

_LOG = logging.getLogger(__name__)
_FORMAT = 1
_ARRAY = "__array__"


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message says which and why."""


def save(folder: Path, env_steps: int, state: Mapping[str, Any], keep: int) -> Path:
    """Writes a checkpoint and drops all but the newest `keep`.

    The files are written and synced in a temporary folder that is then renamed, so that a
    checkpoint is either whole or not there.

    Args:
        folder: The run's checkpoint folder.
        env_steps: Names and orders the checkpoint.
        state: Nested dictionaries and lists of arrays, numbers and strings.
        keep: Checkpoints to keep.

    Raises:
        OSError: It could not be written; older checkpoints are untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    final = folder / f"step_{env_steps:012d}"
    for rubbish in folder.glob(".*-*"):  # of processes that were killed while they wrote
        shutil.rmtree(rubbish, ignore_errors=True)
    temporary, replaced = folder / f".writing-{os.getpid()}", folder / f".replaced-{os.getpid()}"
    temporary.mkdir()
    try:
        arrays: dict[str, np.ndarray] = {}
        tree = _without_arrays(state, "", arrays)
        with open(temporary / "arrays.npz", "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            _sync(file)
        _write_json(temporary / "state.json", tree)
        digests = {name: _sha256(temporary / name) for name in ("arrays.npz", "state.json")}
        _write_json(temporary / "manifest.json", {"format": _FORMAT, "sha256": digests})
        if final.exists():
            os.replace(final, replaced)
        os.replace(temporary, final)
        _sync_folder(folder)
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    for old in _newest_first(folder)[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def load_newest(folder: Path) -> dict[str, Any] | None:
    """The newest checkpoint that is whole; None where none was written. Damaged ones are named.

    Nothing in a checkpoint is executed: arrays are read without pickle, the rest is JSON.

    Raises:
        CheckpointError: There are checkpoints, and none can be read.
    """
    found = _newest_first(folder)
    for path in found:
        try:
            return load(path)
        except CheckpointError as error:
            _LOG.warning("%s", error)
    if found:
        raise CheckpointError(f"{folder}: none of its {len(found)} checkpoints can be read")
    return None


def load(path: Path) -> dict[str, Any]:
    """Reads one checkpoint.

    Raises:
        CheckpointError: A file is missing, damaged, or of another format.
    """
    try:
        manifest = json.loads((path / "manifest.json").read_text())
        if manifest["format"] != _FORMAT:
            raise CheckpointError(
                f"checkpoint {path} has format {manifest['format']}, this version reads {_FORMAT}"
            )
        for name, digest in manifest["sha256"].items():
            if _sha256(path / name) != digest:
                raise CheckpointError(f"checkpoint {path}: {name} does not match its checksum")
        with np.load(path / "arrays.npz", allow_pickle=False) as arrays:
            return _with_arrays(json.loads((path / "state.json").read_text()), dict(arrays))
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {error}") from None


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step_*"), reverse=True)


def _without_arrays(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """The tree with each array moved to `arrays` and its key left in its place."""
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {_ARRAY: path}
    if isinstance(value, Mapping):
        return {k: _without_arrays(v, f"{path}/{k}", arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]
    return value.item() if isinstance(value, np.generic) else value


def _with_arrays(tree: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(tree, dict):
        if tree.keys() == {_ARRAY}:
            return arrays[tree[_ARRAY]]
        return {key: _with_arrays(value, arrays) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_arrays(value, arrays) for value in tree]
    return tree


def _write_json(path: Path, value: Any) -> None:
    with open(path, "w") as file:
        json.dump(value, file)
        _sync(file)


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

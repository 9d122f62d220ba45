"""Checkpoints of a whole run: complete or absent, verified before they are read, never executed."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from common.text import reason
from launch.run_folder.files import sync_folder

_LOG = logging.getLogger(__name__)
_FORMAT = 3
_ARRAY = "__array__"
_NAME = "step_"  # of a checkpoint, before its step
_REPLACED = ".replaced-"  # before the name of one that is about to be replaced
_ARRAYS, _STATE, _MANIFEST = "arrays.npz", "state.json", "manifest.json"


class CheckpointError(Exception):
    """A checkpoint that cannot be used; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a checkpoint belongs to.

    Attributes:
        run: Experiment and settings, as plain JSON values: another run's checkpoint is refused.
        versions: Packages; another version may round differently, and is only said.
        goes_on_from: Earlier settings under which the run may have written its checkpoint of
            `goes_on_at`, the step at which it went on with others.
        goes_on_at: That step.
    """

    run: Mapping[str, Any]
    versions: Mapping[str, str]
    goes_on_from: Sequence[Mapping[str, Any]] = ()
    goes_on_at: int = 0

    def differences_of(self, run: Any, step: int) -> list[str]:
        """What speaks against a checkpoint of this run, in words; empty where nothing does."""
        if step == self.goes_on_at and run in self.goes_on_from:
            return []
        return list(differences(run, self.run))


def save(
    folder: Path,
    step: int,
    state: Mapping[str, Any],
    *,
    keep: int,
    origin: Origin,
    score: float | None = None,
) -> Path:
    """Writes a checkpoint and drops all but the newest `keep` and the one with the best score.

    The files are written and synced in a temporary folder that is then renamed, so that a
    checkpoint is either whole or not there. Every checkpoint stands alone: damage to one never
    reaches another.

    Args:
        folder: The run's checkpoint folder; its parent must exist.
        step: Names and orders the checkpoint, such as environment steps.
        state: Nested dictionaries and lists of arrays, numbers and strings.
        keep: Checkpoints to keep.
        origin: What it belongs to.
        score: The evaluation at this very moment, or None where there was none.

    Raises:
        OSError: It could not be written; older checkpoints are untouched.
    """
    folder.mkdir(exist_ok=True)
    final = folder / f"{_NAME}{step:012d}"
    _put_back(folder)
    for rubbish in folder.glob(".*-*"):  # of processes that were killed while they wrote
        shutil.rmtree(rubbish, ignore_errors=True)
    temporary, replaced = folder / f".writing-{os.getpid()}", folder / f"{_REPLACED}{final.name}"
    temporary.mkdir()
    try:
        _write(temporary, step, state, origin, score)
        if final.exists():
            os.replace(final, replaced)
        os.replace(temporary, final)
        sync_folder(folder)
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        _put_back(folder)
        raise
    _prune(folder, final, keep)
    return final


def load_newest(folder: Path, origin: Origin) -> dict[str, Any] | None:
    """The newest whole checkpoint of a run; None where none was written.

    Damaged and foreign ones are named and skipped. Nothing in a checkpoint is executed: arrays are
    read without pickle, the rest is JSON.

    Raises:
        CheckpointError: There are checkpoints, and none can be used.
    """
    try:
        _put_back(folder)
    except OSError as error:
        raise CheckpointError(f"{folder}: cannot be written ({reason(error)})") from None
    found = _newest_first(folder)
    for path in found:
        try:
            return load(path, origin)
        except CheckpointError as error:
            _LOG.warning("%s", error)
    if found:
        raise CheckpointError(f"{folder}: none of its {len(found)} checkpoints can be used")
    return None


def newest_step(folder: Path) -> int | None:
    """The step of the newest checkpoint, by its name; None without one."""
    names = [path.name.removeprefix(_NAME) for path in folder.glob(f"{_NAME}*")]
    return max((int(name) for name in names if name.isdigit()), default=None)


def load(path: Path, origin: Origin) -> dict[str, Any]:
    """Reads one checkpoint.

    Raises:
        CheckpointError: A file is missing or damaged, or it is of another format or another run.
    """
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
        if manifest["format"] != _FORMAT:
            raise CheckpointError(
                f"checkpoint {path} has format {manifest['format']}, this version reads {_FORMAT}"
            )
        for name in (_ARRAYS, _STATE):
            if _sha256(path / name) != manifest["sha256"][name]:
                raise CheckpointError(f"checkpoint {path}: {name} does not match its checksum")
        if foreign := origin.differences_of(manifest["run"], manifest["step"]):
            raise CheckpointError(f"checkpoint {path} is of another run: {'; '.join(foreign)}")
        with np.load(path / _ARRAYS, allow_pickle=False) as arrays:
            state = _with_arrays(json.loads((path / _STATE).read_text()), dict(arrays))
    except KeyError as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: it has no {error}") from None
    except (OSError, ValueError, BadZipFile) as error:
        raise CheckpointError(f"checkpoint {path} cannot be read: {reason(error)}") from None
    except (TypeError, AttributeError):  # Python's words are of no use to a user
        raise CheckpointError(
            f"checkpoint {path} cannot be read: its {_MANIFEST} is another kind of JSON"
        ) from None
    if changed := list(differences(manifest["versions"], origin.versions)):
        _LOG.warning(
            "checkpoint %s comes from other versions, and the bits from here on may differ: %s",
            *(path, "; ".join(changed)),
        )
    return state


def differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    """Where two trees of JSON values differ, in words: "agent.discount: 0.9 there, 0.99 here"."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in sorted(there.keys() | here.keys()):
            path = f"{name}.{key}" if name else key
            yield from differences(there.get(key, "absent"), here.get(key, "absent"), path)
    elif there != here:
        yield f"{name}: {there} there, {here} here"


def _write(
    folder: Path, step: int, state: Mapping[str, Any], origin: Origin, score: float | None
) -> None:
    arrays: dict[str, np.ndarray] = {}
    tree = _without_arrays(state, "", arrays)
    with open(folder / _ARRAYS, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        _sync(file)
    _write_json(folder / _STATE, tree)
    manifest = {
        "format": _FORMAT,
        "step": step,
        "score": score,
        "run": origin.run,
        "versions": origin.versions,
        "sha256": {name: _sha256(folder / name) for name in (_ARRAYS, _STATE)},
    }
    _write_json(folder / _MANIFEST, manifest)
    sync_folder(folder)


def _put_back(folder: Path) -> None:
    """Gives a checkpoint that was about to be replaced its name again, where no other has it.

    Its process was killed between taking the name away and giving it to the new one.

    Raises:
        OSError: It cannot be renamed.
    """
    for path in folder.glob(f"{_REPLACED}{_NAME}*"):
        final = folder / path.name.removeprefix(_REPLACED)
        if not final.exists():
            os.replace(path, final)


def _prune(folder: Path, newest: Path, keep: int) -> None:
    """Drops all but the newest and the best.

    Checkpoints beyond the newest are left from a future that was cut off because they could not be
    used; they must not take the places of good ones.
    """
    found = _newest_first(folder)
    beyond = [path for path in found if path.name > newest.name]
    rest = [path for path in found if path.name <= newest.name]
    best = max(rest, key=lambda path: (_score(path), path.name))
    for path in [*beyond, *(path for path in rest[keep:] if path != best)]:
        shutil.rmtree(path, ignore_errors=True)


def _score(path: Path) -> float:
    """The evaluation a checkpoint was written at; -inf where there was none."""
    try:
        score = json.loads((path / _MANIFEST).read_text())["score"]
        return -np.inf if score is None else float(score)
    except (OSError, ValueError, KeyError, TypeError):
        return -np.inf


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_NAME}*"), reverse=True)


def _without_arrays(value: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    """The tree with each array moved to `arrays` and its key left in its place."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays[path] = value
        return {_ARRAY: path}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {k: _without_arrays(v, f"{path}/{k}", arrays) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(
        f"get_state gave a {type(value).__name__} at {path}, which a checkpoint cannot keep: it "
        "keeps arrays, numbers, strings, lists, and dictionaries with strings for keys"
    )


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


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

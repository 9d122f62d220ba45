"""Recordings on disk, in the layout of Minari's data sets (docs/recordings.md)."""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from agents.weights import Array
from common.errors import UsageError
from common.text import one_line, reason
from envs.masks import KEY
from launch.run_folder.files import sync_folder, unwritable, write_json
from training.recording import Recording

_DATA, _METADATA = Path("data/main_data.hdf5"), Path("data/metadata.json")
_VERSION = "0.5.4"  # of Minari, whose layout this is
_WAY_OUT = "recordings are made by: python -m launch record RUN --env-steps N"
_COLUMNS = ("observations", "actions", "rewards", "terminations", "truncations")


def check_new(folder: Path) -> None:
    """Makes sure that a recording can be written there, and that there is nothing yet.

    Folders on the way to it that are missing are not made: it is tried in the last one there is.

    Raises:
        UsageError: It cannot, or there is something.
    """
    try:
        _refuse_existing(folder)
        place = folder.parent
        while not place.exists():
            place = place.parent
        trial = place / _unfinished(folder).name
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        raise unwritable("--out", folder, error) from None


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise UsageError(f"--out {folder}: it already exists; choose another folder")


def _unfinished(folder: Path) -> Path:
    """Where a recording is until it is whole."""
    return folder.with_name(f".writing-{folder.name}-{os.getpid()}")


def write(
    folder: Path,
    recording: Recording,
    spaces: tuple[Box | Discrete, Discrete],
    *,
    env: str,
    spec: EnvSpec | None,
    about: Mapping[str, Any],
) -> None:
    """Writes a recording into a new folder, which is whole or not there.

    Args:
        folder: The folder.
        recording: At least one transition.
        spaces: Of its observations and actions.
        env: The environment's name.
        spec: What Gymnasium knows of the environment; None for a function of a user's own.
        about: What else its metadata tells: plain JSON values by name.

    Raises:
        UsageError: It exists by now.
        OSError: It cannot be written.
    """
    observations, actions = spaces
    metadata = {
        "dataset_id": f"actorlab/{re.sub(r'[^A-Za-z0-9_-]', '_', env)}",
        "minari_version": _VERSION,
        "data_format": "hdf5",
        "jpeg_encoding": False,
        "total_episodes": len(recording.lengths),
        "total_steps": len(recording),
        "observation_space": json.dumps(_space(observations)),
        "action_space": json.dumps(_space(actions)),
        **_env_spec(spec),
        **about,
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _unfinished(folder)
    try:
        (temporary / _DATA).parent.mkdir(parents=True)
        _write_episodes(temporary / _DATA, recording)
        metadata["dataset_size"] = round((temporary / _DATA).stat().st_size / 1e6, 1)
        write_json(temporary / _METADATA, metadata)
        _refuse_existing(folder)
        os.rename(temporary, folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_episodes(path: Path, recording: Recording) -> None:
    import h5py

    masks = recording.action_masks
    with h5py.File(path, "w") as file:
        for number, (start, length) in enumerate(
            zip(recording.starts.tolist(), recording.lengths.tolist(), strict=True)
        ):
            steps = slice(start, start + length)
            seen = slice(start + number, start + number + length + 1)
            group = file.create_group(f"episode_{number}")
            group.attrs["id"], group.attrs["total_steps"] = number, length
            group.attrs["cut"] = bool(recording.cut[number])
            group["observations"] = recording.observations[seen]
            group["actions"] = recording.a_tm1[steps].astype(np.int64)
            group["rewards"] = recording.r_t[steps]
            group["terminations"] = recording.terminated_t[steps]
            group["truncations"] = recording.truncated_t[steps]
            infos = group.create_group("infos")  # Minari asks for it, even if it is empty
            if masks is not None:
                infos[KEY] = masks[seen]
        file.flush()
    with open(path, "rb") as written:
        os.fsync(written.fileno())


def _space(space: Box | Discrete) -> dict[str, Any]:
    """A space as Minari's metadata tells it."""
    if isinstance(space, Discrete):
        return {"type": "Discrete", "dtype": "int64", "start": 0, "n": int(space.n)}
    return {
        "type": "Box",
        "dtype": str(space.dtype),
        "shape": list(space.shape),
        "low": space.low.tolist(),
        "high": space.high.tolist(),
    }


def _env_spec(spec: EnvSpec | None) -> dict[str, str]:
    try:
        return {} if spec is None else {"env_spec": spec.to_json()}
    except (TypeError, ValueError):  # keywords or wrappers that are no JSON
        return {}


def read(path: Path) -> Recording:
    """Reads a recording: ours, or a data set of Minari's with plain observations and actions.

    Args:
        path: Its folder, or the HDF5 file in it.

    Raises:
        UsageError: It is none, or something is missing in it.
    """
    import h5py

    try:
        with h5py.File(data_of(path), "r") as file:
            found = [name for name in map(str, file) if re.fullmatch(r"episode_\d+", name)]
            names = sorted(found, key=lambda name: int(name.removeprefix("episode_")))
            episodes = [_episode(name, file[name]) for name in names]
        if not episodes:
            raise ValueError("it has no group episode_0")
        return _joined(episodes)
    except OSError as error:
        why = reason(error) if error.errno else f"no HDF5 file: {one_line(error)}"
        raise UsageError(f"--data {path}: cannot be read ({why}); {_WAY_OUT}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--data {path}: {one_line(error)}; {_WAY_OUT}") from None


def about(path: Path) -> dict[str, Any]:
    """What the metadata of a recording tells; nothing where it cannot be read.

    Args:
        path: Its folder, or the HDF5 file in it.

    Raises:
        UsageError: There is no such recording.
    """
    try:
        found = json.loads((data_of(path).with_name(_METADATA.name)).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def data_of(path: Path) -> Path:
    """The HDF5 file of a recording that is named by it or by its folder.

    Raises:
        UsageError: There is none.
    """
    found = path / _DATA if path.is_dir() else path
    if not found.exists():
        inside = f" has no {_DATA}" if path.is_dir() else " does not exist"
        raise UsageError(f"--data {path}{inside}; {_WAY_OUT}")
    return found


def _episode(name: str, group: Any) -> dict[str, Array]:
    """The columns of an episode.

    Raises:
        ValueError: One is missing, or has another length than the rest.
    """
    import h5py

    def column(path: str) -> Array:
        found = group.get(path)
        if not isinstance(found, h5py.Dataset):
            what = (
                "is not there"
                if found is None
                else "has parts of its own, and agents here take none"
            )
            raise ValueError(f"{name}/{path} {what}")
        if found.dtype.kind not in "biuf":
            raise ValueError(f"{name}/{path} is {found.dtype}, which is no number")
        return found[()]

    found = {each: column(each) for each in _COLUMNS}
    length = len(found["actions"])
    if found["actions"].ndim != 1 or found["actions"].dtype.kind not in "iu":
        shape = list(found["actions"].shape)
        raise ValueError(
            f"{name}/actions is {found['actions'].dtype} {shape}, and agents here take a whole "
            "number for each step"
        )
    for each, values in found.items():
        expected = length + (each == "observations")
        if len(values) != expected or not length:
            raise ValueError(f"{name}/{each} has {len(values)} rows, expected {expected or 1}")
    over = found["terminations"].astype(bool) | found["truncations"].astype(bool)
    if over[:-1].any():
        raise ValueError(f"{name} goes on after step {over.argmax() + 1}, which ended it")
    found["cut"] = np.array([bool(group.attrs.get("cut", False))])
    if f"infos/{KEY}" in group:
        found[KEY] = column(f"infos/{KEY}").astype(bool)
        if len(found[KEY]) != length + 1:
            raise ValueError(
                f"{name}/infos/{KEY} has {len(found[KEY])} rows, expected {length + 1}"
            )
    return found


def _joined(episodes: list[dict[str, Array]]) -> Recording:
    """The recording of some episodes.

    Raises:
        ValueError: They differ in the shapes or types of their columns.
    """
    first = episodes[0]
    for number, each in enumerate(episodes):
        for name in first.keys() | each.keys():
            kinds = [
                (c[name].dtype, c[name].shape[1:]) if name in c else None for c in (first, each)
            ]
            if kinds[0] != kinds[1]:
                raise ValueError(f"episode_{number}/{name} is another kind of array than before")
    columns = {name: np.concatenate([each[name] for each in episodes]) for name in first}
    lengths = np.array([len(each["actions"]) for each in episodes], np.int64)
    truncated_t = columns["truncations"].astype(bool)
    lasts = np.cumsum(lengths) - 1
    truncated_t[lasts] |= ~columns["terminations"][lasts].astype(bool)
    return Recording(
        observations=columns["observations"],
        a_tm1=columns["actions"].astype(np.int32),
        r_t=columns["rewards"].astype(np.float64),
        terminated_t=columns["terminations"].astype(bool),
        truncated_t=truncated_t,
        lengths=lengths,
        cut=columns["cut"],
        action_masks=columns.get(KEY),
    )

"""The files of a run's folder, and what each of them is."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from launch.run_folder.ends import ENDS
from launch.run_folder.names import (
    CHECKPOINTS,
    COMMAND,
    CONFIG,
    CURVE,
    EPISODES,
    EVENTS,
    FAILURE,
    FILM,
    METRICS,
    POLICY,
    POLICY_MAP,
    POLICY_MODEL,
    Q_TABLE,
    Q_VALUES,
    RESULT,
    VALUE_MAP,
)

_KNOWN = (
    (CONFIG, "every setting, versions, commit"),
    (COMMAND, "the exact command"),
    (RESULT, "what it came to"),
    (METRICS, "measurements, a record a line"),
    (EPISODES, "training episodes, a row each"),
    (f"{EVENTS}*", "the same for TensorBoard"),
    (CHECKPOINTS, "what resume goes on from"),
    (FAILURE, "the traceback of what ended it"),
    (ENDS, "what it had come to when it went on"),
    ("recordings", "what record wrote"),
    ("exports", "what export wrote"),
    ("model.keras", "the trained model"),
    (POLICY, "the policy kept: its arrays by name"),
    (POLICY_MODEL, "the policy kept, as a Keras model"),
    ("initial_weights.npz", "the weights that it started from"),
    ("trained_on.npz", "hashes of rows that were trained on"),
    ("columns.json", "what the columns of the user's file are"),
    ("texts.json", "how texts are cleaned, and the classes"),
    ("series.json", "the columns and scales of the series"),
    (CURVE, "picture: returns over training"),
    (FILM, "the policy kept, acting"),
    (POLICY_MAP, "picture: what it does where"),
    (VALUE_MAP, "picture: what it takes places to be worth"),
    (Q_VALUES, "picture: values along an episode"),
    (Q_TABLE, "the value of each action in each state"),
    ("confusion.csv", "table: which classes are taken for which"),
    ("history.csv", "table: a training, an epoch a row"),
    ("training.png", "picture: loss over epochs"),
    ("*.keras", "a trained model"),
    ("*.png", "picture"),
    ("*.csv", "table"),
    ("*.json", "what the job keeps"),
    ("*.npz", "arrays that the job keeps"),
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or folder of a run.

    Attributes:
        name: Its name; that of a folder ends in a slash.
        size: Bytes; of a folder those of all files in it.
        what: What it is; empty where nothing here knows.
    """

    name: str
    size: int
    what: str


def entries(folder: Path) -> list[Entry]:
    """The files of a run, by name; hidden ones are left out."""
    return [
        Entry(
            name=f"{path.name}/" if path.is_dir() else path.name,
            size=sum(_sizes(path)),
            what=next((what for form, what in _KNOWN if fnmatch(path.name, form)), ""),
        )
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    ]


def _sizes(path: Path) -> Iterator[int]:
    for each in path.rglob("*") if path.is_dir() else [path]:
        try:
            yield each.stat().st_size if each.is_file() else 0
        except OSError:  # a run that goes on replaces its files
            continue

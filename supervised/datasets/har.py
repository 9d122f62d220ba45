"""Human activity recognition with smartphones (Anguita et al. 2013): signals of six activities."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from common.text import reason
from supervised.datasets import archives, finding
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile

INFO = Info(
    name="har",
    title="UCI HAR: 10,299 windows of phone motion, 2.56 s each, 30 volunteers, 6 activities",
    source="https://archive.ics.uci.edu/dataset/240/human+activity+recognition+using+smartphones",
    licence="not commercial; to be cited: Anguita et al. 2013",
    size="60 MB packed, 260 MB",
    files=(
        RemoteFile(
            name="UCI HAR Dataset.zip",
            urls=(
                "https://archive.ics.uci.edu/static/public/240/"
                "human+activity+recognition+using+smartphones.zip",
            ),
            members=("UCI HAR Dataset.zip",),
            alternatives=("UCI_HAR_Dataset_inertial.tar.xz",),
            trees=("train/inertial signals/*.txt",),
        ),
    ),
    folders=(
        *("UCI HAR Dataset", "UCI_HAR_Dataset"),
        "human+activity+recognition+using+smartphones",
    ),
    how="from https://archive.ics.uci.edu/dataset/240, unpack UCI HAR Dataset.zip from its zip",
)

NAMES = ("walking", "upstairs", "downstairs", "sitting", "standing", "lying")
"""The activities, in the order of their published numbers, 1 to 6."""
SIGNALS = tuple(
    f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"
)
"""The signals: acceleration without gravity (g), rotation (rad/s), acceleration (g)."""
STEPS = 128
"""Steps of a window, at 50 Hz."""

_SIZES = (7_352, 2_947)  # windows for training and for the test
_PARTS = ("train", "test")

Signals = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Windows of some volunteers.

    Attributes:
        signals: [N, 128, 9] float32, in the order of `SIGNALS`.
        labels: [N] int32, places in `NAMES`.
        volunteers: [N] int32, the number of the volunteer.
    """

    signals: Signals
    labels: Numbers
    volunteers: Numbers


@dataclass(frozen=True, kw_only=True)
class Activities(Loaded):
    """Windows of activities; no volunteer is in both training and test.

    Attributes:
        kind: `real` with 7,352 and 2,947 windows, fewer are a `sample`; `synthetic` has 60 of each
            of 12 volunteers.
        train: Windows of 21 volunteers if real.
        test: Windows of 9 other volunteers if real.
    """

    name: str = INFO.name
    train: Part
    test: Part


def _read(path: File) -> Activities:
    wanted = {f"{name}_{part}.txt" for part in _PARTS for name in (*SIGNALS, "y", "subject")}
    found = {
        PurePosixPath(name).name: contents
        for name, contents in archives.files(path, lambda name: PurePosixPath(name).name in wanted)
    }
    missing = sorted(wanted - set(found))
    if missing:
        raise DataError(f"{path}: {len(missing)} of {len(wanted)} files are missing: {missing[0]}")
    train, test = (_part(path, name, found) for name in _PARTS)
    if len(np.unique(train.volunteers)) < 2 or len(np.unique(train.labels)) < len(NAMES):
        raise DataError(
            f"{path}: the training has {len(np.unique(train.volunteers))} volunteers and "
            f"{len(np.unique(train.labels))} activities; expected two or more, and {len(NAMES)}"
        )
    sizes = (len(train.labels), len(test.labels))
    return Activities(kind="real" if sizes == _SIZES else "sample", train=train, test=test)


def _part(path: File, part: str, files: dict[str, bytes]) -> Part:
    def numbers(name: str, columns: int) -> npt.NDArray[np.float64]:
        where = f"{path}: {name}_{part}.txt"
        try:
            values = np.fromstring(files[f"{name}_{part}.txt"].decode("ascii"), sep=" ")
        except ValueError as error:  # a word that is no number, or no ASCII
            raise DataError(f"{where}: expected numbers ({reason(error)})") from None
        if not len(values) or len(values) % columns or not np.all(np.isfinite(values)):
            raise DataError(
                f"{where}: expected finite numbers, {columns} a line, found {len(values):,} numbers"
            )
        return values.reshape(-1, columns)

    labels = numbers("y", 1)[:, 0]
    if not np.all(np.isin(labels, range(1, len(NAMES) + 1))):
        raise DataError(f"{path}: y_{part}.txt: expected numbers from 1 to {len(NAMES)}")
    volunteers = numbers("subject", 1)[:, 0]
    signals = [numbers(name, STEPS) for name in SIGNALS]
    if {len(values) for values in (volunteers, *signals)} != {len(labels)}:
        raise DataError(f"{path}: the files of {part} have different numbers of lines")
    return Part(
        signals=np.stack(signals, axis=-1).astype(np.float32),
        labels=(labels - 1).astype(np.int32),
        volunteers=volunteers.astype(np.int32),
    )


# Of each activity: steps per second, strength (g), and where gravity points (x, y, z).
_MOTION = (
    (1.8, 0.35, (1.0, 0.1, 0.1)),
    (1.4, 0.45, (0.9, 0.4, 0.1)),
    (2.3, 0.60, (0.9, -0.3, 0.2)),
    (0.0, 0.02, (0.7, 0.5, 0.5)),
    (0.0, 0.02, (1.0, 0.0, 0.0)),
    (0.0, 0.02, (0.0, 0.7, 0.7)),
)


def synthetic(
    rng: np.random.Generator, *, windows: int = 60, train: int = 8, test: int = 4
) -> Activities:
    """Generates windows that differ by the pace of steps and by the phone's position.

    Every volunteer has a pace, a strength and a tilt of their own. All activities are equally
    frequent.

    Args:
        windows: Windows of each volunteer.
        train: Volunteers for training.
        test: Volunteers for the test.
    """
    everybody = [_volunteer(rng, number, windows) for number in range(1, train + test + 1)]
    return Activities(
        kind="synthetic", train=_together(everybody[:train]), test=_together(everybody[train:])
    )


def _volunteer(rng: np.random.Generator, number: int, windows: int) -> Part:
    labels = np.arange(windows, dtype=np.int32) % len(NAMES)
    pace, strength, gravity = (np.array(column)[labels] for column in zip(*_MOTION, strict=True))
    time = np.arange(STEPS) / 50  # seconds
    own_pace, own_strength = rng.uniform(0.85, 1.15, 2)
    angle = 2 * np.pi * (pace[:, None] * own_pace * time + rng.random((windows, 1)))  # [W, T]
    axes = rng.normal(1, 0.3, (6,))
    swing = np.sin(angle)[:, :, None] * axes * own_strength * strength[:, None, None]  # [W, T, 6]
    swing = swing + rng.normal(0, 0.05, (windows, STEPS, 6))
    tilted = gravity + rng.normal(0, 0.1, 3)  # [W, 3]
    total = swing[:, :, :3] + tilted[:, None, :]
    return Part(
        signals=np.concatenate([swing, total], axis=2).astype(np.float32),
        labels=labels,
        volunteers=np.full(windows, number, np.int32),
    )


def _together(parts: list[Part]) -> Part:
    return Part(
        signals=np.concatenate([part.signals for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        volunteers=np.concatenate([part.volunteers for part in parts]),
    )


load = finding.loader(INFO, read=_read, synthetic=synthetic)

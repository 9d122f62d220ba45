"""Events of a run: what a job says, measures and makes, on its way to the run's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Began:
    """The job starts, perhaps once more after its process died."""


@dataclass(frozen=True)
class Said:
    """The job has a line for the person who watches."""

    text: str


@dataclass(frozen=True)
class Progressed:
    """The job has done `done` of `total` units of work; `text` says what it is doing."""

    done: int
    total: int
    text: str


@dataclass(frozen=True)
class Activity:
    """The job does something else than its units of work, such as "compiling"."""

    text: str


@dataclass(frozen=True)
class DataLoaded:
    """A data set was loaded: `real`, `sample` or `synthetic`."""

    name: str
    kind: str
    sha256: str = ""
    """Of a user's own file."""


@dataclass(frozen=True)
class Record:
    """One line of `metrics.jsonl`."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Episodes:
    """Lines of `episodes.csv`, a tuple of numbers each."""

    rows: Sequence[tuple[float, ...]]


@dataclass(frozen=True)
class Scalars:
    """A point of each TensorBoard series in `values`."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Histograms:
    """A histogram of each TensorBoard series in `values`."""

    step: int
    values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Layout:
    """Charts for TensorBoard's custom scalars.

    Attributes:
        title: Of the group of charts.
        charts: Regular expression of each chart's series, by its title.
    """

    title: str
    charts: Mapping[str, str]


@dataclass(frozen=True)
class Graph:
    """A serialized TensorFlow graph, for TensorBoard."""

    graph_def: bytes


@dataclass(frozen=True)
class Picture:
    """A PNG file, NAME.png in the run's folder, shown in TensorBoard too."""

    name: str
    png: bytes


@dataclass(frozen=True)
class Table:
    """A CSV file, NAME.csv in the run's folder."""

    name: str
    csv: bytes


@dataclass(frozen=True)
class Model:
    """A trained model, NAME.keras in the run's folder."""

    name: str
    contents: bytes


@dataclass(frozen=True)
class Kept:
    """A file in the run's folder that `predict` and `evaluate` need."""

    name: str
    contents: bytes


@dataclass(frozen=True)
class Checkpoint:
    """The state of one phase of the job: nested dictionaries and lists of arrays and numbers."""

    phase: str
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """The job came to its end.

    Attributes:
        result: Its `supervised` result, as plain values.
        peak_memory_mb: Largest resident memory of its process while it ran, in megabytes.
        fingerprint: SHA-256 of the weights of its models and of its metrics.
    """

    result: Mapping[str, Any]
    peak_memory_mb: float
    fingerprint: str


Metric = Record | Episodes | Scalars | Histograms | Layout | Graph
"""Something measured."""
File = Picture | Table | Model | Kept
"""Something made."""
Event = Began | Said | Progressed | Activity | DataLoaded | Metric | File | Checkpoint | Ended
"""Anything that a job hands over."""

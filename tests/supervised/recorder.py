"""A job's context in memory, for tests that need no run folder."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from supervised.core.job import SHARES_OF_ROWS, Result
from supervised.core.randomness import generator, keras_seed
from supervised.datasets.source import Source


class Stopped(Exception):
    """What a context raises at a checkpoint when the job is to stop."""


@dataclass
class Recorder:
    """Keeps whatever a job hands over; `stop_after` checkpoints it stops the job."""

    run_seed: int = 0
    source: Source = field(default_factory=Source)
    final: bool = True
    workers: int = 0
    servers: int = 1
    stop_after: int | None = None
    text_column: str | None = None
    phases: dict[str, Any] = field(default_factory=dict)
    points: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    histogram_names: set[str] = field(default_factory=set)
    graphs: list[bytes] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def load(self, loader: Callable[..., Any]) -> Any:
        return loader(self.source)

    def rng(self, purpose: str) -> np.random.Generator:
        return generator(self.run_seed, purpose)

    def seed(self, purpose: str) -> int:
        return keras_seed(self.run_seed, purpose)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, done: int, total: int, text: str) -> None:
        assert 0 <= done <= total
        self.texts.append(text)

    def activity(self, text: str) -> None:
        pass

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self.points.append((step, dict(values)))

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        self.histogram_names |= set(values)

    def graph(self, graph_def: bytes) -> None:
        self.graphs.append(graph_def)

    def figure(self, name: str, figure: Any) -> None:
        self.figures[name] = figure

    def picture(self, name: str, pixels: np.ndarray) -> None:
        assert pixels.dtype == np.uint8
        self.pictures[name] = pixels

    def table(self, name: str, frame: Any) -> None:
        self.tables[name] = frame

    def model(self, model: Any, name: str = "model") -> None:
        self.models[name] = model

    def keep(self, name: str, contents: bytes) -> None:
        self.files[name] = contents

    def kept(self, name: str) -> bytes | None:
        return self.files.get(name)

    def worker_group(self, kind: Any, *arguments: Any, count: int, name: str, reserve: bool) -> Any:
        raise AssertionError("no other processes here")

    def restored(self, phase: str) -> Mapping[str, Any] | None:
        return self.phases.get(phase)

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        self.phases[phase] = deepcopy(state)
        if self.stop_after is not None:
            self.stop_after -= 1
            if self.stop_after <= 0:
                raise Stopped


def beside(result: Result, metric: str) -> tuple[set[str], bool]:
    """The declared controls that have a score of a metric, and whether its sampling error is known.

    Either that is measured, or it follows from the number of test rows.
    """
    known = metric in result.sampling_errors or metric in SHARES_OF_ROWS
    found = {name for name in result.controls if f"{name}_{metric}" in result.metrics}
    return found, known and bool(result.test_rows)

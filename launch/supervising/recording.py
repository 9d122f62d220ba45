"""What a supervised job hands over, kept in its run folder."""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from common.errors import RunError
from common.text import reason
from launch import catalog, run_folder
from launch.configs import CheckpointConfig, SupervisedConfig
from launch.saving import Saver, origin
from launch.tracking import Tracker

_LOG = logging.getLogger(__name__)

Status = Literal["finished", "interrupted", "failed"]


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a job came to its end, where it ran.

    Attributes:
        result: Its figures, as plain values.
        peak_memory_mb: Largest resident memory of its process while it ran.
    """

    result: Mapping[str, Any]
    peak_memory_mb: float


@dataclass(kw_only=True)
class _State:
    """What a checkpoint holds."""

    phases: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    number: int = 0
    seconds: float = 0.0  # of the attempts that ended before


class Recording:
    """Keeps a job's messages in its run folder, and knows where the job could go on.

    Metrics become visible with the checkpoint after them: those of an attempt that died before it
    are dropped, and made again by the next.
    """

    def __init__(
        self,
        experiment: str,
        config: SupervisedConfig,
        folder: Path,
        state: Mapping[str, Any] | None,
    ):
        """Opens the folder.

        Args:
            experiment: Name in the catalog.
            config: The run's config.
            folder: Its folder, held by this process.
            state: A checkpoint to continue from, empty where none was written; None for a new run.

        Raises:
            RunError: The metrics cannot be written.
        """
        self.experiment, self.config, self.folder = experiment, config, folder
        self.retries = 0
        self._state = _State()
        if state:
            parts = ("phases", "data", "number", "seconds")
            self._state = _State(**{name: state[name] for name in parts})
        beginning = {"step": -1, "lengths": {}}
        try:
            self._tracker = Tracker(
                folder, None if state is None else state.get("tracker", beginning)
            )
        except OSError as error:
            raise RunError(f"{folder}: metrics cannot be written: {reason(error)}") from None
        self._saver = Saver(folder, CheckpointConfig(), origin(experiment, config))
        self._waiting: list[tuple[str, Any]] = []
        self._weights = hashlib.sha256()
        self._began: float | None = None
        self._step = 0

    def restored(self) -> dict[str, Any]:
        """What a new attempt continues from."""
        return {"phases": self._state.phases, "data": self._state.data}

    def begins(self, began: float) -> None:
        """An attempt starts; what the one before it said since its last checkpoint never was.

        Args:
            began: `time.monotonic()` when the first one did.
        """
        self._waiting.clear()
        self._weights = hashlib.sha256()
        self._began = began

    def loaded(self, name: str, kind: str) -> None:
        self._state.data[name] = kind

    def scalars(self, step: int, values: dict[str, float]) -> None:
        self._waiting.append(("scalars", (step, values)))

    def histograms(self, step: int, values: dict[str, np.ndarray]) -> None:
        self._waiting.append(("histograms", (step, values)))

    def graph(self, graph_def: bytes) -> None:
        self._waiting.append(("graph", (graph_def,)))

    def file(self, name: str, contents: bytes) -> None:
        """Keeps a file; a picture is shown in TensorBoard, too."""
        if name.endswith(".png"):
            tag = name.removesuffix(".png")
            self._waiting.append(("image", (self._newest_step(), tag, contents)))
        with run_folder.replacing(self.folder / name) as path:
            path.write_bytes(contents)

    def model(self, name: str, contents: bytes, weights: list[np.ndarray]) -> None:
        for array in weights:
            self._weights.update(array.tobytes())
        self.file(name, contents)

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Where the job is now; written down as often as that takes at most 5 % of the time.

        Raises:
            RunError: The folder is gone.
        """
        self._state.phases[phase] = state
        self._state.number += 1
        self._write_metrics()
        if self._saver.affordable() or self._state.number == 1:
            self.save()

    def save(self) -> bool:
        """Writes the last checkpoint to disk; says whether that worked."""
        return self._saver.save(self._state.number, self._get_state)

    def ended(self, ending: Ending) -> None:
        """Writes down what the job came to."""
        self._write_metrics()
        self._write_result("finished", ending)

    def stopped(self, status: Status, trace: str = "") -> None:
        """The job came to no end of its own: keeps where it could go on, and why it did not."""
        try:
            if self._state.number:
                self.save()
            if trace:
                (self.folder / run_folder.FAILURE).write_text(trace)
            self._write_result(status, None)
        except OSError as error:
            _LOG.warning("%s: %s", self.folder, reason(error))

    def close(self) -> None:
        """Closes the files."""
        self._tracker.close()

    def _write_metrics(self) -> None:
        for kind, arguments in self._waiting:
            getattr(self._tracker, kind)(*arguments)
            if kind == "scalars":
                step, values = arguments
                self._step = max(self._step, step)
                self._tracker.record({"kind": "scalars", "step": step, **values})
        self._waiting.clear()
        self._tracker.hand_over()

    def _newest_step(self) -> int:
        """The largest step that anything has been noted at."""
        waiting = [arguments[0] for kind, arguments in self._waiting if kind == "scalars"]
        return max([self._step, *waiting])

    def _get_state(self) -> dict[str, Any]:
        return {
            "phases": self._state.phases,
            "data": self._state.data,
            "number": self._state.number,
            "seconds": self._seconds(),
            "tracker": self._tracker.get_state(self._step),
        }

    def _seconds(self) -> float:
        now = time.monotonic()
        return self._state.seconds + now - (self._began or now)

    def _write_result(self, status: Status, ending: Ending | None) -> None:
        result = ending.result if ending else {}
        metrics = dict(result.get("metrics", {}))
        claim = catalog.claim(self.experiment, self.config)
        optimum = result.get("optimum")
        kinds = sorted(set(self._state.data.values()))
        real = kinds == ["real"]
        values = {
            "experiment": self.experiment,
            "seed": self.config.seed,
            "status": status,
            "data": "+".join(kinds),
            "data_sets": dict(self._state.data),
            "wall_seconds": round(self._seconds(), 3),
            "peak_memory_mb": ending and round(ending.peak_memory_mb, 1),
            "retries": self.retries,
            "metrics": metrics,
            "validation": dict(result.get("validation", {})),
            "claim": {
                "metric": claim.metric,
                "book": claim.book,
                "book_note": claim.note,
                "baseline": result.get("baseline"),
                "optimum": claim.optimum if optimum is None else optimum,
                "ours": metrics.get(claim.metric),
                "comparable": claim.comparable and real,
            },
            "notes": list(result.get("notes", ())),
            "fingerprint": self._fingerprint(metrics) if ending else None,
        }
        run_folder.write_json(self.folder / run_folder.RESULT, values)

    def _fingerprint(self, metrics: Mapping[str, float]) -> str:
        """SHA-256 over the weights of the models kept and the figures."""
        digest = self._weights.copy()
        digest.update(json.dumps(metrics, sort_keys=True).encode())
        return digest.hexdigest()

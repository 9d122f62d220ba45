"""What a supervised job is given to work with: everything it hands over becomes an event."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from launch.config.supervised import SupervisedConfig
from launch.run_folder.events import (
    Activity,
    Checkpoint,
    DataLoaded,
    Event,
    Graph,
    Histograms,
    Kept,
    Model,
    Picture,
    Progressed,
    Record,
    Said,
    Scalars,
    Table,
)
from supervised.core import glyphs
from supervised.core.job import D
from supervised.core.randomness import generator, keras_seed
from supervised.core.sharing.group import WorkerGroup
from supervised.datasets.source import DataError, Source

if TYPE_CHECKING:  # TensorFlow wants its settings before it is imported
    import keras

_DPI = 120

Send = Callable[[Event], None]
"""Takes the events of a job, in their order."""


class JobContext:
    """Implements `supervised.core.job.Context` by sending events.

    Nothing is written here: the process that started the job owns the run's folder, wherever the
    job itself runs.
    """

    def __init__(
        self,
        config: SupervisedConfig,
        restored: Mapping[str, Any],
        send: Send,
        group: Any = None,
        folder: Path | None = None,
    ):
        """Makes a job's context.

        Args:
            config: The run's config.
            restored: The state of the last checkpoint: `phases` by name, and the kinds of `data`
                and the checksums of a user's own `files` by data set.
            send: Takes the events, in their order.
            group: Ray's placement group of the job and its workers.
            folder: The folder of a run whose model is evaluated or applied.
        """
        self.final = config.final
        self.text_column: str | None = None
        self.workers, self.servers = config.resources.workers, config.resources.servers
        self._config, self._group, self._folder = config, group, folder
        self._seed = config.seed
        self._phases: Mapping[str, Any] = restored.get("phases", {})
        self._kinds: dict[str, str] = dict(restored.get("data", {}))
        self._files: dict[str, str] = dict(restored.get("files", {}))
        self._send = send
        self.notes: dict[str, str] = {}  # on the data sets, by name
        self._weights = hashlib.sha256()  # of the models, in their order
        self._source = Source(
            data_dir=config.data.data_dir,
            want=config.data.data,
            cache=config.data.data_cache.expanduser(),
            progress=self.progress,
        )

    def load(self, loader: Callable[..., D]) -> D:
        self.activity("loading data")
        data = loader(self._source)
        before = self._kinds.setdefault(data.name, data.kind)
        if before != data.kind:
            raise DataError(
                f"{data.name}: the run began on {before} data and this is {data.kind}: give it the "
                "same --data-dir again, or start a new run"
            )
        checksum = getattr(data, "sha256", "")  # of a user's own file
        if self._files.setdefault(data.name, checksum) != checksum:
            raise DataError(
                f"{data.name}: the file has changed since the run began: start a new run"
            )
        self._send(DataLoaded(data.name, data.kind, checksum))
        note = getattr(data, "note", "")
        if note and data.name not in self.notes:
            self.say(f"{data.name}: {note}")
            self.notes[data.name] = note
        return data

    def rng(self, purpose: str) -> np.random.Generator:
        return generator(self._seed, purpose)

    def seed(self, purpose: str) -> int:
        return keras_seed(self._seed, purpose)

    def say(self, line: str) -> None:
        self._send(Said(line))

    def progress(self, done: int, total: int, text: str) -> None:
        self._send(Progressed(done, total, text))

    def activity(self, text: str) -> None:
        self._send(Activity(text))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._send(Scalars(step, dict(values)))
        self._send(Record({"kind": "scalars", "step": step, **values}))

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        copies = {name: np.array(value) for name, value in values.items()}
        self._send(Histograms(step, copies))

    def graph(self, graph_def: bytes) -> None:
        self._send(Graph(graph_def))

    def figure(self, name: str, figure: Figure) -> None:
        # The kind of data belongs to a picture, wherever it is shown.
        title = "\n".join(filter(None, (figure.get_suptitle(), self._data())))
        figure.suptitle(title, fontsize=9)
        glyphs.mend(figure)
        picture = io.BytesIO()
        figure.savefig(picture, dpi=_DPI, format="png")
        self._send(Picture(name, picture.getvalue()))

    def picture(self, name: str, pixels: npt.NDArray[np.uint8]) -> None:
        about = PngInfo()
        about.add_text("Description", self._data())
        picture = io.BytesIO()
        Image.fromarray(pixels).save(picture, format="png", pnginfo=about)
        self._send(Picture(name, picture.getvalue()))

    def table(self, name: str, frame: pd.DataFrame) -> None:
        marked = frame.assign(data="; ".join(sorted(set(self._kinds.values()))))
        self._send(Table(name, marked.to_csv(index=False).encode()))

    def model(self, model: "keras.Model", name: str = "model") -> None:
        from launch.jobs.supervised.model_files import to_bytes  # TensorFlow

        self.activity("exporting the model")
        for array in model.get_weights():
            self._weights.update(array.tobytes())
        self._send(Model(name, to_bytes(model)))

    def keep(self, name: str, contents: bytes) -> None:
        self._send(Kept(name, contents))

    def kept(self, name: str) -> bytes | None:
        path = self._folder and self._folder / name
        return path.read_bytes() if path is not None and path.is_file() else None

    def fingerprint(self, metrics: Mapping[str, float]) -> str:
        """SHA-256 of the weights of all models that were kept, and of the metrics."""
        digest = self._weights.copy()
        digest.update(json.dumps(metrics, sort_keys=True).encode())
        return digest.hexdigest()

    def restored(self, phase: str) -> Mapping[str, Any] | None:
        return self._phases.get(phase)

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        self._send(Checkpoint(phase, _copied(state)))

    def worker_group(
        self, kind: Any, *arguments: Any, count: int, name: str, reserve: bool
    ) -> WorkerGroup:
        from launch.jobs.supervised.worker_group import JobWorkers  # Ray

        return JobWorkers(
            self._config, self._group, kind, arguments, count=count, name=name, reserve=reserve
        )

    def _data(self) -> str:
        return "; ".join(f"{name}: {kind} data" for name, kind in sorted(self._kinds.items()))


def _copied(state: Any) -> Any:
    """A copy of the state's containers, because the job may change its own before they are read.

    Arrays are not copied; the job leaves them as they are.
    """
    if isinstance(state, Mapping):
        return {key: _copied(value) for key, value in state.items()}
    return [_copied(value) for value in state] if isinstance(state, list | tuple) else state

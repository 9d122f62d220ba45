"""What a supervised job is given to work with: everything it hands over becomes a message."""

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from launch.configs import SupervisedConfig
from supervised.core.job import D
from supervised.core.randomness import generator, keras_seed
from supervised.core.sharing.group import WorkerGroup
from supervised.datasets.source import DataError, Source

if TYPE_CHECKING:  # TensorFlow wants its settings before it is imported
    import keras

_DPI = 120

Send = Callable[..., None]
"""Called with the name of a `Recording` method and its arguments."""


class JobContext:
    """Implements `supervised.core.job.Context` by sending messages.

    Nothing is written here: the process that started the job owns the run's folder, wherever the
    job itself runs.
    """

    def __init__(
        self,
        config: SupervisedConfig,
        restored: Mapping[str, Any],
        send: Send,
        group: Any = None,
    ):
        """Makes a job's context.

        Args:
            config: The run's config.
            restored: State of a checkpoint: `phases` by name and `data` kinds by set.
            send: Takes the messages, in order.
            group: Ray's placement group of the job and its workers.
        """
        self.final = config.final
        self.workers, self.servers = config.resources.workers, config.resources.servers
        self._config, self._group = config, group
        self._seed = config.seed
        self._phases: Mapping[str, Any] = restored.get("phases", {})
        self._kinds: dict[str, str] = dict(restored.get("data", {}))
        self._send = send
        self._source = Source(
            data_dir=config.data.data_dir,
            want=config.data.data,
            cache=config.data.data_cache.expanduser(),
            progress=self.progress,
        )

    def load(self, loader: Callable[..., D]) -> D:
        data = loader(self._source)
        before = self._kinds.setdefault(data.name, data.kind)
        if before != data.kind:
            raise DataError(
                f"{data.name}: the run began on {before} data and this is {data.kind}: give it the "
                "same --data-dir again, or start a new run"
            )
        self._send("loaded", data.name, data.kind)
        return data

    def rng(self, purpose: str) -> np.random.Generator:
        return generator(self._seed, purpose)

    def seed(self, purpose: str) -> int:
        return keras_seed(self._seed, purpose)

    def say(self, line: str) -> None:
        self._send("say", line)

    def progress(self, done: int, total: int, text: str) -> None:
        self._send("progress", done, total, text)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self._send("scalars", step, dict(values))

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        self._send("histograms", step, {name: np.array(value) for name, value in values.items()})

    def graph(self, graph_def: bytes) -> None:
        self._send("graph", graph_def)

    def figure(self, name: str, figure: Figure) -> None:
        # The kind of data belongs to a picture, wherever it is shown.
        title = "\n".join(filter(None, (figure.get_suptitle(), self._data())))
        figure.suptitle(title, fontsize=9)
        picture = io.BytesIO()
        figure.savefig(picture, dpi=_DPI, format="png")
        self._send("file", f"{name}.png", picture.getvalue())

    def picture(self, name: str, pixels: npt.NDArray[np.uint8]) -> None:
        about = PngInfo()
        about.add_text("Description", self._data())
        picture = io.BytesIO()
        Image.fromarray(pixels).save(picture, format="png", pnginfo=about)
        self._send("file", f"{name}.png", picture.getvalue())

    def table(self, name: str, frame: pd.DataFrame) -> None:
        marked = frame.assign(data="; ".join(sorted(set(self._kinds.values()))))
        self._send("file", f"{name}.csv", marked.to_csv(index=False).encode())

    def model(self, model: "keras.Model", name: str = "model") -> None:
        from launch.supervising.model_files import to_bytes  # TensorFlow

        self._send("model", f"{name}.keras", to_bytes(model), model.get_weights())

    def restored(self, phase: str) -> Mapping[str, Any] | None:
        return self._phases.get(phase)

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        self._send("checkpoint", phase, _apart(state))

    def worker_group(
        self, kind: Any, *arguments: Any, count: int, name: str, reserve: bool
    ) -> WorkerGroup:
        from launch.supervising.crews import JobCrew  # Ray

        return JobCrew(
            self._config, self._group, kind, arguments, count=count, name=name, reserve=reserve
        )

    def _data(self) -> str:
        return "; ".join(f"{name}: {kind} data" for name, kind in sorted(self._kinds.items()))


def _apart(state: Any) -> Any:
    """The same with containers of its own: the job's go on before the message is looked at."""
    if isinstance(state, Mapping):
        return {key: _apart(value) for key, value in state.items()}
    return [_apart(value) for value in state] if isinstance(state, list | tuple) else state

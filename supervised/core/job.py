"""What a supervised job is: a frozen config, and `run(config, context) → result`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from supervised.core.sharing.group import Crew
from supervised.datasets.source import Dataset

if TYPE_CHECKING:  # jobs are described, listed and scheduled without these
    import keras
    import pandas as pd
    from matplotlib.figure import Figure

D = TypeVar("D", bound=Dataset)

LOWER_IS_BETTER = frozenset(
    {"mse", "rmse", "mae", "log_loss", "reconstruction_error", "largest_difference", "seconds"}
)
"""Figures that are better the smaller they are; all others the larger."""


class InputError(Exception):
    """What a user gave to `predict` cannot be used; the message names it and the way out."""


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """Settings of a job: everything that its result depends on, beside seed, data and CPUs.

    A subclass names in `module` where its `run` is; it is imported when the job starts.
    """

    module: ClassVar[str]
    follows_workers: ClassVar[bool] = False
    """Whether its result is of the number of workers that it has."""

    @property
    def takes_workers(self) -> bool:
        """Whether there is something for them: batches to be shared, or what the job is about."""
        return self.follows_workers or hasattr(self, "fit")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a job came to.

    Attributes:
        metrics: Test figures by name; accuracies and rates as fractions. Empty in a search.
        validation: The same figures on validation data, which a search may choose by.
        baseline: The experiment's metric for the trivial predictor, on the same test data.
        optimum: The best possible figure, where it is known.
        notes: What a reader of the figures must know.
    """

    metrics: Mapping[str, float]
    validation: Mapping[str, float] = field(default_factory=dict)
    baseline: float | None = None
    optimum: float | None = None
    notes: Sequence[str] = ()


class Context(Protocol):
    """What a job is given to work with; whoever runs it decides where things go.

    Attributes:
        final: Whether the test data may be used. A search's trials must not touch it.
        workers: Processes that are to share each batch; 0 leaves it to this one.
        servers: Processes over which the weights are then spread.
    """

    final: bool
    workers: int
    servers: int

    def load(self, loader: Callable[..., D]) -> D:
        """Loads a data set with its `load(source)`; its kind goes into everything that is shown.

        Raises:
            DataError: It is missing or wrong.
        """
        ...

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of the job's seed and a purpose; the same pair gives the same draws."""
        ...

    def seed(self, purpose: str) -> int:
        """A seed in [0, 2**31) for layers that draw by themselves."""
        ...

    def say(self, line: str) -> None:
        """Tells the person who watches."""
        ...

    def progress(self, done: int, total: int, text: str) -> None:
        """Says how far the job is, in a unit of its own; `text` is what is going on."""
        ...

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Adds a point to each series, in `metrics.jsonl` and TensorBoard."""
        ...

    def histograms(self, step: int, values: Mapping[str, np.ndarray]) -> None:
        """Adds a histogram to each TensorBoard series."""
        ...

    def graph(self, graph_def: bytes) -> None:
        """Shows a serialized TensorFlow graph in TensorBoard."""
        ...

    def figure(self, name: str, figure: "Figure") -> None:
        """Keeps a figure as NAME.png, marked with the kind of data."""
        ...

    def picture(self, name: str, pixels: npt.NDArray[np.uint8]) -> None:
        """Keeps RGB pixels [H, W, 3] as NAME.png, in their own size and with the kind of data."""
        ...

    def table(self, name: str, frame: "pd.DataFrame") -> None:
        """Keeps a table as NAME.csv, with a column that names the kind of data."""
        ...

    def model(self, model: "keras.Model", name: str = "model") -> None:
        """Keeps a trained model as NAME.keras; `model` is what predict and evaluate take."""
        ...

    def restored(self, phase: str) -> Mapping[str, Any] | None:
        """What the last checkpoint before this start held for a phase; None without one."""
        ...

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Keeps the state of a phase: nested dictionaries and lists of arrays, numbers, strings.

        A job that is stopped comes no further than a checkpoint: it may raise. The containers may
        change afterwards, and the arrays may not.
        """
        ...

    def crew(self, kind: Any, *arguments: Any, count: int, name: str, reserve: bool) -> Crew:
        """Has other processes make `kind(*arguments)` each.

        Args:
            kind: A class; its module is imported there.
            arguments: Kept once for all of them.
            count: Processes.
            name: What they are, for messages.
            reserve: Whether each has CPUs and GPUs of its own, at most `workers` of them together;
                those that only keep things have none.
        """
        ...


class Job(Protocol):
    """A job's module. Those without a model have only `run`."""

    def run(self, config: Any, context: Context) -> Result:
        """Does the job.

        Raises:
            DataError: Its data are missing or wrong.
            Diverged: A loss stopped being finite.
        """
        ...

    def evaluate(self, config: Any, context: Context, model: "keras.Model") -> Mapping[str, float]:
        """Scores a trained model on the test data.

        Raises:
            DataError: The data are missing or wrong.
        """
        ...

    def predict(
        self, config: Any, model: "keras.Model", inputs: Sequence[str], context: Context
    ) -> "pd.DataFrame":
        """Applies a trained model to a user's own files or texts, one row each.

        Raises:
            InputError, DataError: One of them cannot be used.
        """
        ...


def module_of(config: JobConfig) -> Job:
    """The module that does a job; imports what it needs, TensorFlow too."""
    return cast(Job, import_module(config.module))

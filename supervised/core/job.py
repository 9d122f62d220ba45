"""What a supervised job is: a frozen config, and `run(config, context) → result`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from supervised.core.sharing.group import WorkerGroup
from supervised.datasets.source import Dataset

if TYPE_CHECKING:  # jobs are described, listed and scheduled without these
    import keras
    import pandas as pd
    from matplotlib.figure import Figure

D = TypeVar("D", bound=Dataset)

LOWER_IS_BETTER = frozenset(
    {"mse", "rmse", "mae", "log_loss", "reconstruction_error", "largest_difference", "seconds"}
)
"""Metrics of which a smaller value is better; of all others a larger one is."""
SHARES_OF_ROWS = frozenset({"accuracy", "nearest_mean_accuracy"})
"""Metrics that are the share of test rows that are right: their sampling error is binomial."""
BETWEEN_0_AND_1 = SHARES_OF_ROWS | {"equal", "mean_top_probability", "roc_auc", "top_probability"}
"""Metrics of which no value is below 0 or above 1."""


class InputError(Exception):
    """What a user gave cannot be used; the message names it, and what would do."""


@dataclass(frozen=True, kw_only=True)
class ModelNames:
    """What a trained model takes and gives is called, for whoever uses it elsewhere.

    Attributes:
        inputs: The names of the numbers or words of an input, in their order, by the input's name.
        output: What the model says, such as the column that it predicts.
        classes: The names of its classes, in their order; empty where it gives a number.
        before: What has to be done to inputs before, in sentences.
    """

    inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    output: str = ""
    classes: Sequence[str] = ()
    before: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """Settings of a job: everything that its result depends on, beside seed, data and CPUs.

    Attributes:
        module: Name of the module with the job's `run`; it is imported when the job starts.
    """

    module: ClassVar[str]
    follows_workers: ClassVar[bool] = False
    """Whether the number of workers is a setting that the result depends on."""
    stream_suffix: ClassVar[Literal["", ".csv", ".txt"]] = ""
    """What a stream of rows or of lines of text, which are predicted, would be as a file; "" where
    there can be none."""
    other_file: ClassVar[str] = ""
    """The setting that names a user's own file to be tested on; "" where there is none."""
    takes_texts: ClassVar[bool] = False
    """Whether the trained model takes texts, which may be in a column of a table."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Names of the published data sets that the job reads whatever its settings are."""
    reads_chosen: ClassVar[str] = ""
    """The setting that names one more; "" where there is none."""

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the published data sets that the job reads; a user's own files have none."""
        chosen = (getattr(self, self.reads_chosen),) if self.reads_chosen else ()
        return (*self.reads, *chosen)

    def check(self) -> None:
        """Looks at a user's own files, before anything is started.

        Raises:
            InputError, DataError: One is missing, or lacks what the settings name.
        """
        return

    def names(self, kept: Callable[[str], bytes | None]) -> ModelNames:
        """What the numbers of the trained model are called.

        Args:
            kept: Gives the contents of a file that the job has kept; None where there is none.
        """
        return ModelNames()

    @property
    def metric(self) -> str:
        """The metric of the job's score where its settings decide on it; else ""."""
        return ""

    @property
    def takes_workers(self) -> bool:
        """Whether the job can use workers: to share batches, or because workers are its subject."""
        return self.follows_workers or hasattr(self, "fit")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a job.

    Attributes:
        metrics: Test metrics by name; accuracies and rates as fractions. Empty in a search.
        metric: Which of them is the score, where the data decide on it; else the experiment does.
        validation: Metrics on validation data, by which a search may choose settings.
        baseline: The experiment's metric for the trivial predictor, on the same test data.
        optimum: The best possible value of the experiment's metric, where it is known.
        notes: What a reader of the metrics must know.
        controls: Which metrics are those of simple predictors, on the same test data, that a model
            has to beat: by the prefix of their names (`ridge` of `ridge_rmse`), in words.
        test_rows: How many test rows the metrics are of; None where they are of no rows.
        sampling_errors: Standard errors of test metrics, by name, that come from the test rows
            alone. A share of rows needs none: its error follows from `test_rows`.
    """

    metrics: Mapping[str, float]
    metric: str = ""
    validation: Mapping[str, float] = field(default_factory=dict)
    baseline: float | None = None
    optimum: float | None = None
    notes: Sequence[str] = ()
    controls: Mapping[str, str] = field(default_factory=dict)
    test_rows: int | None = None
    sampling_errors: Mapping[str, float] = field(default_factory=dict)


class Context(Protocol):
    """What a job gets its data and draws from, and what it hands its output to.

    Attributes:
        final: Whether the test data may be used. A search's trials must not touch it.
        workers: Number of processes that share each batch; 0 trains in this process.
        servers: Number of processes over which the weights are spread if there are workers.
        text_column: The column of a user's tables that has the texts; None finds it.
    """

    final: bool
    workers: int
    servers: int
    text_column: str | None

    def load(self, loader: Callable[..., D]) -> D:
        """Loads a data set with its `load(source)`; everything that is shown names its kind.

        Raises:
            DataError: The data set is missing or wrong.
        """
        ...

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of the job's seed and a purpose; the same pair gives the same draws."""
        ...

    def seed(self, purpose: str) -> int:
        """A seed in [0, 2**31) for layers that draw by themselves."""
        ...

    def say(self, line: str) -> None:
        """Shows a line to the user."""
        ...

    def progress(self, done: int, total: int, text: str) -> None:
        """Reports that `done` of `total` units of work are done; `text` says what is going on."""
        ...

    def activity(self, text: str) -> None:
        """Shows what the job does until its next report of progress, such as "compiling"."""
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
        """Keeps a trained model as NAME.keras; `predict` and `evaluate` use `model.keras`."""
        ...

    def keep(self, name: str, contents: bytes) -> None:
        """Keeps a file in the run's folder that `predict` and `evaluate` need."""
        ...

    def kept(self, name: str) -> bytes | None:
        """The contents of such a file, in `predict` and `evaluate`; None where there is none."""
        ...

    def restored(self, phase: str) -> Mapping[str, Any] | None:
        """The state of a phase in the last checkpoint before this start; None without one."""
        ...

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Keeps the state of a phase: nested dictionaries and lists of arrays, numbers, strings.

        A job that is to stop is stopped here: the call then raises. The job may change the
        containers afterwards, but not the arrays.
        """
        ...

    def worker_group(
        self, kind: Any, *arguments: Any, count: int, name: str, reserve: bool
    ) -> WorkerGroup:
        """Starts other processes, each of which makes an object `kind(*arguments)`.

        Args:
            kind: A class; each process imports its module.
            arguments: Arguments of the class, equal for all processes.
            name: What a process is, for messages.
            reserve: Whether each process has CPUs and GPUs of its own, which at most `workers`
                processes can have; those that only keep things need none.
        """
        ...


class Job(Protocol):
    """A job's module. A job that keeps no model has only `run`.

    One whose rows may come without a line of names has `has_names(context)`, which says it.
    """

    def run(self, config: Any, context: Context) -> Result:
        """Does the job.

        Raises:
            DataError: Its data are missing or wrong.
            Diverged: A loss is not finite.
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
            InputError, DataError: A file or text cannot be used.
        """
        ...


def module_of(config: JobConfig) -> Job:
    """Imports the module of a job, and with it what the job needs, TensorFlow too."""
    return cast(Job, import_module(config.module))

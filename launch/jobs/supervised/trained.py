"""Trained models of supervised runs, scored again or applied to a user's own inputs."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from common.backend import prepare_deterministic
from common.errors import UsageError
from launch.config.supervised import SupervisedConfig
from launch.jobs.supervised import streams
from launch.jobs.supervised.context import JobContext
from launch.run_folder import description
from launch.run_folder.events import Activity, DataLoaded, Event, Picture, Progressed, Said
from launch.terminal.console import say, stderr
from supervised.core.job import InputError, Job, module_of
from supervised.datasets.source import DataError


def evaluate(
    folder: Path, data_dir: Path | None, want: Any, file: Path | None = None
) -> tuple[Mapping[str, str], Mapping[str, float]]:
    """Scores a run's model on the test data.

    Args:
        folder: The run's folder.
        data_dir: Where the data are; None looks where the run did.
        want: Kind of data; None takes the run's.
        file: A user's own file to be scored on; None takes the run's.

    Returns:
        The kind of each data set used, and the scores.

    Raises:
        UsageError: The run, its model or the data cannot be read.
    """
    config, job, model = _load(folder, "evaluate")
    config = _elsewhere(config, data_dir)
    if want is not None:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, data=want))
    if file is not None:
        if not config.job.other_file:
            raise UsageError(f"--data {file}: this run's data are no single file: --data-dir DIR")
        job_config = dataclasses.replace(config.job, **{config.job.other_file: file.absolute()})
        config = dataclasses.replace(config, job=job_config)
    kinds: dict[str, str] = {}
    with _at_work(config, kinds, folder) as context:
        return kinds, job.evaluate(config.job, context, model)


def predict_stream(folder: Path, lines: Iterable[bytes]) -> Iterator[pd.DataFrame]:
    """Applies a run's model to the rows or texts of a stream.

    Args:
        folder: The run's folder.
        lines: Lines of CSV, the first of which has the names of columns, or of texts.

    Returns:
        One row for each of them, some thousand at a time.

    Raises:
        UsageError: The run or its model cannot be read, it takes no stream, or a row cannot be
            used.
    """
    config, job, model = _load(folder, "predict")
    if not (suffix := config.job.stream_suffix):
        raise UsageError(f"{folder}: its model takes files or pictures, no stream")
    count = 0
    with tempfile.TemporaryDirectory() as place, _at_work(_real(config), {}, folder, {}) as context:
        path = Path(place) / f"standard_input{suffix}"
        named: Any = getattr(job, "has_names", lambda _: suffix == ".csv")
        for batch in streams.batches(lines, has_names=named(context)):
            path.write_bytes(batch)
            table = job.predict(config.job, model, [str(path)], context)
            if "row" in table:
                table["row"] += count
            count += len(table)
            context.activity(f"{count:,} rows")
            yield table.replace(str(path), "-")


def predict(
    folder: Path, inputs: Sequence[str], column: str | None = None
) -> tuple[pd.DataFrame, Mapping[str, bytes]]:
    """Applies a run's model to a user's inputs.

    Args:
        folder: The run's folder.
        inputs: Files or texts, as the model takes them.
        column: The column of tables that has the texts; None finds it.

    Returns:
        One row for each of them, and the pictures drawn of them: PNG files by name.

    Raises:
        UsageError: The run or its model cannot be read, or an input cannot be used.
    """
    config, job, model = _load(folder, "predict")
    pictures: dict[str, bytes] = {}
    if column is not None and not config.job.takes_texts:
        raise UsageError(f"--column {column}: the model of {folder} takes no texts")
    with _at_work(_real(config), {}, folder, pictures) as context:
        context.text_column = column
        return job.predict(config.job, model, inputs, context), pictures


def _real(config: SupervisedConfig) -> SupervisedConfig:
    """The config for what a user gives, which is real whatever the model was trained on."""
    return dataclasses.replace(config, data=dataclasses.replace(config.data, data="auto"))


def _elsewhere(config: SupervisedConfig, data_dir: Path | None) -> SupervisedConfig:
    """The config with another folder of data, where one is given."""
    if data_dir is None:
        return config
    data = dataclasses.replace(config.data, data_dir=data_dir.absolute())
    return dataclasses.replace(config, data=data)


def _load(folder: Path, command: str) -> tuple[SupervisedConfig, Job, Any]:
    experiment, config = description.read(folder)
    if not isinstance(config, SupervisedConfig):
        raise UsageError(f"{folder}: {experiment} trained a policy, which plays: use evaluate")
    prepare_deterministic(config.resources.cpus, hide_gpus=True)
    from launch.jobs.supervised import model_files

    job = module_of(config.job)
    if not hasattr(job, command):
        raise UsageError(f"{folder}: {experiment} trains no model that could {command}")
    return config, job, model_files.load(folder)


@contextlib.contextmanager
def _at_work(
    config: SupervisedConfig,
    kinds: dict[str, str],
    folder: Path,
    pictures: dict[str, bytes] | None = None,
) -> Iterator[JobContext]:
    """The context of a job that applies a model, with as many threads as in the run.

    Args:
        config: The run's config.
        kinds: Takes the kind of each data set that is loaded.
        folder: The run's folder.
        pictures: Takes the pictures that are drawn; None drops them.

    Raises:
        UsageError: What the job says of data and inputs that it cannot use.
    """

    def send(event: Event) -> None:
        match event:
            case DataLoaded():
                kinds[event.name] = event.kind
            case Said():
                say(event.text)
            case Progressed():
                status.update(f"{event.text}: {event.done:,} of {event.total:,}")
            case Activity():
                status.update(event.text)
            case Picture() if pictures is not None:
                pictures[f"{event.name}.png"] = event.png
            case _:
                pass  # there is no run folder to keep it in

    try:  # with other threads sums would have other bits
        with stderr().status("at work") as status, threadpool_limits(config.resources.cpus):
            yield JobContext(config, {}, send, folder=folder)
    except (InputError, DataError) as error:
        raise UsageError(str(error)) from None

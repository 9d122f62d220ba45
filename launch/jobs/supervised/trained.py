"""Trained models of supervised runs, scored again or applied to a user's own inputs."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from common.backend import prepare_deterministic
from common.errors import UsageError
from launch.config.supervised import SupervisedConfig
from launch.jobs.supervised.context import JobContext
from launch.run_folder import description
from launch.run_folder.events import DataLoaded, Event, Picture, Said
from launch.terminal.console import say
from supervised.core.job import InputError, Job, module_of
from supervised.datasets.source import DataError


def evaluate(
    folder: Path, data_dir: Path | None, want: Any
) -> tuple[Mapping[str, str], Mapping[str, float]]:
    """Scores a run's model on the test data.

    Args:
        folder: The run's folder.
        data_dir: Where the data are; None looks where the run did.
        want: Kind of data; None takes the run's.

    Returns:
        The kind of each data set used, and the scores.

    Raises:
        UsageError: The run, its model or the data cannot be read.
    """
    config, job, model = _load(folder, "evaluate")
    config = _elsewhere(config, data_dir)
    if want is not None:
        config = dataclasses.replace(config, data=dataclasses.replace(config.data, data=want))
    kinds: dict[str, str] = {}
    context = _context(config, kinds)
    try:
        with threadpool_limits(config.resources.cpus):  # as in the run: else the bits are others
            return kinds, job.evaluate(config.job, context, model)
    except DataError as error:
        raise UsageError(str(error)) from None


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
    # What a user gives is real, whatever the model was trained on.
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, data="auto"))
    if column is not None and not config.job.takes_texts:
        raise UsageError(f"--column {column}: the model of {folder} takes no texts")
    context = _context(config, {}, pictures)
    context.text_column = column
    try:
        with threadpool_limits(config.resources.cpus):
            return job.predict(config.job, model, inputs, context), pictures
    except (InputError, DataError) as error:
        raise UsageError(str(error)) from None


def recommend(
    folder: Path, data_dir: Path | None, question: Callable[[Any], pd.DataFrame]
) -> pd.DataFrame:
    """What a run's recommender answers.

    Args:
        folder: The run's folder.
        data_dir: Where the ratings are; None looks where the run did.
        question: Asks the recommender.

    Raises:
        UsageError: The run, its model or the data cannot be read, or the question has no answer.
    """
    config, job, model = _load(folder, "recommend")
    context = _context(_elsewhere(config, data_dir), {})
    try:
        recommending: Any = job
        return question(recommending.recommend(config.job, model, context))
    except (InputError, DataError) as error:
        raise UsageError(str(error)) from None


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


def _context(
    config: SupervisedConfig, kinds: dict[str, str], pictures: dict[str, bytes] | None = None
) -> JobContext:
    def send(event: Event) -> None:
        match event:
            case DataLoaded():
                kinds[event.name] = event.kind
            case Said():
                say(event.text)
            case Picture() if pictures is not None:
                pictures[f"{event.name}.png"] = event.png
            case _:
                pass  # there is no run folder to keep it in

    return JobContext(config, {}, send)

"""What is told of a supervised run: its data, its job and its models."""

from pathlib import Path

from common.text import one_line
from launch.config.run import RunConfig
from launch.config.supervised import SupervisedConfig
from launch.jobs.models.described import Described, first_sentence, models_in
from launch.jobs.models.keras_files import ModelFile
from launch.jobs.supervised import interface

_MODEL = "model.keras"


def of(folder: Path, config: RunConfig) -> Described:
    """What is told of a run.

    Args:
        folder: Its folder.
        config: Its config.
    """
    assert isinstance(config, SupervisedConfig)
    missing: list[str] = []
    models = models_in(folder, missing)
    rows = {"job": first_sentence(config.job), "data sets": ", ".join(config.job.data_sets)}
    model = models.get(_MODEL)
    if not isinstance(model, ModelFile):
        return Described(rows=rows, models=models, missing=missing)
    try:
        known = interface.of(folder, config, model)
    except Exception as error:  # a file that the job keeps is missing or damaged
        missing.append(f"what its numbers are called cannot be read: {one_line(error)}")
        return Described(rows=rows, inputs=model.inputs, models=models, missing=missing)
    return Described(
        rows={**rows, **({"predicts": known.output} if known.output else {})},
        inputs=known.inputs,
        choices="classes" if known.classes else "",
        names=known.classes,
        notes=[f"before the model: {each}" for each in known.before],
        models=models,
        missing=missing,
    )

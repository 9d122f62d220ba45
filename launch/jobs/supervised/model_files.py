"""Trained models of supervised runs, as `.keras` files."""

import tempfile
from pathlib import Path

import keras

from common.errors import UsageError
from supervised.core import saved_models
from supervised.datasets.source import DataError


def to_bytes(model: keras.Model) -> bytes:
    """The model as the contents of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / saved_models.MODEL
        model.save(path)
        return path.read_bytes()


def load(folder: Path) -> keras.Model:
    """The trained model of a run.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    try:
        return saved_models.load(folder)
    except DataError as error:
        raise UsageError(str(error)) from None

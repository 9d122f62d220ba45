"""Trained models of earlier runs, read without executing anything in the file."""

from pathlib import Path
from zipfile import BadZipFile

import keras

from common.text import one_line
from supervised.datasets.source import DataError

MODEL = "model.keras"
"""Name of the model in a run's folder."""


def load(path: Path) -> keras.Model:
    """Loads the model in a run's folder, or in a `.keras` file.

    Raises:
        DataError: There is no model, or it cannot be read.
    """
    if path.is_dir():
        if not (path / MODEL).exists():
            raise DataError(f"{path}: no {MODEL}: the run keeps no model, or has not ended")
        path /= MODEL
    elif not path.exists():
        raise DataError(f"{path}: no such file; expected a run's folder, or its {MODEL}")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise DataError(f"{path}: not a model that can be read: {one_line(error)}") from None
    assert isinstance(model, keras.Model)
    return model

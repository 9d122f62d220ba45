"""Trained models of supervised runs, as `.keras` files that are read without executing them."""

import tempfile
from pathlib import Path
from zipfile import BadZipFile

import keras

from launch.errors import UsageError

MODEL = "model.keras"


def to_bytes(model: keras.Model) -> bytes:
    """The model as the contents of a `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        model.save(path)
        return path.read_bytes()


def load(folder: Path) -> keras.Model:
    """The trained model of a run.

    Raises:
        UsageError: There is none, or it cannot be read.
    """
    path = folder / MODEL
    if not path.exists():
        raise UsageError(f"{folder}: no {MODEL}: the run keeps no model, or has not ended")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UsageError(f"{path}: not a model that can be read: {error}") from None
    assert isinstance(model, keras.Model)
    return model

"""A recurrent network from a window to the next step: made, trained and applied."""

from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

from supervised.core import classifiers, networks, training, units
from supervised.core.examples import Examples
from supervised.core.forecasts.windows import Step
from supervised.core.job import Context
from supervised.core.settings import Cell, NetworkConfig

_Normalization: Any = layers.Normalization  # its annotations leave out what it documents
_AT_ONCE = 8_192  # windows of a call


class Settings(training.Settings, Protocol):
    """What the settings of a job must have so that it can train such a network."""

    @property
    def cell(self) -> Cell: ...

    @property
    def units(self) -> int: ...


def trained(
    train: Examples,
    validation: Examples,
    config: Settings,
    title: str,
    context: Context,
    phase: str = "fit",
) -> keras.Model:
    """Trains a network from windows [B, W, 1] to the next step [B, 1], both in the same units.

    Args:
        train: What it learns from; its windows give the scale inside the network.
        validation: What is scored after each epoch.
        phase: Name of this training where a job has several; only `fit` is shown.

    Raises:
        Diverged: A loss is not finite.
    """
    assert isinstance(train.x, np.ndarray)
    mean, variance = float(train.x.mean()), float(train.x.var())
    scale = {"axis": None, "mean": mean, "variance": variance}
    model = keras.Sequential(
        [
            layers.Input((train.x.shape[1], 1)),
            _Normalization(**scale, name="scaled"),
            units.recurrent(config.cell, config.units, context, "recurrent"),  # [B, units]
            networks.output_layer(1, NetworkConfig(hidden_sizes=()), context, name="next"),
            _Normalization(**scale, invert=True, name="unscaled"),
        ]
    )
    fitted = training.train(model, train, validation, config, "mse", context, phase=phase)
    if phase == "fit":
        classifiers.show_training(fitted.history, title, context)
        context.say(f"{len(train):,} windows; best after epoch {fitted.best_epoch}")
    return model


def step(model: keras.Model) -> Step:
    """What a network foretells of the next step, some thousand windows at a time."""
    foretell = tf.function(lambda windows: model(windows, training=False))

    def next_of(windows: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        parts = [windows[i : i + _AT_ONCE] for i in range(0, len(windows), _AT_ONCE)]
        found = [np.asarray(foretell(tf.constant(part[:, :, None])))[:, 0] for part in parts]
        return np.concatenate(found)

    return next_of

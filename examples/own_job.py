"""A supervised job of your own, on a data set of your own: wines told apart by a small network.

python -m launch examples.own_job:WINES --seeds 0-2
python -m launch predict runs/examples.own_job.WINES/... 13.2,1.8,2.4,...  (13 numbers)
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from common.settings import require
from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.core.job import InputError, JobConfig, Result
from supervised.core.settings import FitConfig


@dataclass(frozen=True, kw_only=True)
class WineConfig(JobConfig):
    """A perceptron on chemical analyses of wines."""

    module: ClassVar[str] = "examples.own_job"

    hidden: int = 32
    """Units of the hidden layer."""
    fit: FitConfig = FitConfig(epochs=60, batch_size=16)
    """Length and batch size of the training."""

    def __post_init__(self) -> None:
        require(self.hidden >= 1, "hidden", "must be 1 or more", self.hidden)


@dataclass(frozen=True, kw_only=True)
class Wines:
    """178 wines: 13 measurements [N, 13] each, and which of three growers made it [N]."""

    x: np.ndarray
    y: np.ndarray
    name: str = "wines"
    kind: str = "sample"  # what a package ships; "real" is the published file


def load(source):
    """The wines that scikit-learn ships; a real loader looks in `source.data_dir` first."""
    from sklearn.datasets import load_wine

    x, y = load_wine(return_X_y=True)
    return Wines(x=np.asarray(x, np.float32), y=np.asarray(y, np.int32))


def run(config, context):
    """Trains on 100 wines, chooses by 30, and scores the other 48 once, at the end."""
    import keras

    from supervised.core import training
    from supervised.core.examples import Examples

    wines = context.load(load)
    rows = context.rng("split").permutation(len(wines.y))
    train, validation, test = (
        Examples(x=wines.x[part], y=wines.y[part]) for part in np.split(rows, [100, 130])
    )
    scale = keras.layers.Normalization()
    scale.adapt(train.x)  # part of the model: it takes raw measurements
    he: Any = keras.initializers.HeUniform(context.seed("hidden"))
    glorot: Any = keras.initializers.GlorotUniform(context.seed("output"))
    model = keras.Sequential(
        [
            keras.Input((13,)),
            scale,
            keras.layers.Dense(config.hidden, "relu", kernel_initializer=he),
            keras.layers.Dense(3, "softmax", kernel_initializer=glorot),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    training.fit(model, train, validation, config.fit, context)
    context.model(model)
    most = np.bincount(train.y).argmax()
    return Result(
        metrics=_scores(model, test) if context.final else {},
        validation=_scores(model, validation),
        baseline=float(np.mean(test.y == most)) if context.final else None,
    )


def predict(config, model, inputs, context):
    """The grower of each wine, given as 13 numbers with commas between them."""
    import pandas as pd

    rows = []
    for text in inputs:
        try:
            rows.append([float(word) for word in text.split(",")])
        except ValueError:
            rows.append([])
        if len(rows[-1]) != 13:
            raise InputError(f"{text!r}: expected 13 numbers with commas between them")
    shares = np.asarray(model(np.array(rows, np.float32)))
    return pd.DataFrame({"grower": shares.argmax(axis=1), "probability": shares.max(axis=1)})


def _scores(model, examples):
    return {"accuracy": float(np.mean(np.asarray(model(examples.x)).argmax(axis=1) == examples.y))}


WINES = Experiment(
    summary="A perceptron tells three growers' wines apart",
    config=SupervisedConfig(job=WineConfig()),
    claim=Claim(metric="accuracy"),
)

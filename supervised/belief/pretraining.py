"""Deep belief networks: a perceptron whose layers are first trained as Boltzmann machines.

Greedy layer-wise pre-training (Hinton, Osindero and Teh 2006): each layer of sigmoid units is the
hidden layer of a machine whose visible units are the layer below, as probabilities.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers

from supervised.belief import boltzmann
from supervised.belief.boltzmann import Visible
from supervised.belief.configs import BeliefConfig, RbmConfig
from supervised.core import networks, plots, training
from supervised.core.examples import Examples
from supervised.core.job import Context

_History = Sequence[Mapping[str, float]]


class Pair(NamedTuple):
    """Two trained perceptrons, from encoded inputs [B, D] to linear outputs."""

    network: keras.Sequential
    """The deep belief network."""
    control: keras.Sequential
    """A network with the same settings and initial weights, but without pre-training."""


def train_pair(
    train: Examples,
    validation: Examples,
    outputs: int,
    visible: Visible,
    loss: tuple[keras.losses.Loss, str],
    config: BeliefConfig,
    context: Context,
) -> Pair:
    """Pre-trains and fine-tunes a deep belief network, trains its control, and shows both.

    Args:
        train: Encoded rows [N, D] and targets.
        validation: Encoded validation rows and their targets.
        visible: Kind of the first machine's visible units.
        loss: Loss of the fine-tuning, and its name with the unit.

    Raises:
        Diverged: A loss or a reconstruction error is not finite.
    """
    x, of_validation = np.asarray(train.x), np.asarray(validation.x)
    width = x.shape[1]  # of a job all networks have the same initial weights
    pair = Pair(*(networks.perceptron(width, outputs, config.network, context) for _ in range(2)))
    layerwise = pretrain(pair.network, x, of_validation, visible, config.rbm, context)
    histories = {}
    for model, phase in zip(pair, ("pretrained", "control"), strict=True):
        fitted = training.train(model, train, validation, config, loss[0], context, phase=phase)
        histories[phase] = fitted.history
    context.figure("pretraining", _pretraining(layerwise))
    context.table("pretraining", _stacked(layerwise, "layer"))
    context.figure("fine_tuning", _fine_tuning(histories, loss[1]))
    context.table("fine_tuning", _stacked(histories, "network"))
    return pair


def pretrain(
    model: keras.Sequential,
    train: npt.NDArray[np.float32],
    validation: npt.NDArray[np.float32],
    visible: Visible,
    config: RbmConfig,
    context: Context,
) -> dict[str, list[dict[str, float]]]:
    """Trains the hidden layers of a perceptron from the bottom up, without targets.

    Args:
        model: A perceptron of sigmoid units; gets the machines' weights and hidden biases.
        train: [N, D] encoded training rows.
        validation: [M, D] encoded validation rows, for the metrics only.
        visible: Kind of the visible units of the first machine; of all others they are Bernoulli.

    Returns:
        The history of each machine, by layer name.

    Raises:
        Diverged: A reconstruction error is not finite.
    """
    histories = {}
    hidden = [layer for layer in model.layers[:-1] if isinstance(layer, layers.Dense)]
    for layer in hidden:
        weights = np.asarray(layer.kernel)
        trained = boltzmann.train(
            weights, train, validation, visible, config, context, f"pretrain_{layer.name}"
        )
        layer.set_weights([trained.parameters.weights, trained.parameters.hidden_bias])
        histories[layer.name] = trained.history
        train, validation = (
            np.asarray(boltzmann.hidden_probabilities(trained.parameters, part))
            for part in (train, validation)
        )
        visible = "bernoulli"
    return histories


def _pretraining(histories: Mapping[str, _History]) -> Any:
    figure, axes = plots.panels(1, len(histories))
    for panel, (name, history) in zip(axes[0], histories.items(), strict=True):
        plots.over_epochs(panel, pd.DataFrame(list(history)), "reconstruction_error")
        error = "squared reconstruction error per unit"
        plots.label(panel, f"pre-training: {name}", "epoch", error, legend=True)
    return figure


def _fine_tuning(histories: Mapping[str, _History], loss: str) -> Any:
    figure, panel = plots.one_panel()
    for (name, history), color in zip(histories.items(), (plots.BLUE, plots.RED), strict=True):
        frame = pd.DataFrame(list(history))
        panel.plot(frame["epoch"], frame["loss"], ":", color=color, label=f"{name}, training")
        panel.plot(frame["epoch"], frame["val_loss"], "-", color=color, label=f"{name}, validation")
    plots.label(panel, "fine-tuning", "epoch", loss, legend=True)
    return figure


def _stacked(histories: Mapping[str, _History], key: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{key: name, **record} for name, history in histories.items() for record in history]
    )

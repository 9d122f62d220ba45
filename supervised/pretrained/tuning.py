"""Trains a classifier on a network's features, and the network itself if that is wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from supervised.core import classifiers, networks, training
from supervised.core.examples import Examples
from supervised.core.imagenet import backbones
from supervised.core.imagenet.names import Network
from supervised.core.job import Context
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.cats_dogs import LabelledPictures
from supervised.pretrained import looking
from supervised.pretrained.configs import TransferConfig
from supervised.pretrained.looking import Rows

_Dense: Any = layers.Dense  # its annotations leave out what it documents

_PICTURES_AT_ONCE = 32  # scored: a thousand would not fit into memory
_SHIFT, _ZOOM = 0.1, 0.15  # at most, as fractions


@keras.saving.register_keras_serializable("actorlab")
class NamedSoftmax(layers.Softmax):
    """A softmax layer that saves the names of the classes with the model."""

    def __init__(self, names: Sequence[str], **kwargs: Any):
        super().__init__(**kwargs)
        self.names = tuple(names)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "names": list(self.names)}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of a trained model.

    Attributes:
        name: Name of the network.
        network: Model from preprocessed pixels to its last feature map, or AlexNet's features.
        head: Model from features [B, F] to logits [B, C].
    """

    name: Network
    network: keras.Model
    head: keras.Model


def train(
    config: TransferConfig,
    network: keras.Model,
    data: LabelledPictures,
    rows: Mapping[str, Rows],
    context: Context,
) -> tuple[Parts, list[dict[str, float]]]:
    """Trains the classifier, and then the network if that is wanted.

    Args:
        config: The job's settings.
        network: The network with its initial weights; has the trained ones afterwards.
        data: The pictures.
        rows: Numbers of the pictures for `train` and for `validation`.
        context: The job's context.
    """
    looks = features(config.network, network)
    seen = {
        part: Examples(
            x=looking.look(looks, data.picture, numbers, context, f"{config.network}, {part}"),
            y=data.labels[numbers],
        )
        for part, numbers in rows.items()
    }
    head = classifier(np.asarray(seen["train"].x), len(data.classes), config.dropout, context)
    parts = Parts(name=config.network, network=network, head=head)
    scratch = config.start == "scratch"
    whole = joined(parts, before=augmentation(context) if config.augment else ())
    in_pixels = scratch or config.unfreeze or config.augment
    decoded = _decoded(data, rows, looks.input_shape[1]) if in_pixels else {}
    history: list[dict[str, float]] = []
    if not scratch:
        unfreeze(network, 0)
        model, examples = (whole, decoded) if config.augment else (head, seen)
        history += _fit(model, examples, config.optimizer, config.fit, context, "head")
        unfreeze(network, config.unfreeze)
    if scratch or config.unfreeze:
        done = len(history)
        tuned = _fit(whole, decoded, config.fine_optimizer, config.fine_fit, context, "network")
        history += [{**record, "epoch": record["epoch"] + done} for record in tuned]
    return parts, history


def features(name: Network, network: keras.Model) -> keras.Model:
    """A model from bytes [B, side, side, 3] to features [B, F]: means of the last feature maps."""
    inputs = layers.Input(network.input_shape[1:], dtype="uint8")
    return keras.Model(inputs, _features(name, network, inputs))


def _features(name: Network, network: keras.Model, x: Any) -> Any:
    x = network(backbones.BACKBONES[name].pixels()(x))
    return layers.GlobalAveragePooling2D()(x) if len(x.shape) == 4 else x


def classifier(
    found: npt.NDArray[np.float32], classes: int, dropout: float, context: Context
) -> keras.Model:
    """A linear classifier of features, with dropout before it.

    Args:
        found: Features [N, F] of the training pictures; their root mean square is the scale.
        classes: How many classes there are.
        dropout: Fraction of the features dropped in training.
        context: Gives the seeds.
    """
    scale = 1 / max(float(np.sqrt(np.mean(found.astype(np.float64) ** 2))), 1e-6)
    weights = keras.initializers.GlorotUniform(seed=context.seed("classifier/weights"))
    return keras.Sequential(
        [
            layers.Input(found.shape[1:]),
            layers.Rescaling(scale),
            layers.Dropout(dropout, seed=context.seed("classifier/dropout")),
            _Dense(classes, kernel_initializer=weights),
        ],
        name="classifier",
    )


def joined(parts: Parts, *, before: Sequence[Any] = (), after: Sequence[Any] = ()) -> keras.Model:
    """The whole model from bytes [B, side, side, 3] to logits, with layers before and after."""
    inputs = layers.Input(parts.network.input_shape[1:], dtype="uint8")
    x: Any = inputs
    for layer in before:
        x = layer(x)
    x = parts.head(_features(parts.name, parts.network, x))
    for layer in after:
        x = layer(x)
    return keras.Model(inputs, x)


def augmentation(context: Context) -> list[Any]:
    """Layers that change pictures at random, in training only."""

    def seed(purpose: str) -> int:
        return context.seed(f"augmentation/{purpose}")

    return [
        layers.Rescaling(1.0),  # bytes as floats, which the others keep
        layers.RandomFlip("horizontal", seed=seed("flip")),
        layers.RandomTranslation(_SHIFT, _SHIFT, fill_mode="reflect", seed=seed("shift")),
        layers.RandomZoom((-_ZOOM, _ZOOM), fill_mode="reflect", seed=seed("zoom")),
    ]


def unfreeze(network: keras.Model, last: int) -> None:
    """Makes only the last layers with weights trainable; batch normalization stays as it is."""
    taught = [layer for layer in network.layers if layer.weights]
    for number, layer in enumerate(taught):
        normalizes = isinstance(layer, layers.BatchNormalization)
        layer.trainable = number >= len(taught) - last and not normalizes


def _decoded(data: LabelledPictures, rows: Mapping[str, Rows], side: int) -> Mapping[str, Examples]:
    return {
        part: Examples(x=looking.squares(data.picture, numbers, side), y=data.labels[numbers])
        for part, numbers in rows.items()
    }


def _fit(
    model: keras.Model,
    seen: Mapping[str, Examples],
    optimizer: OptimizerConfig,
    config: FitConfig,
    context: Context,
    phase: str,
) -> list[dict[str, float]]:
    steps = training.updates(len(seen["train"]), config)
    chosen = networks.optimizer(optimizer, steps)
    training.compile_model(model, chosen, classifiers.cross_entropy(), ["accuracy"])
    fitted = training.fit(
        model,
        seen["train"],
        seen["validation"],
        config,
        context,
        phase,
        scoring_batch=_PICTURES_AT_ONCE,
    )
    return fitted.history

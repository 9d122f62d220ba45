"""Trains a classifier on a network's features, and the network itself if that is wanted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from supervised.core import classifiers, looking, training
from supervised.core.examples import Examples, Stored
from supervised.core.imagenet import backbones
from supervised.core.imagenet.names import Network
from supervised.core.job import Context
from supervised.core.looking import Rows
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.pictures import Rgb
from supervised.datasets.source import DataKind

_Dense: Any = layers.Dense  # its annotations leave out what it documents

_PICTURES_AT_ONCE = 32  # scored: a thousand would not fit into memory
_SHIFT, _ZOOM = 0.1, 0.15  # at most, as fractions


class TuningSettings(training.Settings, Protocol):
    """What the settings of a job must have so that it can train a network further."""

    @property
    def start(self) -> Literal["imagenet", "scratch"]: ...

    @property
    def weights(self) -> Path | None: ...

    @property
    def unfreeze(self) -> int: ...

    @property
    def augment(self) -> bool: ...

    @property
    def dropout(self) -> float: ...

    @property
    def fine_optimizer(self) -> OptimizerConfig: ...

    @property
    def fine_fit(self) -> FitConfig: ...


class Labelled(Protocol):
    """Pictures of classes."""

    @property
    def labels(self) -> npt.NDArray[Any]:
        """[N], places in `classes`."""
        ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    def picture(self, number: int) -> Rgb: ...


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


def start(
    name: Network, config: TuningSettings, kind: DataKind, context: Context, side: int | None = None
) -> tuple[keras.Model, tuple[str, ...]]:
    """The network that training starts from, and notes on its weights for the reader.

    Args:
        kind: The kind of the pictures: for generated ones the weights are random.
        side: Side of the pictures; by default the size that it was trained on.

    Raises:
        DataError: There are no weights, or the file holds something else.
    """
    if config.start == "imagenet":
        given = config.weights
        return backbones.trained(name, given, kind, context, classifier=False, side=side)
    seed = context.seed("network")
    built = backbones.network(name, classifier=False, seed=seed, height=side, width=side)
    return built, (f"{name} is trained from scratch: ImageNet's weights are not used",)


def train(
    name: Network,
    config: TuningSettings,
    network: keras.Model,
    data: Labelled,
    rows: Mapping[str, Rows],
    decoded: Callable[[Rows], Examples | Stored],
    context: Context,
) -> tuple[Parts, list[dict[str, float]]]:
    """Trains the classifier, and then the network if that is wanted.

    Args:
        network: The network with its initial weights; has the trained ones afterwards.
        rows: Numbers of the pictures for `train` and for `validation`.
        decoded: Makes examples of some pictures, as the network takes them.
    """
    looks = features(name, network)
    seen = {
        part: Examples(
            x=looking.look(looks, data.picture, numbers, context, f"{name}, {part}"),
            y=data.labels[numbers],
        )
        for part, numbers in rows.items()
    }
    head = classifier(np.asarray(seen["train"].x), len(data.classes), config.dropout, context)
    parts = Parts(name=name, network=network, head=head)
    scratch = config.start == "scratch"
    whole = joined(parts, before=augmentation(context) if config.augment else ())
    in_pixels = scratch or config.unfreeze or config.augment
    pixels = {part: decoded(rows[part]) for part in rows} if in_pixels else {}
    history: list[dict[str, float]] = []
    if not scratch:
        unfreeze(network, 0)
        model, examples = (whole, pixels) if config.augment else (head, seen)
        history += fit(model, examples, config, context, "head")
        unfreeze(network, config.unfreeze)
    if scratch or config.unfreeze:
        done = len(history)
        settings: Any = config
        fine = replace(settings, optimizer=config.fine_optimizer, fit=config.fine_fit)
        tuned = fit(whole, pixels, fine, context, "network")
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


def fit(
    model: keras.Model,
    seen: Mapping[str, Examples | Stored],
    config: training.Settings,
    context: Context,
    phase: str,
) -> list[dict[str, float]]:
    """Trains a model that gives logits on cross-entropy; few pictures are scored at once.

    Args:
        model: A model that is not compiled yet.
        seen: The examples of `train` and of `validation`.
        phase: Name of this training where a job has several.

    Returns:
        A record of each epoch.
    """
    fitted = training.train(
        model,
        seen["train"],
        seen["validation"],
        config,
        classifiers.cross_entropy(),
        context,
        metrics=["accuracy"],
        phase=phase,
        scoring_batch=_PICTURES_AT_ONCE,
    )
    return fitted.history

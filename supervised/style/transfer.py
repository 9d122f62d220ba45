"""Style transfer: pixels with the content of one picture and the style of another (book ch. 4).

Deviations from the book: its style layers and their weights are not printed, so they are those of
the paper that it cites, with equal weights; the total-variation loss is there, which the book
announces and leaves out of its code; pixels stay in the valid range; pictures may have any size,
and the style picture is cropped about its middle to the content's proportions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from supervised.core.imagenet import backbones
from supervised.core.imagenet.names import SIDES
from supervised.core.job import Context, Result
from supervised.core.plots import BLUE, GREY, RED, label, one_panel, panels
from supervised.datasets import style_pictures
from supervised.datasets.pictures import Rgb
from supervised.datasets.source import DataError
from supervised.datasets.style_pictures import StylePictures
from supervised.style import losses, painting
from supervised.style.configs import StyleConfig
from supervised.style.losses import Features
from supervised.style.painting import TERMS, Painted

_NOISE = 20.0  # the book's, about grey
_GREY = 127.5
_NOTHING = 1e-30  # a cost of 0, as of a picture in its own style
_LAYERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vgg19": (("block5_conv4",), tuple(f"block{number}_conv1" for number in range(1, 6))),
    "squeezenet": (("conv1", "fire3"), ("conv1", "fire2", "fire3", "fire5", "fire7")),
}
"""Layers of the content loss (VGG-19's is the book's) and of the style loss."""


def run(config: StyleConfig, context: Context) -> Result:
    """Paints the content picture in the style of the style picture.

    Returns:
        `cost_fall`: the cost at the start, divided by the cost at the end; the baseline is the
        `cost_fall` of the unchanged content picture.

    Raises:
        DataError: A picture or the weights are missing or wrong, or do not go together.
        Diverged: The cost is not finite.
    """
    data = context.load(style_pictures.loader(config.content, config.style))
    content, style = fitted(data.content, data.style, config)
    network = _network(config, data, content.shape, context)
    content_layers, style_layers = _layers(config, network)
    features = _features(network, config, (*content_layers, *style_layers))
    targets = losses.targets(
        features(_batch(content)), features(_batch(style)), content_layers, style_layers
    )

    def cost(pixels: Any) -> Any:
        return losses.terms(features, pixels, targets, config)

    start = content.astype(np.float32)
    if config.start == "noise":
        noise = context.rng("noise").uniform(-_NOISE, _NOISE, content.shape)
        start = (_GREY + noise).astype(np.float32)
    painted = painting.paint(cost, start, config, context)
    _show(content, style, painted, context)
    untouched = float(np.asarray(cost(_batch(content))).sum())
    metrics = _metrics(painted.costs)
    return Result(
        metrics=metrics if context.final else {},
        validation=metrics,
        baseline=_fall(metrics["start_cost"], untouched),
        notes=_notes(config, data),
    )


def fitted(content: Rgb, style: Rgb, config: StyleConfig) -> tuple[Rgb, Rgb]:
    """Both pictures in one size [H, W, 3], which has the content picture's proportions.

    Raises:
        DataError: They are smaller than the network takes.
    """
    scale = config.size / max(content.shape[:2])
    height, width = (max(1, round(scale * side)) for side in content.shape[:2])
    smallest = SIDES[config.network].smallest
    if min(height, width) < smallest:
        raise DataError(
            f"--size {config.size}: the content picture is then {width} x {height} pixels, and "
            f"{config.network} takes {smallest} or more on each side: give a larger --size"
        )
    lanczos = Image.Resampling.LANCZOS
    resized = Image.fromarray(content).resize((width, height), lanczos)
    cropped = ImageOps.fit(Image.fromarray(style), (width, height), lanczos)
    return np.asarray(resized), np.asarray(cropped)


def _network(
    config: StyleConfig, data: StylePictures, shape: Sequence[int], context: Context
) -> keras.Model:
    """The network with average pooling; for synthetic pictures with random weights by default."""
    height, width, _ = shape
    network = backbones.network(
        config.network,
        classifier=False,
        seed=context.seed("network"),
        height=height,
        width=width,
    )
    if not _random(config, data):
        path = backbones.load(network, config.network, config.weights, context.progress)
        context.say(f"{config.network} with the weights of {path}")
    averaged = backbones.average_pooled(network)
    averaged.set_weights(network.get_weights())
    return averaged


def _random(config: StyleConfig, data: StylePictures) -> bool:
    return data.kind == "synthetic" and config.weights is None


def _layers(config: StyleConfig, network: keras.Model) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the layers of the content loss, and of those of the style loss."""
    content, style = _LAYERS[config.network]
    content, style = config.content_layers or content, config.style_layers or style
    names = [layer.name for layer in network.layers]
    for flag, chosen in (("content", content), ("style", style)):
        for name in chosen:
            if name not in names:
                raise DataError(
                    f"--{flag}-layers {name}: {config.network} has no such layer; it has "
                    f"{', '.join(names)}"
                )
    return content, style


def _features(network: keras.Model, config: StyleConfig, layers: Sequence[str]) -> Features:
    outputs = {name: network.get_layer(name).output for name in layers}
    maps: Any = keras.Model(network.input, outputs)
    maps.trainable = False
    preprocess: Any = backbones.BACKBONES[config.network].pixels()
    return lambda pixels: maps(preprocess(pixels), training=False)


def _batch(picture: Rgb) -> Any:
    return tf.constant(picture[None], tf.float32)  # [1, H, W, 3]


def _metrics(costs: npt.NDArray[np.float32]) -> dict[str, float]:
    """Metrics of a painting: costs at the start and at the end, and the terms of the last cost."""
    totals = costs.sum(axis=1, dtype=np.float64)
    ends = {f"final_{name}": float(term) for name, term in zip(TERMS, costs[-1], strict=True)}
    start, end = float(totals[0]), float(totals[-1])
    return {"cost_fall": _fall(start, end), "start_cost": start, "final_cost": end, **ends}


def _fall(start: float, end: float) -> float:
    return start / max(end, _NOTHING)


def _notes(config: StyleConfig, data: StylePictures) -> list[str]:
    if _random(config, data):
        return ["the network's weights are random, as the pictures are generated"]
    return [f"{config.network}, {config.size} pixels, {config.steps:,} steps from {config.start}"]


def _show(content: Rgb, style: Rgb, painted: Painted, context: Context) -> None:
    """Shows the result, the costs as table and curves, and a sheet of all pictures."""
    context.picture("result", painted.picture)
    frame = pd.DataFrame(painted.costs, columns=list(TERMS))
    frame.insert(0, "step", np.arange(len(frame)))
    frame.insert(1, "total", frame[list(TERMS)].sum(axis=1))
    context.table("costs", frame)
    context.figure("costs", _curves(frame))
    stages = {f"step {step:,}": picture for step, picture in painted.stages.items()}
    shown = {"content": content, "style": style, **stages, "result": painted.picture}
    context.figure("sheet", _sheet(shown))


def _curves(frame: pd.DataFrame) -> Figure:
    figure, panel = one_panel()
    colours = {"total": "black", "content": BLUE, "style": RED, "variation": GREY}
    for name, colour in colours.items():
        if frame[name].to_numpy().any():
            panel.semilogy(frame["step"], frame[name], color=colour, label=name)
    label(panel, "Terms of the cost, with their weights", "step", "cost", legend=True)
    return figure


def _sheet(shown: Mapping[str, Rgb]) -> Figure:
    figure, axes = panels(1, len(shown), size=(2.6, 2.8))
    for panel, (title, picture) in zip(axes[0], shown.items(), strict=True):
        panel.imshow(picture)
        panel.set_title(title, fontsize=9)
        panel.set_axis_off()
    figure.suptitle("Style transfer", fontsize=10)
    return figure

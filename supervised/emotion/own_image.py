"""Emotions of a user's own pictures, with the spread that dropout gives (book ch. 4).

The book counts the classes of 1,000 evaluations, which differ only because its dropout is never
off, and its picture is cut off after 2,304 pixels, not made smaller. Here the probabilities are
computed once with dropout off, and 1,000 times with dropout on, deliberately (Monte-Carlo dropout,
Gal and Ghahramani 2016); the picture is cropped and made smaller.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from supervised.core import plots, saved_models, training
from supervised.core.job import Context, Result
from supervised.datasets import pictures
from supervised.datasets.faces import CLASSES, SIDE
from supervised.datasets.pictures import Pictures
from supervised.datasets.source import DataError
from supervised.emotion import cropping
from supervised.emotion.configs import EmotionPredictConfig

_SHOWN = 16  # pictures that get a figure

Floats = npt.NDArray[np.float32]


def run(config: EmotionPredictConfig, context: Context) -> Result:
    """Names the emotion on each picture, and says how sure the network is.

    Returns:
        The mean over pictures of the likeliest class's probability, and of its share of the votes.
        The true emotions are not known, so nothing is scored.

    Raises:
        DataError: The model or a picture is missing, or cannot be used.
    """
    model = _model(config.model)
    own = context.load(pictures.loader(config.pictures))
    crops = cropping.crops(own, config.face)  # [P, 48, 48]
    probabilities = training.predict(model, crops)  # [P, 7]
    spread = monte_carlo(model, crops, config.samples, context.seed("dropout"))
    tables, tops = [], []
    for number, (file, passes) in enumerate(zip(own.files, spread, strict=True)):
        table = summary(probabilities[number], passes)
        top = table.loc[table["probability"].idxmax()]
        context.progress(number + 1, len(own.files), str(file))
        context.say(
            f"{file}: {top['emotion']}, probability {top['probability']:.3f}; with dropout "
            f"{top['mean']:.3f} ± {top['deviation']:.3f}, {top['votes']:.1%} of the votes"
        )
        if number < _SHOWN:
            figure = _figure(own, file, config.face, crops[number], table)
            context.figure(f"picture_{number + 1:02}", figure)
        table.insert(0, "picture", str(file))
        tables.append(table)
        tops.append(top)
    context.table("emotions", pd.concat(tables))
    return Result(
        metrics={
            "top_probability": float(np.mean([top["probability"] for top in tops])),
            "top_votes": float(np.mean([top["votes"] for top in tops])),
        },
        notes=(f"model {config.model}", "the pictures have no labels: nothing here is a score"),
    )


def monte_carlo(
    model: keras.Model, faces: npt.NDArray[np.uint8], samples: int, seed: int
) -> Iterator[Floats]:
    """For each face of [P, 48, 48] the probabilities [S, 7] of passes with dropout on.

    Layers before the first dropout give equal outputs in all passes, so they run once.
    """
    noisy = [i for i, layer in enumerate(model.layers) if isinstance(layer, keras.layers.Dropout)]
    first = noisy[0] if noisy else len(model.layers) - 1
    before: Any = model.layers[first].input
    features = training.predict(keras.Model(model.inputs, before), faces)  # [P, F]
    draws = keras.random.SeedGenerator(seed)
    for one in features:
        x: Any = np.repeat(one[None], samples, axis=0)  # [S, F]
        for layer in model.layers[first:]:
            if isinstance(layer, keras.layers.Dropout):
                x = keras.random.dropout(x, layer.rate, seed=draws)
            else:
                x = layer(x)
        yield np.asarray(x)


def summary(probabilities: Floats, passes: Floats) -> pd.DataFrame:
    """The result for one picture, as a table with a row for each class.

    Args:
        probabilities: [7] with dropout off.
        passes: [S, 7] with dropout on.

    Returns:
        `probability`; `mean` and `deviation` of the passes; `votes`, the share of passes in which
        the class is the likeliest, which is what the book counts.
    """
    votes = np.bincount(passes.argmax(axis=1), minlength=len(CLASSES)) / len(passes)
    return pd.DataFrame(
        {
            "emotion": CLASSES,
            "probability": probabilities,
            "mean": passes.mean(axis=0),
            "deviation": passes.std(axis=0),
            "votes": votes,
        }
    )


def _model(path: Path | None) -> keras.Model:
    if path is None:
        raise DataError("no model given; train one with emotion_faces and pass --model RUN")
    model = saved_models.load(path)
    shapes = model.input_shape, model.output_shape
    if shapes != ((None, SIDE, SIDE), (None, len(CLASSES))):
        raise DataError(
            f"--model {path}: takes {shapes[0]} and gives {shapes[1]}, expected a model of "
            f"emotion_faces, which takes (None, {SIDE}, {SIDE}) and gives (None, {len(CLASSES)})"
        )
    return model


def _figure(
    own: Pictures,
    file: Path,
    face: cropping.Box | None,
    crop: npt.NDArray[np.uint8],
    table: pd.DataFrame,
) -> Figure:
    """Draws the picture, what the network saw of it, and the classes with their spread."""
    figure, axes = plots.panels(1, 3, size=(3.6, 3.4))
    whole, seen, bars = axes[0]
    picture = own.read(file)
    whole.imshow(picture)
    left, top, width, height = cropping.square(file, picture, face)
    whole.add_patch(Rectangle((left, top), width, height, fill=False, color=plots.RED))
    whole.set_title("picture", fontsize=10)
    seen.imshow(crop, cmap="gray", vmin=0, vmax=255)
    seen.set_title(f"what the network sees, {SIDE}x{SIDE}", fontsize=10)
    for panel in (whole, seen):
        panel.set_axis_off()
    rows = np.arange(len(table))
    bars.barh(rows - 0.2, table["probability"], 0.4, color=plots.BLUE, label="softmax")
    bars.barh(
        rows + 0.2,
        table["mean"],
        0.4,
        xerr=table["deviation"],
        color=plots.GREY,
        label="with dropout: mean ± deviation",
    )
    bars.plot(table["votes"], rows, "d", color=plots.RED, label="share of votes")
    bars.set_yticks(rows, table["emotion"])
    bars.set_xlim(0, 1)
    bars.invert_yaxis()
    plots.label(bars, file.name, "probability", "", legend=True)
    return figure

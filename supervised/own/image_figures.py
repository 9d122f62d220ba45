"""Figures and pictures of how well a user's pictures are told apart."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from common.text import shortened
from supervised.core import classifiers, plots, scores
from supervised.core.job import Context
from supervised.core.looking import Rows
from supervised.datasets.own_pictures import text_of
from supervised.own import models
from supervised.own.image_data import OwnPictures
from supervised.own.parts import Parts
from supervised.own.targets import Target

_SMALL = 16  # side in pixels of the pictures that simple classifiers take
_MOST_SMALL = 20_000  # of them that these learn from
_SHOWN = 24  # pictures
_COLUMNS = 6
_LETTERS = 11  # of a class above a picture
_BARS = 15  # classes


def controls(
    data: OwnPictures, parts: Parts, target: Target, context: Context
) -> dict[str, tuple[str, npt.NDArray[Any]]]:
    """What logistic regression and the nearest neighbours say of the test pictures, made small.

    They learn from the pictures for training and validation, 20,000 at most.

    Returns:
        By name: in words, and the probabilities [N, C].
    """
    seen = parts.seen
    if len(seen) > _MOST_SMALL:
        seen = np.sort(context.rng("controls").permutation(seen)[:_MOST_SMALL])
    known, new = (small(data, rows, context) for rows in (seen, parts.test))
    near, on = min(5, len(seen)), f"on {_SMALL}x{_SMALL} pixels"
    linear, neighbours = LogisticRegression(max_iter=300), KNeighborsClassifier(near)
    named = {
        "logistic_regression": (f"logistic regression {on}", linear, (known, new)),
        "neighbours": (f"{near} nearest neighbours {on}", neighbours, (known, new)),
    }
    return models.said_by(named, target, data.labels[seen], context)


def small(data: OwnPictures, rows: Rows, context: Context) -> npt.NDArray[np.float32]:
    """Pictures [N, 16 · 16 · C] of few pixels from 0 to 1."""
    context.activity("making small pictures")
    size = (_SMALL, _SMALL)
    found = [
        np.asarray(Image.fromarray(data.picture(row)).resize(size, Image.Resampling.BOX)).ravel()
        for row in rows
    ]
    return np.stack(found).astype(np.float32) / np.float32(255)


def of_classes(
    data: OwnPictures, parts: Parts, labels: npt.NDArray[Any], said: npt.NDArray[Any]
) -> pd.DataFrame:
    """Of each class how many pictures it has, and its precision, recall and F1 on the test's."""
    found = scores.of_classes(labels, said.argmax(axis=1), data.classes)
    found = found.rename(columns={"rows": "test"})
    for place, (name, rows) in enumerate(
        (("training", parts.train), ("validation", parts.validation)), 1
    ):
        found.insert(place, name, np.bincount(data.labels[rows], minlength=len(found)))
    return found


def show_pictures(data: OwnPictures, parts: Parts, context: Context) -> None:
    """Draws some pictures for training as the network takes them, the classes in turn."""
    labels = pd.Series(data.labels[parts.train])
    turns = labels.groupby(labels).cumcount().to_numpy()
    rows = parts.train[np.argsort(turns, kind="stable")[:_SHOWN]]
    titles = [_short(data.classes[label]) for label in data.labels[rows]]
    title = "pictures for training, as the network takes them"
    grid = plots.image_grid(data.pixels[rows], titles, title, columns=_COLUMNS)
    context.figure("pictures", grid)


def show_misclassified(
    data: OwnPictures, rows: Rows, said: npt.NDArray[Any], context: Context
) -> None:
    """Keeps a table of the test pictures that are taken for others, and draws the surest."""
    labels, predicted = data.labels[rows], said.argmax(axis=1)
    wrong = np.flatnonzero(labels != predicted)
    wrong = wrong[np.argsort(-said[wrong, predicted[wrong]], kind="stable")]
    table = pd.DataFrame(
        {
            "picture": [text_of(str(data.files[row])) for row in rows[wrong]],
            "class": [data.classes[label] for label in labels[wrong]],
            "predicted": [data.classes[label] for label in predicted[wrong]],
            "probability": said[wrong, predicted[wrong]],
        }
    )
    context.table("misclassified", table)
    names = [_short(name) for name in data.classes]
    shown, titles = classifiers.mistakes(rows, labels, said, names, count=_SHOWN)
    if titles:
        titles = [title.replace("→", "\n→ ") for title in titles]
        title = (
            f"the surest of {len(wrong):,} mistakes in {len(rows):,} test pictures: class, then "
            "what it is taken for, and the probability"
        )
        grid = plots.image_grid(data.pixels[shown], titles, title, columns=_COLUMNS)
        context.figure("misclassified", grid)


def probabilities(
    file: Path, pixels: npt.NDArray[np.uint8], said: npt.NDArray[Any], names: Sequence[str]
) -> Figure:
    """Draws a picture as the network takes it, and the probability of each class beside it.

    Args:
        pixels: [S, S] or [S, S, 3].
        said: [C] probabilities.
        names: [C] names of the classes; the 15 likeliest are drawn.
    """
    order = np.argsort(-said, kind="stable")[:_BARS]
    figure, (axes,) = plots.panels(1, 2, size=(4.5, max(3.0, 0.3 * len(order) + 1.2)))
    left, right = axes
    left.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    left.set_axis_off()
    left.set_title(plots.plain(text_of(file.name)), fontsize=10)
    right.barh(range(len(order)), said[order], height=0.6, color=plots.BLUE)
    right.set_yticks(range(len(order)), [plots.plain(names[int(number)]) for number in order])
    for place, number in enumerate(order):
        right.text(said[number] + 0.02, place, f"{said[number]:.3f}", va="center")
    right.set_ylim(len(order) - 0.5, -0.5)
    right.set_xlim(0, 1.2)
    right.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    more = f", the likeliest {_BARS} of {len(said):,}" if len(said) > _BARS else ""
    plots.label(right, f"what the network says{more}", "probability", "")
    return figure


def _short(name: str) -> str:
    return plots.plain(shortened(name, _LETTERS))

"""Plots that several jobs draw, by Matplotlib's object interface: no global state, no display."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from supervised.core import glyphs

BLUE, RED, GREY = "#1f5fa8", "#c0392b", "0.6"
COLORS = (BLUE, RED, "#2e8b57", "#d68910", "#7d3c98", "#17a2b8", "0.3")

_LINE = 90  # characters of a text in a line


def panels(rows: int = 1, columns: int = 1, *, size: tuple[float, float] = (6.0, 4.0)) -> Any:
    """A figure and its axes [rows, columns], each of `size` inches."""
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def one_panel(*, size: tuple[float, float] = (6.0, 4.0)) -> Any:
    """A figure and its only axes, of `size` inches."""
    figure, axes = panels(size=size)
    return figure, axes[0, 0]


def training_curves(history: Sequence[Mapping[str, float]], title: str) -> Figure:
    """Plots each of Keras' metrics over epochs, of training and of validation data."""
    frame = pd.DataFrame(list(history))
    names = [n for n in frame.columns if n not in ("epoch",) and not n.startswith("val_")]
    figure, axes = panels(1, len(names))
    for panel, name in zip(axes[0], names, strict=True):
        over_epochs(panel, frame, name)
        whole_steps(panel)
        label(panel, f"{title}: {name}", "epoch", name, legend=True)
    return figure


def over_epochs(panel: Axes, history: pd.DataFrame, name: str) -> None:
    """Draws a metric of training data over epochs, and of validation data where there is one."""
    for column, color, text in ((name, BLUE, "training"), (f"val_{name}", RED, "validation")):
        if column in history:
            panel.plot(history["epoch"], history[column], ".-", color=color, label=text)


def whole_steps(panel: Axes) -> None:
    """Marks only whole numbers on the axis below, such as epochs, also where there is one."""
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def confusion_matrix(counts: pd.DataFrame, title: str) -> Figure:
    """Plots counts of true (down) and predicted (across) classes, shaded by share of the true."""
    values = counts.to_numpy()
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    size = max(4.0, 0.55 * len(counts) + 1.5)
    figure, panel = one_panel(size=(size + 0.5, size))
    panel.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), count in np.ndenumerate(values):
        color = "white" if shares[row, column] > 0.5 else "black"
        panel.text(column, row, f"{count:,}", ha="center", va="center", color=color, fontsize=7)
    panel.set_xticks(range(len(counts)), counts.columns, rotation=45, ha="right")
    panel.set_yticks(range(len(counts)), counts.index)
    label(panel, title, "predicted", "true", grid=False)
    return figure


def image_grid(
    images: npt.NDArray[Any],
    titles: Sequence[str] | None,
    title: str,
    *,
    columns: int = 8,
    signed: bool = False,
) -> Figure:
    """Images in a grid.

    Args:
        images: [N, H, W] grey values, or [N, H, W, 3] bytes of colour.
        titles: [N] texts above the images, or None.
        title: Text above the whole grid.
        columns: Images in a row.
        signed: Whether values may be negative; 0 then is the middle of the colours.
    """
    count, height, width, *colours = images.shape
    rows = -(-count // columns)
    lines = max((text.count("\n") + 1 for text in titles or ()), default=1)
    above = round(height * 0.25 * lines) if titles else round(height * 0.05)
    beside = round(width * 0.05)
    # One picture of all: axes of their own would take a hundred times as long to draw.
    paper = 1.0 if colours else np.nan
    sheet = np.full((rows, above + height, columns, width + beside, *colours), paper)
    for number, image in enumerate(images):
        sheet[number // columns, above:, number % columns, :width] = (
            image / 255 if colours else image
        )
    high = 1.35 + 0.15 * (lines - 1) if titles else 1.2
    figure, panel = one_panel(size=(1.2 * columns, high * rows))
    limit = float(np.abs(images).max())
    shades = {"cmap": "RdBu", "vmin": -limit, "vmax": limit} if signed else {"cmap": "gray"}
    whole = sheet.reshape(rows * (above + height), columns * (width + beside), *colours)
    panel.imshow(whole, **shades)
    for number, text in enumerate(titles or ()):
        x = (number % columns) * (width + beside) + width / 2
        y = (number // columns) * (above + height) + above * 0.9
        panel.text(x, y, text, ha="center", va="bottom", fontsize=7)
    panel.set_axis_off()
    figure.suptitle(title, fontsize=10)
    return figure


def image_rows(blocks: Sequence[npt.NDArray[Any]], title: str, *, columns: int = 8) -> Figure:
    """Blocks of images [N, H, W], all of the same N, in a grid that takes a row of each in turn."""
    count, height, width = blocks[0].shape
    rows = -(-count // columns)
    padded = [np.pad(b, ((0, rows * columns - count), (0, 0), (0, 0))) for b in blocks]
    stacked = np.stack([b.reshape(rows, columns, height, width) for b in padded], axis=1)
    return image_grid(stacked.reshape(-1, height, width), None, title, columns=columns)


def measured_and_predicted(
    targets: npt.NDArray[Any], predicted: npt.NDArray[Any], title: str, unit: str
) -> Figure:
    """Plots predictions over true values, with the line on which both are equal."""
    figure, panel = one_panel(size=(5.5, 5.0))
    predicted_over(panel, targets, predicted)
    label(panel, title, f"measured, {unit}", f"predicted, {unit}", legend=True)
    return figure


def predicted_over(panel: Axes, targets: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> None:
    """Draws predictions over true values, and the line on which both are equal."""
    ends = [float(f(np.concatenate([targets, predicted]))) for f in (np.min, np.max)]
    panel.plot(targets, predicted, ".", color=BLUE, markersize=4)
    panel.plot(ends, ends, "--", color=GREY, label="measured = predicted")


def ranking(
    labels: npt.NDArray[Any], by_name: Mapping[str, npt.NDArray[Any]], names: Sequence[str]
) -> Figure:
    """ROC and precision-recall curves of scores.

    Args:
        labels: [N] 0 or 1.
        by_name: For each model by name its scores [N], higher for a 1; seven models at most.
        names: Names of the classes 0 and 1.
    """
    from sklearn import metrics  # slow to import

    figure, (axes,) = panels(1, 2)
    roc, precision_recall = axes
    for (name, score), color in zip(by_name.items(), COLORS, strict=False):
        false_rate, true_rate, _ = metrics.roc_curve(labels, score)
        roc.plot(false_rate, true_rate, color=color, label=name)
        precision, recall, _ = metrics.precision_recall_curve(labels, score)
        precision_recall.plot(recall, precision, color=color, label=name)
    roc.plot([0, 1], [0, 1], "--", color=GREY, label="chance")
    precision_recall.axhline(labels.mean(), ls="--", color=GREY, label="chance")
    negative, positive = names
    found = f"share of {positive} found"
    label(roc, "ROC", f"share of {negative} called {positive}", found, legend=True)
    label(precision_recall, "precision and recall", "recall", "precision", legend=True)
    return figure


def words(
    found: Sequence[str], effects: npt.NDArray[Any], title: str, sides: tuple[str, str]
) -> Figure:
    """Draws a text whose words are shaded by their effects: red if positive, blue if negative.

    Args:
        effects: Effect of each word; 0 has no shade.
        title: Text above the words.
        sides: What a positive effect speaks for, and what a negative one.
    """
    drawn = [glyphs.drawable(word) for word in found]
    lines: list[list[int]] = [[]]
    for number, word in enumerate(drawn):
        before = sum(glyphs.width(drawn[i]) + 1 for i in lines[-1])
        if lines[-1] and before + glyphs.width(word) > _LINE:
            lines.append([])
        lines[-1].append(number)
    limit = max(float(np.abs(effects).max(initial=0.0)), 1e-9)
    figure, panel = one_panel(size=(0.1 * _LINE, 0.32 * len(lines) + 1.1))
    for row, line in enumerate(lines):
        column = 0
        for number in line:
            _word(panel, column, -row, drawn[number], float(effects[number]) / limit)
            column += glyphs.width(drawn[number]) + 1
    _key(panel, -len(lines) - 0.4, [glyphs.drawable(side) for side in sides])
    panel.set_xlim(-1, _LINE)
    panel.set_ylim(-len(lines) - 1, 1)
    panel.set_axis_off()
    figure.suptitle(title, fontsize=10)
    return figure


def _key(panel: Axes, row: float, sides: Sequence[str]) -> None:
    """What the shades of words mean."""
    column = 0
    for side, effect in zip(sides, (1.0, -1.0), strict=True):
        _word(panel, column, row, "word", effect)
        said = f"speaks for {side}"
        panel.text(column + 6, row, plain(said), fontsize=9, color="0.3")
        column += 6 + glyphs.width(said) + 3
    panel.text(column, row, "the deeper, the more", fontsize=9, color="0.3")


def _word(panel: Axes, column: float, row: float, word: str, effect: float) -> None:
    color = colormaps["RdBu_r"](0.5 + 0.3 * effect)
    box = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
    panel.text(column, row, plain(word), family="monospace", fontsize=10, bbox=box)


def plain(text: str) -> str:
    """A text as Matplotlib draws it letter by letter."""
    return text.replace("$", r"\$")  # else it would begin a formula


def label(
    panel: Axes, title: str, x: str, y: str, *, legend: bool = False, grid: bool = True
) -> None:
    """Writes the title and the names of the axes, and draws grid and legend."""
    panel.set_title(title, fontsize=10)
    panel.set_xlabel(x)
    panel.set_ylabel(y)
    if grid:
        panel.grid(alpha=0.3)
    if legend:
        panel.legend(fontsize=8)

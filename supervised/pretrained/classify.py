"""Names what is on a user's pictures: AlexNet's and Inception's part of book ch. 4.

Deviations from the book: red and blue are really swapped for AlexNet (its own swap leaves the same
values in both); the mean of ImageNet is subtracted from every picture (the book subtracts the first
picture's own mean, and nothing from the second); pictures may have any size.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import looking, plots
from supervised.core.imagenet import backbones
from supervised.core.job import Context, Result
from supervised.datasets import pictures
from supervised.pretrained.configs import ClassifyConfig

_SHOWN = 12  # pictures in the figure
_CLASSES = Path(__file__).with_name("imagenet_classes.txt")


def run(config: ClassifyConfig, context: Context) -> Result:
    """Classifies each picture once.

    Returns:
        `mean_top_probability`, the mean over pictures of the likeliest class's probability. It says
        how sure the network is, not how often it is right.

    Raises:
        DataError: There are no pictures or no weights, or one of them cannot be read.
    """
    data = context.load(pictures.loader(config.pictures))
    network, notes = backbones.trained(
        config.network, config.weights, data.kind, context, classifier=True
    )
    model = backbones.whole(config.network, network)

    def read(number: int) -> pictures.Rgb:
        return data.read(data.files[number])

    numbers = np.arange(len(data.files))
    probabilities = looking.look(model, read, numbers, context, config.network, config.batch)
    files = [str(file) for file in data.files]
    table = ranked(files, probabilities, class_names(), config.top)
    context.table("predictions", table)
    for rows in _by_picture(table, config.top):
        best = zip(rows["class"], rows["probability"], strict=True)
        named = ", ".join(f"{name} {share:.3f}" for name, share in best)
        context.say(f"{rows['file'].iloc[0]}: {named}")
    shown = looking.squares(read, numbers[:_SHOWN], model.input_shape[1])
    context.figure("predictions", _drawn(shown, table, config))
    sure = table.loc[table["rank"] == 1, "probability"].mean()
    return Result(metrics={"mean_top_probability": float(sure)}, notes=notes)


@cache
def class_names() -> tuple[str, ...]:
    """WordNet's names of ILSVRC 2012's classes: `tench` has number 0, `toilet tissue` 999."""
    return tuple(_CLASSES.read_text(encoding="utf-8").splitlines())


def ranked(
    files: Sequence[str], probabilities: npt.NDArray[np.float32], names: Sequence[str], top: int
) -> pd.DataFrame:
    """A table of the likeliest classes: rows of file, rank from 1, class and probability.

    Args:
        files: [N] different files.
        probabilities: [N, C] of the network.
        names: [C] names of the classes.
        top: How many classes of each file.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]  # [N, top]
    rows = [
        (file, rank, names[label], float(row[label]))
        for file, row, best in zip(files, probabilities, order, strict=True)
        for rank, label in enumerate(best, 1)
    ]
    return pd.DataFrame(rows, columns=["file", "rank", "class", "probability"])


def _by_picture(table: pd.DataFrame, top: int) -> list[pd.DataFrame]:
    return [table.iloc[start : start + top] for start in range(0, len(table), top)]


def _drawn(shown: npt.NDArray[np.uint8], table: pd.DataFrame, config: ClassifyConfig) -> Figure:
    """Draws each picture as the network saw it, and its classes as bars."""
    figure, axes = plots.panels(len(shown), 2, size=(4.0, 2.4))
    for (left, right), picture, rows in zip(
        axes, shown, _by_picture(table, config.top), strict=False
    ):
        left.imshow(picture)
        left.set_axis_off()
        left.set_title(Path(rows["file"].iloc[0]).name, fontsize=8)
        labels = [name.split(",")[0] for name in rows["class"]]  # the first of its synonyms
        places = range(len(rows))
        right.barh(places, rows["probability"], color=plots.BLUE)
        right.set_yticks(places, labels, fontsize=8)
        right.invert_yaxis()
        right.set_xlim(0, 1)
        plots.label(right, "", "probability", "")
    figure.suptitle(f"{config.network}: what it sees", fontsize=10)
    return figure

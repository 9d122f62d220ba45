"""Pictures and tables of trainings side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots

Curve = Mapping[str, Any]
_STYLES = {"alone": "-", "synchronous": "-", "asynchronous": "--", "mirrored": ":"}


def points(found: Sequence[Curve]) -> pd.DataFrame:
    """A table with a row for each score on validation images."""
    rows = [
        {"network": c["network"], "way": c["way"], "workers": c["workers"], **point}
        for c in found
        for point in c["points"]
    ]
    return pd.DataFrame(rows)


def trainings(found: Sequence[Curve]) -> pd.DataFrame:
    """A table with a row for each training."""
    rows = [
        {
            "network": c["network"],
            "way": c["way"],
            "workers": c["workers"],
            "updates_per_second": c["updates_per_second"],
            "mean_staleness": np.average(np.arange(len(c["staleness"])), weights=c["staleness"]),
            "val_accuracy": c["points"][-1]["val_accuracy"],
            **{f"test_{name}": value for name, value in c["test"].items()},
        }
        for c in found
    ]
    return pd.DataFrame(rows)


def training(found: Sequence[Curve]) -> Figure:
    """Plots loss and accuracy of each network over updates and over seconds."""
    names = list(dict.fromkeys(curve["network"] for curve in found))
    figure, axes = plots.panels(len(names), 4, size=(4.2, 3.4))
    for row, network in zip(axes, names, strict=True):
        of_it = [curve for curve in found if curve["network"] == network]
        colors = _colors(of_it)
        for curve in of_it:
            frame = pd.DataFrame(curve["points"])
            style = {"ls": _STYLES[curve["way"]], "color": colors[curve["who"]]}
            row[0].plot(frame["updates"], frame["val_loss"], label=curve["who"], **style)
            row[1].plot(frame["seconds"], frame["val_loss"], **style)
            row[2].plot(frame["updates"], frame["val_accuracy"], **style)
            row[3].plot(frame["seconds"], frame["val_accuracy"], **style)
        plots.label(row[0], f"{network}: loss over updates", "updates", "loss", legend=True)
        plots.label(row[1], f"{network}: loss over time", "seconds of training", "loss")
        plots.label(row[2], f"{network}: accuracy over updates", "updates", "accuracy")
        plots.label(row[3], f"{network}: accuracy over time", "seconds of training", "accuracy")
    figure.suptitle("validation images")
    return figure


def speed(found: Sequence[Curve]) -> Figure:
    """Plots for each network the updates a second of each way, and the staleness of gradients."""
    names = list(dict.fromkeys(curve["network"] for curve in found))
    figure, axes = plots.panels(len(names), 2, size=(6.0, 3.6))
    for (left, right), network in zip(axes, names, strict=True):
        of_it = [curve for curve in found if curve["network"] == network]
        colors = _colors(of_it)
        bars = [curve["who"] for curve in of_it]
        rates = [curve["updates_per_second"] for curve in of_it]
        left.barh(bars, rates, color=[colors[name] for name in bars])
        left.invert_yaxis()
        plots.label(left, f"{network}: throughput", "updates a second", "")
        loose = [curve for curve in of_it if curve["way"] == "asynchronous"]
        width = 0.8 / max(len(loose), 1)
        for number, curve in enumerate(loose):
            counts = np.asarray(curve["staleness"])
            where = np.arange(len(counts)) + (number - (len(loose) - 1) / 2) * width
            shares = counts / counts.sum()
            right.bar(where, shares, width, color=colors[curve["who"]], label=curve["who"])
        right.set_xticks(range(max((len(curve["staleness"]) for curve in loose), default=1)))
        title = f"{network}: staleness"
        plots.label(right, title, "updates by others meanwhile", "share", legend=bool(loose))
    return figure


def rates(found: Sequence[Curve], network: str) -> str:
    """The updates a second of each training of a network, as a text."""
    of_it = [curve for curve in found if curve["network"] == network]
    return "; ".join(f"{curve['who']} {curve['updates_per_second']:.2f}" for curve in of_it)


def _colors(found: Sequence[Curve]) -> dict[str, str]:
    return {c["who"]: plots.COLORS[i % len(plots.COLORS)] for i, c in enumerate(found)}

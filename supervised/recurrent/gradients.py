"""Measures how gradients shrink or grow through recurrent cells, and what clipping does."""

from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from matplotlib.figure import Figure

from supervised.core import plots, units
from supervised.core.job import Context
from supervised.core.settings import Cell
from supervised.recurrent import equations
from supervised.recurrent.configs import CellsConfig
from supervised.recurrent.equations import Weights

_BATCH, _INPUTS = 32, 8
_SCALES = (0.5, 1.0, 1.5)
_SMALLEST = 1e-40  # what is drawn of a norm: 0 has no place on a logarithmic axis


def measure(config: CellsConfig, context: Context) -> pd.DataFrame:
    """Norms of gradients through each kind of cell, for each length.

    The plain cell is measured with recurrent weights that scale a state by 0.5, 1 and 1.5.

    Returns:
        A table of `cell`, `steps`, `first_state` (the norm of the gradient at the first state if
        that at the last is 1), `weights` (the norm of the gradient of all weights) and `clipped`
        (that norm after clipping by the global norm).
    """
    rows = []
    kinds: dict[str, tuple[Cell, float]] = {f"rnn x{s:g}": ("rnn", s) for s in _SCALES}
    kinds |= {"lstm": ("lstm", 1.0), "gru": ("gru", 1.0)}
    for number, (label, (name, scale)) in enumerate(kinds.items(), 1):
        weights = _initial(name, scale, config.units, context)
        for steps in config.steps:
            first, of_weights = through(name, weights, steps, context)
            clipped, _ = tf.clip_by_global_norm(of_weights, config.clip)
            norms = {"weights": _norm(of_weights), "clipped": _norm(clipped)}
            rows.append({"cell": label, "steps": steps, "first_state": first} | norms)
        context.progress(number, len(kinds), f"gradients: {label}")
    return pd.DataFrame(rows)


def through(name: Cell, weights: Weights, steps: int, context: Context) -> tuple[float, list[Any]]:
    """Sends a gradient of length 1 in a random direction from the last h to the first state.

    Args:
        weights: The cell's weights, as tensors.
        steps: Length of the sequences, whose inputs are small beside the states.
        context: Gives the sequences and the direction.

    Returns:
        The norm at the first state (of the LSTM's h and c together) as a mean over the batch; and
        the gradients of the weights for a mean over the batch.
    """
    rng = context.rng(f"gradients/{steps}")
    x = tf.constant(0.1 * rng.normal(size=(_BATCH, steps, _INPUTS)), tf.float32)
    drawn = rng.normal(size=(_BATCH, weights.units))
    direction = tf.constant(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), tf.float32)
    cell, parts = equations.CELLS[name]
    maths = equations.TENSORFLOW
    trained = [weights.kernel, weights.recurrent, weights.bias]
    with tf.GradientTape() as tape:
        tape.watch(trained)
        zeros = (maths.zeros((_BATCH, weights.units)),) * parts
        # As states on their own: of the LSTM's, h is made of c.
        first = tuple(tf.identity(part) for part in cell(maths, x[:, 0], zeros, weights))
        state = first
        for step in range(1, steps):
            state = cell(maths, x[:, step], state, weights)
        loss = tf.reduce_mean(tf.reduce_sum(state[0] * direction, axis=1))
    *at_first, kernel, recurrent, bias = tape.gradient(loss, [*first, *trained])
    of_state = _BATCH * np.concatenate([np.asarray(part) for part in at_first], axis=1)
    norm = float(np.linalg.norm(of_state.astype(np.float64), axis=1).mean())
    return norm, [kernel, recurrent, bias]


def draw(frame: pd.DataFrame, clip: float) -> Figure:
    """Plots the norms over the steps.

    Args:
        frame: The table that `measure` returns.
        clip: Largest norm of clipped gradients.
    """
    figure, axes = plots.panels(1, 2)
    left, right = axes[0]
    cells = frame.groupby("cell", sort=False)
    for (label, rows), color in zip(cells, plots.COLORS, strict=False):
        seen = rows["first_state"].clip(lower=_SMALLEST)
        left.plot(rows["steps"], seen, ".-", color=color, label=label)
        right.plot(rows["steps"], rows["weights"], ".-", color=color)
        right.plot(rows["steps"], rows["clipped"], "--", color=color)
    for panel in (left, right):
        panel.set_yscale("log")
    left.axhline(1.0, color=plots.GREY, ls=":")
    plots.label(left, "gradient at the first state", "steps", "norm; 1 at the last", legend=True)
    plots.label(right, f"gradient of all weights; dashed: clipped at {clip:g}", "steps", "norm")
    return figure


def _initial(name: Cell, scale: float, size: int, context: Context) -> Weights:
    """A Keras layer's initial weights, the recurrent ones multiplied by `scale`."""
    layer = units.as_in_the_book(name, size, context)
    layer.build((None, None, _INPUTS))
    kernel, recurrent, bias = (tf.constant(w) for w in layer.get_weights())
    return Weights(kernel=kernel, recurrent=recurrent * scale, bias=bias)


def _norm(found: Any) -> float:
    return float(tf.linalg.global_norm(found))

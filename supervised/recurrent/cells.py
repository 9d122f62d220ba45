"""Recurrent cells written out, beside Keras' own; gradients through them; both directions (ch. 6).

The book runs a plain cell by hand, with static and dynamic unrolling. Of LSTM, GRU, vanishing and
exploding gradients and bidirectional layers it has descriptions only; this job computes them, and
gradient clipping, too. Cells are compared first on the book's batch of four short sequences; its
lengths [3, 4, 3, 5] of sequences with 2 steps are [2, 1, 2, 2] here.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from keras import layers
from matplotlib.figure import Figure

from supervised.core import classifiers, networks, plots, training, units
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.settings import Cell, NetworkConfig, OptimizerConfig
from supervised.datasets.source import Loaded
from supervised.recurrent import equations
from supervised.recurrent.configs import CellsConfig
from supervised.recurrent.equations import Weights

CELLS: tuple[Cell, ...] = ("rnn", "lstm", "gru")

_BOOK = np.array(
    [
        [[0, 2, 3], [5, 6, 8]],
        [[2, 8, 9], [0, 0, 0]],
        [[5, 3, 8], [8, 2, 0]],
        [[3, 2, 9], [2, 3, 6]],
    ],
    np.float32,
)  # [4, 2, 3]; the second has one step
_BOOK_LENGTHS = np.array([2, 1, 2, 2])
_UNITS = 5
_SEQUENCES, _LENGTH, _WIDTH = 2_000, 24, 16  # of the task in both directions
_BATCH, _INPUTS = 32, 8  # of the sequences that gradients go back through
_SCALES = (0.5, 1.0, 1.5)
_SMALLEST = 1e-40  # what is drawn of a norm: 0 has no place on a logarithmic axis


def run(config: CellsConfig, context: Context) -> Result:
    """Compares cells, measures gradients, and trains networks in one and in both directions.

    Raises:
        Diverged: A loss is not finite.
    """
    context.load(lambda _: Loaded(name="signs", kind="synthetic"))
    differences = _compare(context)
    largest = max(differences.values())
    context.say(f"largest difference from Keras, step by step: {largest:.1e}")
    found = measure_gradients(config, context)
    context.table("gradients", found)
    context.figure("gradients", _gradient_figure(found, config.clip))
    longest = found.loc[found["steps"] == max(config.steps)]
    back = dict(zip(longest["cell"].str.replace(" ", "_"), longest["first_state"], strict=True))
    return Result(
        metrics={
            "largest_difference": largest,
            **differences,
            **_directions(config, context),
            **{f"gradient_{cell}": float(norm) for cell, norm in back.items()},
        },
        optimum=0.0,
        notes=(
            f"gradient_… is the norm at the first of {max(config.steps)} states, where that at the "
            "last is 1; x is the factor of the recurrent weights",
            f"forward and bidirectional are accuracies of naming the sign {config.lookahead} steps "
            "ahead, which forwards can only be guessed",
        ),
    )


def _compare(context: Context) -> dict[str, float]:
    """For each cell and library, the largest difference of a state h from that of Keras' layer."""
    rng = context.rng("sequences")
    x = rng.normal(size=(6, 12, 5)).astype(np.float32)
    lengths = rng.integers(1, 13, 6)
    found = {}
    for name in CELLS:
        for library, maths in (("numpy", equations.NUMPY), ("tensorflow", equations.TENSORFLOW)):
            found[f"difference_{name}_{library}"] = max(
                difference(name, maths, _BOOK, None, context),
                difference(name, maths, _BOOK, _BOOK_LENGTHS, context),
                difference(name, maths, x, lengths, context),
            )
    return found


def difference(
    name: Cell,
    maths: equations.Arithmetic,
    x: npt.NDArray[np.float32],
    lengths: npt.NDArray[Any] | None,
    context: Context,
) -> float:
    """The largest difference of a state h by the equations from that of Keras' masked layer.

    Args:
        maths: The library of the equations.
        x: [B, T, D] sequences.
        lengths: [B] steps of each sequence; None uses all T.
    """
    layer = units.as_in_the_book(name, _UNITS, context, return_sequences=True)
    layer.build(x.shape)
    kernel, recurrent, bias = layer.get_weights()
    bias = context.rng("biases").normal(size=bias.shape).astype(np.float32)
    layer.set_weights([kernel, recurrent, bias])
    mask = None if lengths is None else np.arange(x.shape[1]) < lengths[:, None]  # [B, T]
    keras_h = np.asarray(layer(x, mask=mask))
    weights = Weights(
        kernel=maths.array(kernel), recurrent=maths.array(recurrent), bias=maths.array(bias)
    )
    h, last = equations.unrolled(name, maths, maths.array(x), weights, lengths)
    return max(float(np.abs(np.asarray(h) - keras_h).max()), _last_differs(keras_h, last, lengths))


def _last_differs(keras_h: npt.NDArray[Any], last: Any, lengths: npt.NDArray[Any] | None) -> float:
    """The largest difference of last states from Keras' states at the end of each sequence."""
    rows = np.arange(len(keras_h))
    ends = (np.full(len(rows), keras_h.shape[1]) if lengths is None else lengths) - 1
    return float(np.abs(np.asarray(last) - keras_h[rows, ends]).max())


def measure_gradients(config: CellsConfig, context: Context) -> pd.DataFrame:
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


def _gradient_figure(frame: pd.DataFrame, clip: float) -> Figure:
    """Plots the norms over the steps.

    Args:
        frame: The table that `measure_gradients` returns.
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


def _signs(config: CellsConfig, context: Context) -> tuple[Examples, Examples]:
    """Random signs [N, T, 1] to learn from, and held-out ones.

    A step's label is 1 if the sign some steps later is +, else 0.
    """
    bits = context.rng("signs").integers(0, 2, (_SEQUENCES, _LENGTH)).astype(np.int32)
    ahead = np.zeros_like(bits)
    ahead[:, : -config.lookahead] = bits[:, config.lookahead :]
    every = Examples(x=(2.0 * bits[:, :, None] - 1).astype(np.float32), y=ahead)
    cut = _SEQUENCES * 3 // 4
    return every.take(np.arange(cut)), every.take(np.arange(cut, _SEQUENCES))


def _directions(config: CellsConfig, context: Context) -> dict[str, float]:
    """Accuracies on held-out sequences, by a forward layer and by a bidirectional one."""
    found, frames = {}, {}
    train, held_out = _signs(config, context)
    updates = training.updates(len(train), config.fit)
    for name in ("forward", "bidirectional"):
        model = _labeller(name == "bidirectional", context)
        rule = networks.optimizer(OptimizerConfig(learning_rate=1e-2), updates)
        training.compile_model(model, rule, classifiers.cross_entropy(), ["accuracy"])
        fitted = training.fit(model, train, held_out, config.fit, context, phase=name)
        frames[name] = pd.DataFrame(fitted.history)
        answers = training.predict(model, held_out.x).argmax(axis=-1)  # [N, T]
        found[f"{name}_accuracy"] = float(np.mean(answers == held_out.y))
    context.figure("directions", _direction_figure(frames))
    return found


def _labeller(both: bool, context: Context) -> keras.Model:
    """A network from [B, T, 1] to logits [B, T, 2]: a GRU in one or in both directions."""
    options = {"return_sequences": True}
    layer = units.recurrent("gru", _WIDTH, context, "forwards", **options)
    if both:
        back = units.recurrent("gru", _WIDTH, context, "back", go_backwards=True, **options)
        layer = layers.Bidirectional(layer, backward_layer=back)
    linear = NetworkConfig(hidden_sizes=())
    return keras.Sequential(
        [layers.Input((_LENGTH, 1)), layer, networks.output_layer(2, linear, context)]
    )


def _direction_figure(frames: Mapping[str, pd.DataFrame]) -> Figure:
    figure, panel = plots.one_panel()
    for (name, frame), color in zip(frames.items(), plots.COLORS, strict=False):
        panel.plot(frame["epoch"], frame["val_accuracy"], ".-", color=color, label=name)
    plots.label(panel, "the sign some steps ahead", "epoch", "accuracy", legend=True)
    return figure

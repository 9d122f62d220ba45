"""Restricted Boltzmann machines: energy, Gibbs sampling, contrastive divergence.

Hidden units are Bernoulli. Visible units are Bernoulli, or Gaussian with variance 1 for
standardised inputs (Hinton 2012, "A practical guide to training restricted Boltzmann machines").
With weights W, visible biases b and hidden biases c:

    Bernoulli:  E(v, h) = -b·v - c·h - vWh
    Gaussian:   E(v, h) = |v - b|² / 2 - c·h - vWh
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common.errors import Diverged
from supervised.belief.configs import RbmConfig
from supervised.core.job import Context

Visible = Literal["bernoulli", "gaussian"]

_RANDOM = "philox"  # the same numbers compiled and not
_SCORED = 5_000  # rows at most that an epoch's metrics are taken from, of either part


class Parameters(NamedTuple):
    """Weights and biases of a machine with V visible and H hidden units."""

    weights: Any
    """[V, H]."""
    visible_bias: Any
    """[V]."""
    hidden_bias: Any
    """[H]."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained machine.

    Attributes:
        parameters: Its weights and biases, float32 arrays.
        history: One record per epoch: `epoch` (from 1), `reconstruction_error` (squared, mean per
            visible unit) and `val_reconstruction_error` of one mean-field pass up and down, and
            `free_energy_gap`, mean free energy of validation less that of training rows, which
            grows with overfitting.
    """

    parameters: Parameters
    history: list[dict[str, float]]


def free_energy(parameters: Parameters, v: Any, visible: Visible) -> Any:
    """Free energies [N] of v [N, V]: F(v) = -log Σ_h exp(-E(v, h)), so that p(v) ∝ exp(-F(v))."""
    weights, bias, hidden_bias = parameters
    if visible == "bernoulli":
        of_v = -tf.linalg.matvec(v, bias)
    else:
        of_v = 0.5 * tf.reduce_sum(tf.math.squared_difference(v, bias), axis=1)
    inputs = tf.matmul(v, weights) + hidden_bias  # [N, H]
    return of_v - tf.reduce_sum(tf.nn.softplus(inputs), axis=1)


def hidden_probabilities(parameters: Parameters, v: Any) -> Any:
    """p(h = 1 | v) [N, H] of v [N, V]."""
    return tf.sigmoid(tf.matmul(v, parameters.weights) + parameters.hidden_bias)


def visible_means(parameters: Parameters, h: Any, visible: Visible) -> Any:
    """E(v | h) [N, V] of h [N, H]; the book's text gives the equation of h | v in its place."""
    inputs = tf.matmul(h, parameters.weights, transpose_b=True) + parameters.visible_bias  # [N, V]
    return tf.sigmoid(inputs) if visible == "bernoulli" else inputs


def gibbs(
    parameters: Parameters, h: Any, visible: Visible, steps: Any, key: Any
) -> tuple[Any, Any]:
    """Runs Gibbs chains that start from the hidden states h.

    Args:
        h: [N, H] hidden states that the chains start from.
        steps: How often both layers are drawn, 1 or more.
        key: Two integers; the same key gives the same draws.

    Returns:
        The last v [N, V] and h [N, H] that were drawn.
    """
    v = tf.zeros_like(visible_means(parameters, h, visible))
    for step in tf.range(steps):
        of_step: Any = tf.random.fold_in(key, step, alg=_RANDOM)
        of_step = tf.random.split(of_step, alg=_RANDOM)
        v = _draw_visible(parameters, h, visible, of_step[0])
        h = _bernoulli(hidden_probabilities(parameters, v), of_step[1])
    return v, h


def gradient(parameters: Parameters, v: Any, model_v: Any) -> Parameters:
    """Estimates the gradient of the mean log-likelihood of v.

    The gradient is the statistics of the data less those of the model. Both use the probabilities
    of hidden units in place of draws, which gives less noise.

    Args:
        v: [N, V] data.
        model_v: [M, V] visible states drawn from the model, or from chains that approach it.
    """
    data, model = _statistics(parameters, v), _statistics(parameters, model_v)
    return Parameters(*(ours - theirs for ours, theirs in zip(data, model, strict=True)))


def train(
    weights: npt.NDArray[np.float32],
    train: npt.NDArray[np.float32],
    validation: npt.NDArray[np.float32],
    visible: Visible,
    config: RbmConfig,
    context: Context,
    phase: str,
) -> Trained:
    """Trains a machine; a resumed job continues from the last checkpoint.

    Contrastive divergence (Hinton 2002) starts the chains of each update from its batch; persistent
    contrastive divergence (Tieleman 2008) continues them. The book's machine (ch. 3) diverges: its
    reconstruction error grows from 1.68 to 938 in ten epochs, with unbounded ReLU units, learning
    rate 0.05 and no weight decay. These units are bounded, the machine has weight decay, and an
    error that is not finite ends the job.

    Every epoch has its own order of the rows, and leaves out rows that do not fill a batch.
    Initial visible biases are those that give the mean of the training data, hidden biases 0.

    Args:
        weights: [V, H] initial weights.
        train: [N, V] training data, in [0, 1] for Bernoulli units, else standardised.
        validation: [M, V] data for the metrics of each epoch.
        phase: Name of this training where a job has several.

    Raises:
        Diverged: An error or a weight is not finite.
    """
    size = min(config.batch_size, len(train))
    draws = context.seed(f"{phase}/draws")
    state = _initial(weights, train, visible, size, draws)
    history: list[dict[str, float]] = []
    if (restored := context.restored(phase)) is not None:
        state = tf.nest.pack_sequence_as(state, restored["state"])
        history = [dict(record) for record in restored["history"]]
    rates = _Rates(*map(tf.constant, (config.learning_rate, config.momentum, config.decay)))
    kind = visible, config.steps, config.persistent
    data = tf.constant(train)
    scored = tf.constant(train[:_SCORED]), tf.constant(validation[:_SCORED])
    for epoch in range(len(history), config.epochs):
        rows = context.rng(f"{phase}/order/{epoch}").permutation(len(train))
        batches = rows[: len(rows) // size * size].reshape(-1, size)
        key = tf.constant([draws, epoch + 1])
        state = _epoch(state, data, tf.constant(batches), key, rates, *kind)
        metrics = _metrics(state.parameters, *scored, visible)
        _check(state, metrics, phase, epoch + 1)
        history.append({"epoch": epoch + 1, **metrics})
        context.scalars(epoch + 1, {f"{phase}/{name}": value for name, value in metrics.items()})
        text = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        context.progress(
            epoch + 1, config.epochs, f"{phase}: epoch {epoch + 1}/{config.epochs}  {text}"
        )
        flat = [np.asarray(part) for part in tf.nest.flatten(state)]
        context.checkpoint(phase, {"state": flat, "history": history})
    return Trained(
        parameters=Parameters(*(np.asarray(part) for part in state.parameters)), history=history
    )


class _State(NamedTuple):
    """The state of a training: everything that an update changes."""

    parameters: Parameters
    velocity: Parameters
    chains: Any
    """[B, H] hidden states."""


class _Rates(NamedTuple):
    """Settings of an update as tensors, so that other values need no new compilation."""

    learning_rate: Any
    momentum: Any
    decay: Any


def _initial(
    weights: npt.NDArray[np.float32],
    train: npt.NDArray[np.float32],
    visible: Visible,
    chains: int,
    draws: int,
) -> _State:
    mean = train.mean(axis=0, dtype=np.float64)
    if visible == "bernoulli":
        rows = len(train)  # a unit that is never on still needs a finite bias
        mean = (mean * rows + 0.5) / (rows + 1)
        mean = np.log(mean / (1 - mean))
    hidden = weights.shape[1]
    parameters = Parameters(tf.constant(weights), tf.constant(mean, tf.float32), tf.zeros(hidden))
    coins = tf.fill((chains, hidden), 0.5)
    return _State(
        parameters, tf.nest.map_structure(tf.zeros_like, parameters), _bernoulli(coins, [draws, 0])
    )


@tf.function(jit_compile=True)
def _epoch(
    state: _State,
    data: Any,
    batches: Any,
    key: Any,
    rates: _Rates,
    visible: Visible,
    steps: int,
    persistent: bool,
) -> _State:
    """All updates of an epoch, on rows `batches` [K, B] of `data` [N, V]."""
    for batch in tf.range(tf.shape(batches)[0]):
        of_batch: Any = tf.random.fold_in(key, batch, alg=_RANDOM)
        keys = tf.random.split(of_batch, alg=_RANDOM)
        parameters, velocity, chains = state
        v = tf.gather(data, batches[batch])  # [B, V]
        if not persistent:
            chains = _bernoulli(hidden_probabilities(parameters, v), keys[0])  # [B, H]
        model_v, chains = gibbs(parameters, chains, visible, steps, keys[1])
        uphill = gradient(parameters, v, model_v)
        uphill = uphill._replace(weights=uphill.weights - rates.decay * parameters.weights)
        velocity = tf.nest.map_structure(
            lambda old, new: rates.momentum * old + rates.learning_rate * new, velocity, uphill
        )
        state = _State(tf.nest.map_structure(tf.add, parameters, velocity), velocity, chains)
    return state


def _statistics(parameters: Parameters, v: Any) -> tuple[Any, Any, Any]:
    """Means over v [N, V]; the gradient is a difference of two such means."""
    h = hidden_probabilities(parameters, v)  # [N, H]
    rows = tf.cast(tf.shape(v)[0], v.dtype)
    together = tf.matmul(v, h, transpose_a=True) / rows  # [V, H]
    return together, tf.reduce_mean(v, axis=0), tf.reduce_mean(h, axis=0)


@tf.function
def _scores(parameters: Parameters, v: Any, visible: Visible) -> tuple[Any, Any]:
    """Reconstruction error and mean free energy of v [N, V]."""
    down = visible_means(parameters, hidden_probabilities(parameters, v), visible)  # [N, V]
    free = tf.reduce_mean(free_energy(parameters, v, visible))
    return tf.reduce_mean(tf.math.squared_difference(v, down)), free


def _metrics(parameters: Parameters, train: Any, val: Any, visible: Visible) -> dict[str, float]:
    error, free = _scores(parameters, train, visible)
    val_error, val_free = _scores(parameters, val, visible)
    return {
        "reconstruction_error": float(error),
        "val_reconstruction_error": float(val_error),
        "free_energy_gap": float(val_free - free),
    }


def _check(state: _State, metrics: dict[str, float], phase: str, epoch: int) -> None:
    sound = all(math.isfinite(value) for value in metrics.values())
    sound &= all(bool(np.isfinite(part).all()) for part in tf.nest.flatten(state.parameters))
    if not sound:
        raise Diverged(f"{phase}: the reconstruction error is no longer finite in epoch {epoch}")


def _draw_visible(parameters: Parameters, h: Any, visible: Visible, key: Any) -> Any:
    means = visible_means(parameters, h, visible)  # [N, V]
    if visible == "bernoulli":
        return _bernoulli(means, key)
    return means + tf.random.stateless_normal(tf.shape(means), key, alg=_RANDOM)


def _bernoulli(probabilities: Any, key: Any) -> Any:
    """Draws 0 or 1 with the given probabilities of 1."""
    uniform = tf.random.stateless_uniform(tf.shape(probabilities), key, alg=_RANDOM)
    return tf.cast(uniform < probabilities, tf.float32)

"""Networks that hold every layer, head and kind of input, and what they are run on."""

import numpy as np
from gymnasium.spaces import Box

from agents.networks import (
    GRU,
    Activation,
    Constrained,
    Conv,
    Dense,
    Dueling,
    Ensemble,
    Expectation,
    Flatten,
    Image,
    LayerNorm,
    Mean,
    Network,
    NoisyDense,
    OneHot,
    PerAction,
    Streams,
    Vector,
)
from agents.networks.implicit import Implicit

FLAT = Box(-5, 5, (5,), np.float32)
HEAD = Dense(3, "linear", "glorot")

CASES = {
    "discrete": Network(OneHot(7), (HEAD,)),
    "doubles": Network(Vector(Box(-5, 5, (3, 2), np.float64)), (HEAD,)),
    "bytes": Network(Vector(Box(0, 255, (2, 3), np.uint8)), (HEAD,)),
    "scalar": Network(Vector(Box(-5, 5, (), np.float32)), (HEAD,)),
    "picture": Network(Image(Box(0, 255, (4, 5), np.uint8)), (Flatten(), HEAD)),
    "channels": Network(Image(Box(-2, 2, (4, 3, 2), np.float32)), (Flatten(), HEAD)),
    "numbers": Network(Image(Box(0, 50, (4, 3, 2), np.float32)), (Flatten(), HEAD)),
    "relu": Network(Vector(FLAT), (Dense(40), Dense(24), HEAD)),
    "tanh": Network(Vector(FLAT), (Dense(16, "tanh", "glorot"), Activation("tanh"), HEAD)),
    "layer_norm": Network(
        Vector(FLAT), (Dense(12, "linear"), LayerNorm(), Activation("relu"), HEAD)
    ),
    "conv": Network(
        Image(Box(0, 255, (9, 8, 3), np.uint8)),
        (Conv(6, 3, 2), LayerNorm(), Conv(4, 2, activation="tanh"), Flatten(), Dense(8), HEAD),
    ),
    "conv_of_blocks": Network(
        Image(Box(0, 255, (15, 17, 2), np.uint8)),
        (Conv(5, 6, 2), Conv(6, 2, 2, "tanh"), Flatten(), HEAD),
    ),
    "noisy": Network(Vector(FLAT), (NoisyDense(9), NoisyDense(3, "linear"))),
    "gru": Network(Vector(FLAT), (Dense(8), GRU(6), HEAD)),
    "two_grus": Network(
        Vector(FLAT), (GRU(6), Activation("relu"), NoisyDense(5), GRU(4), Dueling(3))
    ),
    "gru_of_one": Network(OneHot(4), (GRU(1),)),
    "dueling": Network(Vector(FLAT), (Dense(16), Dueling(4))),
    "atoms": Network(Vector(FLAT), (Dense(16), Dense(33, "linear"), Streams(3, 11))),
    "categorical": Network(
        Vector(FLAT), (Dense(16), Dense(33, "linear"), Streams(3, 11), Expectation(-3.0, 7.0))
    ),
    "implicit": Network(Vector(FLAT), (Dense(16), Implicit(4, 7, 9), Streams(3, 7, dueling=True))),
    "ensemble": Network(OneHot(7), (Ensemble(4, (), 3),)),
    "ensemble_with_priors": Network(
        Vector(FLAT), (Dense(8), Ensemble(4, (6, 5), 3, prior_scale=1.5), Mean())
    ),
    "constrained": Network(
        Vector(FLAT), (Dense(16), Dense(8, "linear"), Streams(4, 2), Constrained(0.5))
    ),
    "per_action": Network(
        Vector(FLAT),
        (Dense(6), PerAction(3, (Dense(9, "linear"), LayerNorm(), Dense(1, "linear")))),
    ),
    "quantiles": Network(
        Vector(FLAT), (Dense(16), NoisyDense(44, "linear"), Streams(3, 11, dueling=True), Mean())
    ),
}


def weights_of(network, seed=0):
    """Initial weights, shaken: a pass that forgets a bias of zeros would not be found out."""
    rng = np.random.default_rng(seed)
    return {
        name: (array + 0.1 * rng.normal(size=array.shape)).astype(np.float32)
        for name, array in network.initial_weights(rng).items()
    }


def batch_of(network, rows, seed=0):
    """Observations, states and noise for so many rows; None where the network has none."""
    rng, inputs = np.random.default_rng(seed), network.inputs
    if isinstance(inputs, OneHot):
        observations = rng.integers(0, inputs.n, rows, np.int32)
    elif inputs.space.dtype == np.uint8:
        observations = rng.integers(0, 256, (rows, *inputs.space.shape), np.uint8)
    else:
        observations = rng.normal(size=(rows, *inputs.space.shape)).astype(inputs.space.dtype)
    sizes = network.state_size, network.noise_size
    state, noise = (rng.normal(size=(rows, size)).astype(np.float32) for size in sizes)
    return observations, state if sizes[0] else None, noise if sizes[1] else None

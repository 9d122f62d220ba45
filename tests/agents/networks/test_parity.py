import keras
import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.networks import (
    GRU,
    PRIOR,
    Activation,
    Conv,
    Dense,
    Dueling,
    Expectation,
    Flatten,
    Forward,
    Image,
    LayerNorm,
    Mean,
    Network,
    NoisyDense,
    OneHot,
    Streams,
    Vector,
)
from tests.agents.networks.cases import CASES, batch_of, weights_of

ROWS = 20


def _near(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        if other is None:
            assert one is None
            continue
        scale = max(1.0, np.abs(other).max())
        np.testing.assert_allclose(np.asarray(one), other, rtol=0, atol=1e-5 * scale)


def _exported(model, observations, state):
    """Outputs and state of a Keras model, as the other passes give them."""
    return (model(observations), None) if state is None else model([observations, state])


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_workers_learners_and_exports_agree(network, tmp_path):
    weights, (observations, state, noise) = weights_of(network), batch_of(network, ROWS)
    forward, tensors = (
        Forward(network, range(ROWS)),
        {n: tf.constant(w) for n, w in weights.items()},
    )
    noisy = forward(weights, observations, state, noise)
    assert noisy[0].shape == (ROWS, *network.output_shape)
    assert noisy[0].std() > 0.02
    _near(network.tensor(tensors, observations, state, noise), noisy)
    compiled = tf.function(network.tensor, jit_compile=True)
    arguments = [None if a is None else tf.constant(a) for a in (observations, state, noise)]
    _near(compiled(tensors, *arguments), noisy)

    quiet = forward(weights, observations, state)
    _near(network.tensor(tensors, observations, state), quiet)
    model = network.keras_model(weights)
    _near(_exported(model, observations, state), quiet)
    model.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras", compile=False, safe_mode=True)
    _near(_exported(loaded, observations, state), quiet)


@st.composite
def _networks(draw):
    sizes, activations = st.integers(4, 12), st.sampled_from(["relu", "tanh", "linear"])
    dtype = draw(st.sampled_from([np.uint8, np.float32]))
    low, high = (0, 255) if dtype == np.uint8 else (-3, 3)
    layers = []
    match draw(st.sampled_from(["one_hot", "vector", "image"])):
        case "one_hot":
            inputs = OneHot(draw(sizes))
        case "vector":
            shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
            inputs = Vector(Box(low, high, shape, dtype))
        case _:
            shape = tuple(draw(st.lists(st.integers(5, 9), min_size=2, max_size=2)))
            channels = draw(st.sampled_from([(), (1,), (3,)]))
            inputs = Image(Box(low, high, shape + channels, dtype))
            for _ in range(draw(st.integers(0, 2))):
                window = draw(st.integers(1, 3)), draw(st.integers(1, 2))
                layers.append(Conv(draw(sizes), *window, draw(activations)))
                if min(Network(inputs, (*layers,)).output_shape[:2]) < 3:
                    break
            layers.append(Flatten())
    hidden = st.one_of(
        st.builds(Dense, sizes, activations, st.sampled_from(["he", "glorot"])),
        st.builds(NoisyDense, sizes, activations),
        st.builds(GRU, sizes),
        st.builds(Activation, activations),
    )
    layers += draw(st.lists(hidden, max_size=3))
    if draw(st.booleans()):
        layers += [Dense(draw(sizes), "linear"), LayerNorm()]
    head = st.one_of(
        st.builds(Dense, sizes, st.just("linear"), st.just("glorot")),
        st.builds(Dueling, sizes),
    )
    if draw(st.booleans()):
        return Network(inputs, (*layers, draw(head)))
    actions, atoms, dueling = draw(sizes), draw(sizes), draw(st.booleans())
    linear = draw(st.sampled_from([Dense, NoisyDense]))((actions + dueling) * atoms, "linear")
    last = draw(st.sampled_from([(), (Mean(),), (Expectation(-2.0, 5.0),)]))
    return Network(inputs, (*layers, linear, Streams(actions, atoms, dueling), *last))


@given(network=_networks(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
@pytest.mark.slow
def test_passes_of_any_network_agree(network, seed):
    weights, (observations, state, noise) = weights_of(network, seed), batch_of(network, 3, seed)
    forward, tensors = Forward(network, [2, 5, 40]), {n: tf.constant(w) for n, w in weights.items()}
    noisy = forward(weights, observations, state, noise)
    _near(network.tensor(tensors, observations, state, noise), noisy)
    quiet = forward(weights, observations, state)
    _near(_exported(network.keras_model(weights), observations, state), quiet)


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_every_array_but_those_of_priors_has_a_gradient(network):
    observations, state, noise = batch_of(network, ROWS)
    variables = {name: tf.Variable(array) for name, array in weights_of(network).items()}
    with tf.GradientTape() as tape:
        outputs, _ = network.tensor(variables, observations, state, noise)
        loss = tf.reduce_sum(tf.math.sin(outputs))
    for name, gradient in tape.gradient(loss, variables).items():
        if PRIOR in name:
            assert gradient is None
            continue
        assert np.isfinite(gradient).all()
        assert np.any(gradient)


def test_a_first_state_is_zeros():
    network = CASES["two_grus"]
    weights, (observations, state, _) = weights_of(network), batch_of(network, ROWS)
    forward = Forward(network, range(ROWS))
    zeros = forward(weights, observations, np.zeros_like(state))
    forward(weights, observations, state)
    fresh = forward(weights, observations)  # nothing is left of the state before
    assert [a.tobytes() for a in fresh] == [a.tobytes() for a in zeros]
    _near(network.tensor(weights, observations), zeros)

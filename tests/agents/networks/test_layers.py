"""Layers against numbers worked out by hand."""

import math

import numpy as np
import pytest
from gymnasium.spaces import Box

from agents.networks import (
    GRU,
    Conv,
    Dense,
    Dueling,
    Ensemble,
    Expectation,
    Flatten,
    Forward,
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


def _floats(*numbers):
    return np.array(numbers, np.float32)


def _run(layer, arrays, x, state=None, noise=None):
    """Outputs and state of one row that goes through one layer."""
    x = np.array([x], np.float32)
    space = Box(-99, 99, x.shape[1:], np.float32)
    inputs = Image(space) if isinstance(layer, Conv) else Vector(space)
    names = Network(inputs, (layer,)).places[0].names
    weights = {name: np.array(array, np.float32) for name, array in zip(names, arrays, strict=True)}
    outputs, state = Forward(Network(inputs, (layer,)), [3])(weights, x, state, noise)
    return outputs[0], state


def test_dense_by_hand():
    arrays = [[1.0, -1.0, 0.5]], [0.5, 0.0, 0.0]
    np.testing.assert_array_equal(_run(Dense(3), arrays, [2.0])[0], [2.5, 0.0, 1.0])
    np.testing.assert_array_equal(_run(Dense(3, "linear"), arrays, [2.0])[0], [2.5, -2.0, 1.0])
    bent = [math.tanh(2.5), math.tanh(-2.0), math.tanh(1.0)]
    np.testing.assert_allclose(_run(Dense(3, "tanh"), arrays, [2.0])[0], bent, rtol=1e-6)


def test_convolution_by_hand():
    picture = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    kernel = np.reshape([1.0, 0.0, 0.0, -2.0], (2, 2, 1, 1))  # top left minus twice bottom right
    outputs, _ = _run(Conv(1, 2, 1, "linear"), (kernel, [10.0]), picture)
    # 1 - 2 * 5 + 10, 2 - 2 * 6 + 10; 4 - 2 * 8 + 10, 5 - 2 * 9 + 10
    np.testing.assert_array_equal(outputs[..., 0], [[1.0, 0.0], [-2.0, -3.0]])
    assert _run(Conv(1, 2), (kernel, [10.0]), picture)[0].min() == 0


def test_strides_and_channels_by_hand():
    picture = np.arange(32.0).reshape(4, 4, 2)  # the pixel at (i, j) is [8 i + 2 j, that + 1]
    kernel = np.zeros((1, 1, 2, 2))
    kernel[0, 0, :, 0], kernel[0, 0, :, 1] = (1, 0), (1, 10)
    outputs, _ = _run(Conv(2, 1, 2, "linear"), (kernel, [0.0, 0.5]), picture)
    np.testing.assert_array_equal(outputs[..., 0], [[0, 4], [16, 20]])
    np.testing.assert_array_equal(outputs[..., 1], [[10.5, 54.5], [186.5, 230.5]])


def test_layer_norm_by_hand():
    # Mean 2, variance (1 + 1 + 4) / 3 = 2.
    outputs, _ = _run(LayerNorm(epsilon=0.25), ([1.0, 1.0, 3.0], [0.0, 5.0, 0.0]), [1.0, 1.0, 4.0])
    np.testing.assert_allclose(outputs, [-1 / 1.5, 5 - 1 / 1.5, 6 / 1.5], rtol=1e-6)


def test_ensemble_by_hand():
    """Two members with one hidden unit each, three actions, and priors that count twice."""
    kernels = [[[1.0]], [[-1.0]]], [[0.0], [1.0]]
    heads = [[[1.0, 2.0, 3.0]], [[1.0, 0.0, -1.0]]], [[0.0, 0.0, 0.5], [0.0, 0.0, 0.0]]
    # Hidden: 3, and -3 + 1, which the ReLU cuts off.
    alone, _ = _run(Ensemble(2, (1,), 3), (*kernels, *heads), [3.0])
    np.testing.assert_array_equal(alone, [[3, 0], [6, 0], [9.5, 0]])
    # The priors' only layer gives 1 and 2 for each unit of input, less 1 for the second action.
    hidden = [[[1.0]], [[2.0]]], [[0.0], [0.0]]
    prior = (*hidden, [[[1.0, 1.0, 1.0]]] * 2, [[0.0, -1.0, 0.0]] * 2)
    both, _ = _run(Ensemble(2, (1,), 3, prior_scale=2.0), (*kernels, *heads, *prior), [3.0])
    np.testing.assert_array_equal(both, [[3 + 6, 12], [6 + 4, 10], [9.5 + 6, 12]])


def test_noisy_layer_by_hand():
    layer, arrays = NoisyDense(1, "linear"), ([[2.0]], [1.0], [[0.5]], [0.25])
    assert _run(layer, arrays, [3.0])[0] == [7.0]
    # f(4) = 2, f(-9) = -3: 3 * (2 + 0.5 * 2 * -3) + 1 + 0.25 * -3
    assert _run(layer, arrays, [3.0], noise=_floats([4.0, -9.0]))[0] == [-2.75]


def test_gru_by_hand():
    arrays = [[1.0, 2.0, -1.0]], [[0.5, -1.0, 2.0]], [[0.1, 0.2, 0.3], [-0.1, 0.4, 0.5]]
    x, h = 0.5, 0.8

    def sigmoid(number):
        return 1 / (1 + math.exp(-number))

    z = sigmoid(x * 1.0 + 0.1 + h * 0.5 - 0.1)
    r = sigmoid(x * 2.0 + 0.2 + h * -1.0 + 0.4)
    c = math.tanh(x * -1.0 + 0.3 + r * (h * 2.0 + 0.5))
    outputs, state = _run(GRU(1), arrays, [x], state=_floats([h]))
    assert outputs[0] == pytest.approx(z * h + (1 - z) * c, rel=1e-6)
    assert state.tolist() == [outputs.tolist()]


def test_gru_saturates_without_a_warning():
    with np.errstate(all="raise"):
        outputs, _ = _run(GRU(1), ([[-9e3, 0.0, 1.0]], [[0.0] * 3], np.zeros((2, 3))), [1.0])
    assert outputs[0] == pytest.approx(math.tanh(1.0), rel=1e-6)


def test_dueling_by_hand():
    # Value 12, advantages [2, 6] with mean 4.
    arrays = [[1.0]], [10.0], [[1.0, 3.0]], [0.0, 0.0]
    np.testing.assert_array_equal(_run(Dueling(2), arrays, [2.0])[0], [10.0, 14.0])


def test_streams_by_hand():
    numbers, _ = _run(Streams(2, 2), (), [2.0, 4.0, 6.0, 9.0])
    np.testing.assert_array_equal(numbers, [[2, 4], [6, 9]])
    # Values [10, 20] of the atoms; the mean over actions is [4, 6.5].
    numbers, _ = _run(Streams(2, 2, dueling=True), (), [10.0, 20.0, 2.0, 4.0, 6.0, 9.0])
    np.testing.assert_array_equal(numbers, [[8, 17.5], [12, 22.5]])


def test_means_by_hand():
    def mean(layer, numbers):
        network = Network(Vector(Box(-99, 99, (6,), np.float32)), (Streams(2, 3), layer))
        return Forward(network, [3])({}, _floats(*numbers)[None])[0][0]

    np.testing.assert_array_equal(mean(Mean(), [1.0, 2.0, 6.0, 0.0, 0.0, 3.0]), [3, 1])
    # Atoms -1, 1, 3. Probabilities 1/4, 1/4, 1/2: -1/4 + 1/4 + 3/2. Probabilities 0, 1, 0: 1.
    logits = [5.0, 5.0, 5.0 + math.log(2), 0.0, 1e4, 0.0]
    np.testing.assert_allclose(mean(Expectation(-1, 3), logits), [1.5, 1], rtol=1e-6)


def test_values_of_each_action_by_hand():
    layer = PerAction(2, (Dense(1, "linear"),))
    # 2 * 3 + 1 * 4 = 10; the first action adds 5, the second 7, and the bias 1 to both.
    numbers, _ = _run(layer, ([[3.0], [4.0], [5.0], [7.0]], [1.0]), [2.0, 1.0])
    np.testing.assert_array_equal(numbers, [16, 18])
    with pytest.raises(ValueError, match="gives one number"):
        PerAction(2, (Dense(3, "linear"),)).output_shape((2,))


def _encoded(inputs, observations):
    out = np.full((len(observations), *inputs.shape), np.nan, np.float32)
    inputs.numpy(observations, out)
    return out


def test_encodings_by_hand():
    ones = _encoded(OneHot(3), np.array([2, 0]))
    np.testing.assert_array_equal(ones, [[0, 0, 1], [1, 0, 0]])
    pixels, space = np.array([[[0, 255]], [[51, 102]]], np.uint8), Box(0, 255, (1, 2), np.uint8)
    flat, pictures = _encoded(Vector(space), pixels), _encoded(Image(space), pixels)
    np.testing.assert_allclose(flat, [[0, 1], [0.2, 0.4]], rtol=1e-6)
    assert pictures.shape == (2, *Image(space).shape) == (2, 1, 2, 1)
    assert pictures.tobytes() == flat.tobytes()
    for dtype, high, values in (
        (np.float32, 255, [[0, 1], [0.2, 0.4]]),
        (np.int32, 510, [[0, 0.5], [0.1, 0.2]]),
        (np.float64, np.inf, pixels.reshape(2, 2)),
        (np.float32, 0.5, pixels.reshape(2, 2)),
    ):
        numbers = Box(0, high, (1, 2), dtype)
        seen = _encoded(Image(numbers), pixels.astype(dtype)).reshape(2, 2)
        np.testing.assert_allclose(seen, values, rtol=1e-6)
        rows = _encoded(Vector(numbers), pixels.astype(dtype))  # rows may mix numbers of any kind
        np.testing.assert_array_equal(rows, pixels.reshape(2, 2))
    mixed = Box(np.zeros((1, 2)), np.array([[255.0, 9.0]]), dtype=np.float64)
    assert _encoded(Image(mixed), pixels.astype(np.float64)).max() == 255


def test_initial_variance_of_each_layer():
    rng = np.random.default_rng(0)
    he, bias = Dense(300).initial_weights((200,), rng)
    assert he.var() == pytest.approx(2 / 200, rel=0.05)  # He et al. 2015
    assert not bias.any()
    glorot, _ = Dense(300, "linear", "glorot").initial_weights((200,), rng)
    assert glorot.var() == pytest.approx(2 / 500, rel=0.05)  # Glorot and Bengio 2010
    kernel, _ = Conv(200, 3).initial_weights((9, 9, 20), rng)
    assert kernel.var() == pytest.approx(2 / (9 * 20), rel=0.05)
    mu, mu_bias, sigma, sigma_bias = NoisyDense(300, sigma=0.4).initial_weights((100,), rng)
    assert np.abs(mu).max() == pytest.approx(0.1, rel=0.01)  # Fortunato et al. 2018, section 3.2
    assert np.abs(mu_bias).max() == pytest.approx(0.1, rel=0.05)
    np.testing.assert_array_equal(sigma, np.full((100, 300), 0.04, np.float32))
    np.testing.assert_array_equal(sigma_bias, np.full(300, 0.04, np.float32))


def test_initial_weights_by_formula_and_in_order():
    network = Network(OneHot(4), (Dense(5), Dueling(3)))
    weights, rng = network.initial_weights(np.random.default_rng(7)), np.random.default_rng(7)
    expected = {}
    for name, inputs, outputs, variance in [
        ("dense_0.", 4, 5, 2 / 4),
        ("dueling_1.value_", 5, 1, 2 / (5 + 1)),
        ("dueling_1.advantage_", 5, 3, 2 / (5 + 3)),
    ]:
        limit = math.sqrt(3 * variance)
        kernel = rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        expected |= {name + "kernel": kernel, name + "bias": np.zeros(outputs, np.float32)}
    assert list(weights) == list(expected)
    for name, array in expected.items():
        assert weights[name].dtype == np.float32
        np.testing.assert_array_equal(weights[name], array)


def test_sizes_are_sums_over_layers():
    network = Network(OneHot(4), (GRU(5), NoisyDense(3), GRU(2), NoisyDense(6)))
    assert network.state_size == 7
    assert network.noise_size == (5 + 3) + (2 + 6)
    assert network.output_shape == (6,)
    assert Network(OneHot(4), ()).output_shape == (4,)


def test_layers_refuse_rows_of_other_shapes():
    pictures = Image(Box(0, 1, (4, 4), np.float32))
    for layer in (Dense(2), NoisyDense(2), GRU(2), Dueling(2)):
        with pytest.raises(ValueError, match="one dimension"):
            _ = Network(pictures, (layer,)).output_shape
    with pytest.raises(ValueError, match="takes pictures"):
        _ = Network(pictures, (Flatten(), Conv(2, 1))).output_shape
    with pytest.raises(ValueError, match="rows of 6 numbers, not of shape \\[16\\]"):
        _ = Network(pictures, (Flatten(), Streams(2, 2, dueling=True))).output_shape


def test_implicit_quantiles_by_hand():
    """Two quantiles at 1/4 and 3/4, whose second cosine is ±0.707107; E passes it on, K adds 1."""
    layer = Implicit(units=2, quantiles=2, cosines=2)
    arrays = [[0.0], [1.0]], [1.0], [[2.0, -1.0]], [0.0, 1.0]
    numbers, _ = _run(layer, arrays, [3.0])
    high, low = 3 * 1.70710678, 3 * 0.29289322
    np.testing.assert_allclose(numbers, [2 * high, 2 * low, 1 - high, 1 - low], rtol=1e-5)
    # A draw of 0 is the middle of its part, a very large one its end: 1/2, whose cosine is 0.
    numbers, _ = _run(layer, arrays, [3.0], noise=_floats([9.0, 0.0]))
    np.testing.assert_allclose(numbers[:2], [6, 2 * low], rtol=1e-5)

"""Networks and optimizers from settings."""

import keras
import numpy as np
import pytest
from keras import layers

from common.settings import InvalidSetting
from supervised.core import networks
from supervised.core.settings import Activation, NetworkConfig, OptimizerConfig, OptimizerName
from supervised.feed_forward.configs import BOOK_LAYERS
from tests.supervised.recorder import Recorder


def _network(config: NetworkConfig, inputs: int = 784, seed: int = 0) -> keras.Model:
    context = Recorder(run_seed=seed)
    hidden = networks.hidden_layers(config, context)
    return keras.Sequential(
        [layers.Input((inputs,)), *hidden, networks.output_layer(10, config, context)]
    )


def test_the_books_digit_network_has_185_300_parameters():
    assert _network(NetworkConfig(hidden_sizes=BOOK_LAYERS)).count_params() == 185_300


@pytest.mark.parametrize("activation", Activation.__args__)
def test_every_activation_builds_and_is_saved(activation, tmp_path):
    model = _network(NetworkConfig(hidden_sizes=(6, 4), activation=activation), inputs=3)
    x = np.array([[-1.0, 0.5, 2.0]], np.float32)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model(x), again(x))


def test_crelu_keeps_both_halves():
    x = np.array([[-2.0, 3.0]], np.float32)
    np.testing.assert_array_equal(networks.ConcatenatedReLU()(x), [[0.0, 3.0, 2.0, 0.0]])


def test_the_same_seed_gives_the_same_weights():
    config = NetworkConfig(hidden_sizes=(5,), bias=0.25)
    first, again, other = (_network(config, 3, seed).get_weights() for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != other[0]).any()
    np.testing.assert_array_equal(first[1], np.full(5, 0.25))


def test_penalties_and_limits_are_those_asked_for():
    model = _network(NetworkConfig(hidden_sizes=(2,), l1=0.5, l2=0.25, initializer="zeros"), 2)
    model.layers[0].set_weights([np.array([[1.0, -2.0], [0.0, 3.0]]), np.zeros(2)])
    assert float(sum(model.losses)) == pytest.approx(0.5 * 6 + 0.25 * 14)
    limited = _network(NetworkConfig(hidden_sizes=(2,), max_norm=1.0), 2).layers[0]
    np.testing.assert_allclose(
        limited.kernel_constraint(np.array([[3.0, 0.1], [4.0, 0.0]])),
        [[0.6, 0.1], [0.8, 0.0]],
        rtol=1e-5,
    )


@pytest.mark.parametrize("name", OptimizerName.__args__)
def test_every_optimizer_takes_a_step_downhill(name):
    weight = keras.Variable([2.0])
    optimizer = networks.optimizer(OptimizerConfig(name=name, learning_rate=0.1), updates=10)
    optimizer.apply([np.array([4.0], np.float32)], [weight])
    assert float(weight[0]) < 2.0


def test_schedules_end_at_zero():
    for schedule, half in (("cosine", 0.05), ("linear", 0.05), ("constant", 0.1)):
        config = OptimizerConfig(learning_rate=0.1, schedule=schedule)
        rate = networks.optimizer(config, updates=10)._learning_rate
        values = [float(rate(step)) if callable(rate) else float(rate) for step in (0, 5, 10)]
        end = 0.1 if schedule == "constant" else 0.0
        assert values == pytest.approx([0.1, half, end])


def test_settings_out_of_range_name_the_flag():
    with pytest.raises(InvalidSetting, match=r"--network\.dropout must be in \[0, 1\), got 1"):
        NetworkConfig(hidden_sizes=(1,), dropout=1)
    with pytest.raises(InvalidSetting, match=r"--optimizer\.learning-rate must be positive, got 0"):
        OptimizerConfig(learning_rate=0)

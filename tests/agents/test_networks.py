import keras
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.networks import network_of, numpy_weights, one_layer_network, q_network
from agents.policies import NetworkPolicy

SPACES = {
    "box": Box(-5, 5, (3, 2), np.float32),
    "doubles": Box(-5, 5, (4,), np.float64),
    "bytes": Box(0, 255, (2, 2), np.uint8),
    "discrete": Discrete(7),
}


def _observations(space, count=20):
    space.seed(0)
    return np.stack([space.sample() for _ in range(count)])


@pytest.mark.parametrize("dueling", [False, True])
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES.keys())
def test_numpy_policy_is_the_twin_of_the_keras_network(space, dueling):
    model = q_network(space, 3, hidden_sizes=(32, 16), dueling=dueling, seed=1)
    observations = _observations(space)
    policy = NetworkPolicy(space, range(20), dueling)
    ours = policy.q_values(numpy_weights(model), observations)
    np.testing.assert_allclose(ours, model(observations), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dueling", [False, True])
def test_exported_network_survives_saving_and_takes_raw_observations(tmp_path, dueling):
    space = SPACES["discrete"]
    weights = numpy_weights(q_network(space, 3, hidden_sizes=(8,), dueling=dueling, seed=1))
    network_of(space, weights, dueling=dueling).save(tmp_path / "policy.keras")
    loaded = keras.models.load_model(tmp_path / "policy.keras", compile=False, safe_mode=True)
    for before, after in zip(weights, numpy_weights(loaded), strict=True):
        np.testing.assert_array_equal(before, after)
    observations = _observations(space)
    expected = NetworkPolicy(space, range(20), dueling).q_values(weights, observations)
    np.testing.assert_allclose(loaded(observations), expected, rtol=1e-4, atol=1e-6)


def test_seeds_decide_the_initial_weights():
    def first(seed):
        space = SPACES["box"]
        return q_network(space, 2, hidden_sizes=(4,), dueling=False, seed=seed).get_weights()[0]

    np.testing.assert_array_equal(first(3), first(3))
    assert not np.array_equal(first(3), first(4))


def test_one_layer_network_is_a_table_of_its_weights():
    model = one_layer_network(Discrete(16), 4, init_scale=0.01, seed=0)
    (kernel,) = model.get_weights()
    assert kernel.shape == (16, 4)
    assert 0 <= kernel.min() < kernel.max() < 0.01
    np.testing.assert_allclose(model(np.arange(16)), kernel)
    policy = NetworkPolicy(Discrete(16), range(16), dueling=False)
    np.testing.assert_array_equal(policy.q_values(numpy_weights(model), np.arange(16)), kernel)

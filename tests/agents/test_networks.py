import keras
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.exporting import from_keras, to_keras
from agents.networks import Layout, encode, initial_weights, q_values
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


def _weights(space, dueling, seed=1, hidden_sizes=(32, 16)):
    rng = np.random.default_rng(seed)
    weights = initial_weights(space, 3, hidden_sizes=hidden_sizes, dueling=dueling, rng=rng)
    # Biases start at zero, where a twin that forgets them would not be found out.
    return tuple(w if w.ndim > 1 else rng.normal(size=w.shape).astype(np.float32) for w in weights)


@pytest.mark.parametrize("dueling", [False, True])
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES.keys())
def test_policy_learner_and_export_value_alike(space, dueling):
    weights, observations = _weights(space, dueling), _observations(space)
    acting = NetworkPolicy(space, range(20), dueling).q_values(weights, observations)
    learning = q_values(weights, encode(space, observations), dueling=dueling)
    exported = to_keras(space, weights, dueling=dueling)(observations)
    assert acting.std() > 0.1
    np.testing.assert_allclose(learning, acting, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(exported, acting, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dueling", [False, True])
def test_exported_network_survives_saving_and_takes_raw_observations(tmp_path, dueling):
    space = SPACES["discrete"]
    weights = _weights(space, dueling, hidden_sizes=(8,))
    to_keras(space, weights, dueling=dueling).save(tmp_path / "policy.keras")
    loaded = keras.models.load_model(tmp_path / "policy.keras", compile=False, safe_mode=True)
    for before, after in zip(weights, from_keras(loaded), strict=True):
        np.testing.assert_array_equal(before, after)
    observations = _observations(space)
    expected = NetworkPolicy(space, range(20), dueling).q_values(weights, observations)
    np.testing.assert_allclose(loaded(observations), expected, rtol=1e-4, atol=1e-6)


def test_initial_weights_have_the_variance_that_their_layer_asks_for():
    space, rng = Box(-1, 1, (200,), np.float32), np.random.default_rng(0)
    first, bias, head, _ = initial_weights(space, 100, hidden_sizes=(300,), dueling=False, rng=rng)
    assert first.var() == pytest.approx(2 / 200, rel=0.05)  # He et al. 2015
    assert head.var() == pytest.approx(2 / 400, rel=0.05)  # Glorot and Bengio 2010
    assert not bias.any()
    again = initial_weights(
        space, 100, hidden_sizes=(300,), dueling=False, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(first, again[0])


def test_layout_puts_arrays_into_one_vector_and_back():
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 8], np.float32)]
    layout = Layout(arrays)
    flat = layout.join(arrays)
    assert flat.numpy().tolist() == [0, 1, 2, 3, 4, 5, 7, 8]
    for back in (layout.split(flat), layout.arrays(flat)):
        for array, expected in zip(back, arrays, strict=True):
            np.testing.assert_array_equal(array, expected)

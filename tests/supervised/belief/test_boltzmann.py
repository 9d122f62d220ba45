"""Machines so small that every state can be counted, and their training."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import tensorflow as tf

from common.errors import Diverged
from supervised.belief import boltzmann
from supervised.belief.boltzmann import Parameters
from supervised.belief.configs import RbmConfig
from tests.supervised.recorder import Recorder, Stopped


def _states(units: int) -> np.ndarray:
    return np.array(list(product((0.0, 1.0), repeat=units)), np.float32)


V_STATES, H_STATES = _states(3), _states(2)
TINY = Parameters(
    np.array([[1.0, -0.5], [-2.0, 0.3], [0.5, 1.5]], np.float32),
    np.array([0.2, -0.1, 0.4], np.float32),
    np.array([-0.3, 0.6], np.float32),
)


def _joint(parameters: Parameters) -> np.ndarray:
    """p(v, h) [8, 4] by the definition, in NumPy."""
    weights, b, c = (part.astype(np.float64) for part in parameters)
    goodness = (V_STATES @ b)[:, None] + H_STATES @ c + V_STATES @ weights @ H_STATES.T
    return np.exp(goodness) / np.exp(goodness).sum()


def energies(parameters: Parameters, v: np.ndarray, h: np.ndarray, visible: str) -> np.ndarray:
    """E(v, h) [N] by the definition, of v [N, V] and h [N, H]."""
    weights, b, c = parameters
    of_v = -v @ b if visible == "bernoulli" else ((v - b) ** 2).sum(axis=1) / 2
    return of_v - h @ c - np.sum(v @ weights * h, axis=1)


def test_energies_by_hand():
    machine = Parameters(
        np.array([[2.0], [-1.0]], np.float32),
        np.array([0.5, 1.0], np.float32),
        np.array([3.0], np.float32),
    )
    v, h = np.array([[1.0, 1.0], [1.0, 0.0]], np.float32), np.array([[1.0], [0.0]], np.float32)
    # -(0.5 + 1) - 3 - (2 - 1), and -0.5
    np.testing.assert_allclose(energies(machine, v, h, "bernoulli"), [-5.5, -0.5])
    # (0.5² + 0²) / 2 - 3 - (2 - 1), and (0.5² + 1²) / 2
    np.testing.assert_allclose(energies(machine, v, h, "gaussian"), [-3.875, 0.625])
    # -1.5 - log(1 + e⁴), with h summed over
    expected = -1.5 - np.log1p(np.exp(4))
    free = boltzmann.free_energy(machine, v[:1], "bernoulli")
    np.testing.assert_allclose(free, [expected], rtol=1e-6)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_the_free_energy_sums_over_hidden_states(visible):
    v = np.array([[0.3, -1.2, 2.0], [1.0, 0.0, 1.0]], np.float32)
    total = sum(np.exp(-energies(TINY, v, np.tile(h, (2, 1)), visible)) for h in H_STATES)
    np.testing.assert_allclose(boltzmann.free_energy(TINY, v, visible), -np.log(total), rtol=1e-5)


def test_probabilities_of_all_states():
    free = np.asarray(boltzmann.free_energy(TINY, V_STATES, "bernoulli"), np.float64)
    p_v = np.exp(-free) / np.exp(-free).sum()
    np.testing.assert_allclose(p_v, _joint(TINY).sum(axis=1), rtol=1e-5)


def test_conditionals_are_those_of_the_joint_distribution():
    joint = _joint(TINY)
    given_v = (joint / joint.sum(axis=1, keepdims=True)) @ H_STATES  # E(h | v)
    given_h = (joint / joint.sum(axis=0)).T @ V_STATES  # E(v | h)
    np.testing.assert_allclose(boltzmann.hidden_probabilities(TINY, V_STATES), given_v, rtol=1e-5)
    np.testing.assert_allclose(
        boltzmann.visible_means(TINY, H_STATES, "bernoulli"), given_h, rtol=1e-5
    )


def test_chains_come_to_the_models_distribution_and_gradient():
    chains = 40_000
    draw = tf.function(boltzmann.gibbs, jit_compile=True)
    v, h = draw(TINY, tf.zeros((chains, 2)), "bernoulli", tf.constant(30), tf.constant([1, 2]))
    visits = np.zeros((8, 4))
    rows = np.asarray(v) @ [4, 2, 1], np.asarray(h) @ [2, 1]
    np.add.at(visits, tuple(row.astype(int) for row in rows), 1 / chains)
    np.testing.assert_allclose(visits, _joint(TINY), atol=0.01)  # 4 standard errors

    data = V_STATES[[1, 4, 6]]
    estimate = boltzmann.gradient(TINY, data, v)
    for part, exact in zip(estimate, _exact_gradient(data), strict=True):
        np.testing.assert_allclose(part, exact, atol=0.01)


def _exact_gradient(data: np.ndarray) -> list[np.ndarray]:
    """Of the mean log-likelihood, by central differences of the counted distribution."""

    def likelihood(parameters: Parameters) -> float:
        p_v = _joint(parameters).sum(axis=1)
        return float(np.log(p_v[(data @ [4, 2, 1]).astype(int)]).mean())

    gradients = []
    for number, part in enumerate(TINY):
        gradient = np.zeros(part.shape)
        for place in np.ndindex(part.shape):
            ends = []
            for step in (1e-4, -1e-4):
                parts = [p.astype(np.float64) for p in TINY]
                parts[number][place] += step
                ends.append(likelihood(Parameters(*parts)))
            gradient[place] = (ends[0] - ends[1]) / 2e-4
        gradients.append(gradient)
    return gradients


def test_gaussian_chains_have_the_models_moments():
    weights, b, c = TINY
    shift = H_STATES @ weights.T  # E(v | h) - b
    log_p = H_STATES @ c + shift @ b + (shift**2).sum(axis=1) / 2
    p_h = np.exp(log_p) / np.exp(log_p).sum()
    mean = b + p_h @ shift
    variance = 1 + p_h @ shift**2 - (p_h @ shift) ** 2
    draw = tf.function(boltzmann.gibbs, jit_compile=True)
    v, _ = draw(TINY, tf.zeros((40_000, 2)), "gaussian", tf.constant(60), tf.constant([3, 4]))
    np.testing.assert_allclose(np.mean(v, axis=0), mean, atol=0.05)
    np.testing.assert_allclose(np.var(v, axis=0), variance, rtol=0.05)


PATTERNS = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], np.float32)
CONFIG = RbmConfig(epochs=60, batch_size=20, decay=0.0)


def _train(config: RbmConfig, context: Recorder, data: np.ndarray | None = None, **options):
    data = PATTERNS[np.arange(206) % 2] if data is None else data
    weights = context.rng("weights").normal(0, 0.1, (data.shape[1], 4)).astype(np.float32)
    options = {"visible": "bernoulli", "phase": "rbm", **options}
    return boltzmann.train(weights, data, data[:30], config=config, context=context, **options)


@pytest.mark.parametrize(
    ("config", "least"), [(CONFIG, 0.35), (replace(CONFIG, persistent=True, momentum=0.0), 0.15)]
)
def test_learns_two_patterns(config, least):
    """Persistent chains swing between the two."""
    context = Recorder()
    trained = _train(config, context)
    free = np.asarray(boltzmann.free_energy(trained.parameters, _states(6), "bernoulli"))
    p = np.exp(-free) / np.exp(-free).sum()
    assert min(p[0b111000], p[0b000111]) > least  # 0.5 at best, 0.016 at first
    assert p[0b111000] + p[0b000111] > 0.75
    errors = [record["reconstruction_error"] for record in trained.history]
    assert errors[-1] < 0.02 < 0.1 < errors[0]
    assert [step for step, _ in context.points] == list(range(1, 61))


def test_gaussian_units_learn_correlated_columns():
    rng = np.random.default_rng(0)
    hidden = rng.choice([-1.0, 1.0], 400)
    data = 1.5 * hidden[:, None] * [1, -1, 1] + 0.3 * rng.normal(size=(400, 3))
    data = ((data - data.mean(axis=0)) / data.std(axis=0)).astype(np.float32)
    config = replace(CONFIG, learning_rate=0.01, epochs=20)
    trained = _train(config, Recorder(), data, visible="gaussian")
    assert trained.history[-1]["val_reconstruction_error"] < 0.15  # 1 by the mean


@pytest.mark.parametrize("persistent", [False, True])
def test_a_training_stopped_after_any_epoch_resumes_to_the_same_bits(persistent):
    config = replace(CONFIG, epochs=3, persistent=persistent, steps=2)
    whole = _train(config, Recorder())
    for after in (1, 3):
        context = Recorder(stop_after=after)
        with pytest.raises(Stopped):
            _train(config, context)
        context.stop_after = None
        resumed = _train(config, context)
        assert resumed.history == whole.history
        for ours, theirs in zip(resumed.parameters, whole.parameters, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_another_seed_or_phase_gives_another_training():
    config = replace(CONFIG, epochs=1)
    first = _train(config, Recorder()).parameters.hidden_bias
    np.testing.assert_array_equal(first, _train(config, Recorder()).parameters.hidden_bias)
    assert (first != _train(config, Recorder(run_seed=1)).parameters.hidden_bias).any()
    assert (first != _train(config, Recorder(), phase="other").parameters.hidden_bias).any()


def test_the_first_biases_give_the_mean_of_the_data():
    """A unit that never is on has a finite one: 0.5 of 5 rows."""
    data = np.array([[0, 1], [0, 1], [0, 0], [0, 0]], np.float32)
    config = RbmConfig(epochs=1, learning_rate=1e-12)
    bias = _train(config, Recorder(), data).parameters.visible_bias
    np.testing.assert_allclose(bias, [np.log(0.1 / 0.9), 0.0], atol=1e-6)


def test_says_when_it_diverges():
    data = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    config = replace(CONFIG, learning_rate=100.0, epochs=50)
    with pytest.raises(Diverged, match="rbm: the reconstruction error is no longer finite"):
        _train(config, Recorder(), data, visible="gaussian")

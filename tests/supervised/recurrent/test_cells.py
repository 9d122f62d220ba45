"""The book's cells by hand and beside Keras', gradients through them, and both directions."""

import numpy as np
import pytest
import tensorflow as tf

from supervised.core.settings import FitConfig
from supervised.recurrent import cells, equations
from supervised.recurrent.configs import CellsConfig
from supervised.recurrent.equations import NUMPY, TENSORFLOW, Weights
from tests.supervised.recorder import Recorder

ONE = np.ones((1, 1), np.float32)


def weights(gates: int, kernel: float, recurrent: float) -> Weights:
    """Of one unit and one input, the same for every gate."""
    row = np.ones((1, gates), np.float32)
    return Weights(kernel=kernel * row, recurrent=recurrent * row, bias=np.zeros(gates, np.float32))


def sigmoid(x: float) -> float:
    return 1 / (1 + np.exp(-x))


def test_each_cell_by_hand():
    x, half = 2 * ONE, 0.5 * ONE
    (h,) = equations.rnn(NUMPY, x, (half,), weights(1, 0.3, 0.4))
    assert h.item() == pytest.approx(np.tanh(0.8))
    z = 0.8  # of every gate: 2 * 0.3 + 0.5 * 0.4
    h, c = equations.lstm(NUMPY, x, (half, ONE), weights(4, 0.3, 0.4))
    assert c.item() == pytest.approx(sigmoid(z) + sigmoid(z) * np.tanh(z))
    assert h.item() == pytest.approx(sigmoid(z) * np.tanh(c.item()))
    (h,) = equations.gru(NUMPY, x, (half,), weights(3, 0.3, 0.4))
    candidate = np.tanh(0.6 + 0.4 * sigmoid(z) * 0.5)
    assert h.item() == pytest.approx(sigmoid(z) * 0.5 + (1 - sigmoid(z)) * candidate)


def test_a_state_stays_behind_the_end_of_its_sequence():
    x = np.ones((2, 3, 1), np.float32)
    h, last = equations.unrolled("rnn", NUMPY, x, weights(1, 1.0, 1.0), np.array([1, 3]))
    one, two, three = np.tanh(1), np.tanh(1 + np.tanh(1)), np.tanh(1 + np.tanh(1 + np.tanh(1)))
    np.testing.assert_allclose(h[:, :, 0], [[one, one, one], [one, two, three]], rtol=1e-6)
    np.testing.assert_allclose(last[:, 0], [one, three], rtol=1e-6)


@pytest.mark.parametrize("name", cells.CELLS)
@pytest.mark.parametrize("maths", [NUMPY, TENSORFLOW])
def test_each_cell_is_keras_own_step_by_step(name, maths):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 7, 3)).astype(np.float32)
    for lengths in (None, np.array([7, 1, 3, 6])):
        assert cells.difference(name, maths, x, lengths, Recorder()) < 1e-5


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_gates_in_another_order_are_seen(name, monkeypatch):
    gates = equations._gates
    monkeypatch.setattr(equations, "_gates", lambda *given: gates(*given)[::-1])
    x = np.random.default_rng(0).normal(size=(4, 7, 3)).astype(np.float32)
    assert cells.difference(name, NUMPY, x, None, Recorder()) > 1e-2


def test_a_gradient_by_hand():
    """Where inputs are 0, tanh has a slope of 1, and every step the same factor."""
    found = Weights(kernel=tf.zeros((8, 1)), recurrent=tf.constant([[0.5]]), bias=tf.zeros(1))
    norm, of_weights = cells.through("rnn", found, 4, Recorder())
    assert norm == pytest.approx(0.5**3)
    assert len(of_weights) == 3


def test_what_vanishes_explodes_and_is_clipped():
    config = CellsConfig(units=8, steps=(2, 50))
    frame = cells.measure_gradients(config, Recorder()).set_index(["cell", "steps"])
    first = frame["first_state"]
    assert first["rnn x0.5", 50] < 1e-10
    assert first["rnn x1.5", 2] > 1.2
    assert first["lstm", 50] > 1e3 * first["rnn x0.5", 50]
    assert (frame["clipped"] <= config.clip * (1 + 1e-6)).all()
    untouched = frame["weights"] < config.clip
    np.testing.assert_allclose(frame["clipped"][untouched], frame["weights"][untouched])


@pytest.mark.slow
def test_what_comes_later_is_known_in_both_directions_only():
    context = Recorder()
    config = CellsConfig(units=4, steps=(2,), fit=FitConfig(epochs=4, batch_size=32))
    result = cells.run(config, context)
    assert result.metrics["largest_difference"] < 1e-5
    # 3 of 24 signs are known to be 0; of the others, half are guessed right.
    assert 0.5 < result.metrics["forward_accuracy"] < 0.62
    assert result.metrics["bidirectional_accuracy"] > 0.95
    assert {"gradients", "directions"} <= set(context.figures)

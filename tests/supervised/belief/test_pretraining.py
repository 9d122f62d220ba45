"""A deep belief network and its control, on a task of seconds."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from supervised.belief import boltzmann, pretraining
from supervised.belief.boltzmann import Parameters
from supervised.belief.configs import BeliefConfig, RbmConfig
from supervised.belief.pretraining import Pair
from supervised.core.examples import Examples
from supervised.core.settings import FitConfig, NetworkConfig
from supervised.core.training import Fitted
from tests.supervised.recorder import Recorder, Stopped

CONFIG = BeliefConfig(
    network=NetworkConfig(hidden_sizes=(4, 3), activation="sigmoid", dropout=0.2),
    rbm=RbmConfig(epochs=2, batch_size=20),
    fit=FitConfig(epochs=2, batch_size=20),
)


def _examples(count: int, seed: int) -> Examples:
    x = (np.random.default_rng(seed).random((count, 5)) < 0.4).astype(np.float32)
    return Examples(x=x, y=x[:, :1] * x[:, 1:2])


def _train(context: Recorder, config: BeliefConfig = CONFIG) -> Pair:
    loss = keras.losses.MeanSquaredError(), "squared error"
    data = _examples(100, 0), _examples(30, 1)
    return pretraining.train_pair(*data, 1, "bernoulli", loss, config, context)


def _bytes(model: keras.Model) -> bytes:
    return b"".join(weights.tobytes() for weights in model.get_weights())


@pytest.mark.slow
def test_stopped_in_any_phase_it_resumes_to_the_same_bits():
    """Checkpoint 3 is of the second machine, 7 of the control."""
    undisturbed = Recorder()
    whole = _train(undisturbed)
    context = Recorder()
    for more, phases in ((3, 2), (4, 4)):
        context.stop_after = more
        with pytest.raises(Stopped):
            _train(context)
        assert len(context.phases) == phases
    context.stop_after = None
    pair = _train(context)
    assert _bytes(pair.network) == _bytes(whole.network)
    assert _bytes(pair.control) == _bytes(whole.control)
    for name, table in undisturbed.tables.items():
        assert context.tables[name].equals(table)


def test_network_and_control_are_born_alike_and_only_one_is_pretrained(monkeypatch):
    fitted = Fitted(history=[{"epoch": 1, "loss": 1.0, "val_loss": 1.0}], best_epoch=1)
    monkeypatch.setattr(pretraining.training, "fit", lambda *given: fitted)
    pair, still = _train(Recorder()), replace(CONFIG.rbm, epochs=1, learning_rate=1e-12)
    newborn = _train(Recorder(), replace(CONFIG, rbm=still))
    assert _bytes(pair.control) == _bytes(newborn.control)
    for ours, theirs in zip(
        newborn.network.get_weights(), newborn.control.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    moved = [
        np.abs(ours - theirs).max()
        for ours, theirs in zip(pair.network.get_weights(), pair.control.get_weights(), strict=True)
    ]
    assert min(moved[:4]) > 1e-4
    assert moved[4:] == [0, 0]  # the output layer has no machine


def test_each_layer_is_a_machine_of_the_probabilities_below():
    """The second machine's first visible biases give the mean of what the first one hands up."""
    x = np.asarray(_examples(100, 0).x)
    hidden = pretraining.networks.hidden_layers(CONFIG.network, Recorder())
    model = keras.Sequential([keras.Input((5,)), *hidden, keras.layers.Dense(1)])
    context = Recorder()
    still = replace(CONFIG.rbm, epochs=1, learning_rate=1e-12)
    pretraining.pretrain(model, x, x, "bernoulli", still, context)
    first, above = (context.phases[f"pretrain_hidden_{number}"]["state"] for number in (1, 2))
    below = Parameters(first[0], first[1], first[2])
    mean = np.asarray(boltzmann.hidden_probabilities(below, x)).mean(axis=0)
    mean = (mean * 100 + 0.5) / 101
    np.testing.assert_allclose(above[1], np.log(mean / (1 - mean)), rtol=1e-4, atol=1e-5)

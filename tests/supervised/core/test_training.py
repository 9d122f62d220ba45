"""The training loop: every epoch its own order, and a resume to the same bits."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from common.errors import Diverged
from supervised.core import networks, training
from supervised.core.examples import Examples, Stored
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from tests.supervised.recorder import Recorder, Stopped

NETWORK = NetworkConfig(hidden_sizes=(8,), dropout=0.3)


def _examples(count: int, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 5)).astype(np.float32)
    return Examples(x=x, y=(x.sum(axis=1) > 0).astype(np.int32))


def _model(context: Recorder, config: FitConfig, rate: float = 0.01) -> keras.Model:
    model = keras.Sequential(
        [
            layers.Input((5,)),
            *networks.hidden_layers(NETWORK, context),
            networks.output_layer(2, NETWORK, context),
        ]
    )
    optimizer = networks.optimizer(
        OptimizerConfig(learning_rate=rate, schedule="cosine"), training.updates(103, config)
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    training.compile_model(model, optimizer, loss, ["accuracy"])
    return model


def _fit(context: Recorder, config: FitConfig, phase: str = "fit") -> tuple[bytes, list]:
    model = _model(context, config)
    fitted = training.fit(model, _examples(103), _examples(40, 1), config, context, phase)
    return b"".join(w.tobytes() for w in model.get_weights()), fitted.history


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_training_stopped_after_any_epoch_resumes_to_the_same_bits(keep):
    config = FitConfig(epochs=3, batch_size=10, keep=keep)
    whole = _fit(Recorder(), config)
    assert [record["epoch"] for record in whole[1]] == [1, 2, 3]
    for after in (1, 3):
        context = Recorder(stop_after=after)
        with pytest.raises(Stopped):
            _fit(context, config)
        context.stop_after = None
        assert _fit(context, config) == whole


def test_another_seed_or_phase_gives_another_training():
    config = FitConfig(epochs=1, batch_size=10)
    first, _ = _fit(Recorder(), config)
    assert _fit(Recorder(run_seed=1), config)[0] != first
    assert _fit(Recorder(), config, "other")[0] != first


def test_every_epoch_visits_every_example_once_in_an_order_of_its_own():
    seen: list[list[int]] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append([])

    @keras.saving.register_keras_serializable("tests")
    class Spy(layers.Layer):
        def call(self, x):
            tf.py_function(lambda a: seen[-1].extend(a.numpy()[:, 0].astype(int)), [x], [])
            return x

    context = Recorder()
    config = FitConfig(epochs=2, batch_size=4)
    model = keras.Sequential([layers.Input((1,)), Spy(), layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=2, jit_compile=False)
    x = np.arange(11, dtype=np.float32)[:, None]
    training.fit(model, Examples(x=x, y=x), None, config, context, callbacks=[Watch()])
    epochs = [order[-11:] for order in seen]  # Keras calls the layer when it builds, too
    assert [sorted(order) for order in epochs] == [list(range(11))] * 2
    assert epochs[0] != epochs[1]


def _of_lengths(count: int) -> Examples:
    """Row i has the number i + 1 in as many steps as its length, and no number behind."""
    lengths = np.random.default_rng(0).integers(1, 30, count)
    inside = np.arange(30) < lengths[:, None]
    numbers = np.arange(1, count + 1, dtype=np.int32)
    return Examples(x=np.where(inside, numbers[:, None], 0), y=numbers, lengths=lengths)


@pytest.mark.parametrize("count", [1, 4, 23, 900])
def test_batches_of_like_length_visit_every_example_whole_and_once(count):
    examples = _of_lengths(count)
    assert examples.lengths is not None
    epoch = tf.Variable(0)
    orders = []
    for number in (0, 1, 0):
        epoch.assign(number)
        found = [(x.numpy(), y.numpy()) for x, y in examples.batches(4, 7, epoch)]
        orders.append(np.concatenate([y for _, y in found]).tolist())
        assert len(found) == -(-count // 4)
        for x, y in found:
            lengths = examples.lengths[y - 1]
            assert x.shape[1] == lengths.max()
            np.testing.assert_array_equal(np.count_nonzero(x == y[:, None], axis=1), lengths)
    assert sorted(orders[0]) == list(range(1, count + 1))
    assert orders[0] == orders[2]
    if count > 4:
        assert orders[0] != orders[1]
    if count == 900:
        widths = [x.shape[1] for x, _ in found]
        padding = sum(widths) * 4 / examples.lengths.sum() - 1
        assert padding < 0.1  # at random it would be a half
        assert np.corrcoef(np.arange(len(widths)), widths)[0, 1] < 0.3  # no longer and longer


def test_batches_from_disk_are_those_from_memory(tmp_path):
    every = _examples(50)
    x = np.memmap(tmp_path / "x", np.float32, "w+", shape=(50, 5))
    x[:] = every.x
    rows = np.random.default_rng(0).permutation(50)[:23]
    stored, chosen = Stored(x=x, y=every.y, rows=rows), every.take(rows)
    assert len(stored) == 23
    for number in range(2):
        epoch = tf.Variable(tf.constant(number))
        pairs = zip(stored.batches(10, 7, epoch), chosen.batches(10, 7, epoch), strict=True)
        for (x_stored, y_stored), (x_memory, y_memory) in pairs:
            np.testing.assert_array_equal(x_stored, x_memory)
            np.testing.assert_array_equal(y_stored, y_memory)
    in_order = np.concatenate([np.asarray(y) for _, y in stored.in_order(10)])
    np.testing.assert_array_equal(in_order, every.y[rows])


def test_patience_stops_and_the_best_weights_stay():
    config = FitConfig(epochs=50, batch_size=10, patience=2, keep="best")
    context = Recorder()
    model = _model(context, config, rate=0.3)
    validation = _examples(40, 1)
    fitted = training.fit(model, _examples(103), validation, config, context)
    losses = [record["val_loss"] for record in fitted.history]
    assert len(losses) < 50
    assert fitted.best_epoch == int(np.argmin(losses)) + 1 == len(losses) - 2
    assert model.evaluate(validation.x, validation.y, verbose=0)[0] == pytest.approx(min(losses))


def test_a_loss_that_is_not_finite_is_named_with_its_epoch():
    config = FitConfig(epochs=3, batch_size=10)
    context = Recorder()
    bad = _examples(103)
    assert isinstance(bad.x, np.ndarray)
    bad.x[5, 2] = np.inf
    with pytest.raises(Diverged, match="epoch 1"):
        training.fit(_model(context, config), bad, None, config, context)


def test_progress_and_series_follow_the_epochs():
    context = Recorder()
    _fit(context, FitConfig(epochs=2, batch_size=10))
    assert [step for step, _ in context.points] == [1, 2]
    assert set(context.points[0][1]) == {
        *("fit/loss", "fit/accuracy", "fit/val_loss", "fit/val_accuracy")
    }
    assert context.texts[-1].startswith("fit: epoch 2/2")


def test_an_epoch_shorter_than_a_call_does_not_overshoot(monkeypatch):
    monkeypatch.setattr(training, "_LOOK_SECONDS", 0.0)
    context = Recorder()  # which checks that no more is done than there is
    _fit(context, FitConfig(epochs=1, batch_size=60))
    assert context.texts[0] == "fit: epoch 1/1"

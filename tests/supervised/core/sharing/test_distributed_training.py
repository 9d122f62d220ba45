"""A model trained by several: the same bits for any number of them, and those of one process."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from supervised.core import lookups, training
from supervised.core.examples import Examples
from supervised.core.job import InputError
from supervised.core.settings import FitConfig
from tests.supervised.core.sharing.contexts import Shared
from tests.supervised.recorder import Recorder, Stopped

EXAMPLES = 101


@keras.saving.register_keras_serializable("tests")
class Table(layers.Layer):
    """Rows of a table of which a batch has some."""

    def build(self, shape):
        self.table = self.add_weight(shape=(7, 300), initializer="glorot_uniform", name="table")

    def call(self, places):
        return lookups.rows(self.table, places)


def _examples() -> Examples:
    rng = np.random.default_rng(0)
    x = {
        "numbers": rng.normal(size=(EXAMPLES, 5)).astype(np.float32),
        "place": rng.integers(0, 7, EXAMPLES).astype(np.int32),
    }
    return Examples(x=x, y=(x["numbers"].sum(axis=1) + x["place"] > 3).astype(np.int32))


def _model(optimizer: Any, *, random: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    numbers, place = keras.Input((5,), name="numbers"), keras.Input((), name="place", dtype="int32")
    x = layers.Concatenate()([numbers, Table()(place)])
    x = layers.Dense(64, "relu")(x)
    if random:
        x = layers.Dropout(0.5, seed=3)(layers.BatchNormalization()(x))
    model = keras.Model({"numbers": numbers, "place": place}, layers.Dense(2)(x))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    training.compile_model(model, optimizer, loss, ["accuracy"])
    return model


def _train(context: Recorder, optimizer: Any, *, random: bool = True) -> tuple[Any, Any]:
    model = _model(optimizer, random=random)
    config = FitConfig(epochs=2, batch_size=20, parts=8)
    fitted = training.fit(model, _examples(), _examples(), config, context)
    state = [*model.variables, *model.optimizer.variables]
    return fitted.history, [np.array(v.value) for v in state]


def _bits(found: tuple[Any, Any]) -> tuple[Any, bytes]:
    return found[0], b"".join(value.tobytes() for value in found[1])


def _adam() -> Any:
    return lookups.LazyAdam(keras.optimizers.schedules.CosineDecay(1e-2, 12))


@pytest.mark.slow
def test_any_number_of_workers_and_servers_gives_the_same_bits():
    first = _bits(_train(Shared(1), _adam()))
    for workers, servers in ((3, 2), (8, 3)):
        assert _bits(_train(Shared(workers, servers), _adam())) == first


@pytest.mark.parametrize("make", [_adam, lambda: keras.optimizers.SGD(0.1, momentum=0.9)])
def test_it_is_what_one_process_learns(make):
    alone, shared = (
        _train(Recorder(), make(), random=False),
        _train(Shared(3, 2), make(), random=False),
    )
    for a, b in zip(alone[0], shared[0], strict=True):
        assert a == pytest.approx(b, rel=1e-5)
    for a, b in zip(alone[1], shared[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_lost_workers_and_servers_leave_no_trace():
    whole = _bits(_train(Shared(2, 2), _adam()))
    context = Shared(2, 2, worker=(3, 8), parameter_server=(5, 12))
    assert _bits(_train(context, _adam())) == whole
    assert [found.restarts for found in context.groups] == [2, 2]
    assert any("parameter server" in line for line in context.lines)


@pytest.mark.slow
def test_a_training_resumes_to_the_same_bits():
    whole = _bits(_train(Shared(2), _adam()))
    context = Shared(2)
    context.stop_after = 1
    with pytest.raises(Stopped):
        _train(context, _adam())
    context.stop_after = None
    context.workers, context.servers = 4, 2
    assert _bits(_train(context, _adam())) == whole


def test_more_workers_than_parts_are_refused():
    with pytest.raises(InputError, match=r"a batch of 20 is cut into 8 parts \(--fit.parts\)"):
        _train(Shared(9), _adam())

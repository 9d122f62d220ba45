"""Layers in several processes: what they learn, and how long they wait."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from supervised.core import digits, networks, training
from supervised.core.classifiers import cross_entropy
from supervised.core.examples import Examples
from supervised.core.settings import NetworkConfig, OptimizerConfig
from supervised.core.sharing.worker import Order
from supervised.parallel.idle_time import Span, ideal_idle_share, idle_share
from supervised.parallel.model_parallel import stages_of
from supervised.parallel.pipeline import Pipeline, Stage
from supervised.parallel.ways import Alone
from tests.supervised.core.sharing.contexts import Shared

RULE = OptimizerConfig(name="momentum", learning_rate=0.05)


def _examples() -> Examples:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, 28, 28), dtype=np.uint8)
    return Examples(x=images, y=rng.integers(0, 10, 50).astype(np.int32))


def _model() -> keras.Model:
    return digits.perceptron(NetworkConfig(hidden_sizes=(12, 9, 7)), Shared(0))


def _trained(
    stages: int, micro_batches: int, batch_size: int = 20, **kills
) -> tuple[bytes, Shared, list]:
    context, model = Shared(stages, **kills), _model()
    parts = stages_of(model, stages)
    rule = keras.optimizers.serialize(networks.optimizer(RULE, 1))
    order = Order(batch_size=batch_size, parts=micro_batches, seed=1)
    group = context.worker_group(
        Stage, parts, rule, _examples(), order, count=stages, name="stage", reserve=True
    )
    pipeline = Pipeline(parts, group, order, 50, context)
    spans = pipeline.advance(0, 4) + pipeline.advance(4, 2)
    return b"".join(w.tobytes() for w in model.get_weights()), context, spans


@pytest.mark.parametrize("count", [2, 3, 4])
def test_stages_are_all_of_the_network(count):
    model = _model()
    stages = stages_of(model, count)
    assert len(stages) == count
    x = found = _examples().x
    for stage in stages:
        assert stage.trainable_variables
        found = stage(found)
    np.testing.assert_array_equal(np.asarray(found), np.asarray(model(x)))
    for one, next_one in pairwise(stages):
        assert one.output_shape == next_one.input_shape


def test_any_number_of_stages_learns_the_same_bits_and_what_one_process_learns():
    two, _, spans = _trained(2, 4)
    assert _trained(3, 4)[0] == two
    assert len(spans) == 6
    assert len(spans[0]) == 4 * (1 + 1 + 1) + 2  # forwards, last, backwards; and an update each
    model = _model()
    training.compile_model(model, networks.optimizer(RULE, 1), cross_entropy(), ["accuracy"])
    Alone(model, _examples(), Order(batch_size=20, parts=1, seed=1)).advance(0, 6)
    whole = np.concatenate([w.ravel() for w in model.get_weights()])
    np.testing.assert_allclose(np.frombuffer(two, np.float32), whole, rtol=1e-3, atol=1e-5)


def test_a_small_last_batch_has_fewer_micro_batches():
    spans = _trained(2, 4, batch_size=24)[2]  # of 50 examples: 24, 24 and 2
    assert [len(update) for update in spans] == [4 * 3 + 2, 4 * 3 + 2, 2 * 3 + 2] * 2


def test_a_lost_stage_leaves_no_trace():
    whole = _trained(2, 4)[0]
    struck, context, _ = _trained(2, 4, stage=(15, 40))
    assert struck == whole
    assert context.groups[0].restarts == 2
    assert any("a stage is gone" in line for line in context.lines)


def test_waiting_by_hand():
    spans = [
        Span(stage=0, kind="forward", began=0.0, ended=2.0),
        Span(stage=1, kind="backward", began=2.0, ended=6.0),
        Span(stage=0, kind="backward", began=6.0, ended=8.0),
    ]
    assert idle_share(spans, 2) == pytest.approx(0.5)


@pytest.mark.parametrize("stages", [2, 3, 5])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_stages_of_equal_length_wait_as_theory_has_it(stages, count):
    forward = [1.0] * (stages - 1) + [0.0]
    backward = [1.0] * (stages - 1) + [2.0]  # the last one goes both ways at once
    theory = (stages - 1) / (count + stages - 1)
    assert ideal_idle_share(forward, backward, count) == pytest.approx(theory)

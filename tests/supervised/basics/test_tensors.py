import numpy as np
import pytest
import tensorflow as tf

from supervised.basics import tensors
from supervised.basics.configs import TensorsConfig
from tests.supervised.recorder import Recorder


@pytest.fixture(scope="module")
def context() -> Recorder:
    recorder = Recorder()
    recorder.result = tensors.run(TensorsConfig(), recorder)  # type: ignore[attr-defined]
    return recorder


def test_every_demonstration_gives_the_books_value(context):
    table = context.tables["demonstrations"]
    assert context.result.metrics == {"equal": 1.0}
    assert list(table["name"][~table["equal"]]) == []
    assert len(table) == len(tensors.BOOK) == len(context.lines) == 17
    assert context.result.notes == []


def test_a_value_that_differs_is_counted_and_named(monkeypatch):
    monkeypatch.setattr(tensors, "counter", lambda: list(range(1, 11)))
    recorder = Recorder()
    result = tensors.run(TensorsConfig(), recorder)
    assert result.metrics["equal"] == pytest.approx(16 / 17)
    assert result.notes == ["not as in the book: counter"]
    assert any("BOOK: [0, 1, 2, 3, 4, 5]" in line for line in recorder.lines)


def test_a_search_gets_no_metrics():
    result = tensors.run(TensorsConfig(), Recorder(final=False))
    assert result.metrics == {}
    assert result.validation == {"equal": 1.0}


def test_tensorboard_gets_the_graph_of_the_product_and_the_counter(context):
    (serialized,) = context.graphs
    graph = tf.compat.v1.GraphDef.FromString(serialized)
    assert [node.op for node in graph.node if node.op == "Mul"] == ["Mul"]
    assert context.points == [(step, {"counter": float(step)}) for step in range(6)]


def test_feeds_double_what_they_are_given():
    matrix = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    assert tensors.feeds(matrix) == ((3, 2), True)
    assert tensors.feeds(np.full((1, 2), np.nan, np.float32)) == ((1, 2), False)


def test_disagreement_with_numpy_shows(monkeypatch):
    monkeypatch.setattr(tf, "ones", tf.zeros)
    assert "ones" not in tensors.same_as_numpy()
    assert "zeros" in tensors.same_as_numpy()


def test_feed_belongs_to_the_seed():
    def draw(seed: int) -> np.ndarray:
        fed = []
        recorder = Recorder(run_seed=seed)
        load = recorder.load
        recorder.load = lambda loader: fed.append(load(loader)) or fed[-1]  # type: ignore
        tensors.run(TensorsConfig(), recorder)
        assert fed[0].kind == "synthetic"
        return fed[0].matrix

    np.testing.assert_array_equal(draw(1), draw(1))
    assert (draw(1) != draw(2)).all()

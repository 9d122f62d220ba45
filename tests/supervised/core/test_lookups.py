"""Rows of tables, and an Adam for them, beside NumPy."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from supervised.core import lookups


class _Table(keras.layers.Layer):
    """The sum of the rows looked up, as an output [B, 1]."""

    def build(self, input_shape: Any) -> None:
        values = np.arange(12, dtype=np.float32).reshape(6, 2)
        self.table = self.add_weight(shape=(6, 2), initializer="zeros", name="table")
        self.table.assign(values)

    def call(self, places: Any) -> Any:
        return keras.ops.sum(lookups.rows(self.table, places), axis=(1, 2))[:, None]


def test_rows_and_their_gradient_are_those_of_a_lookup():
    table = keras.Variable(np.arange(12, dtype=np.float32).reshape(6, 2))
    places = tf.constant([[1, 3], [3, 3]])
    with tf.GradientTape() as tape:
        found = lookups.rows(table, places)
        loss = tf.reduce_sum(found * found)
    np.testing.assert_array_equal(found, table.numpy()[places.numpy()])
    gradient = tape.gradient(loss, table.value)
    assert sorted(gradient.indices.numpy()) == [1, 3]  # each once
    expected = np.zeros((6, 2))
    np.add.at(expected, places.numpy(), 2 * np.asarray(found))
    np.testing.assert_allclose(tf.convert_to_tensor(gradient), expected)


def test_lazy_adam_moves_the_rows_of_a_batch_as_adam_would_and_no_other():
    layer = _Table()
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layer])
    rate, b1, b2, epsilon = 0.1, 0.9, 0.999, 1e-7
    jit: Any = False  # typed as a word
    model.compile(lookups.LazyAdam(rate), "mse", jit_compile=jit)
    w = layer.table.numpy().astype(np.float64)
    m, v = np.zeros_like(w), np.zeros_like(w)
    batches = [np.array([[1, 3], [3, 3]]), np.array([[0, 1], [0, 5]]), np.array([[3, 5], [1, 3]])]
    y = np.zeros((2, 1))
    for step, places in enumerate(batches, 1):
        model.train_on_batch(places.astype(np.int32), y)
        out = w[places].sum(axis=(1, 2))  # [2]
        g = np.zeros_like(w)
        for row, value in zip(places, out, strict=True):
            np.add.at(g, row, 2 * value / 2)
        rows = np.unique(places)
        m[rows] += (1 - b1) * (g[rows] - m[rows])
        v[rows] += (1 - b2) * (g[rows] ** 2 - v[rows])
        unbiased = np.sqrt(1 - b2**step) / (1 - b1**step)
        w[rows] -= rate * unbiased * m[rows] / (np.sqrt(v[rows]) + epsilon)
    np.testing.assert_allclose(layer.table.numpy(), w, rtol=1e-4)
    np.testing.assert_array_equal(layer.table.numpy()[[2, 4]], [[4, 5], [8, 9]])


def test_parts_of_a_row_are_added_before_they_are_squared():
    one, other = (keras.Variable(np.zeros((3, 1), np.float32)) for _ in range(2))
    whole, parts = lookups.LazyAdam(0.1), lookups.LazyAdam(0.1)
    whole.build([one])
    parts.build([other])
    for values, places in (([[3.0]], [1]), ([[1.0]], [2])):
        whole.apply([tf.IndexedSlices(tf.constant(values), tf.constant(places))], [one])
    for values, places in (([[1.0], [2.0]], [1, 1]), ([[1.0]], [2])):
        parts.apply([tf.IndexedSlices(tf.constant(values), tf.constant(places))], [other])
    np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-6)

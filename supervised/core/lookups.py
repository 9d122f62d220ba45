"""Looks up rows of large tables, and an optimizer that moves only the rows looked up."""

from typing import Any

import keras
import tensorflow as tf

_Adam: Any = keras.optimizers.Adam  # its annotations leave out what it keeps


def rows(table: Any, places: Any) -> Any:
    """Rows [..., F] of a table [N, F], or numbers [...] of a table [N], at places [...].

    A row that several places name is looked up in the table once, so its gradient is one sum.
    Keras' optimizers square gradients, and would otherwise square the parts of that sum.
    """
    flat = tf.reshape(places, [-1])
    unique, again = tf.unique(flat)
    found = tf.gather(tf.gather(table.value, unique), again)
    return tf.reshape(found, tf.concat([tf.shape(places), tf.shape(found)[1:]], axis=0))


@keras.saving.register_keras_serializable("actorlab")
class LazyAdam(_Adam):
    """Adam that does not touch the rows that a batch did not look up, nor their running means.

    So the cost of an update grows with the batch, where the cost of Keras' Adam grows with the
    table. Variables that `rows` does not look up follow Keras' Adam.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Moves the rows that a sparse gradient has; any other gradient is left to Keras' Adam."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        # Devices that train one model together each have the rows of their part of a batch.
        places, of = tf.unique(gradient.indices)  # [R]
        g = tf.math.unsorted_segment_sum(gradient.values, of, tf.size(places))  # [R, ...]
        number = self._get_variable_index(variable)
        means, squares = self._momentums[number], self._velocities[number]
        old_m, old_v = tf.gather(means.value, places), tf.gather(squares.value, places)
        to_m, to_v = (1 - self.beta_1) * (g - old_m), (1 - self.beta_2) * (g * g - old_v)
        step = tf.cast(self.iterations + 1, g.dtype)
        unbiased = tf.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        rate = tf.cast(learning_rate, g.dtype) * unbiased
        moved = rate * (old_m + to_m) / (tf.sqrt(old_v + to_v) + self.epsilon)
        self.assign_add(means, tf.IndexedSlices(to_m, places))
        self.assign_add(squares, tf.IndexedSlices(to_v, places))
        self.assign_sub(variable, tf.IndexedSlices(moved, places))

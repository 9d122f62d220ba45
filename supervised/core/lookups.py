"""Rows looked up in large tables, and an optimizer whose work is with those rows alone."""

from typing import Any

import keras
import tensorflow as tf

_Adam: Any = keras.optimizers.Adam  # its annotations leave out what it keeps


def rows(table: Any, places: Any) -> Any:
    """Rows [..., F], or numbers [...], of a table [N, F] or [N].

    Each row is looked up once, and then again among those. So its gradient comes added up: Keras'
    optimizers square what they are given, and of a row in parts they would square the parts.
    """
    flat = tf.reshape(places, [-1])
    unique, again = tf.unique(flat)
    found = tf.gather(tf.gather(table.value, unique), again)
    return tf.reshape(found, tf.concat([tf.shape(places), tf.shape(found)[1:]], axis=0))


@keras.saving.register_keras_serializable("actorlab")
class LazyAdam(_Adam):
    """Adam that leaves rows alone that a batch did not look up, with their running means.

    An update then costs what its batch has, however large the table; Keras' costs all of the table.
    Variables that were not looked up by `rows` follow Keras' Adam.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Moves the rows of a sparse gradient."""
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

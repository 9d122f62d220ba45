"""Factorization machines (Rendle 2010), with attention (Xiao et al. 2017), neural (He, Chua 2017).

A row has M features out of very many, given as places and values. Every feature has a weight and F
factors. A machine adds products of the factors of a row's features to a linear model. All machines
normalise these pooled products over a batch and weight them before they are added up, as the paper
on neural machines does, so that machines differ in nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers

from supervised.core import lookups, networks
from supervised.core.job import Context
from supervised.core.settings import NetworkConfig
from supervised.recommenders.configs import Machine, MachineSettings

ops: Any = keras.ops  # its annotations have results that may be None

_STANDARD_DEVIATION = 0.05  # of initial factors
_MASKED = -1e9  # a logit whose softmax is 0


def power_sums(embedded: Any, order: int) -> list[Any]:
    """For each power from 1 to `order`, the sum [B, F] of that power of factors [B, M, F]."""
    return [ops.sum(embedded**power, axis=1) for power in range(1, order + 1)]


def dense_power_sums(x: Any, v: Any, order: int) -> list[Any]:
    """For each power from 1 to `order`, the sum [B, F] for rows x [B, D] and factors v [D, F]."""
    return [x**power @ v**power for power in range(1, order + 1)]


def products(sums: Sequence[Any]) -> list[Any]:
    """Sums [B, F] over all products of the factors of two, three and more different features.

    Newton's identities give them in time linear in the number of features. For two features they
    are half of the square of the sum less the sum of squares.

    Args:
        sums: Power sums, as many as the longest products have features.
    """
    found = [ops.ones_like(sums[0])]
    for degree in range(1, len(sums) + 1):
        signed = ((-1) ** i * found[degree - 1 - i] * sums[i] for i in range(degree))
        found.append(sum(signed) / degree)
    return found[2:]


@keras.saving.register_keras_serializable("actorlab")
class Lookup(layers.Layer):
    """Looks up each feature's factors and weight, times its value; place 0 is no feature."""

    def __init__(self, features: int, factors: int, l2: float = 0.0, seed: int = 0, **options: Any):
        """Makes the layer.

        Args:
            features: Number of features; they have places from 1.
            factors: Number of factors of each feature; 0 makes a linear model.
            l2: Weight in the loss of the mean squared factors of a row.
            seed: Seed of the initial factors; weights start at 0.
        """
        super().__init__(**options)
        self.settings = {"features": features, "factors": factors, "l2": l2, "seed": seed}

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this layer again."""
        return {**super().get_config(), **self.settings}

    def build(self, input_shape: Any) -> None:
        """Makes weights and factors."""
        rows, width = self.settings["features"] + 1, self.settings["factors"]
        normal = keras.initializers.RandomNormal(
            stddev=_STANDARD_DEVIATION, seed=self.settings["seed"]
        )
        self.w_0 = self.add_weight(shape=(), initializer="zeros", name="w_0")
        self.w = self.add_weight(shape=(rows,), initializer="zeros", name="w")
        self.v = self.add_weight(
            shape=(rows, width), initializer=normal, trainable=width > 0, name="v"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The linear model's outputs [B, 1], and factors times values [B, M, F]."""
        places, values = inputs["places"], inputs["values"]
        linear = self.w_0 + ops.sum(lookups.rows(self.w, places) * values, axis=1, keepdims=True)
        embedded = lookups.rows(self.v, places) * values[:, :, None]
        if training and self.settings["l2"]:
            squares = ops.sum(embedded * embedded, axis=(1, 2))
            self.add_loss(self.settings["l2"] * ops.mean(squares))
        return linear, embedded


@keras.saving.register_keras_serializable("actorlab")
class Products(layers.Layer):
    """Sums [B, F] of products of two features and more, up to an order, from [B, M, F]."""

    def __init__(self, order: int = 2, **options: Any):
        """Makes the layer."""
        super().__init__(**options)
        self.order = order

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this layer again."""
        return {**super().get_config(), "order": self.order}

    def call(self, embedded: Any) -> Any:
        return sum(products(power_sums(embedded, self.order)))


@keras.saving.register_keras_serializable("actorlab")
class DenseLookup(Lookup):
    """Linear model and products of dense rows; column 0 stands for no feature."""

    def __init__(self, features: int, factors: int, order: int = 2, **options: Any):
        """Makes the layer; `options` are those of `Lookup`, `order` is that of `Products`."""
        super().__init__(features, factors, **options)
        self.settings["order"] = order

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The linear model's outputs [B, 1], and sums of products [B, F], for rows x [B, 1 + D]."""
        x = inputs
        linear = self.w_0 + x @ self.w[:, None]
        sums = dense_power_sums(x, self.v, self.settings["order"])
        if training and self.settings["l2"]:
            squares = ops.sum(x**2 @ self.v**2, axis=1)
            self.add_loss(self.settings["l2"] * ops.mean(squares))
        return linear, sum(products(sums))


@keras.saving.register_keras_serializable("actorlab")
class Attention(layers.Layer):
    """Sums [B, F] of the products of every two features, weighted by attention."""

    def __init__(self, units: int, seed: int = 0, **options: Any):
        """Makes the layer, with that many units of attention."""
        super().__init__(**options)
        self.settings = {"units": units, "seed": seed}

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this layer again."""
        return {**super().get_config(), **self.settings}

    def build(self, input_shape: Any) -> None:
        """Makes the attention's weights."""
        seed, units = self.settings["seed"], self.settings["units"]
        glorot = keras.initializers.GlorotUniform
        self.kernel = self.add_weight(
            shape=(input_shape[-1], units), initializer=glorot(seed=seed), name="kernel"
        )
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.score = self.add_weight(
            shape=(units, 1), initializer=glorot(seed=seed + 1), name="score"
        )

    def call(self, embedded: Any) -> Any:
        """Takes factors times values [B, M, F]; those of no feature are 0 and get no attention."""
        features = embedded.shape[1]
        pairs = [(i, j) for i in range(features) for j in range(i + 1, features)]
        left = ops.take(embedded, [i for i, _ in pairs], axis=1)  # [B, P, F]
        both = left * ops.take(embedded, [j for _, j in pairs], axis=1)
        hidden = ops.relu(both @ self.kernel + self.bias)  # [B, P, units]
        there = ops.cast(ops.any(ops.not_equal(both, 0), axis=2, keepdims=True), both.dtype)
        logits = hidden @ self.score + (1 - there) * _MASKED  # [B, P, 1]
        return ops.sum(ops.softmax(logits, axis=1) * both, axis=1)


def build(
    machine: Machine,
    config: MachineSettings,
    features: int,
    width: int,
    context: Context,
    *,
    dense: bool = False,
) -> keras.Model:
    """A model from {"places": [B, M], "values": [B, M]} to outputs [B, 1].

    Args:
        width: M, the most features of a row.
        dense: Whether it takes rows {"x": [B, 1 + features]} instead; column 0 is no feature.
    """
    factors = 0 if machine == "linear" else config.factors
    order = config.order if machine == "fm" else 2
    options: Any = {"l2": config.l2, "seed": context.seed(f"{machine}/factors")}
    options |= {"name": "lookup", "dtype": "float32"}
    inputs: Mapping[str, Any]
    pooled: Any
    if dense:
        inputs = {"x": keras.Input((1 + features,), name="x")}
        linear, pooled = DenseLookup(features, factors, order, **options)(inputs["x"])
    else:
        inputs = {
            "places": keras.Input((width,), dtype="int32", name="places"),
            "values": keras.Input((width,), name="values"),
        }
        linear, embedded = Lookup(features, factors, **options)(inputs)
        if machine == "afm":
            attention = Attention(config.hidden, context.seed("afm/attention"), name="attention")
            pooled = attention(embedded)
        else:
            pooled = Products(order, name="products")(embedded)
    if machine == "linear":
        return keras.Model(inputs, linear)
    for layer in _above(machine, config, context):
        pooled = layer(pooled)
    return keras.Model(inputs, layers.Add(name="answer", dtype="float32")([linear, pooled]))


def _above(machine: Machine, config: MachineSettings, context: Context) -> list[Any]:
    """The layers between the pooled products [B, F] and their part of the outputs [B, 1]."""
    found: list[Any] = [layers.BatchNormalization(momentum=0.9, name="pooled_norm")]
    found += networks.dropout(config.dropout, context, f"{machine}_pooled")
    linear = NetworkConfig(hidden_sizes=(), initializer="glorot_uniform")
    if machine == "nfm":
        hidden = NetworkConfig(hidden_sizes=(config.hidden,), initializer="glorot_uniform")
        found.append(networks.dense(config.hidden, hidden, context, "hidden"))
        found.append(layers.BatchNormalization(momentum=0.9, name="hidden_norm"))
        found += networks.dropout(config.hidden_dropout, context, f"{machine}_hidden")
    return [*found, networks.output_layer(1, linear, context, f"{machine}_out")]

"""Makes the layers of multi-layer perceptrons, and optimizers, from their settings."""

from typing import Any

import keras
from keras import layers, ops

from supervised.core.job import Context
from supervised.core.lookups import LazyAdam
from supervised.core.settings import Initializer, NetworkConfig, OptimizerConfig

_Dense: Any = layers.Dense  # its annotations leave out what it documents

_BOOK_STANDARD_DEVIATION = 0.1
_MOMENTUM = 0.9


@keras.saving.register_keras_serializable("actorlab")
class ConcatenatedReLU(layers.Layer):
    """CReLU (Shang et al. 2016): max(x, 0) and max(-x, 0), twice as many outputs as inputs."""

    def call(self, x: Any) -> Any:
        return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=-1)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 2 * shape[-1])


def perceptron(
    width: int,
    outputs: int,
    config: NetworkConfig,
    context: Context,
    name: str = "",
    last: str = "",
) -> keras.Sequential:
    """A multi-layer perceptron from [B, width] to linear outputs [B, outputs].

    Args:
        name: Starts the layers' names; each network of a job needs its own.
        last: Name of the last layer; by default that of logits.
    """
    last = last or (f"{name}_logits" if name else "logits")
    return keras.Sequential(
        [
            layers.Input((width,)),
            *hidden_layers(config, context, name or "hidden"),
            output_layer(outputs, config, context, last),
        ]
    )


def hidden_layers(config: NetworkConfig, context: Context, name: str = "hidden") -> list[Any]:
    """The hidden layers of a perceptron, each followed by dropout.

    Args:
        name: Starts the layers' names; each network of a job needs its own.
    """
    found: list[Any] = []
    for number, units in enumerate(config.hidden_sizes, 1):
        found.append(dense(units, config, context, f"{name}_{number}"))
        if config.activation == "crelu":
            found.append(ConcatenatedReLU(name=f"{name}_{number}_crelu"))
        found += dropout(config.dropout, context, f"{name}_{number}")
    return found


def dropout(rate: float, context: Context, name: str) -> list[Any]:
    """The dropout after the layer of that name; an empty list at rate 0."""
    if not rate:
        return []
    return [layers.Dropout(rate, seed=context.seed(f"{name}/dropout"), name=f"{name}_dropout")]


def seeded(
    kind: Any, size: int, seed: str, *, start: Initializer, context: Context, **options: Any
) -> Any:
    """A layer whose initial weights are drawn from a seed of their own.

    Args:
        kind: The layer's class, such as `Dense`.
        size: Its units or filters.
        seed: Names the seed, and the layer where `options` have no other name.
        start: How its weights are initialized.
        options: Whatever else the class takes.
    """
    weights = initializer(start, context.seed(f"{seed}/weights"))
    return kind(size, kernel_initializer=weights, **{"name": seed, **options})


def dense(units: int, config: NetworkConfig, context: Context, name: str) -> Any:
    """A hidden layer; its activation `crelu` is a layer of its own and not in it."""
    limit = keras.constraints.MaxNorm(config.max_norm) if config.max_norm else None  # type: ignore[arg-type]
    return _Dense(
        units,
        activation=None if config.activation == "crelu" else config.activation,
        kernel_initializer=initializer(config.initializer, context.seed(f"{name}/weights")),
        bias_initializer=keras.initializers.Constant(config.bias),
        kernel_regularizer=_penalty(config),
        kernel_constraint=limit,
        name=name,
    )


def output_layer(units: int, config: NetworkConfig, context: Context, name: str = "logits") -> Any:
    """The last, linear layer: it gives logits, or a regression's predictions."""
    return _Dense(
        units,
        kernel_initializer=initializer(config.initializer, context.seed(f"{name}/weights")),
        kernel_regularizer=_penalty(config),
        dtype=keras.config.floatx(),  # in mixed precision, too: losses need all digits
        name=name,
    )


def initializer(name: Initializer, seed: int) -> Any:
    """A layer's weight initializer."""
    if name == "zeros":
        return keras.initializers.Zeros()
    settings: dict[str, Any] = {"seed": seed}
    if name in ("truncated_normal", "random_normal"):
        settings["stddev"] = _BOOK_STANDARD_DEVIATION
    return keras.initializers.get({"class_name": name, "config": settings})


def _penalty(config: NetworkConfig) -> keras.regularizers.Regularizer | None:
    if not (config.l1 or config.l2):
        return None
    return keras.regularizers.L1L2(l1=config.l1, l2=config.l2)


def optimizer(config: OptimizerConfig, updates: int) -> keras.optimizers.Optimizer:
    """Makes the optimizer.

    Args:
        updates: Updates of the whole training, over which the step size falls.
    """
    rate = _rate(config, updates)
    if config.name == "lazy_adam":
        return LazyAdam(rate)
    if config.name in ("momentum", "nesterov"):
        return keras.optimizers.SGD(rate, _MOMENTUM, nesterov=config.name == "nesterov")
    return keras.optimizers.get({"class_name": config.name, "config": {"learning_rate": rate}})


def _rate(config: OptimizerConfig, updates: int) -> Any:
    schedules = keras.optimizers.schedules
    if config.schedule == "cosine":
        return schedules.CosineDecay(config.learning_rate, updates)
    if config.schedule == "linear":
        return schedules.PolynomialDecay(config.learning_rate, updates, 0.0)
    return config.learning_rate

"""Matrix factorization as a Keras layer, and as a model of Keras' own layers."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from supervised.core import lookups
from supervised.recommenders.configs import FactorsConfig

ops: Any = keras.ops  # its annotations have results that may be None
_Lookup: Any = layers.IntegerLookup
_WordLookup: Any = layers.StringLookup
_Embedding: Any = layers.Embedding

_STANDARD_DEVIATION = 0.05  # of initial factors


@keras.saving.register_keras_serializable("actorlab")
class Factors(layers.Layer):
    """The layer μ + b_u + b_i + p_u·q_i; place 0 stands for the unknown, and adds nothing."""

    def __init__(
        self,
        people: int,
        films: int,
        mean: float,
        factors: int,
        l2: float = 0.0,
        bias_l2: float = 0.0,
        seed: int = 0,
        **options: Any,
    ):
        """Makes the layer.

        Args:
            people: Number of people that are known; they have places from 1.
            films: Number of films that are known; they have places from 1.
            mean: μ, the mean training rating.
            l2: Weight in the loss of the mean squared factors of a rating.
            bias_l2: Weight in the loss of the mean squared biases of a rating.
            seed: Seed of the initial factors.
        """
        super().__init__(**options)
        self.settings = {"people": people, "films": films, "mean": mean, "factors": factors}
        self.settings |= {"l2": l2, "bias_l2": bias_l2, "seed": seed}

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this layer again."""
        return {**super().get_config(), **self.settings}

    def build(self, input_shape: Any) -> None:
        """Makes factors, small and random, and biases of 0."""
        width, seed = self.settings["factors"], self.settings["seed"]
        people, films = self.settings["people"] + 1, self.settings["films"] + 1
        normal = keras.initializers.RandomNormal
        self.p = self.add_weight(
            shape=(people, width),
            initializer=normal(stddev=_STANDARD_DEVIATION, seed=seed),
            name="p",
        )
        self.q = self.add_weight(
            shape=(films, width),
            initializer=normal(stddev=_STANDARD_DEVIATION, seed=seed + 1),
            name="q",
        )
        self.b_u = self.add_weight(shape=(people,), initializer="zeros", name="b_u")
        self.b_i = self.add_weight(shape=(films,), initializer="zeros", name="b_i")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Ratings [B] of people [B] and films [B], given by places."""
        user, movie = inputs["user"], inputs["movie"]
        known_user = ops.cast(user > 0, self.compute_dtype)
        known_movie = ops.cast(movie > 0, self.compute_dtype)
        p_u = lookups.rows(self.p, user) * known_user[:, None]  # [B, F]
        q_i = lookups.rows(self.q, movie) * known_movie[:, None]  # [B, F]
        b_u = lookups.rows(self.b_u, user) * known_user
        b_i = lookups.rows(self.b_i, movie) * known_movie
        if training:
            squares = ops.sum(p_u * p_u, axis=1) + ops.sum(q_i * q_i, axis=1)
            self.add_loss(self.settings["l2"] * ops.mean(squares))
            self.add_loss(self.settings["bias_l2"] * ops.mean(b_u * b_u + b_i * b_i))
        return self.settings["mean"] + b_u + b_i + ops.sum(p_u * q_i, axis=1)

    def compute_output_shape(self, shapes: Any) -> Any:
        """The shape of the ratings, [B]."""
        return shapes["user"]


def build(config: FactorsConfig, people: int, films: int, mean: float, seed: int) -> Any:
    """A model from places {"user": [B], "movie": [B]} to ratings [B]."""
    inputs = {name: keras.Input((), dtype="int32", name=name) for name in ("user", "movie")}
    factors = Factors(
        people,
        films,
        mean,
        config.factors,
        l2=config.l2,
        bias_l2=config.bias_l2,
        seed=seed,
        name="factors",
        dtype=keras.config.floatx(),  # in mixed precision, too: a rating needs all digits
    )
    return keras.Model(inputs, factors(inputs))


def export(
    core: keras.Model,
    people: npt.NDArray[Any],
    films: npt.NDArray[Any],
    item: str = "movie",
    unit: float = 1.0,
) -> keras.Model:
    """The model to save: it takes published numbers or names of people [B] and films [B].

    It has layers and operations of Keras only, so that whoever has its file needs nothing of ours.

    Args:
        core: The model of places.
        people: [U] published numbers or names, in the order of their places.
        films: [I] published numbers or names, in the order of their places.
        item: Name of the second input.
        unit: What ratings are multiplied by.
    """
    layer: Any = core.get_layer("factors")
    p, q, b_u, b_i = (np.array(weight) for weight in (layer.p, layer.q, layer.b_u, layer.b_i))
    for weights, power in ((p, 0.5), (q, 0.5), (b_u, 1.0), (b_i, 1.0)):
        weights[0] = 0.0  # the unknown adds nothing
        weights *= unit**power
    user, movie = (_input_of(known, name) for known, name in ((people, "user"), (films, item)))
    users = _lookup_of(people, "user_places")(user)
    movies = _lookup_of(films, "movie_places")(movie)
    exact: Any = {"dtype": keras.config.floatx()}  # in mixed precision, too
    mean = layers.Rescaling(1.0, layer.settings["mean"] * unit, name="mean", **exact)
    of_person = mean(_embedding(b_u[:, None], "b_u")(users))
    of_film = _embedding(b_i[:, None], "b_i")(movies)
    factors = [_embedding(p, "p")(users), _embedding(q, "q")(movies)]  # each [B, F]
    products = layers.Multiply(name="products", **exact)(factors)
    of_both = ops.sum(products, axis=1, keepdims=True)
    ratings = layers.Add(name="added", **exact)([of_person, of_film, of_both])  # [B, 1]
    return keras.Model({"user": user, item: movie}, ops.squeeze(ratings, axis=1))


def _input_of(known: npt.NDArray[Any], name: str) -> Any:
    return keras.Input((), dtype="int64" if _are_numbers(known) else "string", name=name)


def _lookup_of(known: npt.NDArray[Any], name: str) -> Any:
    if _are_numbers(known):
        return _Lookup(vocabulary=[int(v) for v in known], name=name)
    return _WordLookup(vocabulary=[str(v) for v in known], name=name)


def _are_numbers(known: npt.NDArray[Any]) -> bool:
    return known.dtype.kind in "iu"


def _embedding(weights: npt.NDArray[Any], name: str) -> Any:
    return _Embedding(*weights.shape, weights=[weights], dtype=weights.dtype.name, name=name)

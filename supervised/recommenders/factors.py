"""Matrix factorization as a Keras layer, and as arrays that need no Keras."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers

from supervised.core import lookups
from supervised.recommenders.configs import FactorsConfig

ops: Any = keras.ops  # its annotations have results that may be None
_Lookup: Any = layers.IntegerLookup

_STANDARD_DEVIATION = 0.05  # of initial factors

Floats = npt.NDArray[np.float32]


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
            factors: Number of factors of each person and film.
            l2: Weight in the loss of the mean squared factors of a rating.
            bias_l2: Weight in the loss of the mean squared biases of a rating.
            seed: Seed of the initial factors.
            options: Options of every Keras layer.
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


def export(core: keras.Model, people: npt.NDArray[Any], films: npt.NDArray[Any]) -> keras.Model:
    """The model to save: it takes published numbers of people [B] and films [B].

    Args:
        core: The model of places.
        people: [U] published numbers, in the order of their places.
        films: [I] published numbers, in the order of their places.
    """
    inputs = {name: keras.Input((), dtype="int64", name=name) for name in ("user", "movie")}
    places = {
        name: _Lookup(vocabulary=[int(v) for v in known], name=f"{name}_places")(inputs[name])
        for name, known in (("user", people), ("movie", films))
    }
    return keras.Model(inputs, core.get_layer("factors")(places))


@dataclass(frozen=True, kw_only=True)
class Table:
    """A trained model's weights as arrays, which predict ratings of the whole table by rows.

    Attributes:
        people: [U] published numbers of people with training ratings.
        films: [I] published numbers of films with training ratings.
        mean: μ.
        p: [U, F] factors of people.
        q: [I, F] factors of films.
        b_u: [U] biases.
        b_i: [I] biases.
    """

    people: pd.Index
    films: pd.Index
    mean: float
    p: Floats
    q: Floats
    b_u: Floats
    b_i: Floats

    @classmethod
    def of(cls, model: keras.Model) -> "Table":
        """The weights of a saved model."""
        layer: Any = model.get_layer("factors")
        p, q, b_u, b_i = (
            np.asarray(weight)[1:] for weight in (layer.p, layer.q, layer.b_u, layer.b_i)
        )
        known = {
            name: pd.Index(np.asarray(model.get_layer(f"{name}_places").get_vocabulary()[1:], int))
            for name in ("user", "movie")
        }
        return cls(
            people=known["user"],
            films=known["movie"],
            mean=float(layer.settings["mean"]),
            p=p,
            q=q,
            b_u=b_u,
            b_i=b_i,
        )

    def row(self, user: int) -> Floats:
        """Ratings [I] of all films by the person of a published number; an unknown one adds 0."""
        ratings = self.mean + self.b_i
        if user in self.people:
            place = int(self.people.get_loc(user))  # type: ignore[arg-type]
            ratings = ratings + self.b_u[place] + self.q @ self.p[place]
        return ratings

    def rows(self, places: npt.NDArray[Any]) -> npt.NDArray[np.floating]:
        """Ratings [N, I] of all films by the people in these places."""
        offsets = np.float32(self.mean) + self.b_u[places, None] + self.b_i
        return offsets + self.p[places] @ self.q.T

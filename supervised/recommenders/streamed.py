"""Matrix factorization of ratings that are too many for the memory (book, chapter 9).

The model is that of `mf_movielens`. Ratings stay on disk and are read in blocks, so memory grows
only with the number of people and films. An epoch reads the blocks in random order, some at a time,
and shuffles the ratings of these.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from supervised.core import scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import rating_store, ratings
from supervised.datasets.rating_store import RatingStore
from supervised.recommenders import controls, factorization
from supervised.recommenders.configs import StreamedConfig
from supervised.recommenders.factorization import predict

__all__ = ["evaluate", "predict", "run"]

Part = Literal["train", "validation", "test"]

_TEST = 0.25  # of the ratings
_VALIDATION, _MOST_VALIDATION = 0.05, 200_000  # of the rest; ratings, about
_MIXED = 8  # blocks in memory at once


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """A part of the ratings; which part a rating belongs to is drawn, equally in every run.

    Attributes:
        store: All ratings.
        part: Name of the part.
        count: Number of ratings of the part.
    """

    store: RatingStore
    part: Part
    count: int

    @classmethod
    def of(cls, store: RatingStore, part: Part) -> "Ratings":
        """The part of that name; counts its ratings."""
        drawn = (_drawn(store, number, part) for number in range(store.blocks))
        return cls(store=store, part=part, count=sum(int(mask.sum()) for mask in drawn))

    def __len__(self) -> int:
        return self.count

    def rows(self, number: int) -> Any:
        """The rows of a block that belong to the part."""
        return self.store.block(number)[_drawn(self.store, number, self.part)]

    def examples(self) -> Iterator[Examples]:
        """Examples of places from 1 and ratings, a block at a time."""
        return (_examples(self.rows(number)) for number in range(self.store.blocks))

    def batches(self, size: int, seed: int, epoch: tf.Variable) -> tf.data.Dataset:
        """Batches of one epoch, in an order that follows from seed and epoch."""

        def read() -> Iterator[Any]:
            rng = np.random.default_rng([seed, int(epoch.numpy())])
            order, left = rng.permutation(self.store.blocks), None
            for start in range(0, len(order), _MIXED):
                found = [self.rows(number) for number in order[start : start + _MIXED]]
                rows = rng.permutation(np.concatenate(found if left is None else [left, *found]))
                whole = len(rows) // size * size
                left = rows[whole:]
                if whole:
                    yield _pair(rows[:whole])
            if left is not None and len(left):
                yield _pair(left)

        places = tf.TensorSpec((None,), tf.int32)  # type: ignore[call-arg]
        ratings = tf.TensorSpec((None,), tf.float32)  # type: ignore[call-arg]
        found: Any = tf.data.Dataset.from_generator(
            read, output_signature=({"user": places, "movie": places}, ratings)
        )
        # What is read at once is whole batches, but for the last one.
        batches = found.flat_map(
            lambda x, y: tf.data.Dataset.from_tensor_slices((x, y)).batch(size)
        )
        count = -(-self.count // size)
        return batches.prefetch(2).apply(tf.data.experimental.assert_cardinality(count))


def run(config: StreamedConfig, context: Context) -> Result:
    """Trains factors and scores held-out ratings once.

    Raises:
        DataError: The ratings are missing or wrong, or the disk is full.
        Diverged: The loss is not finite.
    """
    store = context.load(rating_store.load)
    train = Ratings.of(store, "train")
    context.say(
        f"{len(train):,} ratings to learn from, of {len(store.films):,} films by "
        f"{len(store.people):,} people"
    )
    validating = Ratings.of(store, "validation")
    held_out = _examples(np.concatenate([validating.rows(n) for n in range(store.blocks)]))
    total = sum(float(part.y.sum(dtype=np.float64)) for part in train.examples())
    model = factorization.learn_from(
        train,
        held_out,
        config,
        context,
        people=store.people,
        films=store.films,
        mean=total / len(train),
    )
    context.model(model)
    found = _clipped(_answers(model, store, held_out))
    validation = {"rmse": scores.regression(held_out.y, found)["rmse"]}
    if not context.final:
        return Result(metrics={}, validation=validation)
    test = Ratings.of(store, "test")
    biases = controls.biases(train.examples, len(store.people), len(store.films))
    beside = _rmse(test, lambda part: np.full(len(part), biases.mean))
    return Result(
        metrics={
            "rmse": _rmse(test, partial(_answers, model, store)),
            "mean_rmse": beside,
            "bias_rmse": _rmse(test, biases.ratings),
        },
        validation=validation,
        baseline=beside,
        controls={"bias": "biases of people and films"},
        test_rows=len(test),
    )


def evaluate(config: StreamedConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the held-out ratings."""
    store = context.load(rating_store.load)
    return {"rmse": _rmse(Ratings.of(store, "test"), partial(_answers, model, store))}


def _answers(model: keras.Model, store: RatingStore, part: Examples) -> npt.NDArray[Any]:
    """Ratings [N] that a model of published numbers predicts for places."""
    x: Any = part.x
    numbers = {"user": store.people[x["user"] - 1], "movie": store.films[x["movie"] - 1]}
    return training.predict(model, numbers)


def _drawn(store: RatingStore, number: int, part: Part) -> npt.NDArray[np.bool_]:
    """Whether each rating of a block is in the part."""
    count = min(rating_store.BLOCK, len(store) - number * rating_store.BLOCK)
    draws = np.random.default_rng([0, number]).random(count)
    held_out = _TEST + (1 - _TEST) * min(_VALIDATION, _MOST_VALIDATION / len(store))
    low, high = {"test": (0, _TEST), "validation": (_TEST, held_out), "train": (held_out, 1)}[part]
    return (low <= draws) & (draws < high)


def _pair(rows: Any) -> Any:
    return {"user": rows["user"] + 1, "movie": rows["movie"] + 1}, rows["rating"]


def _examples(rows: Any) -> Examples:
    x, y = _pair(rows)
    return Examples(x=x, y=y)


def _clipped(found: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.clip(found, ratings.LOWEST, ratings.HIGHEST)


def _rmse(of: Ratings, answer: Callable[[Examples], npt.NDArray[Any]]) -> float:
    """The RMSE of predictions, clipped to possible ratings, a block at a time."""
    squares = 0.0
    for part in of.examples():
        errors = _clipped(answer(part)) - part.y
        squares += float(np.sum(errors.astype(np.float64) ** 2))
    return float(np.sqrt(squares / len(of)))

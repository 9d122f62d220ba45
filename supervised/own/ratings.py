"""Factors of people and items from one's own ratings, beside what they have to beat (chapter 9).

The model is that of `mf_movielens`. The columns, the scale and who likes what are told from the
file, and said. The test ratings are the latest, or random ones, of people with training ratings.
Biases of people and items and the mean foretell these, too; popularity and a truncated SVD of the
table of ratings make lists of items as well. With --implicit the model learns to tell what people
chose from what was drawn at random, and its lists are its score.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets import splits
from supervised.datasets.source import DataError
from supervised.own import parts as dividing
from supervised.own import rating_columns, rating_figures, rating_files, tested
from supervised.own.configs import RatingsConfig
from supervised.own.rating_files import Listed, OwnRatings
from supervised.recommenders import factorization, rated, recommender_file
from supervised.recommenders.rated import Parts
from supervised.recommenders.scoring import Held
from supervised.recommenders.serving import Recommender
from supervised.recommenders.table import Table

_ABOUT = "ratings.json"
_LEAST_BATCH = 32  # ratings of an update
_BATCHES = 100  # updates of an epoch, at least while batches are larger than that


def run(config: RatingsConfig, context: Context) -> Result:
    """Trains factors, and scores held-out ratings and recommended lists once."""
    data, parts, how = _read(config, context)
    context.say(how)
    seen = data.frame(np.concatenate([parts.train, parts.validation]))
    own, again = data.frame(parts.test), ()
    if config.test is not None:  # before the training, which would be in vain
        own, again = _others(config, seen, data.frame(parts.train), context)
    model, unit = _learned(config, data, parts, context)
    context.model(model)
    table = Table.of(model)
    recommender_file.keep(Recommender.of(table, parts, config, data.item, unit), context)
    context.keep(_ABOUT, json.dumps({"header": data.header, "item": data.item}).encode())
    of_test = data.frame(parts.test)
    rows.remember(context, rating_files.hashes(seen), rating_files.hashes(of_test))
    validating, _ = _known(table, data.frame(parts.validation))
    held = Held.of(table, parts, config.k, validating)
    before = replace(held, seen=parts.examples(parts.train))
    on_validation = rating_figures.scores_of(config, before, context) if len(validating) else {}
    if not context.final:
        return Result(metrics={}, metric=config.metric or "rmse", validation=on_validation)
    test, unknown = _known(table, own)
    notes = [how, *again, *unknown]
    return rating_figures.result(config, replace(held, test=test), on_validation, notes, context)


def evaluate(config: RatingsConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test ratings, or on those of --test it was not trained on."""
    table = Table.of(model)
    if config.test is None:
        data, parts, _ = _read(config, context)
        every = data.frame(np.arange(len(data)))
        new = rows.to_score(context, rating_files.hashes(every), parts.test)
        scored, seen = every.iloc[new], every.drop(index=new)
        bounds = parts.low, parts.high, parts.liked
    else:
        every = _listed(config.test, config, context)
        hashes = rating_files.hashes(every)
        scored = every.iloc[rows.to_score(context, hashes, None)]
        kept = recommender_file.of_run(context)
        before = kept.ratings_so_far()
        other = ~np.isin(rating_files.hashes(before), hashes)
        seen = before.iloc[np.flatnonzero(other)]
        bounds = kept.low, kept.high, kept.liked
    test, notes = _known(table, scored)
    for note in notes:
        context.say(note)
    low, high, liked = bounds
    before = _known(table, seen)[0]
    held = Held(table=table, seen=before, test=test, low=low, high=high, liked=liked, k=config.k)
    return {"rows": len(test), **rating_figures.scores_of(config, held, context)}


def predict(
    config: RatingsConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts ratings of pairs: `USER:ITEM` texts, or files with columns of people and items.

    Raises:
        InputError: An input is neither.
        DataError: A file cannot be read.
    """
    table, tables = Table.of(model), []
    item = json.loads(context.kept(_ABOUT) or b'{"item": "item"}')["item"]
    for text in inputs:
        if Path(text).is_file():
            found = rating_files.listing(Path(text), config, rated=False)
            if found.note:
                context.say(f"{text}: {found.note}")
            pairs = found.frame
        elif ":" in text:
            pairs = _pair(text, table)
        else:
            raise InputError(f"{text}: expected USER:ITEM, or a file with people and items")
        x = _places(table, pairs)
        tables.append(
            recommender_file.foretold(table, x, pairs["user"], pairs["item"], context, item)
        )
    return pd.concat(tables, ignore_index=True)


def has_names(context: Context) -> bool:
    """Whether pairs to be predicted come below a line of names, as those of the training did."""
    return json.loads(context.kept(_ABOUT) or b'{"header": true}')["header"]


def _read(config: RatingsConfig, context: Context) -> tuple[OwnRatings, Parts, str]:
    """The ratings, which of them are for what, and how they were divided, in a line.

    Raises:
        DataError: They cannot be divided.
    """
    data: OwnRatings = context.load(lambda _: rating_files.read(config))
    for line in data.words:
        context.say(line)
    if config.split == "time" and not data.timed:
        raise DataError("--split time: no times were found; --time COLUMN, or --split random")
    fractions = [each for each in config.fractions if each]
    in_time = data.timed and config.split != "random"
    try:
        if in_time:
            cut = dividing.by_time(data.times.astype(np.float64), fractions)
        else:
            cut = splits.split(len(data), fractions, context.rng("split"))
    except ValueError:
        raise DataError(
            f"{len(data):,} ratings cannot be divided into {len(fractions)} parts"
            + ("; --split random may" if in_time else "")
        ) from None
    least = rating_files.liked(config, data.ratings)
    if not config.implicit:
        context.say(f"liked are {least:g} or more (--liked)")
    parts = Parts(
        data=data,
        train=cut[0],
        validation=cut[1],
        test=cut[2] if config.test is None else np.empty(0, np.int64),
        liked=least,
        bounds=(0.0, 1.0) if config.implicit else None,
    )
    if config.test is None and not np.isin(data.users[parts.test], parts.people).any():
        raise DataError(
            "no test rating is of somebody with training ratings: in the order of time all are of "
            "new people; --split random"
        )
    how = "in the order of time" if in_time else "at random"
    words = dividing.in_words("ratings", parts.train, parts.validation, parts.test, how)
    return data, parts, words


def _learned(
    config: RatingsConfig, data: OwnRatings, parts: Parts, context: Context
) -> tuple[keras.Model, float]:
    """A trained model, and the unit of ratings in its training."""
    train, validation = parts.examples(parts.train), parts.validating
    if config.implicit:
        taken, films = parts.seen, len(parts.films)
        rng = context.rng("negatives")
        train = rated.beside_drawn(train, taken, films, config.negatives, rng)
        validation = rated.beside_drawn(validation, taken, films, config.negatives, rng)
    unit = float(train.y.std()) or 1.0  # penalties and steps then suit any scale
    size = min(config.fit.batch_size, max(_LEAST_BATCH, len(train) // _BATCHES))
    people, items = parts.names
    model = factorization.learn_from(
        replace(train, y=train.y / unit),
        replace(validation, y=validation.y / unit),
        replace(config, fit=replace(config.fit, batch_size=size)),
        context,
        people=people,
        films=items,
        mean=float(train.y.mean()) / unit,
        item=data.item,
        unit=unit,
    )
    return model, unit


def _known(table: Table, frame: pd.DataFrame) -> tuple[Examples, list[str]]:
    """Ratings of people with training ratings, by places, and a note on the others."""
    x = _places(table, frame)
    examples = Examples(x=x, y=frame["rating"].to_numpy(np.float32))
    known = x["user"] > 0
    if known.all():
        return examples, []
    left_out = f"{np.sum(~known):,} of {len(frame):,} test ratings are of people without training "
    return examples.take(np.flatnonzero(known)), [f"{left_out}ratings: left out"]


def _listed(path: Path, config: RatingsConfig, context: Context) -> pd.DataFrame:
    """The ratings of another file than the training's."""
    listed: Listed = context.load(lambda _: rating_files.listing(path, config))
    return listed.frame


def _places(table: Table, frame: pd.DataFrame) -> dict[str, npt.NDArray[np.int32]]:
    """Places of people and items in the table, from 1; 0 for unknown ones."""
    return table.places(_like(table.people, frame["user"]), _like(table.films, frame["item"]))


def _pair(text: str, table: Table) -> pd.DataFrame:
    """The person and the item of `USER:ITEM`, either of which may hold colons.

    The first colon stands between them where there is none with a known person and a known item.
    """
    parts = text.split(":")
    cuts = [(":".join(parts[:n]), ":".join(parts[n:])) for n in range(1, len(parts))]
    pairs = pd.DataFrame(cuts, columns=pd.Index(["user", "item"]))
    places = _places(table, pairs)
    known = (places["user"] > 0) & (places["movie"] > 0)
    return pairs.iloc[[int(known.argmax())]]


def _like(known: pd.Index, given: Any) -> pd.Index:
    """People or items as the training has them: numbers, or words."""
    if known.dtype.kind not in "iu":
        return pd.Index(given.astype(str).to_numpy(object))
    return pd.Index([rating_columns.number(each) for each in given.astype(str)], dtype=np.int64)


def _others(
    config: RatingsConfig, seen: pd.DataFrame, train: pd.DataFrame, context: Context
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The ratings of --test that are no training ratings, and a note on those that are.

    Args:
        seen: Ratings for training and validation.
        train: Ratings for training.

    Raises:
        DataError: None can be scored.
    """
    assert config.test is not None
    found = _listed(config.test, config, context)
    hashes = rating_files.hashes(found), rating_files.hashes(seen)
    new, notes = tested.apart(*hashes, config.test, "rating")
    others = found.iloc[new]
    if not others["user"].astype(str).isin(set(train["user"].astype(str))).any():
        raise DataError(f"--test {config.test}: no rating is of somebody with training ratings")
    return others, notes

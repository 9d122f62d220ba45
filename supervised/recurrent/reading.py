"""Trains and shows a network that classifies texts: what all jobs that have one share."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, kept, networks, plots, scores, texts, training, units
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.settings import NetworkConfig
from supervised.recurrent.configs import KEPT, ReaderConfig


def learn(
    config: ReaderConfig,
    learned: Examples,
    held_out: Examples,
    names: Sequence[str],
    title: str,
    context: Context,
) -> tuple[keras.Model, dict[str, float]]:
    """Trains a network on texts.

    Args:
        learned: Texts to learn from, and their classes.
        held_out: Those that are scored after each epoch.

    Returns:
        A model from cleaned texts [B] to probabilities [B, C], and its metrics on `held_out`.

    Raises:
        Diverged: A loss is not finite.
    """
    vectorizer = texts.vectorizer(
        of(learned), length=config.length, fewest=config.fewest, most=config.most
    )
    words = vectorizer.vocabulary_size()
    known = words - texts.UNKNOWN - 1
    context.say(f"{len(learned):,} texts to learn from, {known:,} words")
    core = network(config, words, len(names), context)
    numbered, validation = (_numbered(vectorizer, part) for part in (learned, held_out))
    assert numbered.lengths is not None
    full = np.mean(numbered.lengths == config.length)
    context.say(f"{full:.1%} of them have {config.length} words or more, of which so many are read")
    show = _histograms(core, validation, context)
    classifiers.train(core, numbered, validation, config, title, context, callbacks=(show,))
    on_validation = classifiers.validation_metrics(core, validation, names)
    return texts.export(vectorizer, classifiers.with_probabilities(core)), on_validation


def keep(names: Sequence[str], length: int, context: Context, **more: Any) -> None:
    """Keeps what any program needs beside the model, such as how texts are cleaned.

    Args:
        length: Words of a text that are read.
        more: What the job itself needs.
    """
    cleaning = {"cleaning": texts.CLEANING, "then": "small letters, in UTF-8"}
    about = {**more, "classes": list(names), "words_read": length, **cleaning}
    kept.keep(KEPT, about, context)


def said(model: keras.Model, found: npt.NDArray[np.object_]) -> npt.NDArray[np.float32]:
    """What a model of `learn` says of texts [N] as they are: probabilities [N, C]."""
    return training.predict(model, texts.cleaned(found))


def network(config: ReaderConfig, words: int, classes: int, context: Context) -> keras.Model:
    """A network from numbers of words [B, T] to logits [B, C]; T may be any."""
    mean = config.pooling == "mean"
    numbers: Any = keras.Input((None,), dtype="int32")
    recurrent = units.recurrent(
        config.cell, config.units, context, "recurrent", return_sequences=mean
    )
    found = units.embedding(words, config.embedding, context)(numbers)  # [B, T, embedding]
    for layer in units.whole_dropout(config.embedding_dropout, context, "embedding"):
        found = layer(found)
    found = recurrent(found)  # [B, units], or [B, T, units]
    if mean:
        found = units.mean_over_steps(found, numbers)  # [B, units]
    for layer in networks.dropout(config.dropout, context, "recurrent"):
        found = layer(found)
    logits = networks.output_layer(classes, NetworkConfig(hidden_sizes=()), context)
    return keras.Model(numbers, logits(found))


def show(
    test: Examples,
    found: npt.NDArray[Any],
    beside: Mapping[str, npt.NDArray[Any]],
    names: Sequence[str],
    context: Context,
) -> None:
    """Keeps the texts with wrong answers, the surest first of many classes; of two draws rankings.

    Args:
        found: [N, C] probabilities of the network.
        beside: Those of other classifiers, by name.
        names: [C] names of the classes.
    """
    answered = found.argmax(axis=1)
    wrong = np.flatnonzero(answered != test.y)
    mistakes = {"text": of(test)[wrong], "true": np.array(names)[test.y[wrong]]}
    if len(names) == 2:
        mistakes |= {f"p_{names[1]}": found[wrong, 1]}
        if len(np.unique(test.y)) == 2:
            ranked = {"recurrent network": found[:, 1]} | {k: v[:, 1] for k, v in beside.items()}
            context.figure("ranking", plots.ranking(test.y, ranked, names))
    else:
        wrong_answers = np.array(names)[answered[wrong]]
        mistakes |= {"answer": wrong_answers, "probability": found[wrong].max(axis=1)}
    context.table("mistakes", pd.DataFrame(mistakes))


def short(name: str) -> str:
    """A classifier's name as the beginning of its metrics' names."""
    return name.lower().replace(" ", "_")


def of(part: Examples) -> npt.NDArray[np.object_]:
    """The texts [N] of examples."""
    assert isinstance(part.x, np.ndarray)
    return part.x


def _numbered(vectorizer: Any, part: Examples) -> Examples:
    numbers = texts.numbers(vectorizer, of(part))
    return Examples(x=numbers, y=part.y, lengths=np.count_nonzero(numbers, axis=1))


def _histograms(
    model: keras.Model, validation: Examples, context: Context
) -> keras.callbacks.Callback:
    """Keeps histograms of weights and of probabilities on validation data after each epoch."""

    def show(epoch: int, logs: Any) -> None:
        weights = {variable.path: np.asarray(variable) for variable in model.trainable_variables}
        logits = training.predict(model, validation.x)
        said = {"logits": logits, "probabilities": scores.softmax(logits)}
        context.histograms(epoch + 1, weights | said)

    return keras.callbacks.LambdaCallback(on_epoch_end=show)

"""Trains, scores and shows a network that classifies texts: what all jobs that have one share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers

from supervised.core import classifiers, networks, plots, rows, scores, texts, training, units
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.settings import NetworkConfig
from supervised.datasets import own_texts, splits
from supervised.recurrent import bags
from supervised.recurrent.configs import ReaderConfig

_SCORED = 16  # texts whose words are looked into


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The texts of a run.

    Attributes:
        train: Texts for training and validation, with their labels.
        test: Texts that are scored once, at the end, with their labels.
        copies: How many copies of texts were left out.
        groups: [N] the group of each training text, such as its film: validation takes whole
            groups. None takes single texts.
    """

    train: Examples
    test: Examples
    copies: int
    groups: npt.NDArray[np.int32] | None = None


def cut(found: npt.NDArray[np.object_], labels: npt.NDArray[np.int32]) -> Parts:
    """Sets a random quarter aside for the test, the same in every run, without copies of texts."""
    first = _first(_cleaned(found))
    once = Examples(x=found[first], y=labels[first])
    train, test = splits.split(len(first), (0.75, 0.25), np.random.default_rng(0), once.y)
    return Parts(train=once.take(train), test=once.take(test), copies=len(labels) - len(first))


def published(train: Examples, test: Examples, groups: npt.NDArray[np.int32]) -> Parts:
    """Keeps the published parts, without training texts that are copies or are in the test."""
    learned = _cleaned(_texts(train))
    first = _first(learned)
    first = first[~learned.iloc[first].isin(_cleaned(_texts(test))).to_numpy()]
    copies = len(train) - len(first)
    return Parts(train=train.take(first), test=test, copies=copies, groups=groups[first])


def evaluated(
    model: keras.Model, train: Examples, test: Examples, names: Sequence[str], context: Context
) -> dict[str, float]:
    """Metrics of a trained model on the test texts, of other data on all it was not trained on.

    Args:
        model: A model that gives probabilities of two classes.
        train: The texts that are for training where the data are the run's own.
        test: Those for the test.
        names: Names of the classes.
        context: The context of the evaluation.
    """
    every = Examples(
        x=np.concatenate([_texts(train), _texts(test)]), y=np.concatenate([train.y, test.y])
    )
    of_test = np.arange(len(train), len(every))
    scored = every.take(rows.to_score(context, rows.of_texts(_texts(every)), of_test))
    return metrics_of(scored, training.predict(model, scored.x), names)


def learn(
    config: ReaderConfig, parts: Parts, names: Sequence[str], title: str, context: Context
) -> tuple[keras.Model, dict[str, float]]:
    """Trains a network on texts.

    Args:
        config: The job's settings.
        parts: The texts; a part of the training texts is set aside for validation.
        names: Names of the classes.
        title: Title of the curves.
        context: The job's context.

    Returns:
        A model from texts [B] to probabilities [B, C], and its metrics on validation data.

    Raises:
        Diverged: A loss is not finite.
    """
    rows.remember(context, rows.of_texts(_texts(parts.train)), rows.of_texts(_texts(parts.test)))
    learned, held_out = _split(parts, config.validation_fraction, context.rng("validation"))
    vectorizer = texts.vectorizer(
        _texts(learned), length=config.length, fewest=config.fewest, most=config.most
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


def _split(parts: Parts, fraction: float, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """The rows for training, and those that are set aside for validation."""
    train, groups = parts.train, parts.groups
    if groups is None:
        chosen, aside = splits.split(len(train), (1 - fraction, fraction), rng, train.y)
    else:
        held_out = splits.aside(groups, round(fraction * len(np.unique(groups))), rng)
        chosen, aside = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    return train.take(chosen), train.take(aside)


def network(config: ReaderConfig, words: int, classes: int, context: Context) -> keras.Model:
    """A network from numbers of words [B, T] to logits [B, C]; T may be any."""
    mean = config.pooling == "mean"
    return keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            units.embedding(words, config.embedding, context),  # [B, T, embedding]
            *units.whole_dropout(config.embedding_dropout, context, "embedding"),
            units.recurrent(
                config.cell, config.units, context, "recurrent", return_sequences=mean
            ),  # [B, units], or [B, T, units]
            *([units.MeanOverSteps(name="mean")] if mean else []),  # [B, units]
            *networks.dropout(config.dropout, context, "recurrent"),
            networks.output_layer(classes, NetworkConfig(hidden_sizes=()), context),
        ]
    )


def conclude(
    model: keras.Model,
    parts: Parts,
    names: Sequence[str],
    title: str,
    validation: Mapping[str, float],
    context: Context,
) -> Result:
    """Scores a finished model on the test texts once, beside two bags of words.

    Args:
        model: A model that gives probabilities of two classes.
        parts: The texts.
        names: Names of the classes.
        title: Title of the confusion matrix.
        validation: The metrics on validation data.
        context: The job's context.
    """
    train, test = parts.train, parts.test
    found = training.predict(model, test.x)
    beside = bags.probabilities(_texts(train), train.y, _texts(test))
    classifiers.show(test.y, found, names, title, context)
    ranked = {"recurrent network": found[:, 1]} | {k: v[:, 1] for k, v in beside.items()}
    context.figure("ranking", plots.ranking(test.y, ranked, names))
    wrong = np.flatnonzero(found.argmax(axis=1) != test.y)
    mistakes = {"text": _texts(test)[wrong], "true": np.array(names)[test.y[wrong]]}
    context.table("mistakes", pd.DataFrame(mistakes | {f"p_{names[1]}": found[wrong, 1]}))
    metrics = metrics_of(test, found, names)
    for name, probabilities in beside.items():
        metrics |= scores.named(_short(name), metrics_of(test, probabilities, names))
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=scores.majority(train.y, test.y),
        notes=[f"{parts.copies:,} texts that repeat another one were left out"],
        controls={_short(name): name for name in beside},
        test_rows=len(test),
    )


def _short(name: str) -> str:
    return name.lower().replace(" ", "_")


def metrics_of(
    test: Examples, probabilities: npt.NDArray[Any], names: Sequence[str]
) -> dict[str, float]:
    """Metrics of probabilities [N, 2], with those of the second class."""
    found = scores.classification(test.y, probabilities, names)
    return found | scores.of_class(test.y, probabilities.argmax(axis=1), names, 1)


def answers(
    config: ReaderConfig,
    model: keras.Model,
    inputs: Sequence[str],
    names: Sequence[str],
    context: Context,
) -> pd.DataFrame:
    """Classifies a user's own texts, and draws which words moved the probabilities.

    Raises:
        InputError: A text is empty, or a file cannot be read.
    """
    found = own_texts.given(inputs, context.text_column)
    probabilities = training.predict(model, np.array(found, object))  # [N, 2]
    cut = sum(len(words) > config.length for words in texts.words(found))
    if cut:
        context.say(f"{cut} of {len(found)} texts are read up to their word {config.length} only")
    for number, text in enumerate(found[:_SCORED], 1):
        words, effects = word_effects(model, text, config.length)
        said = names[int(probabilities[number - 1].argmax())]
        title = f"{said}: {probabilities[number - 1].max():.3f}; each word's part in {names[1]}"
        context.figure(f"words_{number}", plots.words(words, effects, title))
    chosen = np.array(names)[probabilities.argmax(axis=1)]
    return pd.DataFrame({"text": found, "answer": chosen, f"p_{names[1]}": probabilities[:, 1]})


def word_effects(
    model: keras.Model, text: str, length: int
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The effect of each word: log odds of the second class less those without the word.

    Args:
        model: A model from texts to probabilities of two classes.
        text: The text.
        length: Words that the model reads.

    Returns:
        The words as the network reads them, and the effect of each.
    """
    (words,) = texts.words([text])
    words, after = words[:length], words[length : length + 1]
    without = [" ".join(words[:i] + words[i + 1 :] + after) for i in range(len(words))]
    found = training.predict(model, np.array([" ".join(words), *without], object)).astype(float)
    odds = np.log(np.maximum(found[:, 1], 1e-12)) - np.log(np.maximum(found[:, 0], 1e-12))
    return words, odds[0] - odds[1:]


def _texts(part: Examples) -> npt.NDArray[np.object_]:
    assert isinstance(part.x, np.ndarray)
    return part.x


def _cleaned(found: npt.NDArray[np.object_]) -> pd.Series:
    return pd.Series([" ".join(words) for words in texts.words(found)])


def _first(cleaned: pd.Series) -> npt.NDArray[np.int64]:
    return np.flatnonzero(~cleaned.duplicated().to_numpy())


def _numbered(vectorizer: Any, part: Examples) -> Examples:
    numbers = texts.numbers(vectorizer, _texts(part))
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

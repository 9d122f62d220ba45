"""Answers about a user's own texts, and which of their words moved them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import plots, texts
from supervised.core.job import Context
from supervised.datasets.own_texts import Text
from supervised.recurrent import reading

_SCORED = 16  # texts whose words are looked into
_TOLD = 3  # texts at most, where the words that moved the answers are told
_TELLING = 5  # such words for each side
_SMALLEST = 0.005  # effect that is not 0.00


def answers(
    model: keras.Model,
    given: Sequence[Text],
    names: Sequence[str],
    length: int,
    context: Context,
) -> pd.DataFrame:
    """Classifies a user's own texts, and shows which words moved the probabilities.

    Of two classes they are those for the second one, of more those for the answer. Where a text is
    of a file, the table says of which, and in which row.

    Args:
        model: A model of `reading.learn`.
        length: Words of a text that the model reads.
    """
    found = [each.words for each in given]
    probabilities = reading.said(model, np.array(found, object))  # [N, C]
    chosen = probabilities.argmax(axis=1)
    cut = sum(len(words) > length for words in texts.words(found))
    if cut:
        context.say(f"{cut} of {len(found)} texts are read up to their word {length} only")
    for number, text in enumerate(found[:_SCORED]):
        answer = int(chosen[number])
        of_class = 1 if len(names) == 2 else answer
        words, effects = word_effects(model, text, length, of_class)
        if len(found) <= _TOLD:
            context.say(_telling(words, effects, names[of_class], _others(names, of_class)))
        shown = f"{names[answer]}: {probabilities[number, answer]:.3f}"
        sides = names[of_class], _others(names, of_class)
        context.figure(f"words_{number + 1}", plots.words(words, effects, shown, sides))
    table = pd.DataFrame({**_places(given), "text": found, "answer": np.array(names)[chosen]})
    if len(names) == 2:
        return table.assign(**{f"p_{names[1]}": probabilities[:, 1]})
    table["probability"] = probabilities.max(axis=1)
    return table.assign(**{f"p_{name}": probabilities[:, i] for i, name in enumerate(names)})


def _places(given: Sequence[Text]) -> dict[str, Any]:
    """The files of texts and their rows in these, where there are any."""
    places: dict[str, Any] = {}
    if any(each.file for each in given):
        places["file"] = [each.file for each in given]
    if any(each.row is not None for each in given):
        places["row"] = pd.array([each.row for each in given], dtype="Int64")
    return places


def word_effects(
    model: keras.Model, text: str, length: int, of_class: int
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The effect of each word: log odds of a class less those without the word.

    Args:
        model: A model of `reading.learn`.
        length: Words that the model reads.
        of_class: Number of the class, whose odds are against all others.

    Returns:
        The words as the network reads them, and the effect of each.
    """
    (words,) = texts.words([text])
    words, after = words[:length], words[length : length + 1]
    without = [" ".join(words[:i] + words[i + 1 :] + after) for i in range(len(words))]
    found = reading.said(model, np.array([" ".join(words), *without], object)).astype(float)
    others = np.delete(found, of_class, axis=1).sum(axis=1)
    odds = np.log(np.maximum(found[:, of_class], 1e-12)) - np.log(np.maximum(others, 1e-12))
    return words, odds[0] - odds[1:]


def _telling(words: Sequence[str], effects: npt.NDArray[np.float64], name: str, others: str) -> str:
    """The words that moved an answer most to each side, in a line."""
    order = np.argsort(-np.abs(effects), kind="stable")
    sides = []
    for side, sign in ((name, 1), (others, -1)):
        few = [i for i in order if sign * effects[i] >= _SMALLEST][:_TELLING]
        if few:
            sides.append(f"for {side}: " + ", ".join(f"{words[i]} {effects[i]:+.2f}" for i in few))
    return "; ".join(sides) or "no word of the text moves the answer by itself"


def _others(names: Sequence[str], of_class: int) -> str:
    return names[1 - of_class] if len(names) == 2 else "other classes"

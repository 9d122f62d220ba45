"""Encodes texts for Keras: a text goes in, numbers of words come out; saved inside the model."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers

UNKNOWN = 1
"""Number of every word that is not in the vocabulary. The vocabulary has the numbers above it, and
0 stands for no word."""

_TextVectorization: Any = layers.TextVectorization  # its annotations leave out what it documents
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " ", "&amp;": "&"}


@keras.saving.register_keras_serializable("actorlab")
def standardize(texts: Any) -> Any:
    """Texts as words with single spaces between them.

    Markup is removed, entities become their characters, letters become small. Every digit becomes a
    0, so that numbers differ by their length alone. Every mark is a word of its own.
    """
    texts = tf.strings.regex_replace(texts, "<[a-zA-Z/!][^>]*>", " ")
    for entity, character in _ENTITIES.items():
        texts = tf.strings.regex_replace(texts, entity, character)
    texts = tf.strings.lower(texts, encoding="utf-8")
    texts = tf.strings.regex_replace(texts, r"\p{Nd}", "0")
    texts = tf.strings.regex_replace(texts, r"([^\p{L}\p{M}\p{N}'\s])", r" \1 ")
    return tf.strings.strip(tf.strings.regex_replace(texts, r"\s+", " "))


def words(texts: Iterable[str]) -> list[list[str]]:
    """The words of each text, as `standardize` gives them."""
    found = standardize(tf.constant(list(texts)))
    return [text.decode().split() for text in found.numpy()]


def vectorizer(texts: Iterable[str], *, length: int, fewest: int, most: int) -> Any:
    """A layer from texts [B] to numbers of words [B, length]: 0 is no word, 1 an unknown one.

    Its vocabulary comes from the training texts alone, commonest words first; the book (ch. 6)
    fits it on the test's texts, too. Longer texts are cut at their end.

    Args:
        texts: Training texts, and no others.
        length: Words of a text that are read.
        fewest: Times that a word must occur in the training texts to be in the vocabulary.
        most: Words of the vocabulary at most.
    """
    counts = Counter(word for text in words(texts) for word in text)
    known = sorted((w for w in counts if counts[w] >= fewest), key=lambda w: (-counts[w], w))
    return _TextVectorization(
        standardize=standardize,
        split="whitespace",
        output_sequence_length=length,
        vocabulary=known[:most] or ["<nothing>"],
        name="words",
    )


def numbers(vectorizer: Any, texts: Iterable[str]) -> npt.NDArray[np.int32]:
    """The numbers of words [N, length] of texts [N]."""
    return np.asarray(vectorizer(tf.constant(list(texts))), np.int32)


def export(vectorizer: Any, core: keras.Model) -> keras.Model:
    """The model to save: the vectorizer, followed by a model of numbers of words."""
    inputs = keras.Input((), dtype="string", name="text")
    return keras.Model(inputs, core(vectorizer(inputs)))

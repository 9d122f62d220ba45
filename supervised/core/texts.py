"""Encodes texts for Keras: words with spaces between them go in, their numbers come out.

The cleaning is outside of the saved model, which is made of Keras' own layers and takes cleaned
texts: loading it needs nothing of this project. `CLEANING` is all that a text goes through.
"""

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

CLEANING = (
    ("<[a-zA-Z/!][^>]*>", " "),  # markup
    *(("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&nbsp;", " ")),
    ("&amp;", "&"),
    (r"\p{Nd}", "0"),  # numbers differ by their length alone
    (r"([^\p{L}\p{M}\p{N}'\s])", r" \1 "),  # every mark is a word of its own
    # Chinese and Japanese have no gaps between words: every character is one.
    (r"([\x{3040}-\x{30FF}\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}])", r" \1 "),
    (r"\s+", " "),
    ("^ | $", ""),
)
"""What is replaced in a text by what, in this order, as TensorFlow's `regex_replace` has it; after
that all letters become small."""

_TextVectorization: Any = layers.TextVectorization  # its annotations leave out what it documents


def cleaned(texts: Iterable[str]) -> npt.NDArray[np.object_]:
    """Texts [N] as words with single spaces between them; cleaning them again changes nothing.

    Markup is removed, entities become their characters, letters become small. Every digit becomes a
    0, and every mark is a word of its own.
    """
    found: Any = tf.constant(list(texts), tf.string)
    for pattern, replacement in CLEANING:
        found = tf.strings.regex_replace(found, pattern, replacement)
    found = tf.strings.lower(found, encoding="utf-8").numpy()
    return np.array([text.decode() for text in found], object)


def words(texts: Iterable[str]) -> list[list[str]]:
    """The words of each text, as `cleaned` gives them."""
    return [text.split() for text in cleaned(texts)]


def vectorizer(texts: Iterable[str], *, length: int, fewest: int, most: int) -> Any:
    """A layer from cleaned texts [B] to numbers of words [B, length]: 0 is none, 1 an unknown one.

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
        standardize=None,
        split="whitespace",
        output_sequence_length=length,
        vocabulary=known[:most] or ["<nothing>"],
        name="words",
    )


def numbers(vectorizer: Any, texts: Iterable[str]) -> npt.NDArray[np.int32]:
    """The numbers of words [N, length] of texts [N]."""
    return np.asarray(vectorizer(tf.constant(cleaned(texts))), np.int32)


def export(vectorizer: Any, core: keras.Model) -> keras.Model:
    """The model to save: the vectorizer, followed by a model of numbers of words.

    It takes cleaned texts.
    """
    inputs = keras.Input((), dtype="string", name="text")
    return keras.Model(inputs, core(vectorizer(inputs)))

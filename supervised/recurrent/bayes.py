"""Multinomial naive Bayes on counts of words: what a network of texts has to beat."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised import texts


def probabilities(
    train: Iterable[str], labels: npt.NDArray[Any], unseen: Iterable[str]
) -> npt.NDArray[np.float64]:
    """Probabilities [M, C] of unseen texts [M], from training texts [N] and their classes [N]."""
    from sklearn.feature_extraction.text import CountVectorizer  # slow to import
    from sklearn.naive_bayes import MultinomialNB

    vectorizer: Any = CountVectorizer  # its annotations leave out what it documents
    counter = vectorizer(analyzer=_as_they_are)
    bayes = MultinomialNB().fit(counter.fit_transform(texts.words(train)), labels)
    return bayes.predict_proba(counter.transform(texts.words(unseen)))


def _as_they_are(words: list[str]) -> list[str]:
    return words

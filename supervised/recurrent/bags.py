"""Classifiers of texts that ignore the order of words: controls that a network must beat."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.core import scores, texts

Probabilities = npt.NDArray[np.float64]

_ITERATIONS = 1_000


def probabilities(
    train: Iterable[str], labels: npt.NDArray[Any], unseen: Iterable[str], classes: int
) -> dict[str, Probabilities]:
    """Predictions by multinomial naive Bayes on word counts, and by logistic regression on tf-idf.

    Args:
        train: [N] training texts.
        labels: [N] their classes.
        unseen: [M] texts to be classified.
        classes: C, of which some may have no training text: then their probability is 0.

    Returns:
        By name of the classifier, the probabilities [M, C] of the unseen texts.
    """
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer  # slow to import
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    vectorizer: Any = CountVectorizer  # its annotations leave out what it documents
    counter = vectorizer(analyzer=_as_they_are)
    counts = counter.fit_transform(texts.words(train))
    unseen_counts = counter.transform(texts.words(unseen))
    bayes = MultinomialNB().fit(counts, labels)
    weigh = TfidfTransformer(sublinear_tf=True).fit(counts)
    regression = LogisticRegression(max_iter=_ITERATIONS).fit(weigh.transform(counts), labels)
    weighed = weigh.transform(unseen_counts)
    return {
        "naive Bayes": scores.of_all_classes(bayes, unseen_counts, classes),
        "logistic regression": scores.of_all_classes(regression, weighed, classes),
    }


def _as_they_are(words: list[str]) -> list[str]:
    return words

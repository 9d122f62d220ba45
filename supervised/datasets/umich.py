"""Sentences about films and cars, good and bad: UMICH SI650 (Kaggle in class, 2011)."""

import numpy as np

from supervised.datasets import finding, imdb, messages
from supervised.datasets.messages import LabelledTexts
from supervised.datasets.source import Info, RemoteFile

INFO = Info(
    name="umich",
    title="UMICH SI650: 7,086 sentences of opinion, four in five of them copies",
    source="https://www.kaggle.com/c/si650winter11",
    licence="Kaggle's rules, those of the competition",
    size="0.4 MB",
    files=(RemoteFile(name="training.txt"),),
    folders=("si650winter11",),
    how="with a Kaggle login, training.txt of https://www.kaggle.com/c/si650winter11/data",
)

_WORDS = {"0": 0, "1": 1}
_PUBLISHED = (7_086, 3_995)  # sentences, and good ones among them


def synthetic(rng: np.random.Generator) -> LabelledTexts:
    """Generates sentences: the synthetic reviews of `imdb`, without training and test parts."""
    reviews = imdb.synthetic(rng)
    return LabelledTexts(
        name=INFO.name,
        kind="synthetic",
        texts=np.concatenate([reviews.train_texts, reviews.test_texts]),
        labels=np.concatenate([reviews.train_labels, reviews.test_labels]),
    )


load = finding.loader(
    INFO,
    read=lambda path: messages.read_set(INFO.name, path, _WORDS, _PUBLISHED),
    synthetic=synthetic,
)
"""Loads the sentences, most of which occur several times; good ones have label 1."""

"""Short messages, spam and not (Almeida, Gómez Hidalgo and Yamakami 2011)."""

import numpy as np

from supervised.datasets import finding, messages
from supervised.datasets.messages import LabelledTexts
from supervised.datasets.source import Info, RemoteFile

INFO = Info(
    name="sms",
    title="SMS spam collection: 5,574 short messages, 747 of them spam",
    source="https://archive.ics.uci.edu/dataset/228/sms+spam+collection",
    licence="CC BY 4.0",
    size="0.2 MB packed, 0.5 MB",
    files=(
        RemoteFile(
            name="SMSSpamCollection",
            urls=("https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip",),
            sha256="7d039a24a6083ed9ef0f806ebad56bbb976e3aeb8de05669173bfdc4996c239d",
            members=("SMSSpamCollection",),
            alternatives=("SMSSpamCollection.txt", "SMSSpamCollection.csv", "spam.csv"),
        ),
    ),
    folders=("sms+spam+collection", "smsspamcollection", "sms-spam-collection-dataset"),
    how="from https://archive.ics.uci.edu/dataset/228, its zip, or Kaggle's spam.csv",
)

NAMES = ("ham", "spam")

_WORDS = {"ham": 0, "spam": 1, "0": 0, "1": 1}
_PUBLISHED = (5_574, 747)  # messages, and spam among them


# fmt: off
_COMMON = (
    "you", "call", "me", "now", "to", "your", "for", "the", "at", "on", "so", "is", "that", "when",
    "can", "and", "get", "this", "will", "up",
)
_HAM = (
    "home", "later", "sorry", "love", "going", "work", "dinner", "sleep", "class", "tomorrow",
    "mum", "friend", "meet", "bus", "ok",
)
_SPAM = (
    "free", "prize", "claim", "winner", "cash", "urgent", "reply", "mobile", "award", "guaranteed",
    "tone", "offer", "txt",
)
# fmt: on


def synthetic(rng: np.random.Generator, *, count: int = 1_200) -> LabelledTexts:
    """Generates messages of common words and some words of their kind; an eighth are spam.

    One message in twenty has words of the other kind only, so nobody can be right about all.
    """
    labels = (rng.permutation(count) < count // 8).astype(np.int32)
    own = np.where(rng.random(count) < 0.05, 1 - labels, labels)  # [N] whose words it has
    texts = []
    for kind in own:
        words = [*rng.choice(_COMMON, rng.integers(4, 12)), *rng.choice((_HAM, _SPAM)[kind], 3)]
        if kind:
            words.append(str(rng.integers(80_000, 90_000)))
        texts.append(" ".join(rng.permutation(words)))
    return LabelledTexts(
        name=INFO.name, kind="synthetic", texts=np.array(texts, object), labels=labels
    )


load = finding.loader(
    INFO,
    read=lambda path: messages.read_set(INFO.name, path, _WORDS, _PUBLISHED),
    synthetic=synthetic,
)
"""Loads the messages, whose labels are places in `NAMES`."""

"""Short messages, spam and not (Almeida, Gómez Hidalgo and Yamakami 2011)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from supervised.datasets import finding, messages
from supervised.datasets.source import DataError, DataKind, Info, RemoteFile, Source

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
            alternatives=("SMSSpamCollection.txt",),
        ),
    ),
    sample=None,
    how="from https://archive.ics.uci.edu/dataset/228, unpack SMSSpamCollection from its zip",
)

NAMES = ("ham", "spam")

_PUBLISHED = (5_574, 747)  # messages, and spam among them
_FEWEST = 100


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Messages and whether they are spam.

    Attributes:
        name: Of the set.
        kind: 5,574 messages where real; every other file of the format is a sample; 1,200 where
            synthetic.
        note: What was left out, or "".
        texts: [N] str objects; none is empty.
        labels: [N] int32, places in `NAMES`.
    """

    name: str = INFO.name
    kind: DataKind
    note: str = ""
    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.int32]


def load(source: Source, *, seed: int = 0) -> Messages:
    """Loads the messages as the source wants them; `seed` is that of the generated ones.

    Raises:
        DataError: They are missing, or the file is not in the published format.
    """
    return finding.load(
        INFO,
        source,
        read=_read,
        synthetic=lambda: synthetic(np.random.default_rng(seed)),
    )


def _read(paths: tuple[Path, ...]) -> Messages:
    (path,) = paths
    found = messages.read(path, NAMES)
    count, spam = len(found.labels), int(found.labels.sum())
    if not found.skipped and (count, spam) == _PUBLISHED:
        return Messages(kind="real", texts=found.texts, labels=found.labels)
    if min(spam, count - spam) == 0 or count < _FEWEST:
        raise DataError(
            f"{path}: has {count:,} messages, {spam:,} of them spam; expected {_FEWEST} or more, "
            "of both kinds"
        )
    note = f"{count:,} messages, where {_PUBLISHED[0]:,} are published"
    if found.skipped:
        note += f"; {found.skipped:,} empty lines or messages were left out"
    return Messages(kind="sample", note=note, texts=found.texts, labels=found.labels)


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


def synthetic(rng: np.random.Generator, *, count: int = 1_200) -> Messages:
    """Messages of common words, with some of one kind's own; an eighth are spam.

    One message in twenty has words of the other kind only: no reader can be right about all.

    Args:
        rng: Draws everything.
        count: Messages.
    """
    labels = (rng.permutation(count) < count // 8).astype(np.int32)
    own = np.where(rng.random(count) < 0.05, 1 - labels, labels)  # [N] whose words it has
    texts = []
    for kind in own:
        words = [*rng.choice(_COMMON, rng.integers(4, 12)), *rng.choice((_HAM, _SPAM)[kind], 3)]
        if kind:
            words.append(str(rng.integers(80_000, 90_000)))
        texts.append(" ".join(rng.permutation(words)))
    return Messages(kind="synthetic", texts=np.array(texts, object), labels=labels)

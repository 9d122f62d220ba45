"""A user's labelled texts, read and divided, and what is kept of them beside the model."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import kept as keeping
from supervised.core import rows
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.texts import cleaned
from supervised.datasets.source import DataError, some
from supervised.own import columns, parts, tested, text_files
from supervised.own.configs import TextConfig
from supervised.own.layout import Header
from supervised.own.targets import Target
from supervised.own.tested import Answered, Divided
from supervised.own.text_files import Found, Kept
from supervised.recurrent import reading


@dataclass(frozen=True, kw_only=True)
class Labelled(Answered):
    """Texts and their labels.

    Attributes:
        texts: [N] str objects, as they are.
    """

    texts: npt.NDArray[np.object_]

    @property
    def examples(self) -> Examples:
        """The texts and their answers, as a training takes them."""
        return Examples(x=self.texts, y=self.answers)

    def hashes(self) -> rows.Hashes:
        """Hashes of the texts [N], in which only words make a difference."""
        return rows.of_texts(cleaned(self.texts))


@dataclass(frozen=True, kw_only=True)
class Texts(Kept, Divided[Labelled]):
    """Different texts, read and divided."""


def read(config: TextConfig, context: Context) -> Texts:
    """Reads and divides the texts, and says what was found.

    Raises:
        InputError, DataError: As `labelled` does; or nothing is left to learn from, or to test on.
    """
    opened = text_files.labelled(config)
    found: Found = context.load(lambda _: opened[0])
    _, known, others = opened
    for line in (f"{found.name}: {found.words}", *found.remarks):
        context.say(line)
    context.say(f"texts are in the column {known.column!r}; {known.target.in_words}")
    every, frame = _usable(found, known, context)
    first, copies = _first(every, "")
    every = every.take(first)
    frame = frame.iloc[first].reset_index(drop=True)
    cut = parts.divided(frame, every.answers, config.fractions, context, **others)
    tested.require_two_classes(known.target.classes, every.answers[cut.seen], others)
    test, left_out = every.take(cut.test), ()
    if config.test is not None:
        test = other(config.test, config.header, known, context)
        seen = every.take(cut.seen).hashes()
        new, left_out = tested.apart(test.hashes(), seen, config.test, "text")
        test = test.take(new)
    by = others.get("group", "")
    groups, of_groups = tested.groups_of(config, frame, by, cut.test, "text")
    lacking = _lacking(known.target, every.answers[cut.train], test.answers)
    few = tested.few(len(test), "text")
    notes = (cut.words, *copies, *left_out, *of_groups, *lacking, *few)
    for line in notes:
        context.say(line)
    return Texts(**vars(known), every=every, parts=cut, test=test, groups=groups, notes=notes)


def other(path: Path, header: Header, known: Kept, context: Context) -> Labelled:
    """The texts of another file or folder than the training's that can be scored, each once.

    Raises:
        DataError: There are none, or they have no column of texts and labels as in training.
    """
    name = "/".join(path.absolute().parts[-2:])  # the training's file may have the same one
    found: Found = context.load(lambda _: replace(text_files.read(path, header), name=name))
    names = known.column, known.target.name
    as_in_training = all(name in found.names for name in names)
    column, name = names if as_in_training else text_files.columns_of(found, "", "")
    here = Kept(column=column, target=replace(known.target, name=name))
    every, frame = _usable(found, here, context)
    written = columns.of(frame, name)
    scored = tested.answerable(every, written, known.target, ("text", "label"), path, context)
    first, copies = _first(scored, f" of {path.name}")
    for line in copies:
        context.say(line)
    return scored.take(first)


def _usable(found: Found, known: Kept, context: Context) -> tuple[Labelled, pd.DataFrame]:
    """Texts with a word and a label, and their rows; says what has none."""
    frame, target = found.frame, known.target
    texts = columns.to_words(columns.of(frame, known.column))
    has_words = cleaned(texts) != ""
    has_label = columns.of(frame, target.name).notna().to_numpy()
    for lacking, what in (
        (~has_words, "text: left out"),
        (~has_label, f"label in {target.name}: left out; NA, None, null and such are none"),
    ):
        if lacking.any():
            context.say(f"{lacking.sum():,} of {len(frame):,} rows have no {what}")
    kept = np.flatnonzero(has_words & has_label)
    if not len(kept):
        raise DataError(f"{found.name}: no row has a text in {known.column!r} and a label")
    frame = frame.iloc[kept].reset_index(drop=True)
    answers = target.values(columns.of(frame, target.name))
    return Labelled(texts=texts[kept], answers=answers), frame


def _first(every: Labelled, of: str) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The first of all texts `of` a file with the same words, and notes on the others."""
    first, labels = tested.first_of_equals(cleaned(every.texts).astype(str)), every.answers
    kept = np.unique(first)
    if not (copies := len(first) - len(kept)):
        return kept, ()
    notes = (f"{copies:,} texts{of} that repeat the words of another one were left out",)
    others = int(np.sum(labels != labels[first]))
    notes += (f"{others:,} of them have another label than the first: it stays",) * bool(others)
    return kept, notes


def _lacking(
    target: Target, train: npt.NDArray[np.int32], test: npt.NDArray[np.int32]
) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    for labels, what in (
        (train, "has no training text, and is never the answer"),
        (test, "has no test text"),
    ):
        lacking = [name for i, name in enumerate(target.classes) if i not in labels]
        if lacking:
            notes += (f"each of these classes {what}: {some(lacking)}",)
    return notes


def keep(texts: Texts, length: int, context: Context) -> None:
    """Keeps what `predict`, `evaluate` and any other program need beside the model."""
    target = texts.target
    reading.keep(target.classes, length, context, column=texts.column, target=target.name)
    rows.remember(context, texts.seen.hashes(), texts.test.hashes())


def kept(context: Context) -> Kept:
    """What `keep` has kept in the run's folder.

    Raises:
        DataError: There is nothing.
    """
    about = keeping.read(reading.KEPT, context)
    target = Target(name=about["target"], task="classification", classes=tuple(about["classes"]))
    return Kept(column=about["column"], target=target)

"""A user's labelled texts, read and divided, and what is kept of them beside the model."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.texts import cleaned
from supervised.datasets.source import DataError
from supervised.own import columns, parts, text_files
from supervised.own.configs import TextConfig
from supervised.own.layout import Header
from supervised.own.targets import Target
from supervised.own.text_files import Found, Kept
from supervised.recurrent import reading

_FEW_TO_TEST = 20  # texts; fewer tell no two models apart
_NAMED = 5  # classes that a line names


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Texts and their labels.

    Attributes:
        texts: [N] str objects, as they are.
        answers: [N] classes.
    """

    texts: npt.NDArray[np.object_]
    answers: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def examples(self) -> Examples:
        """The texts and their answers, as a training takes them."""
        return Examples(x=self.texts, y=self.answers)

    def take(self, chosen: npt.NDArray[Any]) -> "Labelled":
        """Those in these rows."""
        return Labelled(texts=self.texts[chosen], answers=self.answers[chosen])

    def hashes(self) -> rows.Hashes:
        """Hashes of the texts [N], in which only words make a difference."""
        return rows.of_texts(cleaned(self.texts))


@dataclass(frozen=True, kw_only=True)
class Texts(Kept):
    """Texts, read and divided.

    Attributes:
        every: All different texts that have a label.
        parts: Which of them are for what.
        test: The test texts.
        groups: [N] the group of each test text; None where errors take texts as independent.
        notes: What a reader of the scores must know.
    """

    every: Labelled
    parts: parts.Parts
    test: Labelled
    groups: npt.NDArray[Any] | None
    notes: tuple[str, ...]

    @property
    def seen(self) -> Labelled:
        """The texts for training and validation."""
        return self.every.take(np.concatenate([self.parts.train, self.parts.validation]))


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
    first, copies = _first(every)
    every = every.take(first)
    frame = frame.iloc[first].reset_index(drop=True)
    test = 0.0 if config.test is not None else config.test_fraction
    fractions = (1 - test - config.validation_fraction, config.validation_fraction, test)
    group, time = (others[0] if flag else "" for flag in (config.group, config.time))
    cut = parts.divided(frame, every.answers, fractions, context, group=group, time=time)
    seen = every.take(np.concatenate([cut.train, cut.validation])).hashes()
    groups, notes = None, (cut.words, *copies)
    if config.test is not None:
        tested, left_out = _apart(config.test, config.header, known, seen, context)
        notes += left_out
        if group:
            notes += ("errors take the test texts as independent, whatever their --group",)
    else:
        tested = every.take(cut.test)
        if group:
            groups = columns.to_words(columns.of(frame, group))[cut.test].astype(str)
            notes += (f"the test has {len(np.unique(groups)):,} of {group}: errors are over these",)
    notes += _lacking(known.target, every.answers[cut.train], tested.answers)
    for line in notes:
        context.say(line)
    return Texts(
        **vars(known),
        every=every,
        parts=cut,
        test=tested,
        groups=groups,
        notes=notes,
    )


def other(path: Path, header: Header, known: Kept, context: Context) -> Labelled:
    """The texts of another file or folder than the training's that can be scored.

    Raises:
        DataError: There are none, or they have no column of texts and labels as in training.
    """
    name = "/".join(path.absolute().parts[-2:])  # the training's file may have the same one
    found: Found = context.load(lambda _: replace(text_files.read(path, header), name=name))
    names = known.column, known.target.name
    as_in_training = all(name in found.names for name in names)
    column, name = names if as_in_training else text_files.columns_of(found, "", "")
    here = Kept(column=column, target=Target(**{**vars(known.target), "name": name}))
    every, _ = _usable(found, here, context)
    can = every.answers >= 0
    if not can.all():
        context.say(f"{np.sum(~can):,} texts are of classes that the training has not: left out")
    if not can.any():
        which = columns.some([repr(name) for name in known.target.classes], _NAMED)
        raise DataError(f"{path}: no text has a label of the training, such as {which}")
    return every.take(np.flatnonzero(can))


def _usable(found: Found, known: Kept, context: Context) -> tuple[Labelled, pd.DataFrame]:
    """Texts with a word and a label, and their rows; says what has none."""
    frame, target = found.frame, known.target
    texts = columns.to_words(columns.of(frame, known.column))
    has_words = cleaned(texts) != ""
    has_label = columns.of(frame, target.name).notna().to_numpy()
    for lacking, what in ((~has_words, "text"), (~has_label, f"label in {target.name}")):
        if lacking.any():
            context.say(f"{lacking.sum():,} of {len(frame):,} rows have no {what}: left out")
    kept = np.flatnonzero(has_words & has_label)
    if not len(kept):
        raise DataError(f"{found.name}: no row has a text in {known.column!r} and a label")
    frame = frame.iloc[kept].reset_index(drop=True)
    answers = target.values(columns.of(frame, target.name))
    return Labelled(texts=texts[kept], answers=answers), frame


def _first(every: Labelled) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The first of all texts with the same words, and notes on the others."""
    words, labels = cleaned(every.texts).astype(str), every.answers
    _, places, of_text = np.unique(words, return_index=True, return_inverse=True)
    copies = len(words) - len(places)
    if not copies:
        return np.arange(len(words)), ()
    notes = (f"{copies:,} texts that repeat the words of another one were left out",)
    others = int(np.sum(labels != labels[places][of_text]))
    notes += (f"{others:,} of them have another label than the first: it stays",) * bool(others)
    return np.sort(places), notes


def _apart(
    path: Path, header: Header, known: Kept, seen: rows.Hashes, context: Context
) -> tuple[Labelled, tuple[str, ...]]:
    """The texts of a file or folder of test texts that are no training texts, and a note."""
    found = other(path, header, known, context)
    new = ~np.isin(found.hashes(), seen)
    if not new.any():
        raise DataError(f"--test {path}: has no text that is not trained on")
    notes = (f"{np.sum(~new):,} texts of {path.name} are training texts: left out",)
    return found.take(np.flatnonzero(new)), notes * bool((~new).any())


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
            notes += (f"each of these classes {what}: {columns.some(lacking, _NAMED)}",)
    if len(test) < _FEW_TO_TEST:
        notes += (f"the test has {len(test):,} texts only: its scores say little",)
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
    contents = context.kept(reading.KEPT)
    if contents is None:
        raise DataError(f"the run's folder lacks {reading.KEPT}")
    about = json.loads(contents)
    target = Target(name=about["target"], task="classification", classes=tuple(about["classes"]))
    return Kept(column=about["column"], target=target)

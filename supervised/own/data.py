"""A user's table, read, divided and encoded, and what is kept of it beside the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import kept as keeping
from supervised.core import rows
from supervised.core.job import Context, InputError, ModelNames
from supervised.datasets.source import DataError
from supervised.own import columns, files, numbers, parts, targets, tested
from supervised.own.columns import Columns
from supervised.own.configs import TableConfig
from supervised.own.files import OwnFile
from supervised.own.targets import Target
from supervised.own.tested import Answered, Divided

_COLUMNS = "columns.json"


@dataclass(frozen=True, kw_only=True)
class Rows(Answered):
    """Rows of a table as a model takes them.

    Attributes:
        numbers: [N, D].
        words: [N, W].
    """

    numbers: npt.NDArray[np.float32]
    words: npt.NDArray[Any]

    @classmethod
    def of(cls, frame: pd.DataFrame, known: Columns, target: Target) -> "Rows":
        numbers, words = known.values(frame)
        return cls(
            numbers=numbers, words=words, answers=target.values(columns.of(frame, target.name))
        )

    def hashes(self) -> rows.Hashes:
        return rows.of_table(self.numbers, self.words, self.answers)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What new rows are read by.

    Attributes:
        target: What is predicted.
        columns: What the columns of the training are.
        names: Names of all its columns.
        header: Whether the file of the training named its columns.
    """

    target: Target
    columns: Columns
    names: tuple[str, ...]
    header: bool


@dataclass(frozen=True, kw_only=True)
class Table(Kept, Divided[Rows]):
    """A table, read and divided."""


def read(config: TableConfig, context: Context) -> Table:
    """Reads and divides the table, and says what was found.

    Raises:
        InputError: The table or its target is not named.
        DataError: There is nothing in it to learn from, or to test on.
    """
    file = opened(config, context)
    name, apart = columns_of(config, file)
    frame, forms = file.read()
    for line in numbers.in_words(forms):
        context.say(line)
    target = targets.told(columns.of(frame, name), config.task)
    context.say(target.in_words)
    frame = _with_answers(frame, target, context)
    answers = target.values(columns.of(frame, name))
    cut = divided(config, frame, answers, target, file.names, context)
    context.say(cut.words)
    by = columns.order_of(config, file.names)
    tested.require_two_classes(target.classes, answers[cut.seen], by)
    told = columns.told(frame.iloc[cut.train], {name, *apart})
    known = replace(told, forms=forms)
    for line in known.in_words():
        context.say(line)
    every = Rows.of(frame, known, target)
    about = Kept(columns=known, target=target, header=file.header, names=file.names)
    if config.test is None:
        test, notes = every.take(cut.test), ()
        if again := int(np.isin(test.hashes(), every.take(cut.seen).hashes()).sum()):
            what = "test rows equal a training row in all inputs and in the target"
            notes = (f"{again:,} of {len(test):,} {what}",)
    else:
        found = other(config.test, about, context)
        seen = every.take(cut.seen).hashes()
        new, notes = tested.apart(found.hashes(), seen, config.test, "row")
        test = found.take(new)
    groups, of_groups = tested.groups_of(config, frame, by.get("group", ""), cut.test, "row")
    return Table(
        **vars(about),
        every=every,
        parts=cut,
        test=test,
        groups=groups,
        notes=(cut.words, *notes, *of_groups, *tested.few(len(test), "row")),
    )


def named(config: TableConfig) -> OwnFile:
    """Opens the table that the settings name.

    Raises:
        InputError: They name none.
        DataError: It is none.
    """
    if config.csv is None:
        raise InputError("--csv is missing: the table, such as --csv houses.csv --target price")
    return files.opened(config.csv, config.header)


def columns_of(config: TableConfig, file: OwnFile) -> tuple[str, tuple[str, ...]]:
    """The target's column, and the others that are no inputs, by the settings.

    Raises:
        InputError: No target is named.
        DataError: There is no such column.
    """
    if not config.target:
        raise InputError(
            "--target is missing: which column is predicted; there are the "
            f"{columns.quoted(file.names)}"
        )
    name = columns.named(config.target, file.names, "--target")
    ignored = [columns.named(each, file.names, "--ignore") for each in config.ignore]
    return name, (*ignored, *columns.order_of(config, file.names).values())


def opened(config: TableConfig, context: Context) -> OwnFile:
    """Opens the table, and says how it is laid out.

    Raises:
        InputError, DataError: As `named` does.
    """
    file: OwnFile = context.load(lambda _: named(config))
    context.say(f"{file.path.name}: {file.words}")
    return file


def divided(
    config: TableConfig,
    frame: pd.DataFrame,
    answers: npt.NDArray[Any],
    target: Target,
    names: Sequence[str],
    context: Context,
) -> parts.Parts:
    """The rows for training, validation and test, as the settings want them."""
    return parts.divided(
        frame,
        answers if target.task == "classification" else None,
        config.fractions,
        context,
        **columns.order_of(config, names),
    )


def like_training(path: Path, known: Kept) -> OwnFile:
    """Opens a file with the columns of the training; without names it may lack the target's.

    Raises:
        DataError: It is no such file.
    """
    file = files.opened(path, "yes" if known.header else "no")
    without = [name for name in known.names if name != known.target.name]
    if not known.header and file.layout is not None and len(file.names) == len(without):
        file = file.renamed(without)
    try:
        known.columns.require(file.names, path)
    except DataError as error:
        nameless = files.opened(path).layout
        if not known.header or nameless is None or nameless.header:
            raise
        how = "give it one, or train with --header no"
        raise DataError(f"{error}; its first line is none of names: {how}") from None
    return file


def as_in_training(file: OwnFile, known: Kept) -> pd.DataFrame:
    """The rows of a file, with numbers and words as in training."""
    return file.read(known.columns.text, known.columns.forms)[0]


def answered(file: OwnFile, known: Kept, context: Context) -> tuple[Rows, pd.DataFrame]:
    """The rows of a file that have an answer, as the model takes them and as they are.

    Raises:
        DataError: The file lacks the target's column.
    """
    name = known.target.name
    if name not in file.names:
        raise DataError(f"{file.path}: lacks the column {name!r}, which is to be predicted")
    frame = _with_answers(as_in_training(file, known), known.target, context)
    return Rows.of(frame, known.columns, known.target), frame


def other(path: Path, known: Kept, context: Context) -> Rows:
    """The rows of another file than the training's that can be scored; says what is new in them.

    Raises:
        DataError: It is no such file, or a column of it cannot be read as in training.
    """
    file = like_training(path, known)
    context.load(lambda _: file)
    found, frame = answered(file, known, context)
    for line in known.columns.remarks(frame, path.name):
        context.say(line)
    written, what = columns.of(frame, known.target.name), ("row", known.target.name)
    return tested.answerable(found, written, known.target, what, path, context)


def _with_answers(frame: pd.DataFrame, target: Target, context: Context) -> pd.DataFrame:
    column = columns.of(frame, target.name)
    if target.task == "regression":
        lacking = np.isnan(target.values(column))
    else:
        lacking = column.isna().to_numpy()
    if lacking.any():
        context.say(f"{lacking.sum():,} of {len(frame):,} rows have no {target.name}: left out")
    return frame.iloc[np.flatnonzero(~lacking)].reset_index(drop=True)


def keep(table: Table, context: Context) -> None:
    """Keeps what `predict` and `evaluate` need beside the model."""
    keeping.keep(_COLUMNS, table, context, Kept)
    rows.remember(context, table.seen.hashes(), table.test.hashes())


def kept(context: Context) -> Kept:
    """What `keep` has kept in the run's folder.

    Raises:
        DataError: There is nothing.
    """
    return keeping.read(_COLUMNS, context, Kept)


def names(kept: Callable[[str], bytes | None]) -> ModelNames:
    """What the numbers and words of a trained model are called, by what `keep` has kept."""
    contents = kept(_COLUMNS)
    if contents is None:
        return ModelNames()
    known: Kept = keeping.parsed(contents, Kept)
    inputs = {"numbers": known.columns.number_names(), "words": list(known.columns.words)}
    return ModelNames(inputs=inputs, output=known.target.name, classes=known.target.classes)

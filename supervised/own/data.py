"""A user's table, read, divided and encoded, and what is kept of it beside the model."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows
from supervised.core.job import Context, InputError, ModelNames
from supervised.datasets.source import DataError
from supervised.own import columns, files, parts, targets
from supervised.own.columns import Columns
from supervised.own.configs import TableConfig
from supervised.own.files import OwnFile
from supervised.own.targets import Target

_COLUMNS = "columns.json"
_FEW_TO_TEST = 20  # rows; fewer tell no two models apart


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a table as a model takes them.

    Attributes:
        numbers: [N, D].
        words: [N, W].
        answers: [N] numbers or classes.
    """

    numbers: npt.NDArray[np.float32]
    words: npt.NDArray[Any]
    answers: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.answers)

    @classmethod
    def of(cls, frame: pd.DataFrame, known: Columns, target: Target) -> "Rows":
        numbers, words = known.values(frame)
        return cls(
            numbers=numbers, words=words, answers=target.values(columns.of(frame, target.name))
        )

    def take(self, chosen: npt.NDArray[Any]) -> "Rows":
        return Rows(
            numbers=self.numbers[chosen], words=self.words[chosen], answers=self.answers[chosen]
        )

    def hashes(self) -> rows.Hashes:
        return rows.of_table(self.numbers, self.words, self.answers)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What new rows are read by.

    Attributes:
        columns: What the columns of the training are.
        target: What is predicted.
        header: Whether the file of the training named its columns.
        names: Names of all its columns.
    """

    columns: Columns
    target: Target
    header: bool
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table(Kept):
    """A table, read and divided.

    Attributes:
        every: All rows with an answer.
        parts: Which of them are for what.
        test: The test rows.
        groups: [N] the group of each test row; None where errors take rows as independent.
        notes: What a reader of the scores must know.
    """

    every: Rows
    parts: parts.Parts
    test: Rows
    groups: npt.NDArray[Any] | None
    notes: tuple[str, ...]

    @property
    def seen(self) -> Rows:
        """The rows for training and validation."""
        return self.every.take(np.concatenate([self.parts.train, self.parts.validation]))


def read(config: TableConfig, context: Context) -> Table:
    """Reads and divides the table, and says what was found.

    Raises:
        InputError: The table or its target is not named.
        DataError: There is nothing in it to learn from, or to test on.
    """
    file = opened(config, context)
    name, apart = columns_of(config, file)
    frame = file.frame()
    target = targets.told(columns.of(frame, name), config.task)
    context.say(target.in_words)
    frame = _with_answers(frame, target, context)
    answers = target.values(columns.of(frame, name))
    cut = divided(config, frame, answers, target, file.names, context)
    context.say(cut.words)
    known = columns.told(frame.iloc[cut.train], {name, *apart})
    for line in known.in_words():
        context.say(line)
    every = Rows.of(frame, known, target)
    seen = every.take(np.concatenate([cut.train, cut.validation]))
    about = Kept(
        columns=known,
        target=target,
        header=file.layout is None or file.layout.header,
        names=file.names,
    )
    groups = None
    if config.test is None:
        test, notes = every.take(cut.test), ()
        again = int(np.isin(test.hashes(), seen.hashes()).sum())
        if again:
            what = "test rows equal a training row in all inputs and in the target"
            notes = (f"{again:,} of {len(test):,} {what}",)
        if config.group:
            by = columns.named(config.group, file.names, "--group")
            groups = columns.to_words(columns.of(frame, by))[cut.test].astype(str)
            notes += (f"the test has {len(np.unique(groups)):,} of {by}: errors are over these",)
    else:
        test, notes = _apart(config.test, about, seen, context)
        if config.group:
            notes += ("errors take the test rows as independent, whatever their --group",)
    if len(test) < _FEW_TO_TEST:
        notes += (f"the test has {len(test):,} rows only: its scores say little",)
    notes = (cut.words, *notes)
    return Table(**vars(about), every=every, parts=cut, test=test, groups=groups, notes=notes)


def _apart(path: Path, known: Kept, seen: Rows, context: Context) -> tuple[Rows, tuple[str, ...]]:
    """The rows of a file of test rows that are no training rows, and a note on those that are."""
    found = other(path, known, context)
    new = ~np.isin(found.hashes(), seen.hashes())
    if not new.any():
        raise DataError(f"--test {path}: has no row that is not trained on")
    notes = (f"{np.sum(~new):,} rows of {path.name} are training rows: left out",)
    return found.take(np.flatnonzero(new)), notes * bool((~new).any())


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
    given = [*(("--ignore", each) for each in config.ignore)]
    given += [("--group", config.group)] * bool(config.group)
    given += [("--time", config.time)] * bool(config.time)
    return name, tuple(columns.named(each, file.names, flag) for flag, each in given)


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
    test = 0.0 if config.test is not None else config.test_fraction
    fractions = (1 - test - config.validation_fraction, config.validation_fraction, test)
    return parts.divided(
        frame,
        answers if target.task == "classification" else None,
        fractions,
        context,
        group=config.group and columns.named(config.group, names, "--group"),
        time=config.time and columns.named(config.time, names, "--time"),
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


def answered(file: OwnFile, known: Kept, context: Context) -> tuple[Rows, pd.DataFrame]:
    """The rows of a file that have an answer, as the model takes them and as they are.

    Raises:
        DataError: The file lacks the target's column.
    """
    name = known.target.name
    if name not in file.names:
        raise DataError(f"{file.path}: lacks the column {name!r}, which is to be predicted")
    frame = _with_answers(file.frame(known.columns.text), known.target, context)
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
    return _answerable(found, known.target, context)


def _with_answers(frame: pd.DataFrame, target: Target, context: Context) -> pd.DataFrame:
    column = columns.of(frame, target.name)
    if target.task == "regression":
        lacking = np.isnan(target.values(column))
    else:
        lacking = column.isna().to_numpy()
    if lacking.any():
        context.say(f"{lacking.sum():,} of {len(frame):,} rows have no {target.name}: left out")
    return frame.iloc[np.flatnonzero(~lacking)].reset_index(drop=True)


def _answerable(found: Rows, target: Target, context: Context) -> Rows:
    """The rows with an answer that the model can give; others are counted."""
    can = found.answers >= 0 if target.task == "classification" else np.full(len(found), True)
    if not can.all():
        context.say(f"{np.sum(~can):,} rows are of classes that the training has not: left out")
    return found.take(np.flatnonzero(can))


def keep(table: Table, context: Context) -> None:
    """Keeps what `predict` and `evaluate` need beside the model."""
    about = {
        "target": asdict(table.target),
        "columns": table.columns.to_json(),
        "names": table.names,
        "header": table.header,
    }
    context.keep(_COLUMNS, json.dumps(about, ensure_ascii=False, indent=1).encode())
    rows.remember(context, table.seen.hashes(), table.test.hashes())


def kept(context: Context) -> Kept:
    """What `keep` has kept in the run's folder.

    Raises:
        DataError: There is nothing.
    """
    contents = context.kept(_COLUMNS)
    if contents is None:
        raise DataError(f"the run's folder lacks {_COLUMNS}")
    return _kept(contents)


def names(kept: Callable[[str], bytes | None]) -> ModelNames:
    """What the numbers and words of a trained model are called, by what `keep` has kept."""
    contents = kept(_COLUMNS)
    if contents is None:
        return ModelNames()
    known = _kept(contents)
    inputs = {"numbers": known.columns.number_names(), "words": list(known.columns.words)}
    return ModelNames(inputs=inputs, output=known.target.name, classes=known.target.classes)


def _kept(contents: bytes) -> Kept:
    about = json.loads(contents)
    target = Target(**{**about["target"], "classes": tuple(about["target"]["classes"])})
    return Kept(
        columns=Columns.from_json(about["columns"]),
        target=target,
        header=about["header"],
        names=tuple(about["names"]),
    )

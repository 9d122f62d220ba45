"""Reads a user's own texts: as they are given, a line each in a file, or a column of a table."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from supervised.datasets import headers, messages, tables
from supervised.datasets.listing import files_in
from supervised.datasets.source import DataError, read_text, refuse_impostor

_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
TWO_WORDS = re.compile(r"[^\W\d_]+\s+[^\W\d_]+")
"""What only texts have: two words, one after the other."""
_HEAD = 200  # rows from which names are told
_FEW = 3  # rows of words, of which too few come again to tell names from them


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text of a user's, and where it comes from.

    Attributes:
        words: The text itself.
        file: The file that has it; "" where it was given as it is.
        row: Its row of a table, or its line, from 1; None where the file is one text.
    """

    words: str
    file: str = ""
    row: int | None = None


def given(
    inputs: Sequence[str],
    column: str | None = None,
    usual: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Text]:
    """The texts of a user's inputs: each input is one, or names a file or a folder of them.

    A table has them in the column that is named, in one that is called as such columns are, or in
    the only one with sentences; any other file, and one in .txt, has one on each line. The files of
    a folder and of those in it are a text each, in the order of their names. Empty ones are left
    out, and counted.

    Args:
        inputs: Texts and files. What ends in .txt, .csv or .tsv and has no space is a file.
        column: The name of the column of tables that has the texts; None finds it.
        usual: The column that is taken where a table has it and none is named.
        say: Is told what is left out.

    Raises:
        DataError: A text is empty, a file cannot be read, or it is not plain where its texts are.
    """
    found: list[Text] = []
    for text in inputs:
        if not text.strip():  # Path("") would be the folder that the user is in
            raise DataError("an input is empty; give a text in quotes, or a file with texts")
        path = Path(text)
        named = text.lower().endswith(_SUFFIXES) and " " not in text
        if named or _is(path.is_file):
            rows = enumerate(_of_file(path, column, usual), 1)
            every = [Text(words=each, file=str(path), row=row) for row, each in rows]
            found += _with_words(path, every, "has no text", "rows have no text", say)
        elif _is(path.is_dir):
            every = [Text(words=_words_in(file), file=str(file)) for file in files_in(path)]
            none = "expected files with texts in this folder, found none"
            found += _with_words(path, every, none, "files are no texts", say)
        else:
            found.append(Text(words=text))
    return found


def _with_words(
    path: Path, every: Sequence[Text], none: str, others: str, say: Callable[[str], None]
) -> list[Text]:
    """What of a file or folder is not empty; `none` and `others` say what else there is."""
    found = [each for each in every if each.words.strip()]
    if not found:
        raise DataError(f"{path}: {none}")
    if left_out := len(every) - len(found):
        say(f"{path.name}: {left_out:,} of {len(every):,} {others}: left out")
    return found


def _words_in(file: Path) -> str:
    """The words in a file; "" where it is no text."""
    found = read_text(file).strip()
    return "" if "\0" in found else found


def _is(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (OSError, ValueError):  # a text may be too long for a name
        return False


def _of_file(path: Path, column: str | None, usual: str | None) -> list[str]:
    """The texts of the rows or lines of a file, "" where there is none."""
    refuse_impostor(path)
    text = read_text(path)
    if "\0" in text:
        raise DataError(f"{path}: expected texts or a table of them, found other bytes")
    plain = column is None and path.name.lower().removesuffix(".gz").endswith(".txt")
    texts = None if plain else _of_table(path, text, column, usual)
    if texts is None:
        texts = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    return texts


def _of_table(path: Path, text: str, column: str | None, usual: str | None) -> list[str] | None:
    """The texts of a table's column; None where the rows are those of no table."""
    said, first = "texts or a table of them", text.partition("\n")[0]
    try:
        rows = [row for row in tables.records(path, text, first, said) if row]
    except DataError:
        if column is None and messages.place_of(tables.fields(first), messages.TEXTS) is None:
            return None  # lines, of which one begins with a quotation mark
        raise
    names = [name.strip() for name in rows[0]] if rows else []
    if column is None and usual in names:
        column = usual
    if column is not None:
        if column not in names:
            raise DataError(
                f"{path}: --column {column}: there is no such column; it has {', '.join(names)}"
            )
        return _column(rows[1:], names.index(column))
    place = messages.place_of(names, messages.TEXTS)
    if place is not None:
        return _column(rows[1:], place)
    if {len(row) for row in rows} != {len(names)}:
        return None
    if len(names) == 1:
        return [row[0] for row in rows]
    telling = len(rows) > _FEW or any(map(headers.is_number, rows[-1]))
    has_names = telling and headers.has_names(rows[:_HEAD])
    has_names |= not any(map(TWO_WORDS.search, names))
    body = rows[1:] if has_names else rows
    sentences = [
        n
        for n in range(len(names))
        if 2 * sum(bool(TWO_WORDS.search(r[n])) for r in body) > len(body)
    ]
    if len(sentences) != 1:
        raise DataError(
            f"{path}: has the columns {', '.join(names)[:60]}; say which has the texts: "
            "--column NAME"
        )
    return [row[sentences[0]] for row in body]


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    """A field of each row, "" of those that end before it."""
    return [row[place] if place < len(row) else "" for row in rows]

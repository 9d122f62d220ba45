"""`python -m launch predict RUN INPUT [INPUT ...]`."""

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from common.errors import UsageError
from launch.commands.flags import RunFolder, parse, writing
from launch.config.supervised import SupervisedConfig
from launch.run_folder import description
from launch.run_folder.files import page, refuse_results

if TYPE_CHECKING:
    import pandas as pd

_CHANCES = 4  # classes whose probabilities are printed
_ALL, _FIRST = 20, 10  # rows that are all printed; those printed of more
_FEWEST, _LETTERS = 16, 50  # letters of a text, more of which is written with --out
_SMALLEST = 0.0005  # probability that is not 0.000
_STREAM = "-"
_TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".xlsx")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".pgm")


@dataclass(frozen=True, kw_only=True)
class PredictArguments:
    """Apply a run's trained model to your own rows, pictures or texts."""

    run: RunFolder
    """The run's folder."""
    inputs: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Files (CSV, pictures, folders of pictures) or texts, as the model takes them; - reads rows of
    CSV or a text a line from standard input."""
    column: str | None = None
    """The column of a table that has the texts, where the model takes texts."""
    out: Path | None = None
    """Write the predictions to this .csv as well, with the probability of every class, and the
    pictures that are drawn of them beside it."""


def run(arguments: Sequence[str]) -> int:
    """Prints predictions, a row each; of many the first ones and a count."""
    given: PredictArguments = parse(PredictArguments, "predict", arguments)
    if not given.inputs:
        raise UsageError("predict needs inputs: python -m launch predict RUN FILE [FILE ...]")
    if _STREAM in given.inputs and len(given.inputs) > 1:
        raise UsageError("- reads standard input, and is the only input then")
    _refuse_absent(given.run, given.inputs)
    if given.out is not None:
        refuse_results(given.out)
    from launch.jobs.supervised import trained

    if _STREAM in given.inputs:
        _print(*_written(trained.predict_stream(given.run, sys.stdin.buffer), given.out), given.out)
        return 0
    table, pictures = trained.predict(given.run, given.inputs, given.column)
    first, count = _written([table], given.out)
    beside = {}
    if given.out is not None:
        beside = {
            given.out.with_name(f"{given.out.stem}_{name}"): pictures[name] for name in pictures
        }
        with writing(given.out):
            for path, contents in beside.items():
                with page(path) as unfinished:
                    unfinished.write_bytes(contents)
    _print(first, count, given.out, *beside)
    return 0


def _refuse_absent(run: Path, inputs: Sequence[str]) -> None:
    """Makes sure that files are there, before the model is read: that takes seconds.

    Raises:
        UsageError: One is not, or there is no run.
    """
    _, config = description.read(run)
    takes_texts = isinstance(config, SupervisedConfig) and config.job.takes_texts
    suffixes = _TABLES if takes_texts else (*_TABLES, *_PICTURES)
    for text in inputs:
        is_name = text.lower().endswith(suffixes) and len(text.split()) == 1 and "://" not in text
        if is_name and not _exists(Path(text)):
            raise UsageError(f"{text}: no such file")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long for a name
        return False


def _written(tables: Iterable["pd.DataFrame"], out: Path | None) -> tuple["pd.DataFrame", int]:
    """Writes tables one below the other; returns the first rows, and how many there are.

    Raises:
        UsageError: They cannot be written, or there are none.
    """
    first, count = None, 0
    for table in tables:
        if out is not None:
            with writing(out):
                table.to_csv(out, index=False, mode="a" if count else "w", header=not count)
        first = table if first is None else first
        count += len(table)
    if first is None:
        raise UsageError("standard input has no rows to predict")
    return first, count


def _print(first: "pd.DataFrame", count: int, *written: Path | None) -> None:
    """Prints the first rows, how many more there are, and the files that were written."""
    shown: Any = first if count <= _ALL else first[:_FIRST]
    chances = [name for name in shown if str(name).startswith("p_")]
    if len(chances) > _CHANCES:  # too many for a terminal
        shown = shown.drop(columns=chances)
    print(_in_width(shown, shutil.get_terminal_size().columns))
    files = [str(path) for path in written if path is not None]
    if count > len(shown):
        rest = "" if files else "; --out FILE.csv writes them all"
        print(f"... and {count - len(shown):,} more rows{rest}")
    if files:
        print(f"written to {', '.join(files)}")


def _in_width(shown: "pd.DataFrame", width: int) -> str:
    """Rows in lines of a terminal's width, if texts that are cut and fewer columns can do it."""
    forms: dict[Any, Any] = {name: _chance for name in shown if _is_chance(str(name))}
    if "text" in shown:
        names, *_ = _lines(shown.drop(columns="text"), forms).split("\n", 1)
        left = width - 1 - len(names)
        chances = [name for name in shown if str(name).startswith("p_")]
        if left < _FEWEST and chances:
            return _in_width(shown.drop(columns=chances), width)
        letters = max(_FEWEST, min(_LETTERS, left))
        forms["text"] = lambda text: _beginning(text, letters)
    return _lines(shown, forms)


def _lines(shown: "pd.DataFrame", forms: Mapping[Any, Any]) -> str:
    return shown.to_string(index=False, float_format="{:.4g}".format, formatters=forms)


def _is_chance(name: str) -> bool:
    return name.startswith(("p_", "probability"))


def _beginning(text: Any, letters: int) -> str:
    """As much of a text as a line of a terminal has room for."""
    line = " ".join(str(text).split())
    return line if len(line) <= letters else f"{line[: letters - 4]} ..."


def _chance(value: Any) -> str:
    """A probability in as many digits as one reads."""
    return f"<{2 * _SMALLEST:g}" if 0 < value < _SMALLEST else f"{value:.3f}"

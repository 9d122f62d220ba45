"""A trained model as a file for others: written, checked by running it, and described beside it."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import RunError
from common.quiet import quiet
from common.text import reason, with_kind
from launch.jobs.models.request import Format, sheet
from launch.run_folder import description
from launch.run_folder.files import sync_folder, write_json
from launch.terminal.console import say

if TYPE_CHECKING:
    import keras

    from launch.jobs.models.trial import Trial

_LACKING = (
    re.compile(r'error: loc\((?:callsite\()?fused\["(\w+):'),  # of TensorFlow Lite's converter
    re.compile(r"No Op registered for (\w+)"),  # of ONNX Runtime
)
"""What tells the operators that a format has not."""
_LONGEST = 300  # characters of what a converter says


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is exported.

    Attributes:
        model: The model; its inputs and outputs are dictionaries.
        trial: What it has to give.
        about: What is told of it: plain JSON values by name.
    """

    model: "keras.Model"
    trial: "Trial"
    about: Mapping[str, Any]


def export(subject: Subject, to: Format, path: Path) -> list[str]:
    """Writes a model, runs what was written, and describes it in a file beside it.

    Args:
        subject: What is exported.
        to: The format.
        path: Where to.

    Returns:
        What was done, in lines.

    Raises:
        RunError: It cannot be converted, cannot be written, or gives something else than the run;
            no file is left.
    """
    trial, told = subject.trial, sheet(path)
    with _made(path) as temporary:
        say(f"writing {path}")
        remarks = _written(subject, to, temporary)
        say(f"running it on {trial.what}")
        difference = _tried(trial, to, temporary)
        if not difference <= trial.tolerance:
            raise RunError(
                f"--to {to}: what was written gives other numbers than the run: they differ by "
                f"{difference:.2g} of a value, and {trial.tolerance:g} is allowed; nothing is kept"
            )
    checked = {
        "inputs": trial.what,
        "largest_difference": difference,
        "tolerance": trial.tolerance,
    }
    values = {
        "file": path.name,
        "format": to,
        **subject.about,
        "remarks": remarks,
        "checked": checked,
        "exported_with": description.versions(),
    }
    try:
        write_json(told, values)
    except OSError as error:
        _remove(path)
        raise RunError(f"{told}: cannot be written ({reason(error)})") from None
    return [
        f"exported  {path} ({_size(path):,} bytes)",
        f"told      {told}",
        f"checked   {trial.what}: largest difference {difference:.2g}, {trial.tolerance:g} allowed",
        *(f"note      {remark}" for remark in remarks),
    ]


def _written(subject: Subject, to: Format, path: Path) -> list[str]:
    """Writes the model; returns remarks."""
    from launch.jobs.models import formats

    try:
        with quiet():  # converters tell what they do
            formats.of_model(subject.model)(subject.trial.inputs)  # they want one that was called
            return formats.write(subject.model, to, path)
    except OSError as error:
        raise RunError(f"{path.parent}: cannot be written ({reason(error)})") from None
    except Exception as error:  # whatever a converter raises
        raise _inconvertible(to, error) from None


def _tried(trial: "Trial", to: Format, path: Path) -> float:
    from launch.jobs.models import formats

    try:
        with quiet():
            return trial.difference(formats.opened(to, path))
    except Exception as error:  # an operator that was left out shows when the file is loaded or run
        raise _inconvertible(to, error) from None


def _inconvertible(to: Format, error: Exception) -> RunError:
    why = str(error)
    lacking = sorted({name for form in _LACKING for name in form.findall(why)})
    shown = with_kind(error)
    if lacking:
        shown = f"the format has no {', '.join(lacking)}"
    elif len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]} ..."
    way_out = "" if to == "saved_model" else "; --to saved_model takes any model"
    return RunError(f"--to {to}: this model cannot be converted: {shown}{way_out}")


@contextmanager
def _made(path: Path) -> Iterator[Path]:
    """A file or folder to write beside `path`, which takes its place where nothing goes wrong.

    Raises:
        RunError: There can be none.
    """
    temporary, is_new = path.with_name(f".writing-{path.name}"), not path.parent.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(temporary)
        yield temporary
        _remove(path)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({reason(error)})") from None
    finally:
        _remove(temporary)
        if is_new:
            with suppress(OSError):  # it has something in it
                path.parent.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    inside = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in inside if each.is_file())

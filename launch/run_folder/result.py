"""`result.json`, written and read: what a run came to, field by field."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import cattrs

from common.errors import UsageError
from common.text import reason
from launch.run_folder.files import write_json
from launch.run_folder.names import CHECKPOINTS, COMMAND, EPISODES, RESULT
from launch.run_folder.run_result import RunResult, Status, SupervisedRunResult, TrainingRunResult
from launch.terminal.typed import typed
from training.evaluation import Summary

_KINDS: dict[str, type[RunResult]] = {
    kind.KIND: kind for kind in (TrainingRunResult, SupervisedRunResult)
}


def to_json(result: RunResult) -> dict[str, Any]:
    """A result as plain JSON values."""
    return {"kind": result.KIND, **_converter().unstructure(result)}


def write(folder: Path, result: RunResult) -> None:
    """Writes `result.json`.

    Raises:
        OSError: It cannot be written.
    """
    write_json(folder / RESULT, to_json(result))


def read(folder: Path) -> RunResult:
    """The result of a run.

    Raises:
        UsageError: There is none yet, or it cannot be read.
    """
    try:
        values = json.loads((folder / RESULT).read_text())
        if not isinstance(values, dict):
            raise _damaged(folder, "it is another kind of JSON")
        kind = values.pop("kind", None)
        if not isinstance(kind, str) or kind not in _KINDS:
            raise _damaged(folder, f"its kind is {kind!r}")
        return _converter().structure(values, _KINDS[kind])
    except FileNotFoundError:
        raise UsageError(
            f"{folder}: no {RESULT}; the run has not ended: {typed('resume', folder)}"
        ) from None
    except OSError as error:
        raise _damaged(folder, reason(error)) from None
    except ValueError:  # of JSON, and of its letters
        raise _damaged(folder, "it is cut short, or no JSON") from None
    except cattrs.BaseValidationError as error:
        what, _, field = cattrs.transform_error(error)[0].partition(" @ $.")
        raise _damaged(folder, f"{field}: {what}") from None


def _damaged(folder: Path, why: str) -> UsageError:
    said = f"{folder / RESULT}: damaged, or of another version: {why}"
    if not (folder / CHECKPOINTS).exists():
        return UsageError(said)
    way_out = "delete it, and the run goes on from its newest checkpoint"
    return UsageError(f"{said}; {way_out}: {typed('resume', folder)}")


def status(folder: Path) -> Status | Literal["running"]:
    """How a run ended; "running" where it has not.

    Raises:
        UsageError: Its result cannot be read.
    """
    return read(folder).status if (folder / RESULT).exists() else "running"


def is_reduced(folder: Path) -> bool:
    """Whether of a finished run only its settings, results and evaluations were kept.

    So are the runs below tables: they have no weights, no episodes and no command any more.
    """
    gone = not any((folder / name).exists() for name in (COMMAND, EPISODES, CHECKPOINTS))
    return gone and status(folder) == "finished"


def refuse_finished(folder: Path) -> None:
    """Makes sure that there is something left of a run to be continued.

    Raises:
        UsageError: The run has finished, or its result cannot be read.
    """
    if status(folder) == "finished":
        more = f", or go on with it: {typed('resume', folder, '--env-steps', 'N')}"
        raise UsageError(
            f"{folder}: the run has finished; see it with: {typed('report', folder)}"
            f"{more * (isinstance(read(folder), TrainingRunResult) and not is_reduced(folder))}"
        )


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_unstructure_hook(Summary, Summary.to_json)
    converter.register_structure_hook(Summary, _summary)
    return converter


def _summary(values: Mapping[str, Any], _: Any) -> Summary:
    return Summary(**{"success_rate": None, **values})

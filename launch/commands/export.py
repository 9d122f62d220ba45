"""`python -m launch export RUN --to FORMAT`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from common.errors import UsageError
from common.settings import InvalidSetting
from launch.commands.flags import RunFolder, parse


@dataclass(frozen=True, kw_only=True)
class ExportArguments:
    """Make a file of a run's model or policy that works without Actorlab.

    It is run, and must give what the run gives; FILE.json says how it is used.

    python -m launch export RUN --to tflite

    python -m launch export RUN --to onnx --actions
    """

    run: RunFolder
    """The run's folder."""
    to: Literal["keras", "tflite", "onnx", "saved_model"]
    """keras: a .keras file; tflite: for phones and small devices; onnx: for ONNX Runtime, with
    the extra actorlab[export]; saved_model: a folder for TensorFlow and its servers."""
    out: Path | None = None
    """The file, or for saved_model the folder; default: one in RUN/exports."""
    actions: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """A policy: give the number of the best action, and not the value of each."""
    model: str | None = None
    """A run with several models: the one to take, such as classifier for classifier.keras; default:
    the one that predict takes."""


def run(arguments: Sequence[str]) -> int:
    """Exports a model."""
    given: ExportArguments = parse(ExportArguments, "export", arguments)
    settings = {name: value for name, value in vars(given).items() if value not in (None, False)}
    folder = settings.pop("run")
    from launch.jobs import kinds

    try:
        lines = kinds.read(folder).export(settings)
    except InvalidSetting as error:
        raise UsageError(str(error)) from None
    print("\n".join(lines))
    return 0

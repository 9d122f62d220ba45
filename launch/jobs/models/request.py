"""What is asked of an export: its format, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common import optional
from common.errors import UsageError

Format = Literal["keras", "tflite", "onnx", "saved_model"]

SUFFIXES: Mapping[Format, str] = {
    "keras": ".keras",
    "tflite": ".tflite",
    "onnx": ".onnx",
    "saved_model": ".saved_model",
}
"""How the names of files end, and by default that of a folder."""
_PACKAGES = {"onnx": ("tf2onnx", "onnxruntime")}
"""Packages of an extra, which write a format and run it."""
_EXPORTS = "exports"
"""The folder in a run's folder that exports go to."""
_SAVED = "saved_model.pb"  # what tells a saved model from any other folder


def sheet(path: Path) -> Path:
    """The file beside an export that describes it."""
    return path.with_name(f"{path.name}.json")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for.

    Attributes:
        to: The format.
        out: Where to; None takes a place in the run's folder.
    """

    to: Format
    out: Path | None = None

    def check(self) -> None:
        """Makes sure that the format can be written and run here.

        Raises:
            UsageError: A package is missing.
        """
        for module in _PACKAGES.get(self.to, ()):
            optional.check(module)

    def path(self, folder: Path, name: str) -> Path:
        """Where the export goes.

        Args:
            folder: The run's folder.
            name: What the export is called where nothing else was asked for.

        Raises:
            UsageError: There cannot be such a file, or something else is there.
        """
        suffix = SUFFIXES[self.to]
        path = self.out or folder / _EXPORTS / f"{name}{suffix}"
        if self.to != "saved_model":
            if path.suffix != suffix:
                raise UsageError(f"--out {path}: a file for --to {self.to} ends in {suffix}")
            if path.is_dir():
                raise UsageError(f"--out {path}: is a folder; name a file in it")
            if path.exists() and path.resolve().parent == folder.resolve():
                raise UsageError(f"--out {path}: is a file of the run itself; choose another")
            if self.out is not None and path.exists() and not sheet(path).exists():
                raise UsageError(f"--out {path}: exists, and is no export; choose another file")
        elif path.exists() and not (path / _SAVED).exists():
            raise UsageError(f"--out {path}: exists, and is no saved model; choose another folder")
        return path

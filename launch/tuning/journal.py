"""The journal of a search: Optuna's own record of its trials, and which search they are of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import optional
from common.errors import UsageError
from launch.run_folder import files
from launch.terminal.console import say

with optional.imported("optuna"):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

STORAGE = "study.journal"
_TRIALS = "trial_*"


class _Journal(JournalFileBackend):
    """Optuna's file, in which nothing can be written on a disk that is full or read-only."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            super().append_logs(logs)
        except OSError as error:
            raise unwritable(Path(self._file_path).parent, error) from None


def unwritable(folder: Path, error: OSError) -> UsageError:
    """What is said of a search's folder that cannot be written."""
    return files.unwritable("--study", folder, error)


def opened(folder: Path, experiment: str, *, minimise: bool) -> tuple[JournalStorage, optuna.Study]:
    """The study in a folder, a new one where there is none.

    Args:
        folder: The search's folder, which no other process uses.
        experiment: What is searched.
        minimise: Whether the smallest score is the best.

    Raises:
        UsageError: Its file cannot be read or written, is damaged, or is of another experiment.
    """
    path = folder / STORAGE
    try:
        had = _without_torn_line(path)
        storage = JournalStorage(_Journal(str(path)))
        names = [study.study_name for study in storage.get_all_studies()]
    except OSError as error:
        raise unwritable(folder, error) from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise _damaged(folder) from None
    if had and not names:
        raise _damaged(folder)
    if names and names != [experiment]:
        raise _another(folder, f"of {', '.join(names)}")
    if names:
        return storage, optuna.load_study(storage=storage, study_name=experiment)
    direction = "minimize" if minimise else "maximize"
    return storage, optuna.create_study(storage=storage, study_name=experiment, direction=direction)


def own(study: optuna.Study, folder: Path, ours: Mapping[str, Any]) -> None:
    """Makes sure that the study in a folder is of this very search, and notes that it is.

    Args:
        study: The study.
        folder: The search's folder.
        ours: What tells the search from others, as plain JSON values.

    Raises:
        UsageError: It is of another search, or what it was of is lost.
    """
    theirs = study.user_attrs
    if differing := [name for name in ours if name in theirs and theirs[name] != ours[name]]:
        raise _another(folder, f"with other {', '.join(differing)}")
    begun = bool(study.get_trials(deepcopy=False)) or any(folder.glob(_TRIALS))
    if begun and theirs.keys() != ours.keys():
        raise _damaged(folder)
    for name, value in ours.items():
        study.set_user_attr(name, value)


def _without_torn_line(path: Path) -> int:
    """Cuts off a line that a process began and could not end: Optuna would write into it.

    Nothing is lost: what it told of a trial is found again in the trial's runs.

    Returns:
        The bytes that the file has.

    Raises:
        OSError: The file cannot be read or written.
        ValueError: It has no whole line.
    """
    if not path.exists():
        return 0
    with open(path, "r+b") as file:
        text = file.read()
        whole = text.rfind(b"\n") + 1
        if text and not whole:
            raise ValueError("no line is whole")
        if whole < len(text):
            say(f"{path}: its last line is damaged, and dropped")
            file.truncate(whole)
    return whole


def _another(folder: Path, which: str) -> UsageError:
    return UsageError(f"{folder}: holds another search, {which}; choose another --study")


def _damaged(folder: Path) -> UsageError:
    return UsageError(f"{folder / STORAGE}: damaged, or of another version; choose another --study")

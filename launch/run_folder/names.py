"""Names of the files in a run folder, and what messages say of them."""

from pathlib import Path

from launch.terminal.typed import typed

CONFIG, COMMAND, RESULT = "config.json", "command.txt", "result.json"
METRICS, EPISODES, CHECKPOINTS = "metrics.jsonl", "episodes.csv", "checkpoints"
EVENTS = "events.out.tfevents."
CURVE, FAILURE, LOCK = "learning_curve.png", "failure.txt", ".lock"
FILM = "film.mp4"
POLICY, POLICY_MODEL = "policy.npz", "policy.keras"
POLICY_MAP, VALUE_MAP, Q_VALUES = "policy_map.png", "value_map.png", "q_values.png"
Q_TABLE = "q_table.csv"


REDUCED = "of this run only settings, results and evaluations were kept"
"""What is said of a run without what it left out."""


def traceback_hint(folder: Path) -> str:
    """A part of a message about a run that failed: where the traceback is."""
    return f" (traceback in {folder / FAILURE})"


def resume_from_python(folder: Path, *, callbacks: bool) -> str:
    """The call that continues a run, with callbacks of a user's own or without."""
    return f"actorlab.resume({str(folder)!r}{', callbacks=...' * callbacks})"


def resume_hint(folder: Path) -> str:
    """The end of a message about a run that stopped: how to continue it."""
    return f"; continue with: {typed('resume', folder)}"

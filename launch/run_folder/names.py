"""Names of the files in a run folder, and the command that continues a run."""

from pathlib import Path

CONFIG, COMMAND, RESULT = "config.json", "command.txt", "result.json"
METRICS, CHECKPOINTS = "metrics.jsonl", "checkpoints"
CURVE, FAILURE, LOCK = "learning_curve.png", "failure.txt", ".lock"


def resume_hint(folder: Path) -> str:
    """The end of a message about a run that stopped: how to continue it."""
    return f"; continue with: python -m launch resume {folder}"

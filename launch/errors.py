"""How a stopped run goes on, for messages."""

from pathlib import Path


def way_out(folder: Path) -> str:
    """How a stopped run goes on, for the end of a message."""
    return f"; continue with: python -m launch resume {folder}"

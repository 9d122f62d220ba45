"""Finds packages of other projects that Python would import instead of ours.

This module imports none of our packages, because any of them may be somebody else's.
"""

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("actorlab", "agents", "common", "envs", "supervised", "training")
_MARK = "Actorlab"  # in the docstring of each


def shadowed() -> str | None:
    """What is wrong with Python's path, and the way out; None where every room is ours."""
    home = Path(__file__).resolve().parents[1]
    for room in ROOMS:
        spec = find_spec(room)
        place = _place(spec)
        if place is None:
            return f"Actorlab's package {room!r} is missing in {home}: install it again"
        if place != home / room or _MARK not in (place / "__init__.py").read_text():
            found = place if spec and spec.submodule_search_locations else spec and spec.origin
            return (
                f"{found} is another project's, and Python finds it instead of Actorlab's package "
                f"{room!r}. If it is in the folder you are in, start from another folder; if it "
                "was installed (openai-agents brings 'agents'), give Actorlab an environment of "
                "its own: python -m venv"
            )
    return None


def _place(spec: ModuleSpec | None) -> Path | None:
    """The folder of a package; None where it has none, or no `__init__.py`."""
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent

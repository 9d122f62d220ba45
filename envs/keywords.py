"""The keywords that the constructor of an environment takes."""

import inspect
from typing import Any

from gymnasium.envs.registration import EnvSpec, load_env_creator


def keywords(creator: Any, spec: EnvSpec | None) -> dict[str, Any]:
    """The keywords of a constructor with the values that an environment is made with.

    Args:
        creator: The function that makes it, where there is no `spec`.
        spec: What Gymnasium knows of it; None for a function.
    """
    if spec is not None:
        creator = spec.entry_point
    made = load_env_creator(creator) if isinstance(creator, str) else creator
    taken = inspect.signature(made).parameters.values()
    defaults = {
        each.name: None if each.default is each.empty else each.default
        for each in taken
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD) and each.name != "render_mode"
    }
    return {**defaults, **(spec.kwargs if spec else {})}

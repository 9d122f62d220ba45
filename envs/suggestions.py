"""What may have been meant by an id that cannot be used."""

import difflib

import gymnasium
from gymnasium.envs.registration import find_highest_version, get_env_id, parse_env_id


def meant(module: str, name: str) -> str:
    """What may have been meant by an id that there is not."""
    if "<" in name or module == "__main__":
        return "a function of a script made it: use actorlab.load or resume with env=..."
    inside = [known for known in gymnasium.registry if known.endswith(f"/{name}")]
    if found := [] if module else inside or _of_that_name(name):
        return f"did you mean {' or '.join(found)}?"
    if (other := _other_version(name)) is not None:
        return f"did you mean {module}{':' * bool(module)}{other}?"
    if module:
        return f"nor has module {module!r} a function {name!r}"
    near = difflib.get_close_matches(name, gymnasium.registry, n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else "see: python -m launch envs"


def _of_that_name(name: str) -> list[str]:
    """The newest ids that a name without namespace and version stands for, such as Breakout."""
    spaces = {
        spec.namespace: spec.name
        for spec in gymnasium.registry.values()
        if spec.name.lower() == name.lower()
    }
    named = {space: own for space, own in spaces.items() if space} or spaces
    return [
        get_env_id(space, own, find_highest_version(space, own)) for space, own in named.items()
    ]


def newer(name: str) -> str:
    """That there is a newer version of an id; empty where there is none."""
    own = name.rpartition(":")[2]
    newest = _other_version(own)
    return "" if newest in (None, own) else f"; its newest version is {newest}"


def _other_version(name: str) -> str | None:
    """The newest version of an id that is not there, or not any more; None where there is none."""
    try:
        namespace, own, _ = parse_env_id(name)
    except gymnasium.error.Error:
        return None
    newest = find_highest_version(namespace, own)
    return None if newest is None else get_env_id(namespace, own, newest)

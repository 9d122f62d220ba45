"""How an environment is made: its keywords, its limit of steps, and the wrappers around it."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.settings import InvalidSetting, require


@dataclass(frozen=True, kw_only=True)
class EnvOptions:
    """What a user changes about an environment. All of it is part of the run's bits."""

    env_kwargs: tuple[str, ...] = ()
    """Keywords of the environment, such as is_slippery=False map_name=8x8: numbers, True, False,
    None, JSON; everything else is text."""
    max_episode_steps: int | None = None
    """Steps after which an episode is cut, in place of the environment's own limit; 0 cuts none."""
    wrappers: tuple[str, ...] = ()
    """Gymnasium wrappers around the environment, as module:Wrapper, the innermost first."""

    def __post_init__(self) -> None:
        limit = self.max_episode_steps
        require(limit is None or limit >= 0, "max_episode_steps", "must be 0 or more", limit)
        for path in self.wrappers:
            if ":" not in path:
                raise InvalidSetting(f"--wrappers {path}: expected module:Wrapper")
        self.keywords()

    def keywords(self) -> dict[str, Any]:
        """The keywords by name, with their types.

        Raises:
            InvalidSetting: One of them has no name, or one name is there twice.
        """
        found: dict[str, Any] = {}
        for word in self.env_kwargs:
            name, equals, text = word.partition("=")
            if not (equals and name.isidentifier()):
                raise InvalidSetting(f"--env-kwargs {word}: expected name=value")
            if name in found:
                raise InvalidSetting(f"--env-kwargs {word}: {name} is given twice")
            found[name] = typed(text)
        return found


def typed(text: str) -> Any:
    """What a word stands for: a number, a boolean, None, JSON, a Python literal; else the text."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError):
            continue
    return text


_WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None, "null": None}

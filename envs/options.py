"""How an environment is made: its keywords, its limit of steps, and the wrappers around it."""

import ast
import json
import math
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from common.settings import InvalidSetting, require
from common.typed_settings import Settings

FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass(frozen=True, kw_only=True)
class EnvOptions(Settings):
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

    def flags(self) -> str:
        """What is changed, as it is typed; empty where nothing is."""
        limit = self.max_episode_steps
        values = {
            "--env-kwargs": self.env_kwargs,
            "--max-episode-steps": () if limit is None else (str(limit),),
            "--wrappers": self.wrappers,
        }
        return " ".join(f"{flag} {shlex.join(words)}" for flag, words in values.items() if words)

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
            if name in _FLAGS:
                raise InvalidSetting(f"--env-kwargs {word}: {_FLAGS[name]}")
            if name in found:
                raise InvalidSetting(f"--env-kwargs {word}: {name} is given twice")
            found[name] = typed(text)
        return found


@dataclass(frozen=True, kw_only=True)
class Transforms(Settings):
    """What agents see and do in place of the environment's own; all of it decides the run's bits.

    Returns are those of the environment: clipped or scaled rewards are only learned from.
    """

    PART: ClassVar[str] = "env"

    action_bins: int = 0
    """Values at which each number of a Box action is taken, evenly from its lowest to its highest;
    0 takes no Box actions."""
    frame_stack: int = 1
    """Newest observations that are shown together: rows joined, pictures as channels."""
    normalize_observations: bool = False
    """Show each number of an observation with mean 0 and variance 1, by what was seen so far."""
    clip_rewards: bool = False
    """Learn from rewards cut to [-1, 1] (Mnih et al. 2015)."""
    life_loss: bool = False
    """Learn from the loss of a life as from an end, in Atari's games (Mnih et al. 2015); the game
    and its return go on, and evaluations are of whole games."""
    reward_scale: float = 1.0
    """Factor of the rewards that are learned from, before they are clipped."""

    def __post_init__(self) -> None:
        bins, frames, scale = self.action_bins, self.frame_stack, self.reward_scale
        require(bins == 0 or bins >= 2, "env.action_bins", "must be 0, or 2 or more", bins)
        require(frames >= 1, "env.frame_stack", "must be 1 or more", frames)
        sound = math.isfinite(scale) and scale > 0
        require(sound, "env.reward_scale", "must be positive and finite", scale)

    @property
    def largest_reward(self) -> float:
        """How far from 0 a reward may be: what is learned from it has to be a float32."""
        return sys.float_info.max if self.clip_rewards else FLOAT32_MAX / self.reward_scale


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


_FLAGS = {
    "render_mode": "a run films its policy by itself; another film is made by: python -m launch "
    "evaluate RUN --video film.mp4",
    "max_episode_steps": "the limit of steps is a flag of its own: --max-episode-steps N",
}
"""Keywords that Gymnasium would take, and what there is for them."""
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None, "null": None}

"""Watches what an environment gives while it is played."""

import copy
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from envs.actions import Actions
from envs.encoding import UnsupportedSpace
from envs.remarks import outside


@dataclass
class Seen:
    """What was seen of an environment, over all copies and episodes.

    Attributes:
        steps: Steps taken.
        resets: Episodes begun.
        seed: The seed of the newest of them.
        step_seconds: Time that the steps took.
        reset_seconds: Time that the resets took.
        outside: Observations of a box that were outside its bounds.
        example: One number outside the bounds, and the bounds.
        reward_types: How often a reward had which type.
        rewards: The smallest and the largest finite reward.
    """

    steps: int = 0
    resets: int = 0
    seed: int | None = None
    step_seconds: float = 0.0
    reset_seconds: float = 0.0
    outside: int = 0
    example: str = ""
    reward_types: Counter[str] = field(default_factory=Counter)
    rewards: tuple[float, float] = (np.inf, -np.inf)


class Watch(gymnasium.Wrapper):
    """An environment that is watched; it gives what it gives."""

    def __init__(self, env: gymnasium.Env[Any, Any], seen: Seen):
        """Makes the wrapper.

        Args:
            env: The environment.
            seen: Where to note what is seen.
        """
        super().__init__(env)
        self._seen = seen

    def reset(self, **keywords: Any) -> Any:
        self._seen.seed = keywords.get("seed")
        begin = time.perf_counter()
        begun = self.env.reset(**keywords)
        self._seen.reset_seconds += time.perf_counter() - begin
        self._seen.resets += 1
        if isinstance(begun, tuple) and len(begun) == 2:
            self._note(begun[0])
        return begun

    def step(self, action: Any) -> Any:
        begin = time.perf_counter()
        stepped = self.env.step(action)
        self._seen.step_seconds += time.perf_counter() - begin
        self._seen.steps += 1
        self._note(stepped[0])
        self._note_reward(stepped[1])
        return stepped

    def _note(self, observation: Any) -> None:
        space = self.env.observation_space
        if not isinstance(space, Box):
            return
        array = np.asarray(observation)
        if array.shape != space.shape or array.dtype.kind not in "biuf":
            return
        if found := outside(array, space):
            self._seen.outside += 1
            self._seen.example = self._seen.example or found

    def _note_reward(self, reward: Any) -> None:
        self._seen.reward_types[type(reward).__name__] += 1
        array = np.asarray(reward)
        if array.size == 1 and array.dtype.kind in "biuf" and np.isfinite(array).all():
            smallest, largest = self._seen.rewards
            value = float(array.item())
            self._seen.rewards = min(smallest, value), max(largest, value)


class Drawn(Actions):
    """Actions of a space that cannot be counted: the number of one seeds the draw of it."""

    def __init__(self, space: gymnasium.Space[Any]):
        self._drawn = copy.deepcopy(space)
        self.space = gymnasium.spaces.Discrete(2**31 - 1)

    def decode(self, action: int) -> Any:
        self._drawn.seed(int(action))
        return self._drawn.sample()


def actions_of(space: gymnasium.Space[Any], bins: int) -> Actions:
    """Numbered actions of any space, so that an environment can be played that agents cannot."""
    try:
        return Actions(space, bins)
    except UnsupportedSpace:
        return Drawn(space)

"""Environments with spaces of all kinds: each number is one of them."""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple

_DTYPES = (np.float32, np.float64, np.uint8, np.int32, np.int8)


def space(rng: np.random.Generator, depth: int = 0) -> gymnasium.Space:
    """A random space of numbers, nested twice at most."""
    kind = rng.integers(4 if depth == 2 else 7)
    if kind == 0:
        shape = [(), (1,), (3,), (2, 3), (6, 5, 2)][rng.integers(5)]
        return Box(0, int(rng.integers(1, 100)), shape, _DTYPES[rng.integers(len(_DTYPES))])
    if kind == 1:
        return Discrete(int(rng.integers(1, 6)), start=int(rng.integers(-3, 4)))
    if kind == 2:
        counts = rng.integers(1, 4, rng.integers(1, 4))
        return MultiDiscrete(counts, start=rng.integers(-2, 3, len(counts)))
    if kind == 3:
        return MultiBinary(int(rng.integers(1, 4)))
    parts = [space(rng, depth + 1) for _ in range(rng.integers(1, 4))]
    if kind == 4:
        return Tuple(parts)
    named = {f"part{i}": part for i, part in enumerate(parts)}
    return Dict(named | ({"words": Text(5)} if kind == 5 and depth == 0 else {}))


def actions(rng: np.random.Generator) -> tuple[gymnasium.Space, list[int]]:
    """A random space of actions, and how many choices each of its parts has (3 in a Box)."""
    sizes = [int(n) for n in rng.integers(1, 4, rng.integers(1, 3))]
    match rng.integers(4):
        case 0:
            return Discrete(sizes[0] + 1, start=int(rng.integers(-2, 3))), [sizes[0] + 1]
        case 1:
            return MultiDiscrete(sizes, start=rng.integers(-2, 3, len(sizes))), sizes
        case 2:
            return MultiBinary(len(sizes)), [2] * len(sizes)
    low = rng.normal(size=len(sizes)).astype(np.float32)
    return Box(low, low + 1), [3] * len(sizes)


class Any(gymnasium.Env):
    """Shows random observations; an action pays what its numbers and the step's luck add up to.

    Args:
        number: Which environment it is.
        masks: Whether some actions are illegal, as an info says.
    """

    def __init__(self, number: int, masks: bool = False) -> None:
        rng = np.random.default_rng(number)
        self.observation_space = space(rng)
        self.action_space, self._sizes = actions(rng)
        self._masks = masks
        self._limit = int(rng.integers(1, 7))

    def _show(self):
        self.observation_space.seed(int(self.np_random.integers(2**31)))
        legal = tuple(self.np_random.random(size) < 0.5 for size in self._sizes)
        for part in legal:
            part[self.np_random.integers(len(part))] = True
        return self.observation_space.sample(), {"action_mask": legal} if self._masks else {}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._taken = 0
        return self._show()

    def step(self, action):
        assert self.action_space.contains(action)
        self._taken += 1
        observation, info = self._show()
        reward = float(np.sum(action)) + self.np_random.random()
        return observation, reward, self.np_random.random() < 0.1, self._taken == self._limit, info


gymnasium.register("Any-v0", Any, max_episode_steps=20)

"""Tiny environments for tests, registered as a user would register their own."""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text, Tuple


class Corridor(gymnasium.Env):
    """Five cells in a row, numbered from 1; action 11 steps right, 10 left; the far end pays 1."""

    def __init__(self) -> None:
        self.observation_space = Discrete(5, start=1)
        self.action_space = Discrete(2, start=10)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._cell = 1
        return self._cell, {}

    def step(self, action):
        assert self.action_space.contains(action)
        self._cell = min(max(self._cell + (1 if action == 11 else -1), 1), 5)
        return self._cell, float(self._cell == 5), self._cell == 5, False, {}


class Guess(gymnasium.Env):
    """Shows two bytes, one bright and one dark; the place of the bright one is worth 1."""

    def __init__(self) -> None:
        self.observation_space = Box(0, 255, (2,), np.uint8)
        self.action_space = Discrete(2)

    def _show(self):
        self._bright = int(self.np_random.integers(2))
        observation = np.array([20, 20], np.uint8)
        observation[self._bright] = 230
        return observation

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._show(), {}

    def step(self, action):
        reward = float(action == self._bright)
        return self._show(), reward, False, False, {}


class Picture(gymnasium.Env):
    """A picture of 6 x 5 pixels with a bright row; naming its half, upper or lower, pays 1.

    It renders its first channel as shares of full light, which others do, too.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 5}  # noqa: RUF012

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.observation_space = Box(0, 255, (6, 5, 2), np.uint8)
        self.action_space = Discrete(2)

    def _show(self):
        self._row = int(self.np_random.integers(6))
        observation = self.np_random.integers(0, 60, (6, 5, 2), np.uint8)
        observation[self._row, :, 0] = 250
        self._shown = observation
        return observation

    def render(self):
        return np.repeat(self._shown[..., :1] / 250, 3, axis=-1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._show(), {}

    def step(self, action):
        reward = float(action == self._row // 3)
        return self._show(), reward, False, False, {}


class Room(gymnasium.Env):
    """Two switches that ought to be as two lamps are; each one that is pays half of `pay`."""

    def __init__(self, pay: float = 1.0) -> None:
        self.observation_space = Dict(
            {
                "lamps": Tuple([Discrete(2), MultiBinary(1)]),
                "noise": MultiDiscrete([2, 3], start=[0, 5]),
                "mission": Text(20),
            }
        )
        self.action_space = MultiDiscrete([2, 2], start=[3, 0])
        self._pay = pay

    def _show(self):
        self._lamps = self.np_random.integers(2, size=2)
        first, second = self._lamps
        noise = np.add(self.np_random.integers(2, size=2), (0, 5))
        lamps = (first, np.array([second], np.int8))
        return {"lamps": lamps, "noise": noise, "mission": "switch them on"}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._show(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        reward = self._pay * float(np.mean(action - [3, 0] == self._lamps))
        return self._show(), reward, False, False, {}


class Prices(gymnasium.Env):
    """A price near 30,000 that comes back to it; holding pays what it gains in the next step.

    Args:
        near_zero: Shows the price around 0 and of size 1, as a careful author would.
    """

    def __init__(self, near_zero: bool = False) -> None:
        self.observation_space = Box(-np.inf, np.inf, (2,), np.float32)
        self.action_space = Discrete(2)
        self._near_zero = near_zero

    def _show(self):
        shown = np.array([self._away, self._before]) / 50
        return (shown if self._near_zero else 30_000 + 50 * shown).astype(np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._away = self._before = self.np_random.normal(0, 50)
        return self._show(), {}

    def step(self, action):
        self._before = self._away
        self._away = 0.7 * self._away + self.np_random.normal(0, 35)
        reward = float(action) * (self._away - self._before) / 50
        return self._show(), reward, False, False, {}


class Fork(gymnasium.Env):
    """A way to the left that costs 10 later, and one to the right that costs 1 at once.

    In most of its states most actions are illegal, and raise. Who takes an action that is never
    legal for one that costs nothing believes that both ways cost the same.
    """

    def __init__(self, masked_in: str = "info") -> None:
        place = Discrete(3)
        mask = {"action_mask": MultiBinary(3), "place": place}
        self.observation_space = Dict(mask) if masked_in == "observation" else place
        self.action_space = Discrete(3)
        self._masked_in = masked_in

    def _show(self, place, over=False):
        self._place = place
        self._legal = np.array([place == 0, place == 0, place > 0 and not over], np.int8)
        if self._masked_in == "observation":
            return {"action_mask": self._legal, "place": place}, {}
        return place, {"action_mask": self._legal}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._show(0)

    def step(self, action):
        if not self._legal[action]:
            raise RuntimeError(f"action {action} is illegal in place {self._place}")
        if self._place:
            observation, info = self._show(self._place, over=True)
            return observation, (-10.0 if self._place == 1 else 0.0), True, False, info
        observation, info = self._show(1 + int(action))
        return observation, -float(action), False, False, info


class Recall(gymnasium.Env):
    """Shows a sign at first, nothing for two steps, and then asks; naming the sign pays 1."""

    def __init__(self) -> None:
        self.observation_space = Box(-1, 1, (2,), np.float32)
        self.action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._sign, self._step = int(self.np_random.integers(2)), 0
        return np.array([2 * self._sign - 1, 0], np.float32), {}

    def step(self, action):
        asked = self._step == 3
        self._step += 1
        shown = np.array([0, self._step == 3], np.float32)
        return shown, float(asked and action == self._sign), asked, False, {}


gymnasium.register("Recall-v0", Recall, max_episode_steps=10)
gymnasium.register("Prices-v0", Prices, max_episode_steps=50)
gymnasium.register("Fork-v0", Fork, max_episode_steps=10)
gymnasium.register("Room-v0", Room, max_episode_steps=10)
gymnasium.register("Corridor-v0", Corridor, max_episode_steps=20)
gymnasium.register("Guess-v0", Guess, max_episode_steps=10)
gymnasium.register("Picture-v0", Picture, max_episode_steps=10)

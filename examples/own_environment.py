"""An environment of your own: a lamp-lit corridor, found by the name of the function that makes it.

python -m launch dqn --env examples.own_environment:make --env-steps 20000 --workers 2
"""

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import TimeLimit


class Corridor(gymnasium.Env):
    """Walk to the lamp at the right end; each step costs 0.01, the lamp pays 1."""

    observation_space = Box(0.0, 1.0, (2,), np.float32)  # where one is, how bright it is
    action_space = Discrete(2)  # left, right

    def __init__(self, length: int = 20):
        self._length = length

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._place = int(self.np_random.integers(self._length // 2))
        return self._observation(), {}

    def step(self, action):
        self._place = max(0, self._place + (1 if action else -1))
        arrived = self._place >= self._length
        return self._observation(), float(arrived) - 0.01, arrived, False, {}

    def _observation(self):
        along = self._place / self._length
        return np.array([along, along**2], np.float32)


def make() -> gymnasium.Env:
    """One corridor, with the time limit that every episode needs."""
    return TimeLimit(Corridor(), 100)

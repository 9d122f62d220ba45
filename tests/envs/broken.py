"""Environments that misbehave, each in its own way, in the same step of the same episodes."""

import sys
import time

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

HANG_SECONDS = 3_600.0


class Broken(gymnasium.Env):
    """A random walk; about one episode in six goes wrong, in its reset or its first ten steps.

    Whether and when is drawn from the episode's seed, so that it happens wherever it is played.
    """

    def __init__(self, how: str) -> None:
        self.how = how
        self.observation_space = Box(-100, 100, (3,), np.float32)
        self.action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._place = self.np_random.normal(size=3).astype(np.float32)
        self._until_broken = int(self.np_random.integers(60))  # in steps; above 10: never
        if self.how == "reset" and self._until_broken <= 10:
            raise OSError("the door is stuck")
        return self._place, {}

    def step(self, action):
        self._place = self._place + np.float32(0.1 if action else -0.1)
        answer = [self._place, float(self._place[0]), bool(self._place[0] > 2), False, {}]
        self._until_broken -= 1
        return answer if self._until_broken else self._break(answer)

    def _break(self, answer):
        match self.how:
            case "raise":
                raise RuntimeError("the motor is on fire")
            case "exit":
                sys.exit(3)
            case "hang":
                time.sleep(HANG_SECONDS)
            case "nan":
                answer[0] = np.full(3, np.nan, np.float32)
            case "shape":
                answer[0] = np.zeros(4, np.float32)
            case "dtype":
                answer[0] = np.array(["a", "b", "c"])
            case "reward":
                answer[1] = float("inf")
            case "flag":
                answer[2] = None
            case "old":
                del answer[3]  # as before Gymnasium: no truncated
        return answer


WAYS = {
    "raise": "RuntimeError: the motor is on fire",
    "exit": "SystemExit: 3",
    "nan": "observation holds NaN or infinity",
    "shape": "observation of shape (4,), the space says (3,)",
    "dtype": "observation of dtype <U1, the space says float32",
    "reward": "reward is inf",
    "flag": "terminated is None, not a bool",
    "old": "speaks the old Gym API: its step returns 4 values",
    "reset": "OSError: the door is stuck",
}
"""How to break, and what is then said."""

for _how in [*WAYS, "hang", "none"]:
    gymnasium.register(f"Broken-{_how}-v0", Broken, max_episode_steps=10, kwargs={"how": _how})


class AlwaysBroken(Broken):
    """Fails in the first step of every episode."""

    def step(self, action):
        raise RuntimeError("the motor is gone")


class Unmakable(Broken):
    """Fails before it exists."""

    def __init__(self) -> None:
        raise FileNotFoundError("no motor.cfg")


class ExitsAtOnce(Broken):
    """Ends the program before it exists."""

    def __init__(self) -> None:
        sys.exit("no licence")


gymnasium.register("AlwaysBroken-v0", AlwaysBroken, max_episode_steps=10, kwargs={"how": "raise"})
gymnasium.register("ExitsAtOnce-v0", ExitsAtOnce, max_episode_steps=10)
gymnasium.register("Unmakable-v0", Unmakable, max_episode_steps=10)

"""Environments that are careless in one way each, and one that is not."""

import random
import sys
import time
import warnings

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Careful(gymnasium.Env):
    """A random walk of a number that its generator moves; it can be filmed."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(self, render_mode=None) -> None:
        self.render_mode = render_mode
        self.observation_space = Box(-10, 10, (2,), np.float32)
        self.action_space = Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._steps, self._place = 0, 0.0
        return self._observation(), {}

    def step(self, action):
        self._steps += 1
        self._place = float(np.clip(self._place + action - 0.5 + self.noise(), -9, 9))
        return self._observation(), self._place, self._steps == 12, False, {}

    def render(self):
        return np.zeros((8, 10, 3), np.uint8)

    def noise(self):
        return self.np_random.normal()

    def _observation(self):
        return np.array([self._place, self._steps % 5], np.float32)


class NumpysGenerator(Careful):
    def noise(self):
        return np.random.normal()  # noqa: NPY002


class PythonsGenerator(Careful):
    def noise(self):
        return random.gauss(0.0, 1.0)


class Harmless(Careful):
    def noise(self):
        random.random()
        return super().noise()


class SampledSpace(Careful):
    def noise(self):
        return float(self.action_space.sample())


class NoSuperReset(Careful):
    def reset(self, *, seed=None, options=None):
        self._steps, self._place = 0, 0.0
        return self._observation(), {}


class OwnGenerator(Careful):
    def noise(self):
        return np.random.default_rng().normal()


class InTheClass(Careful):
    played = 0

    def noise(self):
        InTheClass.played += 1
        return self.np_random.normal() + 0.01 * InTheClass.played


class KeptState(Careful):
    bonus = 0.0

    def noise(self):
        self.bonus += 0.01
        return self.np_random.normal() + self.bonus


class Clock(Careful):
    def noise(self):
        return self.np_random.normal() + time.time() % 1.0


class SetOrder(Careful):
    def noise(self):
        order = {str(number) for number in range(20)}
        return sum(float(number) / 2**place for place, number in enumerate(order)) / 10


class OldReset(Careful):
    def reset(self, **keywords):
        return super().reset(**keywords)[0]


class OldStep(Careful):
    def step(self, action):
        observation, reward, terminated, _, info = super().step(action)
        return observation, reward, terminated, info


class WrongDtype(Careful):
    def _observation(self):
        return super()._observation().astype(np.float64)


class WrongShape(Careful):
    def _observation(self):
        return np.zeros(3, np.float32)


class Outside(Careful):
    def _observation(self):
        return super()._observation() + np.float32([0, 7])


class NanReward(Careful):
    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, float("nan") if self._steps == 7 else reward, *rest


class NoFlag(Careful):
    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated or None, truncated, info


class Raises(Careful):
    def step(self, action):
        if self._steps == 4:
            raise RuntimeError("the motor is on fire")
        return super().step(action)


class Exits(Careful):
    def step(self, action):
        if self._steps == 4:
            sys.exit()
        return super().step(action)


class QuitsWithItsWindow(Careful):
    def close(self):
        sys.exit()


class NoFilm(Careful):
    metadata = {"render_modes": ["human"]}  # noqa: RUF012


class Loud(Careful):
    def noise(self):
        print("pygame is a community of ...")
        return super().noise()


class Continuous(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.action_space = Box(-1, 1, (1,), np.float32)

    def step(self, action):
        return super().step(float(action[0]))


class Spoken(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.observation_space = gymnasium.spaces.Text(8)


class Listed(Careful):
    def _observation(self):
        return super()._observation().tolist()


class FlatReward(Careful):
    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, np.array(reward), *rest


class BoxedReward(Careful):
    def step(self, action):
        observation, reward, *rest = super().step(action)
        return observation, np.array([reward]), *rest


class Rich(Careful):
    """Pays the same in each step, whatever is done."""

    def __init__(self, pay, render_mode=None) -> None:
        super().__init__(render_mode)
        self._pay = pay

    def step(self, action):
        observation, _, *rest = super().step(action)
        return observation, self._pay, *rest


class NoReward(Careful):
    def step(self, action):
        observation, _, *rest = super().step(action)
        return observation, None, *rest


class TextReward(Careful):
    def step(self, action):
        observation, _, *rest = super().step(action)
        return observation, "much", *rest


class FlatFlags(Careful):
    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, np.array(terminated), np.array([truncated]), info


class NumpyFlags(Careful):
    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, np.bool_(terminated), np.bool_(truncated), info


class NanObservation(Careful):
    def _observation(self):
        return np.array([np.nan, self._steps], np.float32)


class Counted(Careful):
    """Has one number less in its space than it shows."""

    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.observation_space = Discrete(5)

    def _observation(self):
        return self._steps


class NoSeed(Careful):
    def reset(self):
        return super().reset()


class RaisesInReset(Careful):
    def reset(self, *, seed=None, options=None):
        raise OSError("the door is stuck")


class Drawn(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.observation_space = gymnasium.spaces.Graph(Box(0, 1, (2,)), None)


class Lengthy(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.observation_space = gymnasium.spaces.Sequence(Discrete(3))


class ManyActions(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.action_space = gymnasium.spaces.MultiBinary(13)


class SeededSpace(Careful):
    """Draws from a space of its own that its reset seeds: there is nothing to mend."""

    def reset(self, *, seed=None, options=None):
        self.action_space.seed(seed)
        return super().reset(seed=seed)

    def noise(self):
        return float(self.action_space.sample())


class OneSpace(SeededSpace):
    """Has that space in its class: its copies seed and draw from the same one."""

    action_space = Discrete(2)

    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        del self.action_space


class ChannelsFirst(Careful):
    def __init__(self, render_mode=None) -> None:
        super().__init__(render_mode)
        self.observation_space = Box(0, 255, (3, 8, 8), np.uint8)

    def _observation(self):
        return np.full((3, 8, 8), self._steps, np.uint8)


class Talkative(Careful):
    def noise(self):
        print("the motor runs")
        warnings.warn("the motor is hot", stacklevel=1)
        gymnasium.logger.warn("the pump is cold")
        return super().noise()

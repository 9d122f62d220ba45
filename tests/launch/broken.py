"""An environment that breaks after a while."""

import gymnasium

from tests.envs.toy import Guess


class Broken(Guess):
    steps = 0

    def step(self, action):
        self.steps += 1
        if self.steps == 30:
            raise RuntimeError("the motor is on fire")
        return super().step(action)


gymnasium.register("Broken-v0", Broken, max_episode_steps=10)

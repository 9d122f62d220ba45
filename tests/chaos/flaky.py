"""CartPole that fails once, when a file says so: the fault that a second look does not find."""

import os
import time
from pathlib import Path

import gymnasium
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

ORDER = "CHAOS_ORDER"
"""Environment variable: a file that holds `raise` or `hang`; whoever obeys removes it."""


class Flaky(CartPoleEnv):
    """Equal to CartPole but for the one step that finds the file."""

    def step(self, action):
        order = Path(os.environ[ORDER])
        if order.exists():
            what = order.read_text()
            order.unlink(missing_ok=True)
            if what == "hang":
                time.sleep(3_600)
            raise RuntimeError("a cable came loose")
        return super().step(action)


gymnasium.register("Flaky-v0", Flaky, max_episode_steps=500)

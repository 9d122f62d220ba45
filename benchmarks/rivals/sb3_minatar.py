"""Stable-Baselines3's DQN on a game of MinAtar, as the package `minatar` gives it.

The network and the settings are those of `dqn_minatar`: a convolution of 16 filters of 3x3, 128
units, a batch of 32 and an update in four steps, a replay of 100,000, the target copied every 1,000
steps. Epsilon falls to its end in the warm-up, because a random action costs less than a greedy
one, and a run of a million steps is greedy for nine tenths of them. Unavoidable differences: the
loss is Huber's, gradients are clipped to a norm of 10, and it acts in one game.
"""

import gymnasium
import numpy as np
import stable_baselines3
import torch
from measuring import Clock, arguments, learn
from minatar.gym import BaseEnv
from stable_baselines3 import DQN
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

EVERY, LEARNING_STARTS = 4, 5_000
LAST_EPSILON = 0.02


class Boards(gymnasium.ObservationWrapper):
    """Boards [10, 10, C] of truth values as numbers [C, 10, 10], as PyTorch takes them."""

    def __init__(self, env: gymnasium.Env) -> None:
        super().__init__(env)
        shape = env.observation_space.shape
        self.observation_space = gymnasium.spaces.Box(0, 1, (shape[-1], *shape[:-1]), np.uint8)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return observation.transpose(2, 0, 1).astype(np.uint8)


class Network(BaseFeaturesExtractor):
    """The convolution and the units after it."""

    def __init__(self, observation_space: gymnasium.spaces.Box) -> None:
        super().__init__(observation_space, 128)
        channels, height, width = observation_space.shape
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(channels, 16, 3),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(16 * (height - 2) * (width - 2), 128),
            torch.nn.ReLU(),
        )

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        return self.layers(observations)


def main() -> None:
    given = arguments(
        __doc__,
        ("--game", {"default": "breakout", "help": "as the package names it"}),
        every=(EVERY,),
        learning_starts=LEARNING_STARTS,
    )
    if given.threads:
        torch.set_num_threads(given.threads)
    clock = Clock(given)
    model = DQN(
        "CnnPolicy",
        Boards(BaseEnv(given.game, use_minimal_action_set=True)),
        learning_rate=2.5e-4,
        buffer_size=100_000,
        learning_starts=LEARNING_STARTS,
        batch_size=32,
        gamma=0.99,
        train_freq=EVERY,
        gradient_steps=1,
        target_update_interval=1_000,
        exploration_fraction=given.warm_up / given.steps,
        exploration_final_eps=LAST_EPSILON,
        policy_kwargs={
            "features_extractor_class": Network,
            "net_arch": [],
            "normalize_images": False,
            "optimizer_kwargs": {"eps": 3.125e-4},
        },
        seed=given.seed,
        device="cpu",
    )
    learn(model, clock)
    clock.report("Stable-Baselines3", stable_baselines3.__version__)


if __name__ == "__main__":
    main()

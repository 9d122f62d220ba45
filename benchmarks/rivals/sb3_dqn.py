"""Stable-Baselines3's DQN on CartPole-v1, through its public API.

The settings are CleanRL's (docs.cleanrl.dev/rl-algorithms/dqn), as in every script of this folder,
except for learning starts and for the environment steps per update that the command line asks for.
Unavoidable differences: the loss is Huber's, gradients are clipped to a norm of 10, and the first
1,000 actions are uniformly random, whatever epsilon is.
One PyTorch thread is the default: on two cores the library's own choice is slower, by a fifth to
two thirds.
"""

import stable_baselines3
import torch
from measuring import (
    BATCH_SIZE,
    DISCOUNT,
    ENVIRONMENT,
    EXPLORATION_FRACTION,
    FIRST_EPSILON,
    HIDDEN_SIZES,
    LAST_EPSILON,
    LEARNING_RATE,
    LEARNING_STARTS,
    REPLAY_CAPACITY,
    TARGET_PERIOD,
    Clock,
    arguments,
    learn,
)
from stable_baselines3 import DQN


def main() -> None:
    given = arguments(__doc__)
    if given.threads:
        torch.set_num_threads(given.threads)
    clock = Clock(given)
    model = DQN(
        "MlpPolicy",
        ENVIRONMENT,
        learning_rate=LEARNING_RATE,
        buffer_size=REPLAY_CAPACITY,
        learning_starts=LEARNING_STARTS,
        batch_size=BATCH_SIZE,
        gamma=DISCOUNT,
        train_freq=given.env_steps_per_update,
        gradient_steps=1,
        target_update_interval=TARGET_PERIOD,
        exploration_fraction=EXPLORATION_FRACTION,
        exploration_initial_eps=FIRST_EPSILON,
        exploration_final_eps=LAST_EPSILON,
        policy_kwargs={"net_arch": list(HIDDEN_SIZES), "activation_fn": torch.nn.ReLU},
        seed=given.seed,
        device="cpu",
    )
    learn(model, clock)
    clock.report("Stable-Baselines3", stable_baselines3.__version__)


if __name__ == "__main__":
    main()

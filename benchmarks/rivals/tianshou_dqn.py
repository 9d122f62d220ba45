"""Tianshou 2's DQN on CartPole-v1, through its procedural API.

The settings are CleanRL's (docs.cleanrl.dev/rl-algorithms/dqn), as in every script of this folder,
except for learning starts and for the environment steps per update that the command line asks for.
Unavoidable differences: the target network's period counts updates, so it is divided to give 500
environment steps; epsilon changes once per collection, which is once per update; the trainer looks
for NaN in the whole replay memory after every collection. The first 1,000 actions are uniformly
random, whatever epsilon is, collected before the trainer starts.
"""

from importlib.metadata import version

import gymnasium
import numpy as np
import torch
from measuring import (
    BATCH_SIZE,
    DISCOUNT,
    ENVIRONMENT,
    HIDDEN_SIZES,
    LEARNING_RATE,
    LEARNING_STARTS,
    REPLAY_CAPACITY,
    TARGET_PERIOD,
    Clock,
    arguments,
    epsilon,
)
from tianshou.algorithm import DQN
from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OffPolicyTrainerParams
from tianshou.utils.net.common import Net


def main() -> None:
    given = arguments(__doc__)
    if given.threads:
        torch.set_num_threads(given.threads)
    np.random.seed(given.seed)  # noqa: NPY002 - the library explores with the global generator
    torch.manual_seed(given.seed)
    per_update = given.env_steps_per_update
    envs = DummyVectorEnv([lambda: gymnasium.make(ENVIRONMENT)])
    envs.seed(given.seed)
    observations, actions = envs.observation_space[0], envs.action_space[0]
    policy = DiscreteQLearningPolicy(
        model=Net(
            state_shape=observations.shape, action_shape=actions.n, hidden_sizes=HIDDEN_SIZES
        ),
        observation_space=observations,
        action_space=actions,
    )
    algorithm = DQN(
        policy=policy,
        optim=AdamOptimizerFactory(lr=LEARNING_RATE),
        gamma=DISCOUNT,
        target_update_freq=TARGET_PERIOD // per_update,
        is_double=False,
    )
    collector = Collector(
        algorithm, envs, VectorReplayBuffer(REPLAY_CAPACITY, 1), exploration_noise=True
    )
    clock = Clock(given)

    collector.reset()
    collector.collect(n_step=1, random=True)
    clock.mark(1, 0)
    collector.collect(n_step=LEARNING_STARTS - 1, random=True)

    def before_collection(_epoch: int, trained_steps: int) -> None:
        steps = LEARNING_STARTS + trained_steps
        policy.set_eps_training(epsilon(steps, given.steps))
        clock.mark(steps, trained_steps // per_update)

    result = algorithm.run_training(
        OffPolicyTrainerParams(
            training_collector=collector,
            max_epochs=1,
            epoch_num_steps=given.steps - LEARNING_STARTS,
            collection_step_num_env_steps=per_update,
            update_step_num_gradient_steps_per_sample=1 / per_update,
            batch_size=BATCH_SIZE,
            training_fn=before_collection,
            show_progress=False,
            verbose=False,
        )
    )
    assert result.update_step == (given.steps - LEARNING_STARTS) // per_update
    clock.report("Tianshou", version("tianshou"))


if __name__ == "__main__":
    main()

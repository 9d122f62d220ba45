"""SBX's DQN on CartPole-v1 (Stable-Baselines in JAX), through its public API.

The settings are CleanRL's (docs.cleanrl.dev/rl-algorithms/dqn), as in every script of this folder,
except for learning starts and for the environment steps per update that the command line asks for.
SBX's own policy gives both hidden layers the same width; the policy below builds 120 and 84.
Unavoidable differences: the loss is Huber's, and the first 1,000 actions are uniformly random,
whatever epsilon is.
One thread, for XLA too, is the default: on two cores it is as fast as JAX's own choice.
"""

import os
from collections.abc import Callable
from importlib.metadata import version

import flax.linen as nn
import jax
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
from sbx import DQN
from sbx.common.type_aliases import RLTrainState
from sbx.dqn.policies import DQNPolicy


def set_threads(threads: int) -> None:
    torch.set_num_threads(threads)  # the replay memory hands out PyTorch tensors
    # XLA reads these when JAX first computes: the size of its pool, and whether Eigen may use it.
    os.environ["NPROC"] = str(threads)
    if threads == 1:
        given = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{given} --xla_cpu_multi_thread_eigen=false"


class Network(nn.Module):
    """4-120-84-2."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for size in HIDDEN_SIZES:
            x = nn.relu(nn.Dense(size)(x))
        return nn.Dense(2)(x)


class Policy(DQNPolicy):
    """SBX's policy with this network."""

    def build(self, key: jax.Array, lr_schedule: Callable[[float], float]) -> jax.Array:
        key, network_key = jax.random.split(key)
        self.qf = Network()
        weights = self.qf.init(network_key, self.observation_space.sample()[None])
        optimizer = self.optimizer_class(learning_rate=lr_schedule(1), **self.optimizer_kwargs)
        self.qf_state = RLTrainState.create(
            apply_fn=self.qf.apply, params=weights, target_params=weights, tx=optimizer
        )
        return key


def main() -> None:
    given = arguments(__doc__)
    if given.threads:
        set_threads(given.threads)
    clock = Clock(given)
    model = DQN(
        Policy,
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
        seed=given.seed,
    )
    learn(model, clock)
    clock.report("SBX", version("sbx-rl"))


if __name__ == "__main__":
    main()

"""A DQN on CartPole-v1 as one PyTorch loop, in the manner of CleanRL.

Written afresh to the published settings of CleanRL's dqn.py (docs.cleanrl.dev/rl-algorithms/dqn),
except for learning starts (10,000 there) and the environment steps per update (10 there).
It is leaner than the original: one plain environment instead of a vector of one, NumPy arrays as
replay memory, no TensorBoard. The version is PyTorch's.
"""

from itertools import pairwise

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
from torch import nn
from torch.nn import functional


class Replay:
    """The latest transitions, in a ring."""

    def __init__(self, capacity: int, observation_size: int, generator: np.random.Generator):
        self.observations = np.zeros((capacity, observation_size), np.float32)
        self.next_observations = np.zeros((capacity, observation_size), np.float32)
        self.actions = np.zeros((capacity, 1), np.int64)
        self.rewards = np.zeros(capacity, np.float32)
        self.terminated = np.zeros(capacity, np.float32)
        self.capacity = capacity
        self.added = 0
        self.generator = generator

    def add(
        self,
        observation: np.ndarray,
        action: int,
        reward: float,
        terminated: bool,
        next_observation: np.ndarray,
    ) -> None:
        at = self.added % self.capacity
        self.observations[at] = observation
        self.next_observations[at] = next_observation
        self.actions[at] = action
        self.rewards[at] = reward
        self.terminated[at] = terminated
        self.added += 1

    def sample(self, size: int) -> tuple[torch.Tensor, ...]:
        rows = self.generator.integers(min(self.added, self.capacity), size=size)
        arrays = (
            self.observations,
            self.actions,
            self.rewards,
            self.terminated,
            self.next_observations,
        )
        return tuple(torch.from_numpy(array[rows]) for array in arrays)


def make_network(inputs: int, outputs: int) -> nn.Sequential:
    sizes = (inputs, *HIDDEN_SIZES)
    hidden: list[nn.Module] = []
    for before, after in pairwise(sizes):
        hidden += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(sizes[-1], outputs))


def main() -> None:
    given = arguments(__doc__)
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    generator = np.random.default_rng(given.seed)
    env = gymnasium.make(ENVIRONMENT)
    inputs, actions = env.observation_space.shape[0], int(env.action_space.n)
    network, target = make_network(inputs, actions), make_network(inputs, actions)
    target.load_state_dict(network.state_dict())
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    replay = Replay(REPLAY_CAPACITY, inputs, generator)
    clock, updates = Clock(given), 0

    observation, _ = env.reset(seed=given.seed)
    for step in range(1, given.steps + 1):
        if generator.random() < epsilon(step - 1, given.steps):
            action = int(generator.integers(actions))
        else:
            with torch.no_grad():
                action = int(network(torch.from_numpy(observation)).argmax())
        next_observation, reward, terminated, truncated, _ = env.step(action)
        # An episode cut short has a future: only termination ends the return.
        replay.add(observation, action, float(reward), terminated, next_observation)
        observation = env.reset()[0] if terminated or truncated else next_observation
        clock.mark(step, updates)

        if step > LEARNING_STARTS and step % given.env_steps_per_update == 0:
            observations, taken, rewards, ended, next_observations = replay.sample(BATCH_SIZE)
            with torch.no_grad():
                best_next = target(next_observations).amax(1)
                wanted = rewards + DISCOUNT * best_next * (1 - ended)
            values = network(observations).gather(1, taken).squeeze(1)
            loss = functional.mse_loss(values, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            updates += 1
        if step % TARGET_PERIOD == 0:
            target.load_state_dict(network.state_dict())
    clock.report("PyTorch loop, CleanRL style", torch.__version__)


if __name__ == "__main__":
    main()

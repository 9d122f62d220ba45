"""Bare DQN updates in PyTorch with fused Adam: no environment, no replay memory.

The network is 4-120-84-2, the batches of 128 are drawn beforehand, the target is Double DQN's, the
loss Huber's. The target network stays as it is: one copy in hundreds of updates costs nothing.
"""

import argparse
import json
import time

import torch
from measuring import BATCH_SIZE, DISCOUNT, HIDDEN_SIZES, LEARNING_RATE
from torch import nn
from torch.nn import functional

INPUTS, ACTIONS = 4, 2
BATCHES = 64


def make_network() -> nn.Sequential:
    first, second = HIDDEN_SIZES
    return nn.Sequential(
        nn.Linear(INPUTS, first),
        nn.ReLU(),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, ACTIONS),
    )


def make_batch() -> tuple[torch.Tensor, ...]:
    return (
        torch.randn(BATCH_SIZE, INPUTS),
        torch.randint(ACTIONS, (BATCH_SIZE, 1)),
        torch.ones(BATCH_SIZE, 1),
        DISCOUNT * (torch.rand(BATCH_SIZE, 1) > 0.05),
        torch.randn(BATCH_SIZE, INPUTS),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--warm-up", type=int, default=500, help="updates before the clock starts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="0: the library's default")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    network, target = make_network(), make_network()
    target.load_state_dict(network.state_dict())
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    batches = [make_batch() for _ in range(BATCHES)]

    def update(batch: tuple[torch.Tensor, ...]) -> None:
        observations, actions, rewards, discounts, next_observations = batch
        with torch.no_grad():
            best = network(next_observations).argmax(1, keepdim=True)
            wanted = rewards + discounts * target(next_observations).gather(1, best)
        loss = functional.huber_loss(network(observations).gather(1, actions), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for number in range(given.warm_up):
        update(batches[number % BATCHES])
    began = time.perf_counter()
    for number in range(given.updates):
        update(batches[number % BATCHES])
    seconds = time.perf_counter() - began
    result = {"name": "PyTorch, fused Adam", "updates_per_second": given.updates / seconds}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()

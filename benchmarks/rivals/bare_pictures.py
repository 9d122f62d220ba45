"""Bare DQN updates on pictures in PyTorch with fused Adam, and its passes for acting.

No environment, no replay memory: one batch of bytes, drawn beforehand, one thread. The loss is
squared, the target that of DQN. Seconds are those of the processor.
"""

import argparse
import json
import time

import torch
from picture_networks import (
    ACTIONS,
    BATCH_SIZE,
    DISCOUNT,
    ENVIRONMENTS,
    LEARNING_RATE,
    NETWORKS,
    PictureNetwork,
)
from torch import nn
from torch.nn import functional


def make_network(described: PictureNetwork) -> nn.Sequential:
    height, width, channels = described.picture
    layers: list[nn.Module] = []
    for filters, size, stride in described.convolutions:
        layers += [nn.Conv2d(channels, filters, size, stride), nn.ReLU()]
        channels = filters
    layers.append(nn.Flatten())
    seen = nn.Sequential(*layers)(torch.zeros(1, described.picture[2], height, width)).shape[1]
    units = described.units
    return nn.Sequential(*layers, nn.Linear(seen, units), nn.ReLU(), nn.Linear(units, ACTIONS))


def pictures(described: PictureNetwork, rows: int) -> torch.Tensor:
    height, width, channels = described.picture
    return torch.randint(0, 256, (rows, channels, height, width), dtype=torch.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=NETWORKS)
    described = NETWORKS[parser.parse_args().network]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network, target = make_network(described), make_network(described)
    target.load_state_dict(network.state_dict())
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    observations, next_observations = (pictures(described, BATCH_SIZE) for _ in range(2))
    actions, rewards = torch.randint(ACTIONS, (BATCH_SIZE, 1)), torch.ones(BATCH_SIZE, 1)
    played = pictures(described, ENVIRONMENTS)

    def update() -> None:
        with torch.no_grad():
            best = target(next_observations.float() / 255).max(1, keepdim=True).values
            wanted = rewards + DISCOUNT * best
        values = network(observations.float() / 255).gather(1, actions)
        optimizer.zero_grad()
        functional.mse_loss(values, wanted).backward()
        optimizer.step()

    def act() -> None:
        with torch.no_grad():
            network(played.float() / 255).argmax(1)

    def seconds(call, times: int) -> float:
        for _ in range(max(1, times // 8)):
            call()
        began = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - began) / times

    passes = max(8, described.updates // 4)
    result = {
        "update_seconds": seconds(update, described.updates),
        "observations_per_second": ENVIRONMENTS / seconds(act, passes),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()

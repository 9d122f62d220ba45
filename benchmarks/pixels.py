"""Pictures: an update and an acting pass beside PyTorch's, and the loop beside its bare updates.

    python -m benchmarks.pixels [--repeats 5]

Networks, batches and one thread are the same for both; each repeat measures one after the other.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete
from threadpoolctl import threadpool_limits

from agents.dqn.config import DQN
from agents.networks.forward import Forward
from agents.rollout import Rollout
from agents.schedules import WeightAverage
from benchmarks import results
from benchmarks.race import RIVAL_PYTHON, RIVALS, run
from benchmarks.results import section, table
from benchmarks.rivals.picture_networks import (
    ACTIONS,
    BATCH_SIZE,
    DISCOUNT,
    ENVIRONMENTS,
    LEARNING_RATE,
    NETWORKS,
    PictureNetwork,
)
from common.backend import prepare_tensorflow
from common.stacks import Stack

_CALLS = 8  # compiled calls that share a network's updates in a measurement
_STEPS, _ENVS = 64, 8


class _Figures(NamedTuple):
    """What one repeat found, in seconds, and in observations per second."""

    ours: float
    theirs: float
    gather: float
    share: float
    acting: float
    their_acting: float


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    prepare_tensorflow(1, hide_gpus=True)
    rows = []
    for name, network in NETWORKS.items():
        learner, forward = _learner(network), _forward(network)
        found = [_repeat(name, network, learner, forward) for _ in range(repeats)]
        rows.append(_row(network, found))
        print(rows[-1], flush=True)
    section("pixels", "Pictures beside PyTorch", _report(rows))


def _agent(network: PictureNetwork) -> DQN:
    filters, sizes, strides = zip(*network.convolutions, strict=True)
    return DQN(
        network="conv",
        filters=filters,
        kernel_sizes=sizes,
        strides=strides,
        hidden_sizes=(network.units,),
        discount=DISCOUNT,
        learning_rate=LEARNING_RATE,
        average=WeightAverage(decay=0.0),
        batch_size=BATCH_SIZE,
        replay_capacity=2_000,
        learning_starts=0,
        env_steps_per_update=1,
        updates_per_call=network.updates // _CALLS,
        target="hard",
        target_period=1_000,
        bound_targets=False,
    )


def _space(network: PictureNetwork) -> Box:
    """Pictures of several channels are stacks of as many, of which the replay holds each once."""
    height, width, channels = network.picture
    if height == 10:  # MinAtar's channels are objects
        return Box(0, 255, network.picture, np.uint8)
    return Stack(Box(0, 255, (height, width), np.uint8), channels)


def _learner(network: PictureNetwork) -> Any:
    """A learner whose replay is filled, and whose updates are compiled."""
    rng, space = np.random.default_rng(0), _space(network)
    learner: Any = _agent(network).learner(
        space,
        Discrete(ACTIONS),
        env_steps=10**7,
        network_rng=rng,
        replay_rng=np.random.default_rng(1),
    )
    seen = rng.integers(0, 256, (_STEPS + 1, _ENVS, *network.picture), np.uint8)
    if isinstance(space, Stack):
        for before, after in itertools.pairwise(seen):
            after[:] = space.followed(before, after[..., -1])
    shape = (_STEPS, _ENVS)
    nothing = np.zeros(shape, np.bool_)
    rollout = Rollout(
        s_tm1=seen[:-1],
        a_tm1=rng.integers(0, ACTIONS, shape).astype(np.int32),
        r_t=np.ones(shape),
        terminated_t=nothing,
        truncated_t=nothing,
        s_t=seen[1:],
        dropped_t=nothing,
    )
    learner._replay.add(rollout)
    learner._make(1)
    return learner


def _forward(network: PictureNetwork) -> Callable[[], object]:
    """An acting pass of a network."""
    space, rng = _space(network), np.random.default_rng(0)
    described = _agent(network)._network(space, Discrete(ACTIONS))
    forward, weights = Forward(described, range(ENVIRONMENTS)), described.initial_weights(rng)
    seen = rng.integers(0, 256, (ENVIRONMENTS, *network.picture), np.uint8)
    return lambda: forward(weights, seen)[0].argmax(axis=-1)


def _repeat(
    name: str, network: PictureNetwork, learner: Any, forward: Callable[[], object]
) -> _Figures:
    theirs = run(RIVAL_PYTHON, str(RIVALS / "bare_pictures.py"), name)
    rows, columns = learner._draw()
    rates, shares = learner._scheduled()

    def bare() -> None:
        made = learner._compiled(learner._state, rates, shares, learner._bounds(), columns)
        made[4].numpy()

    def share() -> float:
        alone = _seconds(bare, _CALLS, time.perf_counter)
        return alone * _CALLS / _seconds(lambda: learner._make(_CALLS), 1, time.perf_counter)

    size = learner._config.updates_per_call
    with threadpool_limits(1, user_api="blas"):
        acting = _seconds(forward, max(8, network.updates // 4))
    return _Figures(
        ours=_seconds(bare, _CALLS) / size,
        theirs=theirs["update_seconds"],
        gather=_seconds(lambda: learner._replay._storage.gather(rows), _CALLS) / size,
        share=statistics.median(share() for _ in range(3)),
        acting=ENVIRONMENTS / acting,
        their_acting=theirs["observations_per_second"],
    )


def _seconds(
    call: Callable[[], object], times: int, clock: Callable[[], float] = time.process_time
) -> float:
    """Seconds of a call, in the mean, of the processor unless another clock is given."""
    call()
    began = clock()
    for _ in range(times):
        call()
    return (clock() - began) / times


def _row(network: PictureNetwork, found: Sequence[_Figures]) -> list[str]:
    def median(values: Sequence[float]) -> float:
        return statistics.median(values)

    ratios = [each.ours / each.theirs for each in found]
    return [
        network.name,
        f"{1e3 * median([each.ours for each in found]):.2f}",
        f"{1e3 * median([each.theirs for each in found]):.2f}",
        f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
        f"{1e3 * median([each.gather for each in found]):.2f}",
        f"{median([each.share for each in found]):.0%}",
        f"{median([each.acting for each in found]):,.0f}",
        f"{median([each.their_acting for each in found]):,.0f}",
    ]


def _report(rows: Sequence[Sequence[str]]) -> str:
    head = (
        "",
        "ours ms",
        "PyTorch ms",
        "ratio",
        "gather ms",
        "loop",
        "ours obs/s",
        "PyTorch obs/s",
    )
    return "\n\n".join(
        (
            f"An update on a batch of {BATCH_SIZE} with target network and Adam, one thread; "
            "milliseconds and observations are those of a second of the processor, so that others "
            "on the machine count for little. Ratios are medians of pairs, with their range. "
            "*Gather*: a batch out of the replay, where of 84x84x4 each frame is kept once. "
            "*Loop*: the share of the time of whole updates, with drawing and gathering beside "
            f"them, that bare ones take. *obs/s*: {ENVIRONMENTS} observations at a time, ours in "
            "NumPy.",
            table(head, rows),
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])

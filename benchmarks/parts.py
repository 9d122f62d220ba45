"""What each part of DQN costs: an update with it beside one without, at the same network.

    python -m benchmarks.parts [--repeats 5]

Updates alone, on a replay filled with random numbers, in one thread: no environment, no acting. All
variants of a network are measured in turn, so that a noisy machine is as noisy for each of them.
*Bare* is the compiled call alone; with drawing, gathering and priorities it is the whole update.
*Arithmetic* is what TensorFlow counts in the graph of an update, in times of DQN's: what a part
costs at least at this network, unless products of its sizes are faster than those of DQN's.
"""

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.replay.priorities import PriorityConfig
from agents.replayed.learner import ReplayLearner
from agents.rollout import Rollout
from benchmarks import results
from benchmarks.results import section, table
from common.backend import prepare_tensorflow
from common.quiet import quiet

_STEPS, _ENVS = 64, 16
_CALLS = 6  # compiled calls in a measurement


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network that updates are measured at, and what it sees.

    Attributes:
        name: In the table.
        agent: DQN without any part.
        space: The observations.
        actions: Number of actions.
    """

    name: str
    agent: DQN
    space: Box
    actions: int


def numbers_of(size: int) -> Box:
    """Observations of so many numbers."""
    return Box(-9, 9, (size,), np.float32)


_PLAIN = DQN(learning_starts=0, env_steps_per_update=1)
_NETWORKS = (
    Network(name="CartPole, 64-64", agent=_PLAIN, space=numbers_of(4), actions=2),
    Network(
        name="LunarLander, 256-256",
        agent=replace(_PLAIN, hidden_sizes=(256, 256), batch_size=128),
        space=numbers_of(8),
        actions=4,
    ),
    Network(
        name="MinAtar, 16 of 3x3, 128",
        agent=replace(_PLAIN, network="conv", hidden_sizes=(128,), batch_size=32),
        space=Box(0, 1, (10, 10, 4), np.uint8),
        actions=6,
    ),
)
_C51 = DistributionConfig(kind="c51")
_PARTS: Mapping[str, Mapping[str, object]] = {
    "DQN": {},
    "Double": {"double": True},
    "dueling": {"dueling": True},
    "prioritised": {"priority": PriorityConfig(exponent=0.6)},
    "noisy head": {"noisy": "head"},
    "noisy": {"noisy": "all"},
    "Munchausen": {"munchausen": MunchausenConfig(scale=0.9)},
    "C51, 51 atoms": {"distribution": _C51},
    "QR-DQN, 32 quantiles": {"distribution": DistributionConfig(kind="qr")},
    "IQN, 8 quantiles": {"distribution": DistributionConfig(kind="iqn", quantiles=8)},
    "Rainbow": {
        "double": True,
        "dueling": True,
        "noisy": "head",
        "n_step": 3,
        "priority": PriorityConfig(exponent=0.5),
        "distribution": _C51,
    },
}


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    prepare_tensorflow(1, hide_gpus=True)
    section("parts", "The parts of DQN", "\n\n".join(_report(each, repeats) for each in _NETWORKS))


def _report(network: Network, repeats: int) -> str:
    learners = {name: learner_of(network, parts) for name, parts in _PARTS.items()}
    whole: dict[str, list[float]] = {name: [] for name in learners}
    bare: dict[str, list[float]] = {name: [] for name in learners}
    for _ in range(repeats):
        for name, learner in learners.items():
            whole[name].append(seconds_of_update(learner))
            bare[name].append(_bare(learner))
        print(f"{network.name}: {whole['DQN'][-1] * 1e6:.0f} us", flush=True)
    rows, operations = [], {name: _operations(learner) for name, learner in learners.items()}
    for name, seconds in whole.items():
        ratios = [mine / plain for mine, plain in zip(seconds, whole["DQN"], strict=True)]
        shares = [less / mine for less, mine in zip(bare[name], seconds, strict=True)]
        median = statistics.median
        took = f"{median(seconds) * 1e6:.0f}"
        counted = f"{operations[name] / operations['DQN']:.2f}"
        rows.append((name, took, f"{median(ratios):.2f}", counted, f"{median(shares):.0%}"))
    head = ("", "µs an update", "times DQN's", "arithmetic", "bare share")
    batch = f"{network.name}, {network.actions} actions, batches of {network.agent.batch_size}:"
    return f"{batch}\n\n{table(head, rows)}"


def learner_of(network: Network, parts: Mapping[str, object]) -> ReplayLearner:
    """A learner whose replay is filled, and whose updates are compiled."""
    agent = replace(network.agent, **parts)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    learner = agent.learner(
        network.space,
        Discrete(network.actions),
        env_steps=10**7,
        network_rng=rng,
        replay_rng=np.random.default_rng(1),
    )
    assert isinstance(learner, ReplayLearner)
    for _ in range(4):  # the last of them make updates, and so compile
        learner.learn(_rollout(network, rng))
    return learner


def _rollout(network: Network, rng: np.random.Generator) -> Rollout:
    size = (_STEPS, _ENVS)
    shape, kind = (*size, *network.space.shape), network.space.dtype
    seen = [rng.normal(size=shape) for _ in range(2)]
    if kind == np.uint8:  # pictures of objects, each in a channel of its own
        seen = [numbers > 0.5 for numbers in seen]
    return Rollout(
        s_tm1=seen[0].astype(kind),
        a_tm1=rng.integers(0, network.actions, size).astype(np.int32),
        r_t=rng.normal(size=size),
        terminated_t=rng.random(size) < 0.05,
        truncated_t=np.zeros(size, np.bool_),
        s_t=seen[1].astype(kind),
        dropped_t=np.zeros(size, np.bool_),
    )


def seconds_of_update(learner: ReplayLearner) -> float:
    """Seconds of an update, with all that belongs to it."""
    before, began = learner.updates, time.perf_counter()
    learner._make(_CALLS)
    return (time.perf_counter() - began) / (learner.updates - before)


def _bare(learner: ReplayLearner) -> float:
    """Seconds of an update in the compiled call alone."""
    _, columns = learner._draw()
    rates, shares = learner._scheduled()
    bounds, began = learner._bounds(), time.perf_counter()
    for _ in range(_CALLS):
        made = learner._compiled(learner._state, rates, shares, bounds, columns)
        made[4].numpy()
    return (time.perf_counter() - began) / (_CALLS * len(rates))


def _operations(learner: ReplayLearner) -> int:
    """Floating-point operations in the graph of an update."""
    import tensorflow as tf

    profiler = tf.compat.v1.profiler
    _, columns = learner._draw()
    rates, shares = learner._scheduled()
    batch = {name: column[0] for name, column in columns.items()}
    update = tf.function(learner._update, autograph=False).get_concrete_function(
        learner._state,
        tf.constant(rates[0], tf.float32),
        tf.constant(shares[0], tf.float32),
        {**batch, "bounds": tf.constant(learner._bounds())},
    )
    asked = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    with quiet():
        return profiler.profile(
            update.graph, options=asked.with_empty_output().build()
        ).total_float_ops


if __name__ == "__main__":
    main(sys.argv[1:])

"""Q(s, a): what it costs to have the action as an input, beside valuing all actions at once.

    python -m benchmarks.q_of_action [--repeats 5]

Updates alone, and acting alone: 64-64 units, four numbers as observations, batches of 96, 16
environments, in one thread. Both ways are measured in turn.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from gymnasium.spaces import Discrete
from threadpoolctl import threadpool_limits

from agents.dqn.config import DQN
from benchmarks import results
from benchmarks.parts import Network, learner_of, numbers_of, seconds_of_update
from benchmarks.results import section, table
from common.backend import prepare_tensorflow

_ACTIONS = (2, 6, 18)
_ENVS = 16
_STEPS = 2_000  # of acting in a measurement
_INPUTS = 4
_TITLE = "The action as input, or all actions at once"


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    prepare_tensorflow(1, hide_gpus=True)
    rows = [row for actions in _ACTIONS for row in _rows(actions, repeats)]
    head = ("actions", "", "µs an update", "times", f"µs to act in {_ENVS}", "times")
    section("q_of_action", _TITLE, table(head, rows))


def _rows(actions: int, repeats: int) -> list[tuple[str, ...]]:
    """The medians of both ways, and how often the second takes the first one's time."""
    at_once = DQN(learning_starts=0, env_steps_per_update=1)
    ways = {"all at once": at_once, "as input": replace(at_once, action_input=True)}
    learners = {
        name: learner_of(
            Network(name=name, agent=agent, space=numbers_of(_INPUTS), actions=actions), {}
        )
        for name, agent in ways.items()
    }
    updates: dict[str, list[float]] = {name: [] for name in ways}
    acts: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, agent in ways.items():
            updates[name].append(seconds_of_update(learners[name]) * 1e6)
            acts[name].append(_seconds_of_acting(agent, actions) * 1e6)
    print(f"{actions} actions", flush=True)
    return [(str(actions), name, *_told(updates, name), *_told(acts, name)) for name in ways]


def _told(measured: dict[str, list[float]], name: str) -> tuple[str, str]:
    """A median, and that of the ratios to the first way."""
    first = next(iter(measured.values()))
    ratios = [mine / other for mine, other in zip(measured[name], first, strict=True)]
    return f"{statistics.median(measured[name]):.0f}", f"{statistics.median(ratios):.2f}"


def _seconds_of_acting(agent: DQN, actions: int) -> float:
    """Seconds of a greedy step in all environments."""
    rng = np.random.default_rng(0)
    space, choices = numbers_of(_INPUTS), Discrete(actions)
    weights = agent._network(space, choices).initial_weights(rng)
    actor = agent.actor(space, choices, range(_ENVS))
    observations = rng.normal(size=(_ENVS, _INPUTS)).astype(np.float32)
    state, began = actor.initial_state(), time.perf_counter()
    with threadpool_limits(1, user_api="blas"):  # as workers act
        for _ in range(_STEPS):
            actor.act(weights, observations, state)
    return (time.perf_counter() - began) / _STEPS


if __name__ == "__main__":
    main(sys.argv[1:])

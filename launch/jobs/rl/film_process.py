"""A film made in a process of its own, which its environment may take down."""

import pickle
import sys
from pathlib import Path

from agents.agent import Agent
from agents.weights import Weights
from common.errors import RunError
from common.processes import ProcessFailed, run_module
from common.quiet import quiet
from envs.sources import EnvSource
from training.evaluation import Evaluation

_SECONDS = 30.0
"""After which nobody waits for it any more."""


def record(
    path: Path,
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    *,
    steps: int,
    seconds: float,
) -> None:
    """Films the episodes of an evaluation as `films.record` does, in a new process of this Python.

    Args:
        path: The film's file.
        env: The environment, by name.
        agent: The agent.
        weights: What the policy acts with.
        evaluation: Whose episodes to show.
        steps: Steps to film.
        seconds: CPU seconds after which the film ends.

    Raises:
        RunError: The process died, or took too long.
    """
    given = ((path, env, agent, weights, evaluation), steps, seconds)
    try:
        run_module("launch.jobs.rl.film_process", given, seconds=_SECONDS)
    except ProcessFailed as error:
        raise RunError(f"its process {error}") from None


def _main() -> None:
    what, steps, seconds = pickle.load(sys.stdin.buffer)
    from launch.jobs.rl import films

    with quiet():
        films.record(*what, steps=steps, seconds=seconds)


if __name__ == "__main__":
    _main()

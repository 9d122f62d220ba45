"""Rebuilds a learner's replay from the actions that its run's environments have taken."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from agents.agent import Learner
from agents.replay.storage import Held
from agents.rollout import Rollout
from common.errors import RunError
from training.played import Played, failed, lengths
from training.pool import Pool
from training.replaying import Known, Replayed

_BYTES = 64e6
"""Observations that are asked for at a time, so that they are in memory twice for a moment only."""

Progress = Callable[[int, int], None]
"""Is told how many of how many environment steps were made again; may raise to end it."""


def rebuild(state: Mapping[str, Any], learner: Learner, pool: Pool, progress: Progress) -> Played:
    """Gives a learner its state, and its observations by taking all actions once more.

    Args:
        state: A pipeline's, with actions in place of observations.
        learner: A fresh one.
        pool: Its environments make the rollouts again.
        progress: Told how far it is.

    Returns:
        The record of the actions, which goes on with the run.

    Raises:
        RunError: What the environments give is not what it was, or they fail.
    """
    known = state["played"]
    learner.set_state(state["learner"])
    played = Played.before(known)
    learner.begin_again(played.begins, int(known["first"]))
    left, total = lengths(known), len(known["actions"])
    num_envs, at_once = len(known["episodes"]), 1
    while left:
        now, left = left[:at_once], left[at_once:]
        end = played.step + sum(now)
        actions = known["actions"][played.step : end].astype(np.int32)  # [S, B]
        asked = Known(
            step=played.step,
            positions=played.positions(),
            actions=np.split(actions, np.cumsum(now)[:-1]),
            failed=failed(known),
            last=not left,
        )
        made = _made(pool, asked)
        for each in made:
            played.add(each.rollout, each.episodes, each.faults, _held(learner))
            learner.observe_again(each.rollout)
        part = played.difference(known, _held(learner))
        if part is not None:
            steps = state["env_steps"] - (total - int(known["ends"][part])) * num_envs
            raise RunError(
                f"{_CANNOT}: up to env step {steps:,} the environment gave other observations, "
                f"rewards or ends than before: {_WHY}"
            )
        at_once = max(1, int(_BYTES // _size(made[-1].rollout)))
        progress(end * num_envs, total * num_envs)
    return played


_CANNOT = "the replay cannot be rebuilt from its actions"
_WHY = "it has changed, or it is not deterministic; the run's folder is as it was"


def _made(pool: Pool, asked: Known) -> list[Replayed]:
    """The rollouts that are asked for.

    Raises:
        RunError: An episode ended where it went on before, or the environment failed.
    """
    try:
        return pool.replay(asked)
    except ValueError as error:
        raise RunError(f"{_CANNOT}: {error}; the run's folder is as it was") from None


def _held(learner: Learner) -> Held:
    held = learner.held
    assert held is not None, "the state of such a learner holds no actions"
    return held


def _size(rollout: Rollout) -> int:
    return max(1, rollout.s_tm1.nbytes + rollout.s_t.nbytes)

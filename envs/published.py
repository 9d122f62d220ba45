"""The tables of their transitions that environments publish, as Gymnasium's toy-text ones do."""

import pickle
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import EnvSpec, load_env_creator

from envs.masks import KEY
from envs.planning import TabularModel
from envs.sources import EnvSource, called, configured, opened, spec_of

FROZEN_LAKE = "gymnasium.envs.toy_text.frozen_lake:FrozenLakeEnv"
_TOY_TEXTS = ("gymnasium.envs.toy_text.", "envs.own.")


def is_toy_text(spec: EnvSpec) -> bool:
    """Whether an environment is one of Gymnasium's or of ours that may have a table."""
    return str(spec.entry_point).startswith(_TOY_TEXTS)


def published_model(env: EnvSource) -> TabularModel | None:
    """The transitions of an environment that has them as `P`; None where that is not all of them.

    Wrappers may change anything. A lake without a map draws one for each copy. A fickle passenger
    of Taxi changes the destination, of which `P` knows nothing.

    Raises:
        UnusableEnvironment: The environment cannot be made.
    """
    spec = spec_of(env)
    if configured(env).options.wrappers or (spec and spec.additional_wrappers):
        return None
    if spec is None or not is_toy_text(spec):
        with opened(env) as single:
            return _model(single.unwrapped)
    if spec.entry_point == FROZEN_LAKE and _draws_its_map(**spec.kwargs):
        return None
    made_from = pickle.dumps((spec.entry_point, spec.kwargs))
    return called(env, lambda: _toy_text_model(made_from))


def _draws_its_map(map_name: str | None = "4x4", desc: Any = None, **_: Any) -> bool:
    return map_name is None and desc is None


@lru_cache(maxsize=16)
def _toy_text_model(made_from: bytes) -> TabularModel | None:
    """The table of such an environment, kept: a run makes each of them often.

    Args:
        made_from: Its class and keywords. An id would not do: it can be registered anew.
    """
    entry_point, keywords = pickle.loads(made_from)
    return _model(load_env_creator(entry_point)(**keywords))


def _model(single: object) -> TabularModel | None:
    """The table that an environment carries, if it is one of probabilities and tells everything."""
    table = getattr(single, "P", None)
    start = getattr(single, "initial_state_distrib", None)
    if not isinstance(table, dict) or start is None or getattr(single, "fickle_passenger", False):
        return None
    states, actions = range(len(table)), range(len(table[0]))
    most = max(len(table[s][a]) for s in states for a in actions)
    none = (0.0, 0, 0.0, False)  # an outcome that never is
    rows = [[[*table[s][a], *[none] * (most - len(table[s][a]))] for a in actions] for s in states]
    probability, successor, reward, terminal = np.ascontiguousarray(
        np.moveaxis(np.array(rows, np.float64), -1, 0)
    )
    if not ((probability >= 0.0).all() and np.isclose(np.sum(start), 1.0)):
        return None
    return TabularModel(
        legal=_legal(single, len(states)),
        probability=probability,
        successor=successor.astype(np.int64),
        reward=reward,
        terminal=terminal.astype(np.bool_),
        start=np.asarray(start, np.float64),
    )


def _legal(single: object, states: int) -> npt.NDArray[np.bool_] | None:
    """Which actions [S, A] an environment calls legal, as Taxi does; None where all are.

    Where none is the state is terminal, and nothing is chosen in it.
    """
    mask = getattr(single, KEY, None)
    if not callable(mask):
        return None
    legal = np.array([mask(state) for state in range(states)], np.bool_)
    return legal | ~legal.any(axis=-1, keepdims=True)

"""Environments whose states lie on a map: where each state is, and where each action leads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from envs.published import FROZEN_LAKE, published_model
from envs.sources import EnvSource, opened, spec_of

Ints = npt.NDArray[np.int64]

_TOY = "gymnasium.envs.toy_text."
_LEFT, _DOWN, _RIGHT, _UP, _STAY = (-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)
_IN_TAXI, _TO = 4, 1  # the passenger's place; the destination G


@dataclass(frozen=True, kw_only=True)
class GridMap:
    """States on a map of R rows and C columns.

    Attributes:
        title: What they have in common; empty where there is one map.
        states: [R, C] numbers of the states.
        letters: [R, C] what is in each cell, such as S, H, G.
        over: [R, C] bool, whether the episode is over there, so that nothing is done.
    """

    title: str
    states: Ints
    letters: npt.NDArray[np.str_]
    over: npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """An environment on a grid.

    Attributes:
        maps: Maps of its states, or of some of them where there are many maps.
        rows: [S] row of each state, from the top.
        columns: [S] column of each state.
        moves: [S, A, 2] columns and rows that an action means to go; 0, 0 for one that stays.
    """

    maps: tuple[GridMap, ...]
    rows: Ints
    columns: Ints
    moves: Ints


def grid(env: EnvSource) -> Grid | None:
    """The grid of an environment that publishes its transitions; None where none is known.

    Raises:
        UnusableEnvironment: The environment cannot be made.
    """
    spec = spec_of(env)
    make = _GRIDS.get(str(spec.entry_point)) if spec else None
    if make is None or published_model(env) is None:
        return None
    with opened(env) as single:
        return make(single.unwrapped)


def _plain(letters: npt.NDArray[np.str_], over: str, moves: Any) -> Grid:
    """A grid whose states are its cells, row by row."""
    states = np.arange(letters.size).reshape(letters.shape)
    rows, columns = (each.ravel() for each in np.indices(letters.shape))
    only = GridMap(title="", states=states, letters=letters, over=np.isin(letters, [*over]))
    everywhere = np.broadcast_to(np.asarray(moves), (letters.size, *np.shape(moves)[-2:]))
    return Grid(maps=(only,), rows=rows, columns=columns, moves=everywhere)


def _lake(single: Any) -> Grid:
    return _plain(single.desc.astype(np.str_), "HG", (_LEFT, _DOWN, _RIGHT, _UP))


def _cliff(single: Any) -> Grid:
    letters = np.where(single._cliff, "C", "").astype(np.str_)
    letters[-1, 0], letters[-1, -1] = "S", "G"
    return _plain(letters, "CG", (_UP, _RIGHT, _DOWN, _LEFT))


def _deep_sea(single: Any) -> Grid:
    letters = np.full(single.right.shape, "")
    letters[0, 0], letters[-1, -1] = "S", "G"
    right = single.right.ravel()[:, None] == np.arange(2)  # [S, 2]
    return _plain(letters, "", np.where(right[..., None], (1, 1), (-1, 1)))


def _taxi(single: Any) -> Grid:
    count = int(single.observation_space.n)
    rows, columns, places, targets = np.array([[*single.decode(s)] for s in range(count)]).T
    letters = np.full((5, 5), "")
    for name, place in zip("RGYB", single.locs, strict=True):
        letters[place] = name
    maps = []
    for where, place in (("waits at Y", 2), ("is in the taxi", _IN_TAXI)):
        states = np.flatnonzero((places == place) & (targets == _TO)).reshape(5, 5)
        title = f"the passenger {where}, to G"
        over = np.zeros((5, 5), np.bool_)
        maps.append(GridMap(title=title, states=states, letters=letters, over=over))
    moves = np.broadcast_to((_DOWN, _UP, _RIGHT, _LEFT, _STAY, _STAY), (count, 6, 2))
    return Grid(maps=tuple(maps), rows=rows, columns=columns, moves=moves)


_GRIDS = {
    FROZEN_LAKE: _lake,
    f"{_TOY}cliffwalking:CliffWalkingEnv": _cliff,
    f"{_TOY}taxi:TaxiEnv": _taxi,
    "envs.own.deep_sea:DeepSea": _deep_sea,
}

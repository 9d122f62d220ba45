"""Freeway: a chicken crosses a road of eight lanes."""

import numpy as np

from envs.own.minatar.game import (
    DOWN,
    DOWNWARD,
    NOTHING,
    SIZE,
    UP,
    Board,
    Draws,
    Game,
    State,
)
from envs.vector_env import Array

_LANES = SIZE - 2  # rows 1 to 8
_ROWS = np.arange(1, _LANES + 1)
_COLUMN = 4  # where the chicken crosses
_WAIT_TO_WALK = 3  # steps
_STEPS = 2_500


class Freeway(Game):
    """Each crossing pays 1, and takes the chicken back to its side; so does a car that hits it.

    A car moves a column every 2 to 6 steps; after each crossing all cars have new speeds and
    directions. The chicken moves a row in three steps at most. The game is over after 2,501 steps,
    and does not get harder with time.
    """

    channels = ("chicken", "car", "speed 1", "speed 2", "speed 3", "speed 4", "speed 5")
    minimal = (NOTHING, UP, DOWN)

    def begin(self, draws: Draws, number: int) -> State:
        velocity = _velocities(draws, slice(None))
        return {
            "row": np.full(number, SIZE - 1),
            "place": np.zeros((number, _LANES), np.int64),
            "velocity": velocity,  # its size is the steps that a car waits between two moves
            "to_move": np.abs(velocity),
            "to_walk": np.full(number, _WAIT_TO_WALK),
            "left": np.full(number, _STEPS),
        }

    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        walk = np.where(state["to_walk"] == 0, DOWNWARD[actions], 0)
        state["to_walk"] = np.where(walk == 0, state["to_walk"], _WAIT_TO_WALK)
        row = np.clip(state["row"] + walk, 0, SIZE - 1)
        crossed = row == 0
        across = np.flatnonzero(crossed)
        if len(across):
            row[across] = SIZE - 1
            state["velocity"][across] = _velocities(draws, across)
            state["to_move"][across] = np.abs(state["velocity"][across])

        before, velocity = state["place"], state["velocity"]
        moving = state["to_move"] == 0
        place = (before + moving * np.sign(velocity)) % SIZE
        state["to_move"] = np.where(moving, np.abs(velocity), state["to_move"] - 1)
        state["place"] = place
        games, lane = np.arange(len(row)), np.minimum(row, _LANES) - 1
        struck = (before[games, lane] == _COLUMN) | (place[games, lane] == _COLUMN)
        state["row"] = np.where(struck, SIZE - 1, row)

        state["to_walk"] -= state["to_walk"] > 0
        state["left"] -= 1
        return crossed.astype(np.float64), state["left"] < 0

    def paint(self, state: State, board: Board) -> None:
        board.mark(state["row"], _COLUMN, 0)
        place, velocity = state["place"], state["velocity"]
        everywhere = np.ones(place.shape, np.bool_)
        board.mark_many(everywhere, _ROWS, place, 1)
        behind = (place - np.sign(velocity)) % SIZE
        board.mark_many(everywhere, _ROWS, behind, np.abs(velocity) + 1)


def _velocities(draws: Draws, rows: Array | slice) -> Array:
    """New velocities [N, 8] of the cars, from 1 to 5 in either direction."""
    lanes = range(_LANES)
    waits = np.stack([1 + draws.below(5, 1 + lane, rows) for lane in lanes], axis=1)
    leftward = np.stack([draws.uniform(1 + _LANES + lane, rows) < 0.5 for lane in lanes], axis=1)
    return np.where(leftward, -waits, waits)

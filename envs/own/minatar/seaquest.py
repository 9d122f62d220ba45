"""Seaquest: a submarine under water saves divers, shoots what comes, and needs air."""

import numpy as np

from envs.own.minatar.crowd import Bullets, Divers, Enemies
from envs.own.minatar.game import (
    ACROSS,
    DOWN,
    DOWNWARD,
    FIRE,
    LEFT,
    NOTHING,
    RIGHT,
    SIZE,
    UP,
    Board,
    Draws,
    Game,
    State,
)
from envs.vector_env import Array

_DEEPEST = SIZE - 2  # the last row shows air and divers
_AIR = 200  # steps under water
_ABOARD = 6
"""Divers that there is room for."""
_WAIT_FOR_ENEMY = 20  # steps, at first
_WAIT_FOR_DIVER = 30
_WAIT_TO_MOVE = 5
_LEAST_WAIT_TO_MOVE = 2
_WAIT_TO_FIRE = 5
_FIRST, _ALL = 1, (1 << SIZE) - 1
_GAUGES = np.arange(SIZE + 1)[:, None] > np.arange(SIZE)  # [11, 10], by tenths of the air
_SEATS = np.zeros((_ABOARD + 1, SIZE), np.bool_)  # [7, 10], by divers aboard, from the right
_SEATS[:, 2:-1] = _GAUGES[: _ABOARD + 1, _ABOARD::-1]


class Seaquest(Game):
    """Each enemy that is shot pays 1; so does each tenth of the air on coming up with six divers.

    The game is over where an enemy or a shot of theirs meets the submarine, where it has no air
    left, or where it comes up with no diver. Coming up takes one diver from aboard and gives full
    air; with difficulty ramping it has enemies enter sooner and, every second time, move sooner.

    An oddity is the package's, and kept: coming up with six divers leaves -1 of them, so that the
    next time needs none.
    """

    channels = (
        *("front", "back", "bullet", "trail", "shot at us", "fish", "submarine"),
        *("air", "divers aboard", "diver"),
    )
    minimal = (NOTHING, LEFT, UP, RIGHT, DOWN, FIRE)

    def begin(self, draws: Draws, number: int) -> State:
        def full(value: int) -> Array:
            return np.full(number, value)

        return {
            "column": full(5),
            "row": full(0),
            "rightward": np.zeros(number, np.bool_),
            "step": full(0),
            "air": full(_AIR),
            "aboard": full(0),
            "surfaced": np.ones(number, np.bool_),
            "to_fire": full(0),
            "to_enemy": full(_WAIT_FOR_ENEMY),
            "to_diver": full(_WAIT_FOR_DIVER),
            "wait_for_enemy": full(_WAIT_FOR_ENEMY),
            "wait_to_move": full(_WAIT_TO_MOVE),
            "harder": full(0),
            "shots_left": np.zeros((number, SIZE), np.int64),  # bit c of row r is its column c
            "shots_right": np.zeros((number, SIZE), np.int64),
            **Enemies.begin(number),
            **Divers.begin(number),
            **Bullets.begin(number),
        }

    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        state["step"] += 1
        self._enter(state, draws)
        fires = np.flatnonzero((actions == FIRE) & (state["to_fire"] == 0))
        state["to_fire"][fires] = _WAIT_TO_FIRE
        Bullets.fire(state, fires)
        across = ACROSS[actions]
        column = state["column"] = np.clip(state["column"] + across, 0, SIZE - 1)
        row = state["row"] = np.clip(state["row"] + DOWNWARD[actions], 0, _DEEPEST)
        state["rightward"] = np.where(across == 0, state["rightward"], across > 0)

        rewards = Bullets.advance(state)
        Divers.advance(state, _ABOARD)
        hits, over, firing = Enemies.advance(state)
        rewards += hits
        over |= _shots_meet(state, firing, column, row)
        for waiting in ("to_enemy", "to_diver", "to_fire"):
            state[waiting] -= state[waiting] > 0
        rewards += self._breathe(state, over)
        return rewards, over

    def _enter(self, state: State, draws: Draws) -> None:
        """Lets enemies and divers enter the games where it is time."""
        due = np.flatnonzero(state["to_enemy"] == 0)
        if len(due):
            state["to_enemy"][due] = state["wait_for_enemy"][due]
            Enemies.enter(
                state,
                due,
                rightward=draws.uniform(1, due) < 0.5,
                submarine=draws.uniform(2, due) < 1 / 3,
                row=1 + draws.below(_DEEPEST, 3, due),
            )
        due = np.flatnonzero(state["to_diver"] == 0)
        if len(due):
            state["to_diver"][due] = _WAIT_FOR_DIVER
            rightward, row = draws.uniform(4, due) < 0.5, 1 + draws.below(_DEEPEST, 5, due)
            Divers.enter(state, due, rightward=rightward, row=row)

    def _breathe(self, state: State, over: Array) -> Array:
        """Uses or renews the air; returns the rewards [N] of coming up, and notes what is over."""
        over |= state["air"] <= 0  # coming up in the last moment is too late
        under = state["row"] > 0
        state["air"] -= under
        up = ~under & ~state["surfaced"]
        state["surfaced"] = ~under
        over |= up & (state["aboard"] == 0)
        rewards = np.zeros(len(under))
        rows = np.flatnonzero(up & (state["aboard"] != 0))
        if len(rows):
            all_saved = state["aboard"][rows] == _ABOARD
            rewards[rows] = np.where(all_saved, state["air"][rows] * 10 // _AIR, 0)
            state["aboard"][rows] = np.where(all_saved, 0, state["aboard"][rows]) - 1
            state["air"][rows] = _AIR
            if self.ramping:
                _ramp(state, rows)
        return rewards

    def paint(self, state: State, board: Board) -> None:
        column, row = state["column"], state["row"]
        board.mark(row, column, 0)
        board.mark(row, np.where(state["rightward"], column - 1, column + 1), 1)
        Bullets.paint(state, board, 2)
        board.mark_bits(state["shots_left"] | state["shots_right"], 4)
        Enemies.paint(state, board, fish=5, submarine=6, trail=3)
        Divers.paint(state, board, 9, trail=3)
        board.cells[:, -1, :, 7] = _GAUGES[np.maximum(state["air"], 0) * 10 // _AIR]
        board.cells[:, -1, :, 8] = _SEATS[np.maximum(state["aboard"], 0)]


def _shots_meet(state: State, firing: Array, column: Array, row: Array) -> Array:
    """Adds the shots of the enemies that fire, moves all; returns where one meets the submarine.

    Args:
        state: The games.
        firing: [N, M] the enemies that fire.
        column: [N] of the submarine.
        row: [N] of the submarine.
    """
    left, right = state["shots_left"], state["shots_right"]
    games, slots = np.nonzero(firing)
    at = state["enemy_row"][games, slots]
    bits = _FIRST << state["enemy_column"][games, slots]
    rightward = state["enemy_rightward"][games, slots]
    np.bitwise_or.at(right, (games[rightward], at[rightward]), bits[rightward])
    np.bitwise_or.at(left, (games[~rightward], at[~rightward]), bits[~rightward])
    every, here = np.arange(len(row)), _FIRST << column
    before = (left[every, row] | right[every, row]) & here
    left >>= 1
    right[:] = right << 1 & _ALL
    return (before | (left[every, row] | right[every, row]) & here) != 0


def _ramp(state: State, rows: Array) -> None:
    """Makes the games of rows harder, as long as they can be."""
    enemy, move = state["wait_for_enemy"][rows], state["wait_to_move"][rows]
    can = (enemy > 1) | (move > _LEAST_WAIT_TO_MOVE)
    sooner = can & (move > _LEAST_WAIT_TO_MOVE) & (state["harder"][rows] % 2 == 1)
    state["wait_to_move"][rows] = move - sooner
    state["wait_for_enemy"][rows] = enemy - (can & (enemy > 1))
    state["harder"][rows] += can

"""Asterix: gold to be picked up, and enemies to be kept clear of, both crossing the board."""

import numpy as np

from envs.own.minatar.game import (
    ACROSS,
    DOWN,
    DOWNWARD,
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

_LANES = SIZE - 2  # rows 1 to 8, of which each holds one thing at most
_ROWS = np.arange(1, _LANES + 1)
_WAIT_TO_ENTER = 10  # steps, at first
_WAIT_TO_MOVE = 5
_UNTIL_HARDER = 100


class Asterix(Game):
    """Each piece of gold pays 1, and the game is over where an enemy meets the player.

    Things enter at either side, a third of them gold, in a row that is free; all that is there
    moves a column every few steps. With difficulty ramping things enter sooner every 100 steps,
    and move sooner every 200.
    """

    channels = ("player", "enemy", "trail", "gold")
    minimal = (NOTHING, LEFT, UP, RIGHT, DOWN)

    def begin(self, draws: Draws, number: int) -> State:
        lanes = np.zeros((number, _LANES), np.bool_)
        return {
            "column": np.full(number, 5),
            "row": np.full(number, 5),
            "there": lanes.copy(),
            "rightward": lanes.copy(),
            "gold": lanes.copy(),
            "place": np.zeros((number, _LANES), np.int64),
            "to_enter": np.full(number, _WAIT_TO_ENTER),
            "to_move": np.full(number, _WAIT_TO_MOVE),
            "to_harder": np.full(number, _UNTIL_HARDER),
            "wait_to_enter": np.full(number, _WAIT_TO_ENTER),
            "wait_to_move": np.full(number, _WAIT_TO_MOVE),
            "harder": np.zeros(number, np.int64),
        }

    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        self._enter(state, draws)
        state["column"] = np.clip(state["column"] + ACROSS[actions], 0, SIZE - 1)
        state["row"] = np.clip(state["row"] + DOWNWARD[actions], 1, _LANES)
        rewards, over = _meet(state)
        moving = np.flatnonzero(state["to_move"] == 0)
        if len(moving):
            state["to_move"][moving] = state["wait_to_move"][moving]
            place = state["place"][moving]
            place += np.where(state["rightward"][moving], 1, -1)
            state["place"][moving] = place
            state["there"][moving] &= (place >= 0) & (place < SIZE)
            more, met = _meet(state)  # where nothing moved, nothing is met again
            rewards, over = rewards + more, over | met
        state["to_enter"] -= 1
        state["to_move"] -= 1
        if self.ramping:
            _ramp(state)
        return rewards, over

    def _enter(self, state: State, draws: Draws) -> None:
        """Lets something enter the games where it is time."""
        due = np.flatnonzero(state["to_enter"] == 0)
        if not len(due):
            return
        state["to_enter"][due] = state["wait_to_enter"][due]
        free = ~state["there"][due]
        due, free = due[free.any(1)], free[free.any(1)]
        rightward = draws.uniform(1, due) < 0.5
        chosen = draws.below(free.sum(1), 3, due)  # among the free ones
        lane = (free.cumsum(1) > chosen[:, None]).argmax(1)
        state["there"][due, lane] = True
        state["rightward"][due, lane] = rightward
        state["gold"][due, lane] = draws.uniform(2, due) < 1 / 3
        state["place"][due, lane] = np.where(rightward, 0, SIZE - 1)

    def paint(self, state: State, board: Board) -> None:
        board.mark(state["row"], state["column"], 0)
        there, place = state["there"], state["place"]
        board.mark_many(there, _ROWS, place, np.where(state["gold"], 3, 1))
        behind = place - np.where(state["rightward"], 1, -1)
        board.mark_many(there & (behind >= 0) & (behind < SIZE), _ROWS, behind, 2)


def _meet(state: State) -> tuple[Array, Array]:
    """What the player meets: the rewards [N] of gold, and which games end by an enemy [N]."""
    games, lane = np.arange(len(state["row"])), state["row"] - 1
    met = state["there"][games, lane] & (state["place"][games, lane] == state["column"])
    gold = met & state["gold"][games, lane]
    state["there"][games, lane] &= ~gold
    return gold.astype(np.float64), met & ~gold


def _ramp(state: State) -> None:
    """Makes the games harder where it is time, as long as they can be."""
    can = (state["wait_to_enter"] > 1) | (state["wait_to_move"] > 1)
    due = can & (state["to_harder"] < 0)
    state["to_harder"] -= can & ~due
    now = np.flatnonzero(due)
    if len(now):
        sooner = (state["wait_to_move"][now] > 1) & (state["harder"][now] % 2 == 1)
        state["wait_to_move"][now] -= sooner
        state["wait_to_enter"][now] -= state["wait_to_enter"][now] > 1
        state["harder"][now] += 1
        state["to_harder"][now] = _UNTIL_HARDER

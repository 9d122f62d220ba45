"""Space Invaders: aliens come down in ranks, and shoot back."""

import numpy as np

from envs.own.minatar.game import (
    ACROSS,
    CELLS,
    FIRE,
    LEFT,
    NOTHING,
    RIGHT,
    SIZE,
    Board,
    Draws,
    Game,
    State,
)
from envs.vector_env import Array

# A row of the board is a number: a shift moves ten cells at once.
_FIRST, _LAST = 1, 1 << (SIZE - 1)
_COUNTS = CELLS.sum(1)
_RANKS = np.zeros(SIZE, np.int64)
_RANKS[:4] = sum(1 << column for column in range(2, 8))
_WAIT_TO_FIRE = 5  # steps
_WAIT_TO_MOVE = 12
_LEAST_WAIT_TO_MOVE = 6
_WAIT_TO_SHOOT = 10
_DISTANCES = np.abs(np.arange(SIZE)[:, None] - np.arange(SIZE))
_NEAREST = np.where(CELLS, _DISTANCES[:, None], SIZE).argmin(-1)  # [10, 1024]
"""The column in the set bits that is nearest to a column; the left one of two."""


class SpaceInvaders(Game):
    """Each alien that is shot pays 1; one that comes down to the cannon, or hits it, ends the game.

    The aliens move sideways, and a row down at either side; the fewer there are, the sooner. Every
    few steps the lowest alien of the column nearest to the cannon shoots. Where none is left, a
    new wave is there, with difficulty ramping a faster one.
    """

    channels = ("cannon", "alien", "alien moves left", "alien moves right", "bullet", "shot at us")
    minimal = (NOTHING, LEFT, RIGHT, FIRE)

    def begin(self, draws: Draws, number: int) -> State:
        return {
            "cannon": np.full(number, 5),
            "bullets": np.zeros((number, SIZE), np.int64),
            "shots": np.zeros((number, SIZE), np.int64),
            "aliens": np.broadcast_to(_RANKS, (number, SIZE)).copy(),
            "across": np.full(number, -1),
            "to_fire": np.zeros(number, np.int64),
            "to_move": np.full(number, _WAIT_TO_MOVE),
            "to_shoot": np.full(number, _WAIT_TO_SHOOT),
            "wait_to_move": np.full(number, _WAIT_TO_MOVE),
        }

    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        fires = (actions == FIRE) & (state["to_fire"] == 0)
        state["to_fire"][fires] = _WAIT_TO_FIRE
        cannon = state["cannon"] = np.clip(state["cannon"] + ACROSS[actions], 0, SIZE - 1)
        here = _FIRST << cannon  # the cannon's column

        bullets = state["bullets"]
        bullets[:, -1] |= np.where(fires, here, 0)
        bullets[:, :-1] = bullets[:, 1:]
        bullets[:, -1] = 0
        shots = state["shots"]
        shots[:, 1:] = shots[:, :-1]
        shots[:, 0] = 0
        aliens = state["aliens"]
        over = ((shots[:, -1] | aliens[:, -1]) & here) != 0
        moving = np.flatnonzero(state["to_move"] == 0)
        if len(moving):
            over[moving] |= self._march(state, moving)
            over |= (aliens[:, -1] & here) != 0
        self._shoot(state)

        hits = aliens & bullets
        aliens ^= hits
        bullets ^= hits
        hit = np.flatnonzero(hits.any(1))
        rewards = np.zeros(len(actions))
        rewards[hit] = _COUNTS[hits[hit]].sum(1)
        state["to_fire"] -= state["to_fire"] > 0
        state["to_move"] -= 1
        state["to_shoot"] -= 1
        self._next_wave(state, hit)
        return rewards, over

    def _march(self, state: State, rows: Array) -> Array:
        """Moves the aliens of rows; returns where one leaves the board."""
        aliens, across = state["aliens"][rows], state["across"][rows]
        state["to_move"][rows] = np.minimum(_COUNTS[aliens].sum(1), state["wait_to_move"][rows])
        columns = np.bitwise_or.reduce(aliens, axis=1)
        turns = (columns & np.where(across < 0, _FIRST, _LAST)) != 0
        state["across"][rows] = np.where(turns, -across, across)
        aside = np.where((across < 0)[:, None], aliens >> 1, aliens << 1)
        state["aliens"][rows] = np.where(turns[:, None], np.roll(aliens, 1, axis=1), aside)
        return turns & (aliens[:, -1] != 0)

    def _shoot(self, state: State) -> None:
        """Has an alien shoot in the games where it is time."""
        due = np.flatnonzero(state["to_shoot"] == 0)
        if not len(due):
            return
        state["to_shoot"][due] = _WAIT_TO_SHOOT
        aliens = state["aliens"][due]
        column = _NEAREST[state["cannon"][due], np.bitwise_or.reduce(aliens, axis=1)]
        rank = SIZE - 1 - (aliens[:, ::-1] >> column[:, None] & 1).argmax(1)
        state["shots"][due, rank] |= _FIRST << column

    def _next_wave(self, state: State, rows: Array) -> None:
        """Has a new wave in those of the rows where no alien is left."""
        rows = rows[~state["aliens"][rows].any(1)]
        if not len(rows):
            return
        state["aliens"][rows] = _RANKS
        if self.ramping:
            state["wait_to_move"][rows] -= state["wait_to_move"][rows] > _LEAST_WAIT_TO_MOVE

    def paint(self, state: State, board: Board) -> None:
        board.mark(SIZE - 1, state["cannon"], 0)
        board.mark_bits(state["aliens"], 1)
        moving = np.where(state["across"] < 0, 2, 3)
        board.cells[np.arange(len(moving)), :, :, moving] = board.cells[..., 1]
        board.mark_bits(state["bullets"], 4)
        board.mark_bits(state["shots"], 5)

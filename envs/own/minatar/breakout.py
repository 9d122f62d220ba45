"""Breakout: a ball, a paddle, and three rows of bricks."""

import numpy as np

from envs.own.minatar.game import ACROSS, LEFT, NOTHING, RIGHT, SIZE, Board, Draws, Game, State
from envs.vector_env import Array

_WALL = np.zeros((SIZE, SIZE), np.bool_)
_WALL[1:4] = True


class Breakout(Game):
    """Each brick that the ball takes away pays 1; the game is over where the paddle misses it.

    The ball moves along a diagonal, starts downward at one end of the lowest bricks, and is turned
    by walls, bricks and the paddle. It takes one brick away at a time: where it goes from one into
    the next, it flies through that. When it comes down and no brick is left, three new rows stand
    there. The game does not get harder with time.
    """

    channels = ("paddle", "ball", "trail", "brick")
    minimal = (NOTHING, LEFT, RIGHT)

    def begin(self, draws: Draws, number: int) -> State:
        at_right = draws.below(2, 1)
        column, row = at_right * (SIZE - 1), np.full(number, 3)
        return {
            "column": column,
            "row": row,
            "last_column": column.copy(),
            "last_row": row.copy(),
            "across": 1 - 2 * at_right,
            "down": np.ones(number, np.int64),
            "paddle": np.full(number, 4),
            "bricks": np.broadcast_to(_WALL, (number, SIZE, SIZE)).copy(),
            "in_brick": np.zeros(number, np.bool_),
        }

    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        last_column, last_row = state["column"], state["row"]
        bricks, games = state["bricks"], np.arange(len(actions))
        paddle = np.clip(state["paddle"] + ACROSS[actions], 0, SIZE - 1)

        column = last_column + state["across"]
        side = (column < 0) | (column >= SIZE)
        column = np.clip(column, 0, SIZE - 1)
        across = np.where(side, -state["across"], state["across"])
        row = last_row + state["down"]
        ceiling = row < 0
        row = np.maximum(row, 0)

        at_brick = bricks[games, row, column]
        taken = at_brick & ~state["in_brick"]
        bricks[games, row, column] &= ~taken
        floor = row == SIZE - 1
        low = np.flatnonzero(floor)
        bricks[low[~bricks[low].any((1, 2))]] = _WALL
        caught = floor & (last_column == paddle)
        edged = floor & ~caught & (column == paddle)
        kept = taken | caught | edged

        state["across"] = np.where(edged, -across, across)
        state["down"] = np.where(ceiling | kept, -state["down"], state["down"])
        state["column"], state["row"] = column, np.where(kept, last_row, row)
        state["last_column"], state["last_row"] = last_column, last_row
        state["paddle"], state["in_brick"] = paddle, at_brick
        return taken.astype(np.float64), floor & ~kept

    def paint(self, state: State, board: Board) -> None:
        board.mark(SIZE - 1, state["paddle"], 0)
        board.mark(state["row"], state["column"], 1)
        board.mark(state["last_row"], state["last_column"], 2)
        board.cells[..., 3] = state["bricks"]

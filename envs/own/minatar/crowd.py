"""What moves in Seaquest besides the submarine: enemies, divers, and the submarine's bullets.

Each kind has a number of slots in each game. Where several meet at once it matters which of them
came first, so that each slot keeps the step in which it was filled.
"""

import numpy as np

from envs.own.minatar.game import SIZE, Board, State
from envs.vector_env import Array

_LATE = np.int64(1) << 40  # later than any step
_WAIT_TO_MOVE = 5
_WAIT_TO_SHOOT = 10


def _slots(name: str, number: int, slots: int, **kinds: type) -> State:
    columns = {"there": np.bool_, "rightward": np.bool_, "column": np.int64, "row": np.int64}
    return {
        f"{name}_{field}": np.zeros((number, slots), kind)
        for field, kind in {**columns, **kinds}.items()
    }


def _at_submarine(state: State, name: str, width: int) -> Array:
    """Which of these things [N, width] are where the submarine is, were they there."""
    return (state[f"{name}_column"][:, :width] == state["column"][:, None]) & (
        state[f"{name}_row"][:, :width] == state["row"][:, None]
    )


def _inside(columns: Array) -> Array:
    return (columns >= 0) & (columns < SIZE)


def _paint_trails(state: State, name: str, board: Board, channel: int) -> None:
    column = state[f"{name}_column"]
    behind = np.where(state[f"{name}_rightward"], column - 1, column + 1)
    shown = state[f"{name}_there"] & _inside(behind)
    board.mark_many(shown, state[f"{name}_row"], behind, channel)


def _fill(state: State, name: str, games: Array, **values: Array) -> None:
    """Puts one more thing into a free slot of each game, at the side that it comes from."""
    slots = state[f"{name}_there"][games].argmin(1)
    state[f"{name}_there"][games, slots] = True
    state[f"{name}_came"][games, slots] = state["step"][games]
    state[f"{name}_column"][games, slots] = np.where(values["rightward"], 0, SIZE - 1)
    for field, value in values.items():
        state[f"{name}_{field}"][games, slots] = value


class Enemies:
    """Fish, and submarines, which also shoot.

    Ten moves take one over the board, each of `wait_to_move` + 1 steps; at their fastest one
    enters in each step and moves in every third one, so that 32 slots are enough.
    """

    @staticmethod
    def begin(number: int) -> State:
        """No enemies in `number` games."""
        more = {"came": np.int64, "to_move": np.int64, "to_shoot": np.int64, "submarine": np.bool_}
        return _slots("enemy", number, 32, **more)

    @staticmethod
    def enter(
        state: State, games: Array, *, rightward: Array, submarine: Array, row: Array
    ) -> None:
        """Lets one enter each of the games, unless another moves against it in its row."""
        against = state["enemy_there"][games] & (state["enemy_row"][games] == row[:, None])
        against &= state["enemy_rightward"][games] != rightward[:, None]
        free = ~against.any(1)
        games = games[free]
        _fill(
            state,
            "enemy",
            games,
            rightward=rightward[free],
            submarine=submarine[free],
            row=row[free],
            to_move=state["wait_to_move"][games],
            to_shoot=np.full(len(games), _WAIT_TO_SHOOT),
        )

    @staticmethod
    def advance(state: State) -> tuple[Array, Array, Array]:
        """Moves the enemies.

        Returns:
            How many ran into bullets [N], where one met the submarine [N], and which ones inside
            the board shoot in this step [N, M].
        """
        width = _width(state["enemy_there"])
        names = ("there", "column", "to_move", "to_shoot", "rightward", "submarine")
        there, column, to_move, to_shoot, rightward, submarine = (
            state[f"enemy_{field}"][:, :width] for field in names
        )
        over = np.any(there & _at_submarine(state, "enemy", width), axis=1)
        moving = there & (to_move == 0)
        firing = there & submarine & (to_shoot == 0)
        to_move[:] = np.where(moving, state["wait_to_move"][:, None], to_move - 1)
        to_shoot[:] = np.where(firing, _WAIT_TO_SHOOT, to_shoot - 1)
        hits = np.zeros(len(over))
        if moving.any():
            column += np.where(moving, np.where(rightward, 1, -1), 0)
            there &= ~moving | _inside(column)
            moving &= there
            met = moving & _at_submarine(state, "enemy", width)
            over |= met.any(1)
            hits += _run_into_bullets(state, moving & ~met)
        return hits, over, firing & _inside(column)

    @staticmethod
    def struck(state: State, games: Array, column: Array, row: Array) -> tuple[Array, Array]:
        """The enemies in cells of games: which games have one, and its slot: the oldest fish."""
        width = _width(state["enemy_there"])
        there, columns, rows, came, submarine = (
            state[f"enemy_{field}"][games, :width]
            for field in ("there", "column", "row", "came", "submarine")
        )
        here = there & (columns == column[:, None]) & (rows == row[:, None])
        hit = here.any(1)
        order = np.where(here, came + submarine * _LATE, 2 * _LATE)
        return hit, order[hit].argmin(1)

    @staticmethod
    def paint(state: State, board: Board, *, fish: int, submarine: int, trail: int) -> None:
        """Shows them in these channels."""
        width = _width(state["enemy_there"])
        names = ("there", "column", "row", "rightward", "submarine")
        shown = {f"enemy_{field}": state[f"enemy_{field}"][:, :width] for field in names}
        channels = np.where(shown["enemy_submarine"], submarine, fish)
        board.mark_many(shown["enemy_there"], shown["enemy_row"], shown["enemy_column"], channels)
        _paint_trails(shown, "enemy", board, trail)


def _width(there: Array) -> int:
    """Slots that have to be looked at: up to the last one that is filled in any game, 1 or more."""
    filled = np.flatnonzero(there.any(0))
    return int(filled[-1]) + 1 if len(filled) else 1


def _run_into_bullets(state: State, moved: Array) -> Array:
    """Takes away enemies that moved onto a bullet, with it; returns how many [N] of each game.

    A bullet takes one: submarines come before fish, and those that came late before others. An
    enemy is taken by the bullet that was fired first.
    """
    hits = np.zeros(len(moved))
    games, slots = np.nonzero(moved & np.any(state["bullet_there"], axis=1, keepdims=True))
    meet = state["bullet_there"][games]  # [K, 2], of each enemy the bullets that it meets
    for field in ("column", "row"):
        meet &= state[f"enemy_{field}"][games, slots][:, None] == state[f"bullet_{field}"][games]
    some = meet.any(1)
    games, slots, meet = games[some], slots[some], meet[some]
    came = state["enemy_came"][games, slots] + _LATE * state["enemy_submarine"][games, slots]
    for each in np.argsort(-came):
        game, slot = games[each], slots[each]
        bullets = np.flatnonzero(meet[each] & state["bullet_there"][game])
        if len(bullets):
            state["bullet_there"][game, bullets[-1]] = False  # the older one is in the last slot
            state["enemy_there"][game, slot] = False
            hits[game] += 1
    return hits


class Divers:
    """Divers, of whom three at most are in the water: one enters in 30 steps, and leaves in 60."""

    @staticmethod
    def begin(number: int) -> State:
        """No divers in `number` games."""
        return _slots("diver", number, 3, came=np.int64, to_move=np.int64)

    @staticmethod
    def enter(state: State, games: Array, *, rightward: Array, row: Array) -> None:
        """Lets one enter each of the games."""
        to_move = np.full(len(games), _WAIT_TO_MOVE)
        _fill(state, "diver", games, rightward=rightward, row=row, to_move=to_move)

    @staticmethod
    def advance(state: State, room: int) -> None:
        """Moves the divers, and takes aboard those that the submarine meets, while there is room.

        Those that came late are taken first.
        """
        there, column, to_move = (
            state[f"diver_{field}"] for field in ("there", "column", "to_move")
        )
        if not there.any():
            return
        moving = there & (to_move == 0)
        before = there & _at_submarine(state, "diver", there.shape[1])
        aside = np.where(state["diver_rightward"], 1, -1)
        moved = column + np.where(moving, aside, 0)
        after = there & (moved == state["column"][:, None])
        after &= state["diver_row"] == state["row"][:, None]
        meets = before | (moving & after)
        came = state["diver_came"]
        later = meets[:, None, :] & (came[:, None, :] > came[:, :, None])
        taken = meets & (state["aboard"][:, None] + later.sum(2) < room)
        state["aboard"] += taken.sum(1)
        column[:] = moved
        to_move[:] = np.where(moving, _WAIT_TO_MOVE, to_move - 1)
        there &= ~taken & _inside(moved)

    @staticmethod
    def paint(state: State, board: Board, channel: int, *, trail: int) -> None:
        """Shows them in these channels."""
        there, row, column = (state[f"diver_{field}"] for field in ("there", "row", "column"))
        board.mark_many(there, row, column, channel)
        _paint_trails(state, "diver", board, trail)


class Bullets:
    """The submarine's bullets: the newer one in the first slot, the older one in the second.

    One that is fired is in its tenth step, and beyond the board, when the next but one is fired.
    """

    @staticmethod
    def begin(number: int) -> State:
        """No bullets in `number` games."""
        return _slots("bullet", number, 2)

    @staticmethod
    def fire(state: State, games: Array) -> None:
        """Fires one from the submarine of each of the games."""
        submarine = {"there": True, **{n: state[n][games] for n in ("rightward", "column", "row")}}
        for field, value in submarine.items():
            slots = state[f"bullet_{field}"]
            slots[games, 1] = slots[games, 0]
            slots[games, 0] = value

    @staticmethod
    def advance(state: State) -> Array:
        """Moves the bullets, the newer one first; returns how many enemies [N] they hit."""
        there, column, row = (state[f"bullet_{field}"] for field in ("there", "column", "row"))
        column += np.where(state["bullet_rightward"], 1, -1)
        there &= _inside(column)
        hits = np.zeros(len(there))
        for slot in range(there.shape[1]):
            games = np.flatnonzero(there[:, slot])
            hit, enemies = Enemies.struck(state, games, column[games, slot], row[games, slot])
            games = games[hit]
            state["enemy_there"][games, enemies] = False
            there[games, slot] = False
            hits[games] += 1
        return hits

    @staticmethod
    def paint(state: State, board: Board, channel: int) -> None:
        """Shows them in a channel."""
        there, row, column = (state[f"bullet_{field}"] for field in ("there", "row", "column"))
        board.mark_many(there, row, column, channel)

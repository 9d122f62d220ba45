"""Our MinAtar games against the package's: it is fed our draws, and has to do what ours do.

The package is not needed to play; where it is not installed this module is skipped.
"""

import logging
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from envs.own.minatar.game import FIRE, Draws, episode_keys
from envs.own.minatar.play import Play
from envs.own.minatar.single import GAMES, MinAtar

STEPS = 1_000
ROW = np.zeros(1, np.int64)


class _Fed:
    """A generator for the package that gives our draws of a step, in the order it asks for them."""

    def __init__(self):
        self.numbers: Iterator[int] = iter(())
        self.draws: Draws

    def feed(self, key: np.ndarray, step: int, numbers: list[int]) -> None:
        self.draws, self.numbers = Draws(key, np.array([step])), iter(numbers)

    def rand(self, count: int | None = None):
        drawn = [self.draws.uniform(next(self.numbers))[0] for _ in range(count or 1)]
        return drawn[0] if count is None else np.array(drawn)

    def randint(self, low: int, high: int | None = None, size: int | None = None):
        low, high = (0, low) if high is None else (low, high)
        drawn = low + np.floor(np.atleast_1d(self.rand(size or 1)) * (high - low)).astype(int)
        return int(drawn[0]) if size is None else drawn


@pytest.fixture(scope="module")
def package():
    with pytest.MonkeyPatch.context() as patch:
        for drawing in ("matplotlib", "seaborn"):  # seconds to import, and nothing is shown here
            patch.setitem(sys.modules, drawing, None)
        logging.disable(logging.WARNING)
        minatar = pytest.importorskip("minatar")
        logging.disable(logging.NOTSET)
    return minatar


class Theirs:
    """One game of the package, which draws what ours draws."""

    def __init__(self, package, name: str, *, sticky: float = 0.1, ramping: bool = True):
        self.name, self._fed = name, _Fed()
        self._fed.feed(episode_keys(0), 0, list(range(1, 32)))
        self.outer = package.Environment(name, sticky, ramping)
        self.outer.random = self.outer.env.random = self._fed
        self.game = self.outer.env
        self.game.reset()

    def begin(self, seed: int) -> np.ndarray:
        self._key, self._step = episode_keys(seed), 0
        self._fed.feed(self._key, 0, list(range(1, 32)))
        self.outer.last_action = 0  # the package keeps it, which would be the last episode's
        self.game.reset()
        return self.game.state()

    def step(self, action: int) -> tuple[np.ndarray, float, bool]:
        numbers = list(range(1, 32))
        if self.name == "seaquest" and self.game.e_spawn_timer != 0:
            numbers = numbers[3:]
        self._step += 1
        self._fed.feed(self._key, self._step, [0, *numbers])
        reward, over = self.outer.act(action)
        return self.game.state(), float(reward), bool(over)


def _begun(ours: Play, theirs: Theirs, seed: int) -> None:
    np.testing.assert_array_equal(ours.begin(ROW, np.array([seed]))[0], theirs.begin(seed))


def _stepped(ours: Play, theirs: Theirs, action: int) -> tuple[float, bool]:
    """The reward and the end of a step that both take."""
    (seen,), (reward,), (over,) = ours.advance(ROW, np.array([action]))
    expected = theirs.step(action)
    assert (reward, over) == expected[1:]
    assert seen.dtype == expected[0].dtype
    np.testing.assert_array_equal(seen, expected[0])
    return float(reward), bool(over)


@pytest.mark.parametrize(("sticky", "ramping"), [(0.25, True), (0.0, False)])
@pytest.mark.parametrize("name", GAMES)
def test_random_play_is_the_same(package, name, sticky, ramping):
    ours = MinAtar(name, False, sticky, ramping).play(1)
    theirs = Theirs(package, name, sticky=sticky, ramping=ramping)
    rng, seed = np.random.default_rng(0), 0
    _begun(ours, theirs, seed)
    for _ in range(STEPS if name != "freeway" else 2_600):
        _, over = _stepped(ours, theirs, int(rng.integers(6)))
        if over:
            seed += 1
            _begun(ours, theirs, seed)
    assert seed > 0


def _bits(board: np.ndarray) -> np.ndarray:
    """The rows of a board [10, 10] as numbers [1, 10] whose bit c is column c."""
    return (board.astype(np.int64) @ (1 << np.arange(10)))[None]


def _late(name: str, ours: Play, theirs: Theirs, rng: np.random.Generator) -> None:
    """Puts both games at one late place, as random play does not get there."""
    state, game = ours.state, theirs.game
    if name == "asterix":
        state["wait_to_enter"][:] = game.spawn_speed = int(rng.integers(1, 4))
        state["wait_to_move"][:] = game.move_speed = int(rng.integers(1, 4))
        state["to_enter"][:] = game.spawn_timer = state["to_move"][:] = game.move_timer = 1
        state["to_harder"][:] = game.ramp_timer = int(rng.integers(0, 20))
    elif name == "breakout":
        board = np.zeros((10, 10))
        board[1:4] = rng.random((3, 10)) < rng.random()
        state["bricks"][:], game.brick_map = board, board.copy()
    elif name == "freeway":
        state["row"][:] = game.pos = int(rng.integers(1, 4))
        state["left"][:] = game.terminate_timer = int(rng.integers(0, 60))
    elif name == "seaquest":
        state["wait_for_enemy"][:] = game.e_spawn_speed = int(rng.integers(1, 4))
        state["wait_to_move"][:] = game.move_speed = int(rng.integers(2, 4))
        state["to_enemy"][:] = game.e_spawn_timer = 1
        state["harder"][:] = game.ramp_index = int(rng.integers(18))
        state["row"][:] = game.sub_y = int(rng.integers(0, 9))
        state["surfaced"][:] = game.surface = False
        state["aboard"][:] = game.diver_count = int(rng.integers(1, 7))
        state["air"][:] = game.oxygen = int(rng.choice([rng.integers(0, 9), rng.integers(9, 200)]))
    else:
        board = np.zeros((10, 10))
        board[rng.integers(1, 5) :][:4, 2:8] = rng.random((4, 6)) < 0.2
        board[0, 3] = 1
        state["aliens"][:], game.alien_map = _bits(board), board
        state["wait_to_move"][:] = game.enemy_move_interval = int(rng.integers(5, 9))


@pytest.mark.parametrize("name", GAMES)
def test_late_games_are_the_same(package, name):
    ours, theirs = MinAtar(name, False).play(1), Theirs(package, name)
    rng, total = np.random.default_rng(1), 0.0
    likely = np.ones(6) + 2 * (np.arange(6) == FIRE) * (name in ("seaquest", "space_invaders"))
    for seed in range(40):
        _begun(ours, theirs, seed)
        _late(name, ours, theirs, rng)
        for _ in range(80):
            reward, over = _stepped(ours, theirs, int(rng.choice(6, p=likely / likely.sum())))
            total += reward
            if over:
                break
    assert total > 5


def test_surfacing_with_six_divers_leaves_less_than_none(package):
    """The package's oddity: so the next time up needs no diver."""
    ours, theirs = MinAtar("seaquest", False, 0.0).play(1), Theirs(package, "seaquest", sticky=0.0)
    _begun(ours, theirs, 0)
    ours.state["aboard"][:] = theirs.game.diver_count = 6
    down, up = 4, 2
    rewards = [_stepped(ours, theirs, action) for action in (down, up, down, up)]
    assert rewards == [(0, False), (9, False), (0, False), (0, False)]
    assert ours.state["aboard"][0] == theirs.game.diver_count == -2

"""Atari's games by the protocol that agents are compared by, on the Arcade Learning Environment.

The protocol is that of Machado et al. ("Revisiting the Arcade Learning Environment", 2018), with
the pictures and no-op starts of Mnih et al. (2015). docs/atari.md has its parts, and why they are
done here and not by ale-py.
"""

import contextlib
import copy
import io
import math
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import Error
from gymnasium.spaces import Box, Discrete

Bytes = npt.NDArray[np.uint8]

_OWN = "ale_py.env:AtariEnv"
_HERE = f"{__name__}:AtariGame"
_OWN_KEYWORDS = {"obs_type", "continuous", "continuous_action_threshold", "sound_obs"}
"""Keywords of what the protocol has not: an environment with one of them is ale-py's own."""
_LIMIT = "max_num_frames_per_episode"
_FRAMES_PER_SECOND = 60
_RENDERING: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": _FRAMES_PER_SECOND / 4}

_idle: dict[tuple[Any, ...], list["_Console"]] = {}
"""Consoles that nobody plays on, by what they play: to load a game takes 90 ms."""


def by_protocol(spec: EnvSpec) -> EnvSpec:
    """What plays an id here: of the ids ALE/... the games by the protocol, of others themselves.

    Args:
        spec: What Gymnasium knows of the id, with the keywords that a user gave.
    """
    if spec.entry_point != _OWN or spec.namespace != "ALE" or _OWN_KEYWORDS & spec.kwargs.keys():
        return spec
    spec = copy.deepcopy(spec)
    spec.entry_point, spec.vector_entry_point = _HERE, None
    frames, skip = spec.kwargs.get(_LIMIT), spec.kwargs["frameskip"]
    if isinstance(frames, int):  # anything else is refused where the game is made
        del spec.kwargs[_LIMIT]
        if isinstance(skip, int) and skip > 0:
            spec.max_episode_steps = frames // skip or None
    return spec


def has_lives(spec: EnvSpec | None) -> bool:
    """Whether an environment tells with each step how many lives are left."""
    return spec is not None and spec.entry_point in (_OWN, _HERE)


class AtariGame(gymnasium.Env[Bytes, np.int64]):
    """One game: a step is some frames of the console, an observation a small grey picture.

    An episode follows from the seed of its reset and from its actions alone, whatever was played
    before: sticky actions and no-ops are drawn here, and the console is put back to the state in
    which it was loaded.
    """

    metadata = _RENDERING

    def __init__(
        self,
        *,
        frameskip: int = 4,
        repeat_action_probability: float = 0.25,
        full_action_space: bool = False,
        noop_max: int = 30,
        screen_size: int = 84,
        mode: int | None = None,
        difficulty: int | None = None,
        game: str,
        render_mode: str | None = None,
    ):
        """Loads a game.

        Args:
            frameskip: Frames of a step, all of them with its action.
            repeat_action_probability: Probability, in each frame, that the console goes on with the
                action of the frame before (sticky actions).
            full_action_space: Whether there are all 18 actions, also those that do what others do.
            noop_max: An episode begins with 1 to so many frames without an action; 0 for none.
            screen_size: Height and width of the observations, in pixels.
            mode: One of the game's modes; None takes the usual one.
            difficulty: One of the game's difficulties; None takes the usual one.
            game: Its name in ale-py, such as ms_pacman.
            render_mode: `rgb_array`, or None.

        Raises:
            gymnasium.error.Error: There is no such game, or a keyword has a wrong value.
        """
        _require_whole("frameskip", frameskip, 1)
        _require_whole("noop_max", noop_max, 0)
        _require_whole("screen_size", screen_size, 1)
        sticky = repeat_action_probability
        if not (isinstance(sticky, int | float) and 0 <= sticky <= 1):
            raise Error(f"repeat_action_probability {sticky!r}: must be a number in [0, 1]")
        self.metadata = {**_RENDERING, "render_fps": _FRAMES_PER_SECOND / frameskip}
        self.render_mode = render_mode
        self._frameskip, self._sticky, self._noop_max = frameskip, float(sticky), noop_max
        self._plays = (game, mode, difficulty)
        idle = _idle.get(self._plays)
        self._console: _Console | None = idle.pop() if idle else _Console(*self._plays)
        self._ale = self._console.ale
        self._actions = self._console.actions(full_action_space)
        self._held = self._noop = self._console.noop
        height, width = self._console.shape
        self._screens: Bytes = np.zeros((2, height, width), np.uint8)
        self._shrink = Shrink(height, width, screen_size)
        self.action_space = Discrete(len(self._actions))
        self.observation_space = Box(0, 255, (screen_size, screen_size), np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Bytes, dict[str, Any]]:
        """Starts the game anew, with the frames without an action behind it."""
        super().reset(seed=seed)
        assert self._console is not None
        self._console.start()
        self._held = self._noop
        if self._noop_max:
            for _ in range(int(self.np_random.integers(1, self._noop_max + 1))):
                self._ale.act(self._noop)
        self._ale.getScreenGrayscale(self._screens[1])
        return self._shrink(self._screens[1]), {"lives": self._ale.lives()}

    def step(self, action: np.int64) -> tuple[Bytes, float, bool, bool, dict[str, Any]]:
        """Plays the frames of a step; what is seen are the brighter pixels of the last two.

        The console draws some things in every other frame only.
        """
        chosen, reward, last = self._actions[int(action)], 0, self._frameskip - 1
        sticks = self._sticks()
        for frame in range(self._frameskip):
            if not sticks[frame]:
                self._held = chosen
            reward += self._ale.act(self._held)
            if frame >= last - 1:  # the last two
                self._ale.getScreenGrayscale(self._screens[frame - last])
        seen = np.maximum(*self._screens) if last else self._screens[0]
        over = self._ale.game_over(with_truncation=False)
        return self._shrink(seen), float(reward), over, False, {"lives": self._ale.lives()}

    def render(self) -> Bytes:  # pyright: ignore[reportIncompatibleMethodOverride] - one mode
        """The console's screen [height, width, 3] in its colours."""
        return self._ale.getScreenRGB()

    def get_action_meanings(self) -> list[str]:
        """What ale-py calls the actions, in the order of their numbers."""
        return [action.name for action in self._actions]

    def close(self) -> None:
        """Leaves the console to the next that plays the same game."""
        if self._console is not None:
            _idle.setdefault(self._plays, []).append(self._console)
            self._console = None

    def _sticks(self) -> list[bool]:
        """Of each frame of a step, whether the action of the frame before goes on."""
        if not self._sticky:
            return [False] * self._frameskip
        return (self.np_random.random(self._frameskip) < self._sticky).tolist()


class _Console:
    """A console with a game in it."""

    def __init__(self, game: str, mode: int | None, difficulty: int | None):
        """Loads a game and keeps the state in which it starts.

        Raises:
            gymnasium.error.Error: There is no such game, mode or difficulty.
        """
        import ale_py

        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        self.ale, self.noop = ale_py.ALEInterface(), ale_py.Action.NOOP
        # Drawn by the environment: the console's own generator goes on from game to game.
        self.ale.setFloat("repeat_action_probability", 0.0)
        self.ale.loadROM(_rom(game))
        settings = (
            ("mode", mode, self.ale.getAvailableModes, self.ale.setMode),
            ("difficulty", difficulty, self.ale.getAvailableDifficulties, self.ale.setDifficulty),
        )
        for name, value, offered, take in settings:
            if value is None:
                continue
            if value not in (values := [int(each) for each in offered()]):
                raise Error(f"{name} {value!r}: {game} offers {', '.join(map(str, values))}")
            take(value)
        self.ale.reset_game()
        self.ale.act(self.noop)  # the frame behind a reset has something that no state holds
        self._first = self.ale.cloneSystemState()
        self.shape: tuple[int, int] = self.ale.getScreenDims()

    def actions(self, full: bool) -> list[Any]:
        """All actions, or those among which none does what another does."""
        return self.ale.getLegalActionSet() if full else self.ale.getMinimalActionSet()

    def start(self) -> None:
        """Puts the game back to its start, which takes 1 % of the time of `reset_game`.

        And it is the same start each time: some games keep memory over `reset_game`. What a state
        has not is the picture, of which a frame may draw only a part; so a frame is played.
        """
        self.ale.restoreSystemState(self._first)
        self.ale.act(self.noop)


class Shrink:
    """Makes a grey screen smaller: each new pixel is the mean of the area that it covers.

    The means are exact to the bit on any machine: weights are whole numbers, and all sums are below
    2^24, so that no float32 product or sum is rounded, whatever their order.
    """

    def __init__(self, height: int, width: int, size: int):
        """Takes the sizes of the screen and of the pictures made of it, in pixels."""
        rows, of_rows = _areas(height, size)  # [size, height]
        columns, of_columns = _areas(width, size)
        assert of_rows * 255 < 2**16
        assert of_rows * of_columns * 255 < 2**24
        reach, first = int((rows > 0).sum(axis=1).max()), (rows > 0).argmax(axis=1)
        # A row of the picture is made of few rows of the screen: a product with all costs more.
        places = np.minimum(first + np.arange(reach)[:, None], height - 1)  # [reach, size]
        shares = rows[np.arange(size), places] * (first + np.arange(reach)[:, None] < height)
        shares = shares.astype(np.uint16)  # no sum of 255 times a row of them is above 2^16
        self._rows = [(place, share[:, None]) for place, share in zip(places, shares, strict=True)]
        self._columns = np.ascontiguousarray(columns.T)  # [width, size]
        self._scale = np.float32(1 / (of_rows * of_columns))

    def __call__(self, screen: Bytes) -> Bytes:
        """The picture [size, size] of a screen [height, width]."""
        joined = 0
        for place, share in self._rows:
            joined = joined + screen.take(place, axis=0) * share  # uint16 [size, width]
        small = np.asarray(joined, np.float32) @ self._columns
        small *= self._scale
        return np.rint(small, out=small).astype(np.uint8)


def _areas(pixels: int, size: int) -> tuple[npt.NDArray[np.float32], int]:
    """How much of each of so many pixels is in each of `size` larger ones, and the sum of a row.

    All in units of the smallest piece that an edge cuts off: whole numbers [size, pixels].
    """
    unit = math.gcd(pixels, size)
    large, small = pixels // unit, size // unit
    begin, first = np.arange(pixels) * small, np.arange(size)[:, None] * large
    covered = np.minimum(begin + small, first + large) - np.maximum(begin, first)
    return np.maximum(covered, 0).astype(np.float32), large


def _rom(game: str) -> Any:
    """The file of a game.

    Raises:
        gymnasium.error.Error: It is not there.
    """
    from ale_py import roms

    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it tells of ALE_ROMS_DIR each time
            path = roms.get_rom_path(game)
    except OSError as error:
        where = f"no usable ROM of {game}: {error}"
        mend = "install ale-py anew, or give ALE_ROMS_DIR a folder that has it"
        raise Error(f"{where}; {mend}") from None
    if path is None:
        raise Error(f"ale-py has no game {game!r}")
    return path


def _require_whole(name: str, value: Any, least: int) -> None:
    """Makes sure that a keyword is a whole number.

    Raises:
        gymnasium.error.Error: It is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Error(f"{name} {value!r}: must be a whole number of {least} or more")

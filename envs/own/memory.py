"""Tasks of memory: what is seen in the first step decides which action is right in the last one.

Nothing that is seen in between tells the two cases apart, so that without a memory one guesses.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from envs.own.drawing import Cells, check_mode
from envs.vector_env import Array

Ints = npt.NDArray[np.int64]
Moved = tuple[Ints, npt.NDArray[np.float64], npt.NDArray[np.bool_]]

_LIMIT = 200
"""Steps of an episode at most, where the id says nothing else."""
_MODULE = "envs.own.memory:"


class MemoryTask(Cells):
    """One environment of such a task, and its dynamics over any number of them.

    An environment is at one of the places 0 to `length`, and has a cue, 0 or 1, for an episode.
    """

    def __init__(
        self, length: int, observation_space: Box, actions: int, render_mode: str | None = None
    ):
        """Makes the environment.

        Args:
            length: Steps from the cue to the place where it is asked for, 1 or more.
            observation_space: What is seen.
            actions: Number of actions.
            render_mode: `ansi`, `rgb_array` or None.

        Raises:
            ValueError: The length is none, or the mode is another one.
        """
        self.render_mode = check_mode(render_mode)
        if not isinstance(length, int) or length < 1:
            raise ValueError(f"length is {length!r}, and must be a whole number from 1 on")
        self.length = length
        self.observation_space = self.observations = observation_space
        self.action_space = self.actions = Discrete(actions)
        self._cue, self._place = np.zeros((2, 1), np.int64)

    @abstractmethod
    def seen(self, cue: Ints, place: Ints) -> Array:
        """The observations [N, D] at places [N], under cues [N]."""

    @abstractmethod
    def moved(self, cue: Ints, place: Ints, actions: Array) -> Moved:
        """What actions [N] do: the places [N] after them, rewards [N], and which episodes end."""

    def play(self, number: int) -> "MemoryPlay":
        """A number of environments as this one is."""
        return MemoryPlay(self, number)

    def optimum(self, limit: int | None) -> float | None:
        """The best mean return of episodes of at most `limit` steps; None where none gets there."""
        return 1.0 if limit is None or limit > self.length else None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        self._cue, self._place = np.array([[_draw(self.np_random)], [0]])
        return self.seen(self._cue, self._place)[0], {}

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        self._place, rewards, ends = self.moved(self._cue, self._place, np.array([action]))
        return self.seen(self._cue, self._place)[0], float(rewards[0]), bool(ends[0]), False, {}


class TMaze(MemoryTask):
    """A corridor with a junction at its end (Bakker 2002); a sign at its start tells which turn.

    The actions are steps north, east, south and west; one against a wall stays. The sign is seen
    at the start alone, and also on coming back. A turn at the junction, north for cue 0 and south
    for cue 1, ends the episode: the right one pays 1. Nothing else pays. In the paper the right
    one pays 4, and the wrong one and a bump cost 0.1.
    """

    _SIGNS = np.array([[0, 1, 1], [1, 1, 0]], np.float32)
    _CORRIDOR = np.array([1, 0, 1], np.float32)
    _JUNCTION = np.array([0, 1, 0], np.float32)

    def __init__(self, length: int = 10, render_mode: str | None = None):
        """Makes the maze.

        Args:
            length: Steps from the start to the junction, 1 or more.
            render_mode: `ansi`, `rgb_array` or None.
        """
        super().__init__(
            length, Box(0.0, 1.0, (3,), np.float32), actions=4, render_mode=render_mode
        )

    def seen(self, cue: Ints, place: Ints) -> Array:
        observations = np.where((place == 0)[:, None], self._SIGNS[cue], self._CORRIDOR)  # [N, 3]
        return np.where((place == self.length)[:, None], self._JUNCTION, observations)

    def moved(self, cue: Ints, place: Ints, actions: Array) -> Moved:
        turns = (place == self.length) & (actions % 2 == 0)  # [N]
        steps = (actions == 1).astype(np.int64) - (actions == 3)  # [N]
        rewards = (turns & (actions == 2 * cue)).astype(np.float64)  # [N]
        return np.clip(place + steps, 0, self.length), rewards, turns

    def lines(self) -> list[str]:
        """The corridor between walls; the arms of the junction, of which one pays; the sign."""
        corridor = ["."] * (self.length + 1)
        corridor[0] = str(int(self._cue[0]))
        corridor[int(self._place[0])] = "@"
        wall = "#" * self.length
        pays, other = ("$", "?") if self._cue[0] == 0 else ("?", "$")
        return [wall + pays, "".join(corridor), wall + other]


class MemoryChain(MemoryTask):
    """A chain on which time goes on whatever is done (bsuite's memory length, Osband et al. 2020).

    Two numbers are seen: the share of the time that is left, and the cue as -1 or 1 in the first
    step, 0 after it. The action `length` steps later has to be the cue: it pays 1 or -1.
    """

    def __init__(self, length: int = 10, render_mode: str | None = None):
        """Makes the chain.

        Args:
            length: Steps from the cue to the question, 1 or more.
            render_mode: `ansi`, `rgb_array` or None.
        """
        super().__init__(
            length, Box(-1.0, 1.0, (2,), np.float32), actions=2, render_mode=render_mode
        )

    def seen(self, cue: Ints, place: Ints) -> Array:
        left = np.maximum(1.0 - place / self.length, 0.0)  # [N]
        return np.stack([left, np.where(place == 0, 2 * cue - 1, 0)], axis=1).astype(np.float32)

    def moved(self, cue: Ints, place: Ints, actions: Array) -> Moved:
        asked = place == self.length  # [N]
        rewards = np.where(asked, np.where(actions == cue, 1.0, -1.0), 0.0)  # [N]
        return place + 1, rewards, asked

    def lines(self) -> list[str]:
        """The chain, whose first place shows the cue and whose last one asks for it."""
        chain = [str(int(self._cue[0])), *["."] * (self.length - 1), "?"]
        chain[min(int(self._place[0]), self.length)] = "@"
        return ["".join(chain)]


class MemoryPlay:
    """Any number of environments of one task, each by its own seed."""

    def __init__(self, task: MemoryTask, number: int):
        """Makes the environments; `begin` starts them.

        Args:
            task: The dynamics.
            number: Number of environments B.
        """
        self._task = task
        self._cue, self._place = np.zeros((2, number), np.int64)  # [B] each

    def begin(self, rows: Array, seeds: Ints) -> Array:
        """Starts the rows from seeds; returns what is seen [N, D]."""
        generators = (np.random.Generator(np.random.PCG64(seed)) for seed in seeds.tolist())
        self._cue[rows] = [_draw(each) for each in generators]
        self._place[rows] = 0
        return self._task.seen(self._cue[rows], self._place[rows])

    def advance(self, rows: Array, actions: Array) -> tuple[Array, Array, Array]:
        """Steps the rows; returns what is seen [N, D], rewards [N], and which are over [N]."""
        cue = self._cue[rows]  # [N]
        place, rewards, ends = self._task.moved(cue, self._place[rows], actions)
        self._place[rows] = place
        return self._task.seen(cue, place), rewards, ends


def is_memory_task(spec: EnvSpec) -> bool:
    """Whether an id is one of these tasks, with any length."""
    return str(spec.entry_point).startswith(_MODULE)


def memory_task(spec: EnvSpec) -> MemoryTask:
    """The task that an id, one of these, and its keywords describe."""
    return _TASKS[str(spec.entry_point).removeprefix(_MODULE)](**spec.kwargs)


def _draw(rng: np.random.Generator) -> int:
    """The cue of an episode."""
    return int(rng.integers(2))


_TASKS = {task.__name__: task for task in (TMaze, MemoryChain)}

"""Plays seeded episodes with random actions, and compares two of the same."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from common.choices import drawn
from envs.checking.watching import Seen, Watch, actions_of
from envs.encoding import observations
from envs.faults import EnvironmentFault, Fault, Guard, Place
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.randomness import Purpose, derive, uniform
from envs.sources import EnvSource, configured, make_single
from envs.vector_env import Array

_ACTIONS = 99  # what their draws are for, beside every `Purpose`
_SHOWN = 4  # numbers of an observation that a line has room for


class Patient(Guard):
    """Lets an environment fail as often as it does, but for resets that fail in a row."""

    def __init__(self) -> None:
        super().__init__("drop")
        self._resets = 0

    def contain(self, place: Place, error: BaseException, dropped: int) -> None:
        self._resets = 0 if place.step else self._resets + 1
        super().contain(place, error, max(0, self._resets - 1))


class Moment(NamedTuple):
    """One call of an environment and what it gave.

    Attributes:
        episode: The episode's number, from 0.
        step: The step's number within it, from 1; 0 is the reset.
        action: The number of the action; -1 in a reset.
        bits: A digest of the observation.
        shown: The observation, if it is short.
        reward: The reward.
        terminated: Whether a terminal state was reached.
        truncated: Whether a limit cut the episode.
        dropped: Whether the call failed.
    """

    episode: int
    step: int
    action: int
    bits: bytes
    shown: str
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    dropped: bool = False

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return f"episode {self.episode}, {f'step {self.step}' if self.step else 'reset'}"

    @property
    def ended(self) -> bool:
        """Whether nothing followed in this episode."""
        return self.terminated or self.truncated or self.dropped


@dataclass
class Copies:
    """Some copies of an environment, interleaved; the first of them is looked at.

    Attributes:
        envs: The copies.
        guard: What their faults are taken from.
        singles: The environment objects in them.
        seen: What was seen of them.
        remarks: What they do that a training takes and tells of, by kind.
    """

    envs: GymnasiumVectorEnv
    guard: Guard
    singles: list[gymnasium.Env[Any, Any]]
    seen: Seen = field(default_factory=Seen)
    faults: list[Fault] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    def play(self, steps: int) -> list[Moment]:
        """Plays from the first episode on; ends early where the environment always fails."""
        moments: list[Moment] = []
        try:
            moments.append(_moment(0, 0, -1, self.envs.reset()[0]))
            for draws in self._draws(steps):
                actions = drawn(draws, int(self.envs.action_space.n), self.envs.action_mask)
                moments += self.step(actions, moments[-1])
        except EnvironmentFault as error:
            last = [error.fault]
        else:
            last = []
        self.remarks |= {each.kind: each.text for each in self.guard.remarks.take()}
        self.faults += [*self.guard.take_faults(Purpose.EPISODES), *last]
        return moments

    def step(self, actions: Array, before: Moment) -> Iterator[Moment]:
        """Takes one step; gives what the first copy gave, and its next reset if there was one.

        Args:
            actions: [B] one for each copy.
            before: The newest moment of the first copy.
        """
        done = self.envs.step(actions)
        yield _moment(
            before.episode,
            before.step + 1,
            int(actions[0]),
            done.s_t[0],
            reward=float(done.r_t[0]),
            terminated=bool(done.terminated_t[0]),
            truncated=bool(done.truncated_t[0]),
            dropped=bool(done.dropped_t[0]),
        )
        episode = int(self.envs.episodes[0])
        if episode != before.episode:
            yield _moment(episode, 0, -1, done.observation[0])

    def close(self) -> None:
        """Frees what they hold."""
        self.envs.close()

    def _draws(self, steps: int) -> Array:
        """[T, B] draws of actions; those of a copy do not depend on how many there are."""
        keys = derive(0, _ACTIONS, np.arange(self.envs.num_envs))
        return uniform(keys, np.arange(steps)[:, None])


def copies(env: EnvSource, count: int = 1) -> Copies:
    """Makes copies of an environment; a call that fails drops its episode and is noted.

    Raises:
        UnusableEnvironment: It cannot be made.
        UnsupportedSpace: Agents cannot see its observations.
    """
    guard, seen = Patient(), Seen()
    singles: list[gymnasium.Env[Any, Any]] = []

    def make() -> gymnasium.Env[Any, Any]:
        singles.append(Watch(make_single(env), seen))
        return singles[-1]

    envs = GymnasiumVectorEnv(
        seed=0,
        purpose=Purpose.EPISODES,
        env_indices=range(count),
        make=make,
        encodings=lambda single: (
            observations(single.observation_space),
            actions_of(single.action_space, configured(env).transforms.action_bins),
        ),
        guard=guard,
        largest_reward=configured(env).transforms.largest_reward,
    )
    return Copies(envs, guard, singles, seen)


def first_difference(first: Sequence[Moment], second: Sequence[Moment]) -> str | None:
    """Where two plays of the same differ for the first time, and in what; None if nowhere."""
    for one, other in zip(first, second, strict=False):
        if one != other:
            return f"{one.place}: {_differs(one, other)}"
    if len(first) != len(second):
        return f"how many calls there were: {len(first):,}, then {len(second):,}"
    return None


def _differs(one: Moment, other: Moment) -> str:
    if one.bits != other.bits:
        if one.shown and one.shown != other.shown:
            return f"observation {one.shown}, then {other.shown}"
        return "another observation"
    for name in ("reward", "terminated", "truncated", "dropped"):
        if getattr(one, name) != getattr(other, name):
            return f"{name} {getattr(one, name)}, then {getattr(other, name)}"
    return "it is in another episode"


def _moment(episode: int, step: int, action: int, observation: Any, **rest: Any) -> Moment:
    array = np.ascontiguousarray(observation)
    bits = hashlib.blake2b(array.tobytes(), digest_size=16).digest()
    shown = " ".join(f"{x:.6g}" for x in array.ravel().tolist()) if array.size <= _SHOWN else ""
    return Moment(episode, step, action, bits, f"[{shown}]" if shown else "", **rest)

"""What a run's environments did, as far back as its replay reaches: enough to rebuild it."""

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.replay.storage import Held
from agents.rollout import Array, Rollout
from envs.faults import Fault, Place
from training.unroll import Positions

_APART = 1_024
"""Observations of a part, at least: from the beginning of each a replay can be rebuilt."""


@dataclass(kw_only=True)
class _Part:
    """Rollouts in a row.

    Attributes:
        step: Steps that each environment had taken before them.
        first: Id of their first new observation; -1 where it is not known, nor needed.
        episodes: [B] number of the episode that each environment was in then.
        began: [B] the step at which that episode began.
        actions: [T, B] of each rollout; one array of all of them once the part is whole.
        lengths: T of each rollout.
        check: A checksum of what came of the actions.
    """

    step: int
    first: int
    episodes: npt.NDArray[np.int64]
    began: npt.NDArray[np.int64]
    actions: list[Array] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    check: int = 0

    def join(self) -> None:
        """Makes one array of the actions: many small ones would take many times their bytes."""
        self.actions = [np.concatenate(self.actions)]


class Played:
    """Records the actions of all environments, a byte each where there are 256 at most.

    Together with the seeds of the episodes they tell every observation. What is older than the
    episodes that the oldest observations kept are in is forgotten.
    """

    def __init__(self, num_envs: int, dtype: np.dtype):
        """Begins before the first rollout.

        Args:
            num_envs: Number of environments B.
            dtype: The type that actions are kept in, see `smallest`.
        """
        self._dtype = dtype
        self._now = 0  # steps recorded, of each environment
        self._episodes = np.zeros(num_envs, np.int64)  # [B] of the current episodes
        self._began = np.zeros(num_envs, np.int64)  # [B] step at which each of them began
        self._may_part = True  # whether the next rollout may be the first of a part
        self._parts: deque[_Part] = deque()
        self._failed: list[Place] = []

    @classmethod
    def before(cls, state: Mapping[str, Any]) -> "Played":
        """The record at the beginning of the rollouts in a state, which are then added again."""
        played = cls(len(state["episodes"]), state["actions"].dtype)
        played._now = int(state["start"])
        played._episodes, played._began = state["episodes"], state["began"]
        earlier = _Part(step=0, first=-1, episodes=played._episodes, began=played._began)
        earlier.actions.append(state["actions"][: played._now])
        played._parts.append(earlier)
        return played

    @classmethod
    def from_here(cls, positions: Positions, dtype: np.dtype) -> "Played":
        """A record that begins at positions; what the environments did before is not known.

        Args:
            positions: Where the environments are.
            dtype: The type that actions are kept in, see `smallest`.
        """
        lengths = np.array([len(taken) for taken in positions.actions])  # [B]
        now = int(lengths.max())
        began = now - lengths
        actions = np.zeros((now, len(lengths)), dtype)
        for env, taken in enumerate(positions.actions):
            actions[began[env] :, env] = taken
        episodes = positions.episodes
        played = cls.before(
            {"episodes": episodes, "began": began, "start": now, "actions": actions}
        )
        played._may_part = False  # a step may have been dropped just now
        return played

    @property
    def step(self) -> int:
        """Steps recorded, of each environment."""
        return self._now

    @property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Whether the next step of each environment [B] is the first of an episode."""
        return self._began == self._now

    def add(
        self,
        rollout: Rollout,
        episodes: npt.NDArray[np.int64],
        faults: Sequence[Fault],
        held: Held,
    ) -> None:
        """Records a rollout.

        Args:
            rollout: The steps.
            episodes: [B] number of the episode that each environment is in after them.
            faults: Environments that failed in them.
            held: The observations that the learner holds before it learns from them.
        """
        newest = self._parts[-1] if self._parts else None
        is_over = newest is None or newest.first < 0 or held.next - newest.first >= _APART
        if newest is None or (is_over and self._may_part):
            if newest is not None:
                newest.join()
            newest = _Part(
                step=self._now, first=held.next, episodes=self._episodes, began=self._began
            )
            self._parts.append(newest)
        newest.actions.append(rollout.a_tm1.astype(self._dtype))
        newest.lengths.append(len(rollout.a_tm1))
        newest.check = _checksum(rollout, newest.check)
        ended = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
        after_last = len(ended) - ended[::-1].argmax(axis=0)  # [B]
        self._began = np.where(ended.any(axis=0), self._now + after_last, self._began)
        self._now += len(ended)
        # Then the newest observations of all environments have the last ids, in their order.
        self._may_part = not rollout.dropped_t[-1].any()
        self._episodes = episodes.copy()
        self._failed += [fault.place for fault in faults]
        self._forget(held)

    def reaches(self, held: Held) -> bool:
        """Whether all observations that are held can be made again."""
        return any(0 <= part.first <= held.oldest for part in self._parts)

    def positions(self) -> Positions:
        """The position of every environment after all that was recorded."""
        first = int(self._began.min())
        actions = self._actions(first).astype(np.int32)  # [L, B]
        return Positions(
            episodes=self._episodes,
            actions=[actions[start:, env] for env, start in enumerate(self._began - first)],
            state={},
        )

    def get_state(self, held: Held) -> dict[str, Any]:
        """What is needed to rebuild the observations that are held, which it must reach."""
        self._forget(held)
        parts = self._parts_of(held)
        start = parts[0]
        first = int(start.began.min())
        return {
            "actions": self._actions(first),
            "start": start.step - first,
            "began": start.began - first,
            "episodes": start.episodes,
            "first": start.first,
            "next": held.next,
            "lengths": _runs([length for part in parts for length in part.lengths]),
            "checks": np.array([part.check for part in parts], np.uint32),
            "ends": np.array([part.step + sum(part.lengths) - first for part in parts]),
            "failed": [
                list(place) for place in self._failed if place.episode >= start.episodes[place[1]]
            ],
        }

    def difference(self, state: Mapping[str, Any], held: Held) -> int | None:
        """The first part in a state that has become another one; None where there is none.

        Args:
            state: What `get_state` gave, of which the rollouts are being added again.
            held: The observations that the learner holds now.
        """
        parts = self._parts_of(held)
        is_over = len(parts) == len(state["checks"]) and self._now >= int(state["ends"][-1])
        whole = parts if is_over else parts[:-1]
        for number, part in enumerate(whole):
            known = number < len(state["checks"])
            if not known or part.check != state["checks"][number]:
                return min(number, len(state["checks"]) - 1)
        return len(whole) - 1 if is_over and held.next != state["next"] else None

    def _parts_of(self, held: Held) -> list[_Part]:
        """The parts with the observations that are held, and all after them."""
        known = [part for part in self._parts if part.first >= 0]
        start = max(i for i, part in enumerate(known) if part.first <= held.oldest)
        return known[start:]

    def _actions(self, first: int) -> Array:
        """The actions [L, B] from a step on, which must be recorded."""
        blocks = [block for part in self._parts for block in part.actions]
        if not blocks:
            return np.zeros((0, len(self._began)), self._dtype)
        return np.concatenate(blocks)[first - self._parts[0].step :]

    def _forget(self, held: Held) -> None:
        """Frees the parts that end before the episodes of the oldest observations began."""
        if not self.reaches(held):
            return
        needed = int(self._parts_of(held)[0].began.min())
        while len(self._parts) > 1 and self._parts[1].step <= needed:
            self._parts.popleft()


def smallest(num_actions: int) -> np.dtype:
    """The smallest type for so many actions: a byte for 256 at most."""
    return np.min_scalar_type(num_actions - 1)


def lengths(state: Mapping[str, Any]) -> list[int]:
    """The numbers of steps of the rollouts in a state."""
    return [int(length) for length, count in state["lengths"] for _ in range(count)]


def failed(state: Mapping[str, Any]) -> frozenset[Place]:
    """The calls in a state that failed."""
    return frozenset(Place(*place) for place in state["failed"])


def _runs(lengths: Sequence[int]) -> npt.NDArray[np.int64]:
    """Numbers as pairs [K, 2] of a number and how often it comes in a row."""
    runs: list[list[int]] = []
    for length in lengths:
        if runs and runs[-1][0] == length:
            runs[-1][1] += 1
        else:
            runs.append([length, 1])
    return np.array(runs, np.int64).reshape(-1, 2)


def _checksum(rollout: Rollout, check: int) -> int:
    """A checksum of what environments gave in a rollout, on top of one of those before it.

    Of observations their sums over the rollout go in, which takes a tenth of the time.
    """
    columns = (rollout.r_t, rollout.terminated_t, rollout.truncated_t, rollout.dropped_t)
    seen = rollout.s_tm1.reshape(rollout.a_tm1.size, -1).view(np.uint8)  # [T * B, bytes]
    width = next(w for w in (8, 4, 2, 1) if seen.shape[1] % w == 0)
    sums = seen.view(f"u{width}").sum(axis=0, dtype=np.uint64)
    for column in (*columns, sums):
        check = zlib.crc32(column.tobytes(), check)
    return check

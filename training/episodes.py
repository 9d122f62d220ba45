"""The episodes of a run: their returns, and the position of each environment in its current one."""

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.actor import State
from agents.weights import Weights
from training.unroll import Positions
from training.worker import RolloutResult


@dataclass(frozen=True, kw_only=True)
class FinishedEpisodes:
    """E episodes that ended, ordered by time and then by environment.

    Attributes:
        before: Episodes that had ended before them.
        env_indices: [E] number of the environment of each.
        numbers: [E] number of each among the finished ones of its environment, from 0.
        returns: [E] their undiscounted returns.
        lengths: [E] their numbers of steps.
        ends: [E] environment steps, over all environments, from the iteration's beginning to the
            end of each.
    """

    before: int
    env_indices: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    returns: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.returns)


class EpisodeTracker:
    """Follows the episodes of every environment from the rollouts alone; workers keep nothing.

    `update` has no Python loop over environments or episodes: there can be thousands of them.
    """

    def __init__(self, num_envs: int):
        self._number = np.zeros(num_envs, np.int64)  # [B] of the current episode
        self._running = np.zeros(num_envs)  # [B] its return so far
        self._began = np.zeros(num_envs, np.int64)  # [B] step at which it began
        self._now = 0  # steps taken in each environment
        self._actions: deque[npt.NDArray[np.int32]] = deque()  # [T, B] each, newest last
        self._state: State = {}  # what the actor remembers of each environment
        self.dropped = 0
        self._env_indices: list[npt.NDArray[np.int64]] = []  # [E] each: of finished episodes
        self._returns: list[npt.NDArray[np.float64]] = []  # [E] each
        self._counts = np.zeros(num_envs, np.int64)  # [B] of finished episodes

    def update(self, result: RolloutResult) -> FinishedEpisodes:
        """Records the rollout of an iteration; returns the episodes that ended in it.

        Dropped episodes are counted in `dropped`, and are not among those returned.
        """
        before, rollout = len(self), result.rollout
        ended = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
        env_indices, numbers, returns, lengths, ends = [], [], [], [], []
        for t in range(len(ended)):
            self._running += rollout.r_t[t]
            over = np.flatnonzero(ended[t])
            if not len(over):
                continue
            kept = over[~rollout.dropped_t[t, over]]
            env_indices.append(kept)
            numbers.append(self._counts[kept])
            self._counts[kept] += 1
            returns.append(self._running[kept])
            lengths.append(self._now + t + 1 - self._began[kept])
            ends.append(np.full(len(kept), (t + 1) * len(self._counts)))
            self._running[over] = 0.0
            self._began[over] = self._now + t + 1
        self._now += len(ended)
        # A copy: a view would keep the whole rollout alive.
        self._actions.append(rollout.a_tm1.copy())
        self._forget()
        self._number = result.episodes.copy()  # a failed reset skips a number
        self._state = result.state
        self.dropped += len(result.faults)
        finished = FinishedEpisodes(
            before=before,
            env_indices=_joined(env_indices),
            numbers=_joined(numbers),
            returns=np.concatenate([np.zeros(0), *returns]),
            lengths=_joined(lengths),
            ends=_joined(ends),
        )
        if len(finished):
            self._env_indices.append(finished.env_indices)
            self._returns.append(finished.returns)
        return finished

    def _forget(self) -> None:
        """Frees the actions of iterations that ended before every current episode began."""
        kept = sum(len(block) for block in self._actions)
        oldest = self._now - int(self._began.min())  # steps that the longest episode has taken
        while self._actions and kept - len(self._actions[0]) >= oldest:
            kept -= len(self._actions.popleft())

    def __len__(self) -> int:
        """Episodes finished so far."""
        return int(self._counts.sum())

    def last_mean(self, count: int) -> float | None:
        """Mean return of the last `count` finished episodes; None before the first."""
        returns = self.last_returns(count)
        return float(np.mean(returns)) if len(returns) else None

    def last_returns(self, count: int) -> npt.NDArray[np.float64]:
        """Returns of the last `count` finished episodes, fewer where there were fewer."""
        tail, found = [np.zeros(0)], 0
        for returns in reversed(self._returns):
            tail.append(returns)
            found += len(returns)
            if found >= count:
                break
        return np.concatenate(tail[::-1])[-count:]

    def positions(self) -> Positions:
        """The position of every environment after the rollouts recorded so far."""
        shape = (0, len(self._number))
        actions = np.concatenate([np.zeros(shape, np.int32), *self._actions])  # [L, B]
        starts = len(actions) - (self._now - self._began)  # [B] rows of `actions`
        return Positions(
            episodes=self._number.copy(),
            actions=[actions[start:, env].copy() for env, start in enumerate(starts)],
            state=self._state,
        )

    def fingerprint(self, weights: Weights, evaluated: Weights) -> str:
        """SHA-256 over every episode return, environment after environment, and the weights' bytes.

        Args:
            weights: The weights that act.
            evaluated: The weights that are evaluated; hashed only where they differ.
        """
        env_indices, returns = self._finished()
        order = np.argsort(env_indices, kind="stable")
        digest = hashlib.sha256(returns.astype("<f8")[order].tobytes())
        acting, judged = (
            b"".join(array.tobytes() for array in named.values()) for named in (weights, evaluated)
        )
        digest.update(acting)
        if judged != acting:
            digest.update(judged)
        return digest.hexdigest()

    def _finished(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        return _joined(self._env_indices), np.concatenate([np.zeros(0), *self._returns])

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        positions = self.positions()
        env_indices, returns = self._finished()
        return {
            "number": positions.episodes,
            "running": self._running,
            "actions": np.concatenate(positions.actions),
            "state": dict(self._state),
            "dropped": self.dropped,
            "lengths": np.array([len(taken) for taken in positions.actions]),
            "finished_env_indices": env_indices,
            "finished_returns": returns,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._number, self._running = state["number"].copy(), state["running"].copy()
        self._state = state["state"]
        self.dropped = int(state["dropped"])
        lengths = np.asarray(state["lengths"])
        self._now = int(lengths.max())
        self._began = self._now - lengths
        actions = np.zeros((self._now, len(lengths)), np.int32)
        parts = np.split(state["actions"], np.cumsum(lengths)[:-1])
        for env, part in enumerate(parts):
            actions[self._began[env] :, env] = part
        self._actions = deque([actions])
        self._env_indices = [state["finished_env_indices"]]
        self._returns = [state["finished_returns"]]
        self._counts = np.bincount(state["finished_env_indices"], minlength=len(lengths))


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *parts])

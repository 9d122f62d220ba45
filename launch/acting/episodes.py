"""The episodes of a run: their returns, and where each stream stands in its current one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.policies import Weights
from launch.acting.workers import Played, Positions


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A finished episode.

    Attributes:
        stream: The stream it ran in.
        undiscounted: Its undiscounted return.
        length: Its steps.
    """

    stream: int
    undiscounted: float
    length: int


class EpisodeBook:
    """Follows every stream's episodes from the rollouts, so that workers need keep nothing."""

    def __init__(self, streams: int):
        self._number = np.zeros(streams, np.int64)  # [B] of the current episode
        self._running = np.zeros(streams)  # [B] its return so far
        self._actions: list[list[npt.NDArray[np.int32]]] = [[] for _ in range(streams)]
        self.dropped = 0
        self._finished_streams: list[int] = []
        self._finished_returns: list[float] = []

    def update(self, played: Played) -> list[Episode]:
        """Enters a round; returns the episodes that ended in it, by time and then by stream.

        Dropped episodes are counted, and are not among them.
        """
        episodes = []
        rollout = played.rollout
        ended = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
        begun = np.zeros(len(self._number), np.int64)  # [B] step in this round the episode began at
        for t in range(len(ended)):
            self._running += rollout.r_t[t]
            for stream in np.flatnonzero(ended[t]):
                before = sum(len(part) for part in self._actions[stream])
                episode = Episode(
                    stream=int(stream),
                    undiscounted=float(self._running[stream]),
                    length=int(before + t + 1 - begun[stream]),
                )
                if not rollout.dropped_t[t, stream]:
                    episodes.append(episode)
                self._actions[stream] = []
                self._running[stream] = 0.0
                begun[stream] = t + 1
        for stream, taken in enumerate(self._actions):
            # A copy: a view would keep the whole rollout alive.
            taken.append(rollout.a_tm1[begun[stream] :, stream].copy())
        self._number = played.episodes.copy()  # a failed reset skips a number
        self.dropped += len(played.faults)
        self._finished_streams += [episode.stream for episode in episodes]
        self._finished_returns += [episode.undiscounted for episode in episodes]
        return episodes

    def __len__(self) -> int:
        """Episodes finished so far."""
        return len(self._finished_returns)

    def last_mean(self, count: int) -> float | None:
        """Mean return of the last `count` finished episodes; None before the first."""
        return float(np.mean(self._finished_returns[-count:])) if self._finished_returns else None

    def positions(self) -> Positions:
        """Where every stream stands after the rollouts entered so far."""
        empty = np.zeros(0, np.int32)
        return Positions(
            episodes=self._number.copy(),
            actions=[np.concatenate([empty, *parts]) for parts in self._actions],
        )

    def fingerprint(self, weights: Weights) -> str:
        """SHA-256 over every episode return, stream after stream, and the weights' bytes."""
        order = np.argsort(np.asarray(self._finished_streams, np.int64), kind="stable")
        digest = hashlib.sha256(np.asarray(self._finished_returns, "<f8")[order].tobytes())
        for array in weights:
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        positions = self.positions()
        return {
            "number": positions.episodes,
            "running": self._running,
            "actions": np.concatenate(positions.actions),
            "dropped": self.dropped,
            "lengths": np.array([len(taken) for taken in positions.actions]),
            "finished_streams": np.asarray(self._finished_streams, np.int64),
            "finished_returns": np.asarray(self._finished_returns, np.float64),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._number, self._running = state["number"].copy(), state["running"].copy()
        self.dropped = int(state["dropped"])
        parts = np.split(state["actions"], np.cumsum(state["lengths"])[:-1])
        self._actions = [[part] for part in parts]
        self._finished_streams = state["finished_streams"].tolist()
        self._finished_returns = state["finished_returns"].tolist()

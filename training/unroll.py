"""Acting, step by step: the one place where an actor meets its streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.actor import Actor, State
from agents.weights import Array, Weights
from envs.streams import Streams, StreamStep


@dataclass(frozen=True, kw_only=True)
class Positions:
    """Where B streams stand: enough to rebuild them anywhere.

    Attributes:
        episodes: [B] number of the episode each stream is in.
        actions: B arrays, the actions taken so far in that episode.
        state: What the actor remembers of each stream. Replaying actions under other weights would
            not bring it back. Empty for actors that remember nothing, and at the start.
    """

    episodes: npt.NDArray[np.int64]
    actions: list[npt.NDArray[np.int32]]
    state: State

    def block(self, rows: range) -> "Positions":
        """The positions of some of the streams."""
        part = slice(rows.start, rows.stop)
        return Positions(
            episodes=self.episodes[part],
            actions=self.actions[part],
            state={name: array[part] for name, array in self.state.items()},
        )


@dataclass(frozen=True, kw_only=True)
class Stepped:
    """What the stepped rows did in one step.

    Attributes:
        s_tm1: What was acted on.
        a_tm1: int32 actions.
        extras: What the actor hands to its learner.
        step: What the environments answered.
    """

    s_tm1: Array
    a_tm1: npt.NDArray[np.int32]
    extras: Mapping[str, Array]
    step: StreamStep


class Unroll:
    """Streams and the actor that plays in them: what to act on, and what the actor remembers."""

    def __init__(self, envs: Streams, actor: Actor):
        """Makes an unroll; `start` or `restore` comes first.

        Args:
            envs: [B] streams.
            actor: Made for the same streams.
        """
        self.envs, self.actor = envs, actor
        self._initial = actor.initial_state()
        self.state: State = self._initial

    def start(self) -> None:
        """Starts the first episode of every stream."""
        self._observation = self.envs.reset()

    def restore(self, positions: Positions) -> None:
        """Puts the streams where they stood.

        Raises:
            ValueError, EnvironmentFault: As `Streams.restore`.
        """
        self._observation = self.envs.restore(positions.episodes, positions.actions)
        self.state = positions.state or self._initial

    def step(self, weights: Weights, exploration: Any = None, rows: Array | None = None) -> Stepped:
        """Takes one step.

        Args:
            weights: What the actor acts with.
            exploration: One step of `Actor.exploration`; None acts greedily.
            rows: Increasing numbers of the rows that step; the others stand still. None is all.
        """
        s_tm1 = self._observation
        acted = self.actor.act(weights, s_tm1, self.state, exploration)
        if rows is None:
            actions = acted.actions
            step = self.envs.step(actions)
            self._observation = step.observation
        else:
            actions = acted.actions[rows]
            step = self.envs.step(actions, rows)
            self._observation = s_tm1.copy()
            self._observation[rows] = step.observation
        self._remember(acted.state, step, rows)
        return Stepped(s_tm1=s_tm1, a_tm1=actions, extras=acted.extras, step=step)

    def _remember(self, state: State, step: StreamStep, rows: Array | None) -> None:
        """Takes the actor's new state, from its beginning where an episode ended."""
        if not state:
            return
        stepped = np.arange(self.envs.count) if rows is None else rows
        began = stepped[step.terminated_t | step.truncated_t | step.dropped_t]
        remembered = {name: array.copy() for name, array in self.state.items()}
        for name, array in remembered.items():
            array[stepped] = state[name][stepped]
            array[began] = self._initial[name][began]
        self.state = remembered

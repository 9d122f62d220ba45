"""How an agent acts: in a batch of streams, under given weights, without TensorFlow."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.weights import Array, Weights

State = Mapping[str, Array]
"""What an actor remembers of each stream, [B, ...] arrays by name: a recurrent network's state.
Empty where it remembers nothing."""

NOTHING: State = {}
"""The state of an actor that remembers nothing."""


class ActorError(ValueError):
    """An actor gave what cannot be: the message says what, and what it should have been."""


class Acted(NamedTuple):
    """What an actor did in one step.

    Attributes:
        actions: [B] int32.
        state: What it remembers from here on.
        extras: [B, ...] arrays by name that its learner gets with the rollout.
    """

    actions: npt.NDArray[np.int32]
    state: State = NOTHING
    extras: Mapping[str, Array] = NOTHING


class Actor(ABC):
    """Acts in B streams. Nothing that happens in one stream may depend on the others.

    Attributes:
        draws: Uniform draws that exploring takes in each step and stream.
    """

    draws: int = 0

    def initial_state(self) -> State:
        """What it remembers of each stream where an episode begins."""
        return NOTHING

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Any]:
        """What `act` needs to explore, for each of T steps; an actor that does not gives None.

        Args:
            env_steps: [T] environment steps taken before each step, over all streams of the run.
            draws: [T, draws, B] uniform draws in [0, 1).
        """
        return [None] * len(env_steps)

    @abstractmethod
    def act(
        self, weights: Weights, observations: Array, state: State, exploration: Any = None
    ) -> Acted:
        """Chooses an action in each stream.

        Args:
            weights: Of the learner.
            observations: [B, ...] what to act on.
            state: What it remembers.
            exploration: One step of `exploration`; None acts greedily.
        """

"""How an agent acts: in a batch of environments, under given weights, without TensorFlow."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.weights import Array, Weights

State = Mapping[str, Array]
"""What an actor remembers of each environment: [B, ...] arrays by name, such as the state of a
recurrent network. Empty for an actor that remembers nothing."""

NOTHING: State = {}
"""The state of an actor that remembers nothing."""


class ActorError(ValueError):
    """An actor returned something invalid: the message says what, and what was expected."""


class ActorOutput(NamedTuple):
    """What an actor returns in one step.

    Attributes:
        actions: [B] int32.
        state: What the actor remembers after this step.
        extras: [B, ...] arrays by name that the learner gets with the rollout.
    """

    actions: npt.NDArray[np.int32]
    state: State = NOTHING
    extras: Mapping[str, Array] = NOTHING


class Actor(ABC):
    """Acts in B environments. What it does in one of them must not depend on the others.

    Attributes:
        draws: Number of uniform draws that exploration takes in each step of an environment.
        respects_masks: Whether `act` takes `action_mask`, the legal actions of environments that
            say which ones are. Where it does not, the mask is ignored.
        values_returns: Whether `values` are discounted returns, and not only an order of actions.
    """

    draws: int = 0
    respects_masks: bool = False
    values_returns: bool = True

    def initial_state(self) -> State:
        """What the actor remembers of each environment at the start of an episode."""
        return NOTHING

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Any]:
        """What `act` needs to explore, for each of T steps.

        An actor that does not explore returns None for each step.

        Args:
            env_steps: [T] environment steps taken before each step, over all environments; [T, B]
                episodes ended in each of them where the agent counts these.
            draws: [T, draws, B] uniform draws in [0, 1).
        """
        return [None] * len(env_steps)

    def values(self, weights: Weights, observations: Array, state: State) -> Array | None:
        """What the actor takes actions to be worth, to be shown: it acts by `act` alone.

        Args:
            weights: The learner's weights.
            observations: [B, ...] observations.
            state: What the actor remembers of each environment before them.

        Returns:
            Values [B, A] of the actions without exploration; None where it has none.
        """
        return None

    def expected_returns(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        action_mask: npt.NDArray[np.bool_] | None = None,
    ) -> Array | None:
        """The discounted returns [B] that it expects of acting greedily from here on.

        None for an actor whose values are no returns, or that has none.

        Args:
            weights: The learner's weights.
            observations: [B, ...] observations that would be acted on.
            state: What the actor remembers of each environment before them.
            action_mask: [B, A] the legal actions; None where all are, or masks are not respected.
        """
        q = self.values(weights, observations, state) if self.values_returns else None
        if q is None:
            return None
        return (q if action_mask is None else np.where(action_mask, q, -np.inf)).max(axis=-1)

    @abstractmethod
    def act(
        self, weights: Weights, observations: Array, state: State, exploration: Any = None
    ) -> ActorOutput:
        """Chooses an action in each environment.

        Args:
            weights: The learner's weights.
            observations: [B, ...] observations to act on.
            state: What the actor remembers of each environment.
            exploration: One step of what `exploration` returned; None acts greedily.

        An actor that `respects_masks` takes one more argument by name, `action_mask`: [B, A] bool,
        the legal actions, of which there is at least one; None where all are.
        """

"""Acting on values of the parts of an action."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from agents.actor import State
from agents.exploration import Chance, Mask
from agents.network_actor import NetworkActor
from agents.networks.network import Network
from agents.schedules import EpsilonSchedule
from agents.weights import Array, Weights
from common.factored import joined


class BranchingActor(NetworkActor):
    """Takes the best choice of each branch, or with probability ε a random action.

    Which of all actions are legal cannot be said of the choices one by one: masks are ignored.
    """

    respects_masks = False

    def __init__(
        self,
        network: Network,
        branches: Sequence[int],
        env_indices: Sequence[int],
        epsilon: EpsilonSchedule,
    ):
        """Makes the actor.

        Args:
            network: Its outputs are the values of the choices of each branch, one after the other.
            branches: How many choices each branch has.
            env_indices: [B] numbers of the environments.
            epsilon: Probability of a random action over the environment steps of the run.
        """
        super().__init__(network, env_indices, epsilon)
        self._branches, self._cuts = tuple(branches), np.cumsum(branches)[:-1]
        self._actions = int(np.prod(branches))  # a random action is one of all the combinations

    def values(self, weights: Weights, observations: Array, state: State) -> Array:
        """The mean over the branches of what their choices are worth, for every combination."""
        q = super().values(weights, observations, state)  # [B, choices of all branches]
        parts = np.split(q, self._cuts, axis=-1)
        choices = np.unravel_index(np.arange(self._actions), self._branches)
        return np.mean([part[:, taken] for part, taken in zip(parts, choices, strict=True)], axis=0)

    def choose(
        self, q: Array, exploration: Chance | None, action_mask: Mask | None
    ) -> npt.NDArray[np.int32]:
        """The actions [B] by the values q [B, choices of all branches] and the draws."""
        best = [values.argmax(axis=-1) for values in np.split(q, self._cuts, axis=-1)]  # [B] each
        actions = joined(best, self._branches)  # [B]
        if exploration is not None:
            np.copyto(actions, exploration.random, where=exploration.explore)
        return actions

"""Acting on the action values of a network."""

from collections.abc import Sequence

import numpy as np

from agents.actor import NOTHING, ActorOutput, State
from agents.exploration import Chance, ExploringActor, Mask
from agents.networks.forward import Forward
from agents.networks.network import Network
from agents.schedules import EpsilonSchedule
from agents.weights import Array, Weights

MEMORY = "memory"
"""The name of a recurrent network's state: in the actor's, and among the extras of a rollout."""


class NetworkActor(ExploringActor):
    """Acts on the action values that a network gives, ε-greedily or by a softmax.

    It draws the noise of a noisy network anew in each step of each environment, and acts without
    noise where it does not explore. It remembers the state of a recurrent network, and hands the
    state [S] before each step to the learner as the extra `MEMORY`.
    """

    def __init__(
        self,
        network: Network,
        env_indices: Sequence[int],
        epsilon: EpsilonSchedule,
        *,
        temperature: float = 0.0,
        values_returns: bool = True,
    ):
        """Makes the actor.

        Args:
            network: Its outputs are action values [A].
            env_indices: [B] numbers of the environments.
            epsilon: Probability of a random action over the environment steps of the run.
            temperature: Of the softmax that draws actions in exploration; 0 takes the best.
            values_returns: Whether action values are discounted returns, and not only an order.
        """
        (actions,) = network.output_shape
        super().__init__(actions, epsilon, env_indices, temperature=temperature)
        self._forward = Forward(network, env_indices)
        self._shape = (len(env_indices), network.state_size)
        self.values_returns = values_returns
        self.draws = 2 + network.noise_size

    def initial_state(self) -> State:
        return {MEMORY: np.zeros(self._shape, np.float32)} if self._shape[1] else NOTHING

    def values(self, weights: Weights, observations: Array, state: State) -> Array:
        return self._forward(weights, observations, state.get(MEMORY))[0]

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Chance | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        noise = None if exploration is None else exploration.noise
        before = state.get(MEMORY)
        q, after = self._forward(weights, observations, before, noise)  # [B, A], [B, S]
        actions = self.choose(q, exploration, action_mask)
        if before is None or after is None:
            return ActorOutput(actions, state)
        return ActorOutput(actions, {MEMORY: after}, {MEMORY: before})

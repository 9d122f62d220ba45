"""A small agent with a memory: a recurrent network whose weights move with what it was handed.

It learns nothing useful. Every number that a rollout brings back, its extras included, goes into
its weights, so that a bit lost anywhere shows in the fingerprint.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor, ActorOutput, State
from agents.agent import Agent, Learner
from agents.exploration import chances, epsilon_greedy, greedy
from agents.networks.forward import Forward
from agents.networks.inputs import flat_inputs
from agents.networks.layers import Dense
from agents.networks.network import Network
from agents.networks.recurrent import GRU
from agents.rollout import Rollout
from agents.weights import Array, Weights
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Experiment
from training.evaluate import EvaluationConfig


@dataclass(frozen=True, kw_only=True)
class Remembering(Agent):
    """Acts by a recurrent network of a few units, ε-greedily."""

    units: int = 8
    """Numbers of the memory."""
    epsilon: float = 0.2
    """Probability of a random action."""

    def network(self, space: Box | Discrete, actions: int) -> Network:
        return Network(flat_inputs(space), (GRU(self.units), Dense(actions, "linear")))

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> "RememberingActor":
        network = self.network(observation_space, int(action_space.n))
        return RememberingActor(network, env_indices, self.epsilon)

    def learner(
        self, observation_space: Box | Discrete, action_space: Discrete, **options: Any
    ) -> Learner:
        network = self.network(observation_space, int(action_space.n))
        return RememberingLearner(network.initial_weights(options["network_rng"]))


class RememberingActor(Actor):
    draws = 2

    def __init__(self, network: Network, env_indices: Sequence[int], epsilon: float):
        self._forward = Forward(network, env_indices)
        self._epsilon = epsilon
        (self._actions,) = network.output_shape
        self._shape = (len(env_indices), network.state_size)

    def initial_state(self) -> State:
        return {"memory": np.zeros(self._shape, np.float32)}

    def exploration(self, env_steps, draws) -> Sequence[Any]:
        return chances(np.full((len(env_steps), 1), self._epsilon), draws, self._actions)

    def act(
        self, weights: Weights, observations: Array, state: State, exploration: Any = None
    ) -> ActorOutput:
        q, memory = self._forward(weights, observations, state["memory"])
        assert memory is not None
        actions = greedy(q) if exploration is None else epsilon_greedy(q, exploration)
        return ActorOutput(actions, {"memory": memory}, {"q": q, "memory": state["memory"]})


class RememberingLearner(Learner):
    def __init__(self, weights: Weights):
        self._weights = dict(weights)

    def learn(self, rollout: Rollout) -> dict[str, float]:
        moved = np.float32(1e-3) * rollout.extras["memory"].mean(axis=(0, 1))  # [S]
        moved += np.float32(1e-3 * rollout.r_t.mean() * rollout.extras["q"].mean())
        kernel = self._weights["gru_0.recurrent_kernel"]
        self._weights["gru_0.recurrent_kernel"] = kernel + moved[:, None]
        self.updates += 1
        return {"moved": float(np.abs(moved).mean())}

    def weights(self) -> Weights:
        return dict(self._weights)

    def get_state(self) -> dict[str, Any]:
        return {"weights": self._weights, "updates": self.updates}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._weights, self.updates = dict(state["weights"]), state["updates"]


RECURRENT = Experiment(
    summary="A toy agent with a memory",
    config=TrainingConfig(
        env="CartPole-v1",
        agent=Remembering(),
        env_steps=3_000,
        num_envs=8,
        evaluation=EvaluationConfig(every_env_steps=1_000, episodes=7, final_episodes=11),
    ),
)

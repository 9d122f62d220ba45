"""The agent around another one: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor, ActorOutput, State
from agents.agent import Agent, Learner, require_agent
from agents.prepared.moments import LIMIT, mean_and_std, normalized, without_moments
from agents.replay.size import ReplaySize
from agents.weights import Array, Weights
from common.stacks import Stack

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class Rewards:
    """What becomes of rewards before anything is learned from them; returns are told as they are.

    Attributes:
        scale: Factor.
        clip: Whether they are cut to [-1, 1] after that (Mnih et al. 2015).
    """

    scale: float = 1.0
    clip: bool = False

    def __call__(self, r_t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Rewards of any shape as they are learned from."""
        scaled = r_t * self.scale
        return np.clip(scaled, -1.0, 1.0) if self.clip else scaled


@dataclass(frozen=True, kw_only=True)
class Prepared(Agent):
    """An agent that sees normalised observations and learns from prepared rewards.

    Mean and variance of the observations are part of the weights: the weights that act in an
    iteration bring those that were known when they were learned. So acting, evaluation, exported
    policies and resumed runs all use the right ones, on any number of workers.
    """

    agent: Agent
    """The agent itself."""
    normalize: bool = False
    """Whether observations are normalised."""
    rewards: Rewards = Rewards()
    """What becomes of rewards."""

    def __post_init__(self) -> None:
        for name in (
            "needs_tensorflow",
            "lags",
            "acts_randomly",
            "needs_dynamics",
            "needs_recording",
        ):
            object.__setattr__(self, name, getattr(self.agent, name, None))

    @property
    def sees(self) -> Literal["row", "state", "picture"]:
        return self.agent.sees

    @property
    def module(self) -> str:
        return self.agent.module

    @property
    def optimal_discount(self) -> float:
        return self.agent.optimal_discount

    def learned_rewards(self, r_t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return self.rewards(r_t)

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        require_agent(self.agent)
        if self.agent.needs_dynamics:
            raise ValueError(
                f"{type(self.agent).__name__} plans with the environment's own rewards: leave out "
                "--env.reward-scale, --env.clip-rewards and --env.normalize-observations"
            )
        if self.normalize and not isinstance(observation_space, Box):
            raise ValueError(
                f"--env.normalize-observations is for numbers; these are {observation_space}"
            )
        self.agent.check(self._seen(observation_space), action_space)

    def check_rollouts(self, num_envs: int, rollout_length: int) -> None:
        self.agent.check_rollouts(num_envs, rollout_length)

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> Actor:
        actor = self.agent.actor(self._seen(observation_space), action_space, env_indices)
        return NormalizedActor(actor) if self.normalize else actor

    def learner(
        self, observation_space: Box | Discrete, action_space: Discrete, **rest: Any
    ) -> Learner:
        from agents.prepared.learner import PreparedLearner

        learner = self.agent.learner(self._seen(observation_space), action_space, **rest)
        shape = observation_space.shape
        return PreparedLearner(learner, self.rewards, shape if self.normalize else None)

    def replay_size(
        self, observation_space: Box | Discrete, action_space: Discrete
    ) -> ReplaySize | None:
        # A replay keeps observations as they came.
        return self.agent.replay_size(observation_space, action_space)

    @property
    def counts_episodes(self) -> bool:
        return self.agent.counts_episodes

    def exploration(self, env_steps: int) -> dict[str, float]:
        return self.agent.exploration(env_steps)

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model | None":
        own = without_moments(weights)
        model = self.agent.keras_model(self._seen(observation_space), action_space, own)
        if model is None or not self.normalize:
            return model
        import keras

        mean, std = mean_and_std(weights)
        raw = keras.Input(
            observation_space.shape, dtype=str(observation_space.dtype), name="observation"
        )
        centred: Any = keras.ops.cast(raw, "float32")
        axes: Any = tuple(range(1, 1 + mean.ndim))  # an integer, says Keras, and takes several
        normalization = keras.layers.Normalization(axes, mean=mean, variance=np.square(std))
        centred = normalization(centred) if axes else (centred - mean) / std
        seen, states = keras.ops.clip(centred, -LIMIT, LIMIT), model.inputs[1:]
        if states:  # of a recurrent network
            return keras.Model([raw, *states], model([seen, *states]))
        return keras.Model(raw, model(seen))

    def _seen(self, space: Box | Discrete) -> Box | Discrete:
        """The space of the observations that the agent itself sees."""
        if not self.normalize:
            return space
        if isinstance(space, Stack):
            return Stack(Box(-LIMIT, LIMIT, space.frame.shape, np.float32), space.count)
        return Box(-LIMIT, LIMIT, space.shape, np.float32)


def prepared(agent: Agent, *, normalize: bool, rewards: Rewards) -> Agent:
    """An agent with its observations and rewards prepared, or the agent itself if none are."""
    if not normalize and rewards == Rewards():
        return agent
    return Prepared(agent=agent, normalize=normalize, rewards=rewards)


class NormalizedActor(Actor):
    """Normalises observations by the moments among the weights, and lets another actor act."""

    def __init__(self, actor: Actor):
        self._actor = actor
        self.draws, self.respects_masks = actor.draws, actor.respects_masks
        self.values_returns = actor.values_returns

    def initial_state(self) -> State:
        return self._actor.initial_state()

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Any]:
        return self._actor.exploration(env_steps, draws)

    def values(self, weights: Weights, observations: Array, state: State) -> Array | None:
        seen = normalized(weights, observations)
        return self._actor.values(without_moments(weights), seen, state)

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Any = None,
        **masked: Any,
    ) -> ActorOutput:
        seen = normalized(weights, observations)
        return self._actor.act(without_moments(weights), seen, state, exploration, **masked)

"""Trained policies: they act, and need no learner."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.agent import Agent
from agents.weights import Array, Weights
from common.stacks import Stack
from envs import masks, registry
from envs.randomness import derive, uniform
from envs.sources import EnvSource, label


def _is_one(observation: Any, encoded: Array, array: Array, space: Box | Discrete) -> bool:
    """Whether numbers of the right shape are one: finite, and of a state a whole number.

    Args:
        observation: As it was given.
        encoded: As it was encoded.
        array: The same in the type of the space.
        space: What it has to be one of.
    """
    if isinstance(space, Box):
        return bool(np.isfinite(array).all())
    whole = not isinstance(observation, bool | np.bool_) and bool(array == encoded)
    return whole and 0 <= int(array) < space.n


class Policy:
    """Acts in one environment, in terms of the environment's own observations and actions.

    It acts greedily; only the random agent acts at random.

    Attributes:
        agent: The agent's settings.
        weights: The weights that act.
    """

    def __init__(self, agent: Agent, env: EnvSource, weights: Weights):
        """Makes the policy.

        Args:
            agent: The agent that was trained.
            env: The environment that it was trained in.
            weights: The weights that act.

        Raises:
            envs.registry.UnusableEnvironment: The environment cannot be made.
        """
        self.agent, self.weights = agent, weights
        self._name = label(env)
        self._observations, self._actions = registry.encodings(env)
        space = self._observations.space
        self._actor = agent.actor(space, self._actions.space, [0])
        self._stack = space if isinstance(space, Stack) else None
        self._taken = 0
        self.reset()

    def reset(self) -> None:
        """Begins a new episode, for agents that remember and for stacked observations."""
        self._newest: Array | None = None  # [1, ...] what was seen last, where it is a stack
        self._state = self._actor.initial_state()

    def act(self, observation: Any, action_mask: Any = None) -> Any:
        """The action for an observation, as `env.step` takes it.

        Args:
            observation: As `env.reset` or `env.step` returned it; with `--env.frame-stack` too.
            action_mask: The environment's `info["action_mask"]`, where it has one: only legal
                actions are taken then. A mask in the observation need not be given again.

        Raises:
            ValueError: The observation is none of the environment's.
            envs.faults.Nonsense: The mask is none of these actions.
        """
        mask = masks.given(observation, {masks.KEY: action_mask})
        batch = self._encoded(observation)[None]  # [1, ...]
        if self._stack is not None:
            stack, before = self._stack, self._newest
            batch = stack.repeated(batch) if before is None else stack.followed(before, batch)
            self._newest = batch
        masked = {}
        if mask is not None and self._actor.respects_masks:
            masked = {"action_mask": self._actions.legal(mask)[None]}  # [1, A]
        acted = self._actor.act(self.weights, batch, self._state, self._exploration(), **masked)
        self._state = acted.state
        return self._actions.decode(int(acted.actions[0]))

    def _encoded(self, observation: Any) -> Array:
        """An observation as the agent sees it, or a frame of the stack that it sees.

        Raises:
            ValueError: It is none of the environment's.
        """
        space = self._observations.space if self._stack is None else self._stack.frame
        try:
            encoded: npt.NDArray[Any] = np.asarray(self._observations.encode(observation))
            array = encoded.astype(space.dtype)
            fits = array.shape == (space.shape or ())
            if fits and _is_one(observation, encoded, array, space):
                return array
        except (KeyError, TypeError, IndexError, ValueError):
            pass  # something else altogether
        shown = " ".join(repr(observation).split())
        raise ValueError(f"the observation {shown[:60]} is none of the environment's: {space}")

    def __repr__(self) -> str:
        return f"<policy of {type(self.agent).__name__} in {self._name}>"

    def _exploration(self) -> Any:
        """None for a greedy policy; the exploration of a step for an agent that acts at random."""
        if not self.agent.acts_randomly:
            return None
        draws = self._actor.draws
        drawn = uniform(derive(0), self._taken * draws + np.arange(draws))
        self._taken += 1
        return self._actor.exploration(np.zeros(1, np.int64), drawn.reshape(1, draws, 1))[0]

"""Recorded transitions: what a policy did in its environments, for agents that learn from that."""

import itertools
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete
from threadpoolctl import threadpool_limits

from agents.agent import Agent
from agents.rollout import Rollout
from agents.weights import Array, Weights, digest
from common.stacks import Stack
from envs import registry
from envs.faults import Guard
from envs.sources import EnvSource
from training.evaluation import Evaluation
from training.unroll import stacked


@dataclass(frozen=True, kw_only=True)
class Recording:
    """N transitions of E episodes, one episode after the other.

    Attributes:
        observations: [N + E, ...] of each episode all that was acted on, and the last successor.
        a_tm1: [N] int32 actions.
        r_t: [N] float64 rewards.
        terminated_t: [N] bool, a terminal state was reached.
        truncated_t: [N] bool, a limit cut the episode, or the recording ended.
        lengths: [E] transitions of each episode, 1 or more.
        cut: [E] bool, the recording ended before the episode did.
        action_masks: [N + E, A] bool, the actions that were legal in each observation; None where
            the environment masks no actions.
    """

    observations: Array
    a_tm1: npt.NDArray[np.int32]
    r_t: npt.NDArray[np.float64]
    terminated_t: npt.NDArray[np.bool_]
    truncated_t: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.int64]
    cut: npt.NDArray[np.bool_]
    action_masks: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        """Its transitions N."""
        return len(self.a_tm1)

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """The first transition [E] of each episode."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def returns(self) -> npt.NDArray[np.float64]:
        """Undiscounted returns of the episodes that were recorded to their ends."""
        return np.add.reduceat(self.r_t, self.starts)[~self.cut]

    def digest(self) -> str:
        """SHA-256 of everything in it: of names, types, shapes and bytes."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)}
        return digest({name: array for name, array in arrays.items() if array is not None})

    @cached_property
    def _acted_on(self) -> npt.NDArray[np.int64]:
        """The number [N] of the observation that each transition begins with."""
        return np.arange(len(self)) + np.repeat(np.arange(len(self.lengths)), self.lengths)

    def rollout(self, transitions: npt.NDArray[np.int64]) -> Rollout:
        """Transitions [T, B] as if they had been taken just now."""
        s_tm1 = self._acted_on[transitions]  # [T, B]
        masks = self.action_masks
        return Rollout(
            s_tm1=self.observations[s_tm1],
            a_tm1=self.a_tm1[transitions],
            r_t=self.r_t[transitions],
            terminated_t=self.terminated_t[transitions],
            truncated_t=self.truncated_t[transitions],
            s_t=self.observations[s_tm1 + 1],
            dropped_t=np.zeros(transitions.shape, np.bool_),
            mask_t=None if masks is None else masks[s_tm1 + 1],
        )

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        """Makes sure that an agent with such observations and actions can learn from it.

        Raises:
            ValueError: It cannot; the message says what the recording has, and what is expected.
        """
        dtype, shape = np.dtype(observation_space.dtype), observation_space.shape or ()
        found = self.observations
        if found.shape[1:] != shape or not np.can_cast(found.dtype, dtype, "same_kind"):
            raise ValueError(
                f"its observations are {found.dtype} {list(found.shape[1:])}, and those of the "
                f"environment {dtype} {list(shape)}"
            )
        if isinstance(observation_space, Stack):
            self._check_stacks(observation_space)
        for name, values in (("observations", found), ("rewards", self.r_t)):
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                row = np.argwhere(~np.isfinite(values))[0][0]
                raise ValueError(f"its {name} are not all finite: number {row} is {values[row]}")
        limits = [("action", self.a_tm1, int(action_space.n))]
        if isinstance(observation_space, Discrete):
            limits.append(("observation", found, int(observation_space.n)))
        for name, numbers, count in limits:
            outside = numbers[(numbers < 0) | (numbers >= count)]
            if len(outside):
                raise ValueError(f"its {name} {outside[0]} is not one of 0 to {count - 1}")
        masks, actions = self.action_masks, int(action_space.n)
        if masks is not None and masks.shape[1:] != (actions,):
            given = ", ".join(map(str, masks.shape[1:]))
            raise ValueError(f"its action masks are for {given} actions, not {actions}")

    def _check_stacks(self, stack: Stack) -> None:
        """Makes sure that each stack of an episode holds the newer frames of the one before.

        Raises:
            ValueError: One does not: what learns from them may keep each frame once.
        """
        frames = stack.split(self.observations)
        follows = self._acted_on + 1  # [N]
        for older, newer in itertools.pairwise(frames):
            wrong = (older[follows] != newer[follows - 1]).reshape(len(self), -1).any(axis=1)  # [N]
            if wrong.any():
                number = int(follows[wrong][0])
                raise ValueError(
                    f"its observations are no stacks of {stack.count}, the oldest first: number "
                    f"{number} does not hold the newer ones of the one before"
                )


def record(
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    plan: Evaluation,
    env_steps: int,
    *,
    guard: Guard,
    goes_on: Callable[[int], bool],
) -> Recording:
    """Records what a policy does. The outcome depends on the arguments alone.

    Episodes that are not over after the last step are kept, as truncated; those that were dropped
    because their environment failed are not.

    Args:
        env: The environment.
        agent: The agent.
        weights: What it acts with.
        plan: How it acts, and in which environments.
        env_steps: Environment steps to take, over all environments.
        guard: Decides about faults.
        goes_on: Is told the steps so far, and says whether to take more.
    """
    count, indices = len(plan.env_indices), plan.env_indices
    envs = registry.make(
        env, seed=plan.seed, purpose=plan.purpose, env_indices=indices, guard=guard
    )
    taken, masks = [], []
    with closing(envs), threadpool_limits(1, user_api="blas"):
        unroll = plan.unroll(agent, envs, indices)
        unroll.start()
        explorations = plan.explorations(unroll, indices)
        for exploration in itertools.islice(explorations, -(-env_steps // count)):
            if envs.action_mask is not None:
                masks.append(envs.action_mask.copy())
            taken.append(unroll.step(weights, exploration))
            if not goes_on(min(env_steps, len(taken) * count)):
                break
    left = min(env_steps, len(taken) * count)
    # The last step may be one that only the first environments take.
    lengths = [-(-(left - row) // count) for row in range(count)]
    return _episodes(stacked(taken), np.stack(masks) if masks else None, lengths)


def _episodes(rollout: Rollout, masks: Array | None, lengths: list[int]) -> Recording:
    """The episodes of a rollout [T, B], environment after environment.

    Args:
        rollout: The steps.
        masks: [T, B, A] the actions that were legal in s_tm1; None without masks.
        lengths: B numbers of steps to keep of each environment.
    """
    ended_t = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
    pieces = []
    for row, length in enumerate(lengths):
        ends = [*(np.flatnonzero(ended_t[:length, row]) + 1), length]
        for start, end in itertools.pairwise([0, *ends]):
            if end > start and not rollout.dropped_t[end - 1, row]:
                pieces.append((row, slice(start, end), slice(end - 1, end)))

    def joined(*columns: tuple[Array, bool]) -> Array:
        """Of each episode the steps of the columns that are not `True`, else the last one."""
        parts = [
            column[last if only_last else steps, row]
            for row, steps, last in pieces
            for column, only_last in columns
        ]
        return np.concatenate(parts) if parts else columns[0][0][:0, 0]

    over = joined((ended_t, True))  # [E]
    sizes = np.array([steps.stop - steps.start for _, steps, _ in pieces], np.int64)  # [E]
    truncated_t = joined((rollout.truncated_t, False)).copy()
    truncated_t[np.cumsum(sizes) - 1] |= ~over
    action_masks = None
    if masks is not None and rollout.mask_t is not None:
        action_masks = joined((masks, False), (rollout.mask_t, True))
    return Recording(
        observations=joined((rollout.s_tm1, False), (rollout.s_t, True)),
        a_tm1=joined((rollout.a_tm1, False)),
        r_t=joined((rollout.r_t, False)),
        terminated_t=joined((rollout.terminated_t, False)),
        truncated_t=truncated_t,
        lengths=sizes,
        cut=~over,
        action_masks=action_masks,
    )

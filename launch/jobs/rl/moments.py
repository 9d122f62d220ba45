"""A policy that is looked at: its episodes step by step, with what it takes actions to be worth."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import gymnasium
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from agents.actor import State
from agents.agent import Agent
from agents.weights import Array, Weights
from envs import registry, rendering
from envs.faults import Guard
from envs.sources import EnvSource
from training.evaluation import Evaluation

Mode = Literal["rgb_array", "ansi", "human"]
"""Ways to render: pictures, text, a window."""
_FPS = 30


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One step of an episode.

    Attributes:
        frame: What the environment rendered before the action; None where it was not asked to.
        fps: Frames a second at which the environment is meant to be seen.
        episode: The episode's number, from 1.
        step: The step's number in it, from 1.
        total: Return of the episode before the step.
        observation: [...] what the agent saw before the action.
        state: What its actor remembered then, [1, ...] arrays by name.
        values: [A] what the agent takes each action to be worth, NaN for illegal ones; None for an
            agent without such values.
        action: The number of the action taken.
        reward: What it paid.
        over: Whether it ended the episode.
    """

    frame: Any
    fps: float
    episode: int
    step: int
    total: float
    observation: Array
    state: State
    values: npt.NDArray[np.float64] | None
    action: int
    reward: float
    over: bool


def moments(
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    mode: Mode | None = None,
) -> Generator[Moment]:
    """Plays the episodes of an evaluation, one after the other.

    They start from the same seeds that the evaluation scores. Where our own dynamics equal
    Gymnasium's they are the same episodes. Environments that are stepped from a table have draws of
    their own: rendered, they begin elsewhere, and slip elsewhere.

    Args:
        env: The environment.
        agent: The agent.
        weights: What the policy acts with.
        evaluation: Whose episodes.
        mode: How the environment renders; None has it render nothing.

    Raises:
        UnusableEnvironment: It does not render so.
        EnvironmentFault: The environment failed.
    """
    episode = 0
    for env_index in evaluation.env_indices:
        for moment in _of_one(env, agent, weights, evaluation, env_index, mode, episode):
            episode = moment.episode
            yield moment


def _of_one(
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    env_index: int,
    mode: Mode | None,
    before: int,
) -> Generator[Moment]:
    """Plays the episodes of one of the evaluation's environments, after so many of others."""
    guard, drawn, fps = Guard(), None, float(_FPS)
    seeds: dict[str, Any] = {"seed": evaluation.seed, "purpose": evaluation.purpose}
    if mode is None:
        envs = registry.make(env, env_indices=[env_index], guard=guard, **seeds)
    else:
        envs, drawn = rendering.make_rendered(
            env, env_index=env_index, guard=guard, mode=mode, **seeds
        )
        fps = float(drawn.metadata.get("render_fps", _FPS))
    with closing(envs), threadpool_limits(1, user_api="blas"):
        unroll = evaluation.unroll(agent, envs, [env_index])
        with guard.listening():
            unroll.start()
        episode, step, total = before + 1, 0, 0.0
        for exploration in evaluation.explorations(unroll, [env_index]):
            state, mask = unroll.state, envs.action_mask
            legal = None if mask is None else mask[0].copy()
            with guard.listening():  # not while somebody else has what was yielded
                frame = None if drawn is None or mode == "human" else _rendered(drawn, mode)
                done = unroll.step(weights, exploration)
            step += 1
            reward = float(done.env_step.r_t[0])
            over = bool(done.env_step.terminated_t[0] or done.env_step.truncated_t[0])
            yield Moment(
                frame=frame,
                fps=fps,
                episode=episode,
                step=step,
                total=total,
                observation=done.s_tm1[0],
                state=state,
                values=_shown(unroll.actor.values(weights, done.s_tm1, state), legal),
                action=int(done.a_tm1[0]),
                reward=reward,
                over=over,
            )
            total += reward
            if over:
                if episode - before == evaluation.quota(env_index):
                    return
                episode, step, total = episode + 1, 0, 0.0


def _rendered(env: gymnasium.Env[Any, Any], mode: Mode | None) -> Any:
    """What an environment shows: a picture has bytes here, and some give shares of full light."""
    frame: Any = env.render()
    if mode == "rgb_array" and np.issubdtype(np.asarray(frame).dtype, np.floating):
        return np.rint(np.clip(frame, 0.0, 1.0) * 255).astype(np.uint8)
    return frame


def _shown(
    values: Array | None, legal: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.float64] | None:
    """The values [A] of the only environment's actions."""
    if values is None:
        return None
    own = np.array(values[0], np.float64)
    if legal is not None:
        own[~legal] = np.nan
    return own

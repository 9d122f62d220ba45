"""Films of a policy acting, from Gymnasium's own rendering."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from threadpoolctl import threadpool_limits

from agents.agent import AgentConfig, make_policy
from agents.policies import Weights, greedy
from envs import registry
from envs.randomness import derive, episode_seeds, uniform
from launch.acting.workers import Evaluation
from launch.errors import UsageError

SUFFIXES = (".mp4", ".gif")


def check_path(path: Path) -> None:
    """Makes sure a film can be written there.

    Raises:
        UsageError: An unknown kind of film, or a folder that does not exist.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--video {path}: the name must end in one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UsageError(f"--video {path}: the folder {path.parent} does not exist")


def check_env(env_id: str) -> None:
    """Makes sure an environment can be filmed.

    Raises:
        UsageError: It draws no pictures.
    """
    try:
        registry.make_rendered(env_id, "rgb_array").close()
    except registry.UnusableEnvironment as error:
        raise UsageError(str(error)) from None


def record(
    path: Path,
    env_id: str,
    agent: AgentConfig,
    weights: Weights,
    evaluation: Evaluation,
    *,
    steps: int | None = None,
) -> list[float]:
    """Films an evaluation's first stream.

    The film starts from the same episode seeds that the evaluation scores. Where our own dynamics
    equal Gymnasium's they are the same episodes; slippery ice has draws of its own and slips
    elsewhere.

    Args:
        path: The film's file.
        env_id: The environment.
        agent: The agent's config.
        weights: What the policy acts with.
        evaluation: Whose episodes to show.
        steps: Steps to film; None films the stream's whole quota of episodes.

    Returns:
        The returns of the filmed episodes, the last one perhaps unfinished.
    """
    import imageio.v3

    returns: list[float] = []
    env = registry.make_rendered(env_id, "rgb_array")
    with closing(env), threadpool_limits(1, user_api="blas"):
        frames = list(_frames(env, env_id, agent, weights, evaluation, steps, returns))
    fps = int(env.metadata.get("render_fps", 30))
    if path.suffix == ".gif":
        imageio.v3.imwrite(path, frames, duration=1000 / fps, loop=0)
    else:
        imageio.v3.imwrite(path, frames, fps=fps, macro_block_size=2)
    return returns


def _frames(
    env: gymnasium.Env[Any, Any],
    env_id: str,
    agent: AgentConfig,
    weights: Weights,
    evaluation: Evaluation,
    steps: int | None,
    returns: list[float],
) -> Iterator[Any]:
    observation_space, action_space = registry.spaces(env_id)
    stream = evaluation.streams.start
    policy = make_policy(agent, observation_space, action_space, [stream])
    keys = derive(evaluation.seed, evaluation.purpose, [stream])
    action_keys = evaluation.action_keys([stream])
    first_observation, first_action = registry.starts(env)
    taken, episode = 0, 0
    while taken < steps if steps is not None else episode < evaluation.quota(stream):
        observation, _ = env.reset(seed=int(episode_seeds(keys, episode)[0]))
        returns.append(0.0)
        over = False
        while not over and (steps is None or taken < steps):
            yield env.render()
            if evaluation.random:
                action = int(uniform(action_keys, taken)[0] * action_space.n)
            else:
                q = policy.q_values(weights, np.asarray(observation)[None] - first_observation)
                action = int(greedy(q)[0])
            observation, reward, terminated, truncated, _ = env.step(action + first_action)
            returns[-1] += float(reward)
            over = bool(terminated or truncated)
            taken += 1
        episode += 1

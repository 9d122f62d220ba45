"""Films of a policy acting, from Gymnasium's own rendering."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gymnasium
from threadpoolctl import threadpool_limits

from agents.agent import Agent
from agents.weights import Weights
from common.errors import UsageError
from common.text import one_line
from envs import registry
from envs.faults import Guard
from envs.sources import EnvSource, UnusableEnvironment
from envs.vector_env import VectorEnv
from training import evaluate
from training.callbacks import Callback
from training.evaluation import Evaluation
from training.events import EndStatus
from training.loop import Training

_LOG = logging.getLogger(__name__)
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


def check_env(env: EnvSource) -> None:
    """Makes sure an environment can be filmed.

    Raises:
        UsageError: It draws no pictures.
    """
    try:
        registry.check_rendering(env)
    except UnusableEnvironment as error:
        raise UsageError(str(error)) from None


class Film(Callback):
    """Films the kept policy at the end of a training."""

    def __init__(self, path: Path, steps: int):
        """Makes the callback.

        Args:
            path: The film's file.
            steps: Steps to film.
        """
        self._path, self._steps = path, steps

    def on_end(self, training: Training, status: EndStatus) -> None:
        if status != "finished":
            return
        agent, weights = training.agent, training.kept_weights
        plan = evaluate.final(1, training.seed, random=agent.acts_randomly)
        training.tell("on_activity", "filming")
        try:
            record(self._path, training.env, agent, weights, plan, steps=self._steps)
        except Exception as error:  # whatever an environment raises: a film is no reason to fail
            _LOG.warning("no film: %s: %s", type(error).__name__, one_line(error))


def record(
    path: Path,
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    *,
    steps: int | None = None,
) -> list[float]:
    """Films the first environment of an evaluation.

    The film starts from the same episode seeds that the evaluation scores. Where our own dynamics
    equal Gymnasium's they are the same episodes. Environments that are stepped from a table have
    draws of their own: they begin elsewhere, and slip elsewhere.

    Args:
        path: The film's file.
        env: The environment.
        agent: The agent.
        weights: What the policy acts with.
        evaluation: Whose episodes to show.
        steps: Steps to film; None films all episodes of that environment.

    Returns:
        The returns of the filmed episodes, the last one perhaps unfinished.
    """
    import imageio.v3

    returns: list[float] = []
    env_index = evaluation.env_indices.start
    guard = Guard()
    envs, drawn = registry.make_rendered(
        env, seed=evaluation.seed, purpose=evaluation.purpose, env_index=env_index, guard=guard
    )
    with guard.listening(), closing(envs), threadpool_limits(1, user_api="blas"):
        frames = list(_frames(envs, drawn, agent, weights, evaluation, steps, returns))
    fps = int(drawn.metadata.get("render_fps", 30))
    if path.suffix == ".gif":
        imageio.v3.imwrite(path, frames, duration=1000 / fps, loop=0)
    else:
        imageio.v3.imwrite(path, frames, fps=fps, macro_block_size=2)
    return returns


def _frames(
    envs: VectorEnv,
    drawn: gymnasium.Env[Any, Any],
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    steps: int | None,
    returns: list[float],
) -> Iterator[Any]:
    env_indices = [evaluation.env_indices.start]
    unroll = evaluation.unroll(agent, envs, env_indices)
    unroll.start()
    returns.append(0.0)
    for taken, exploration in enumerate(evaluation.explorations(unroll, env_indices)):
        if taken == steps:
            return
        yield drawn.render()
        step = unroll.step(weights, exploration).env_step
        returns[-1] += float(step.r_t[0])
        if step.terminated_t[0] or step.truncated_t[0]:
            if steps is None and len(returns) == evaluation.quota(env_indices[0]):
                return
            returns.append(0.0)

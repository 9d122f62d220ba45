"""Scores a trained policy once more."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from agents.agent import Agent
from agents.weights import Weights
from common.errors import RAISED, RunError
from common.text import with_kind
from envs.faults import EnvironmentFault, Guard
from envs.sources import EnvSource
from launch.jobs.rl import execution, films, policy_files, trained_spaces
from launch.jobs.rl.play import Play
from launch.terminal.console import say
from training.evaluation import Evaluation, Summary, evaluate_policy, summarise
from training.remarks import warn


def evaluate(folder: Path, play: Play) -> tuple[Summary, Callable[[], list[float]] | None]:
    """Scores a run's trained policy on seeded episodes.

    Args:
        folder: The run's folder.
        play: What is asked of it.

    Returns:
        The summary, and what makes the film and gives the returns of its episodes, with a RunError
        where that fails; None where no film is asked for.

    Raises:
        InvalidSetting: The agent has no ε, or an option of the environment cannot be used.
        UsageError: The run or its policy cannot be read, the environment is not one for it, or the
            film cannot be written.
        RunError: The environment failed.
    """
    _, trained = execution.read(folder)
    config = play.applied_to(trained)
    env = config.rollout.env
    trained_spaces.check(folder, trained, execution.check(config.rollout, config), play)
    if play.video is not None:
        films.check_path(play.video)
        films.check_env(env)
    agent = config.prepared_agent
    weights = policy_files.load(folder, agent)
    plan = play.evaluation(config)
    guard = Guard(config.faults.on_fault)
    say(f"playing {plan.episodes:,} episode{'s' * (plan.episodes > 1)}")
    try:
        with guard.listening():
            played = evaluate_policy(env, agent, plan, weights, plan.env_indices, guard)
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None
    for remark in guard.remarks.take():
        warn(env, remark)
    if dropped := len(played.faults):
        say(f"{dropped} episode{'s' * (dropped > 1)} failed; others were played in their place")
    summary = summarise(env, played.returns)
    if play.video is None:
        return summary, None
    shown = replace(plan, episodes=play.video_episodes)
    return summary, partial(_film, play.video, env, agent, weights, shown)


def _film(
    path: Path, env: EnvSource, agent: Agent, weights: Weights, plan: Evaluation
) -> list[float]:
    """Films episodes; returns their returns.

    Raises:
        RunError: There is no film.
    """
    say(f"filming into {path}")
    try:
        return films.record(path, env, agent, weights, plan)
    except RAISED as error:  # of an environment, or a codec that is not there
        raise RunError(
            f"no film {path}: {with_kind(error)}; "
            "what films need is tried by: python -m launch doctor"
        ) from None

"""Training an agent from Python, in this process."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from agents.agent import Agent, require_agent
from common.backend import prepare_tensorflow
from envs import registry
from envs.actions import Actions
from envs.encoding import Observations
from envs.sources import EnvSource, UnusableEnvironment, label
from training import learners
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.events import EndStatus
from training.faults import FaultConfig
from training.loop import Training
from training.pipeline import Budget
from training.policy import Policy
from training.pool import LocalPool
from training.remarks import Remarks
from training.rollout_config import RolloutConfig


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """The outcome of a training.

    Attributes:
        policy: The trained policy: the one that evaluations chose, or the last one.
        status: How the training ended.
        env_steps: Environment steps taken.
        updates: Updates made.
        fingerprint: SHA-256 of all episode returns and the last weights: two trainings with equal
            fingerprints were the same.
    """

    policy: Policy
    status: EndStatus
    env_steps: int
    updates: int
    fingerprint: str


def train(
    agent: Agent,
    env: EnvSource,
    *,
    env_steps: int,
    seed: int = 0,
    num_envs: int = 16,
    rollout_length: int = 16,
    lag: int = 1,
    faults: FaultConfig = FaultConfig(),
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Trains an agent in this process and gives the trained policy back. It writes no file.

    Args:
        agent: The agent to train, such as `DQN()`.
        env: A Gymnasium id, or a function that makes an environment.
        env_steps: Budget, in environment steps over all environments.
        seed: Seed of everything random; the same seed gives the same bits.
        num_envs: Number of environments that are stepped together.
        rollout_length: Steps of each environment under one set of weights.
        lag: Iterations by which acting runs ahead of learning, 0 or 1.
        faults: What becomes of failing environments.
        callbacks: Called at every iteration; `Evaluate()` chooses and scores the policy.

    Raises:
        envs.registry.UnusableEnvironment: The environment cannot be made or learned.
        ValueError: The agent cannot act in it, or a number is out of its range.
        RunError: The environment failed.
        Diverged: The loss or the weights are not finite any more.
    """
    budget = Budget(env_steps=env_steps, num_envs=num_envs, rollout_length=rollout_length, lag=lag)
    check(agent, env, lag)
    agent.check_rollouts(num_envs, rollout_length)
    if agent.needs_tensorflow:
        prepare_tensorflow(1, hide_gpus=True)
    config = RolloutConfig(env=env, agent=agent, seed=seed, num_envs=num_envs, faults=faults)
    episodes = EpisodeTracker(num_envs)
    learner = learners.make(agent, env, seed=seed, env_steps=env_steps)
    pool = LocalPool(config, None, episodes.positions)
    try:
        pool.wait_until_ready()
        training = Training(
            config,
            budget,
            pool=pool,
            learner=learner,
            episodes=episodes,
            callbacks=[Remarks(), *callbacks],
        )
        with closing(training):
            status = training.run()
        return TrainingResult(
            policy=Policy(agent, env, training.kept_weights),
            status=status,
            env_steps=training.env_steps,
            updates=learner.updates,
            fingerprint=episodes.fingerprint(learner.weights(), learner.evaluated_weights()),
        )
    finally:
        pool.close()
        learner.close()


def check(
    agent: Agent, env: EnvSource, lag: int, *, recorded: bool = False
) -> tuple[Observations, Actions]:
    """Makes sure that an agent can be trained in an environment.

    Args:
        agent: The agent.
        env: The environment.
        lag: Iterations by which acting would run ahead of learning.
        recorded: Whether it learns from a recording in place of acting.

    Returns:
        How the agent sees the environment's observations, and its actions.

    Raises:
        envs.registry.UnusableEnvironment: The environment cannot be made or learned.
        ValueError: The agent cannot act in it, or cannot be trained with such a lag.
    """
    require_agent(agent)
    if agent.needs_recording and not recorded:
        raise ValueError(
            f"{type(agent).__name__} learns from a recording, not by acting: train it with "
            "`python -m launch`, and --data FOLDER"
        )
    try:
        seen, actions = registry.encodings(env)
        agent.check(seen.space, actions.space)
        if agent.needs_dynamics:
            learners.dynamics(env)
    except UnusableEnvironment:
        raise
    except ValueError as error:
        raise ValueError(f"--env {label(env)}: {error}") from None
    if lag not in agent.lags:
        allowed = " or ".join(str(lag) for lag in agent.lags)
        raise ValueError(f"--lag {lag}: {type(agent).__name__} learns with lag {allowed}")
    return seen, actions

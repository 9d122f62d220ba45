"""Evaluations: their episodes, how these are played, and the summary of their returns."""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from agents.actor import Actor
from agents.agent import Agent
from agents.random.config import RandomActor
from agents.weights import Weights
from envs import registry
from envs.faults import Fault, Guard
from envs.randomness import Keys, Purpose, derive, uniform
from envs.sources import EnvSource
from envs.vector_env import VectorEnv
from training.unroll import Unroll

MAX_EVALUATION_ENVS = 100
"""Environments of an evaluation at most; each plays its share of the episodes one after another."""


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """The outcome of an evaluation, or of some of its environments.

    Attributes:
        returns: Returns of the finished episodes, by environment and then by episode.
        faults: Environments that failed; their next episodes were played instead.
    """

    returns: list[float]
    faults: tuple[Fault, ...]

    @classmethod
    def merge(cls, parts: Sequence["EvaluationResult"]) -> "EvaluationResult":
        """Joins the shares of several workers, in the order of the environments."""
        return cls(
            returns=list(itertools.chain(*(part.returns for part in parts))),
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
        )


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The settings of an evaluation; its outcome depends on these and on the weights alone.

    Attributes:
        purpose: Family of the episodes' seeds.
        episodes: Number of episodes.
        seed: Seed of the episodes.
        number: Number of the evaluation among those of its purpose; each has episodes of its own.
        random: Act uniformly at random instead of greedily: the trivial baseline.
        explores: Act with the agent's exploration, as at the start of a training, instead of
            greedily.
    """

    purpose: Purpose
    episodes: int
    seed: int
    number: int = 0
    random: bool = False
    explores: bool = False

    @property
    def env_indices(self) -> range:
        """Numbers of the environments that play; each plays its share of the episodes."""
        count = min(self.episodes, MAX_EVALUATION_ENVS)
        return range(self.number * count, (self.number + 1) * count)

    def quota(self, env_index: int) -> int:
        """Number of episodes that an environment plays."""
        share, rest = divmod(self.episodes, len(self.env_indices))
        return share + (env_index - self.env_indices.start < rest)

    def unroll(self, agent: Agent, envs: VectorEnv, env_indices: Sequence[int]) -> Unroll:
        """Joins the environments with the agent's actor, or with the random one."""
        if self.random:
            return Unroll(envs, RandomActor(int(envs.action_space.n)))
        return Unroll(envs, agent.actor(envs.observation_space, envs.action_space, env_indices))

    def explorations(self, unroll: Unroll, env_indices: Sequence[int]) -> Iterable[Any]:
        """The exploration of each step: None for a greedy policy, else of seeded draws."""
        keys = derive(self.seed, self.purpose, Purpose.EXPLORATION, np.asarray(env_indices))  # [B]
        if self.explores:
            return (_explored(unroll.actor, keys, t) for t in itertools.count())
        if not self.random:
            return itertools.repeat(None)
        return (uniform(keys, t) for t in itertools.count())


def _explored(actor: Actor, keys: Keys, step: int) -> Any:
    """The exploration of a step of B environments at the start of a training.

    Args:
        actor: Acts in them.
        keys: [B] keys of the environments' draws.
        step: Steps taken in each of them.
    """
    counters = step * actor.draws + np.arange(actor.draws)
    draws = uniform(keys, counters[:, None])  # [draws, B]
    return actor.exploration(np.zeros(1, np.int64), draws[None])[0]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Returns of an evaluation's episodes.

    Attributes:
        episodes: Their number.
        mean_return: Mean undiscounted return.
        std_return: Standard deviation over episodes.
        min_return: Smallest.
        max_return: Largest.
        success_rate: Share of episodes that succeed, in environments where one does or does not.
    """

    episodes: int
    mean_return: float
    std_return: float
    min_return: float
    max_return: float
    success_rate: float | None

    def score(self) -> float:
        """The score that claims are about: the success rate if it applies, else the mean return."""
        return self.mean_return if self.success_rate is None else self.success_rate

    def to_json(self) -> dict[str, Any]:
        """The summary without a success rate that does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def metric(env: EnvSource) -> str:
    """The name of the score that claims about an environment are about."""
    return "success_rate" if registry.success_is_positive_return(env) else "mean_return"


def summarise(env: EnvSource, returns: Sequence[float]) -> Summary:
    """Summarises the returns [N] of an environment's evaluation episodes."""
    values = np.asarray(returns)
    succeeds = registry.success_is_positive_return(env)
    return Summary(
        episodes=len(values),
        mean_return=float(values.mean()),
        std_return=float(values.std()),
        min_return=float(values.min()),
        max_return=float(values.max()),
        success_rate=float(np.mean(values > 0)) if succeeds else None,
    )


def evaluate_policy(
    env: EnvSource,
    agent: Agent,
    evaluation: Evaluation,
    weights: Weights,
    env_indices: Sequence[int],
    guard: Guard,
) -> EvaluationResult:
    """Plays the episodes of some of an evaluation's environments.

    The outcome depends on the arguments alone.

    Args:
        env: The environment.
        agent: The agent.
        evaluation: Says which episodes are played, and how.
        weights: The weights that act.
        env_indices: [B] increasing numbers of the environments, of `evaluation.env_indices`.
        guard: Decides about faults.
    """
    envs = registry.make(
        env, seed=evaluation.seed, purpose=evaluation.purpose, env_indices=env_indices, guard=guard
    )
    with closing(envs), threadpool_limits(1, user_api="blas"):
        unroll = evaluation.unroll(agent, envs, env_indices)
        unroll.start()
        quotas = np.array([evaluation.quota(env_index) for env_index in env_indices])
        finished: list[list[float]] = [[] for _ in env_indices]
        running = np.zeros(len(quotas))  # [B] return of the current episode
        rows = np.flatnonzero(quotas)
        for exploration in evaluation.explorations(unroll, env_indices):
            if not len(rows):
                break
            step = unroll.step(weights, exploration, rows).env_step
            running[rows] += step.r_t
            running[rows[step.dropped_t]] = 0.0
            for row in rows[step.terminated_t | step.truncated_t]:
                finished[row].append(float(running[row]))
                running[row] = 0.0
                quotas[row] -= 1
            rows = rows[quotas[rows] > 0]
    returns = [value for of_one in finished for value in of_one]
    return EvaluationResult(returns=returns, faults=guard.take_faults(evaluation.purpose))

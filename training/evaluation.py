"""Evaluations: their episodes, how these are played, and the summary of their returns."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from agents.agent import Agent
from agents.random.config import RandomActor
from agents.random.mixed import MixedActor
from agents.weights import Array, Weights
from envs import registry
from envs.faults import Fault, Guard
from envs.randomness import Purpose, derive, uniform
from envs.sources import EnvSource, configured
from envs.vector_env import VectorEnv
from training.unroll import Unroll

MAX_EVALUATION_ENVS = 100
"""Environments of an evaluation at most; each plays its share of the episodes one after another."""

Watch = Callable[[int, int], None]
"""Called at each step of an evaluation with the episodes and the environment steps played so far.
It may raise `Interrupted`."""


class Interrupted(Exception):
    """Somebody asked for an end in the middle of an evaluation, which came to nothing."""


def unwatched(episodes: int, env_steps: int) -> None:
    """Lets an evaluation play to its end."""


@dataclass(frozen=True, kw_only=True)
class EvaluationResult:
    """The outcome of an evaluation, or of some of its environments.

    Attributes:
        returns: Returns of the finished episodes, by environment and then by episode.
        faults: Environments that failed; their next episodes were played instead.
        discounted_returns: Discounted returns of the first episode of each environment, of rewards
            as they are learned from; empty where the actor has no action values, or its values are
            of something else: of no returns, or of what is left of a life.
        expected_returns: What the actor expected of the same episodes at their start; empty also
            where it did not act by its values alone.
    """

    returns: list[float]
    faults: tuple[Fault, ...]
    discounted_returns: list[float] = field(default_factory=list)
    expected_returns: list[float] = field(default_factory=list)

    @classmethod
    def merge(cls, parts: Sequence["EvaluationResult"]) -> "EvaluationResult":
        """Joins the shares of several workers, in the order of the environments."""
        return cls(
            returns=list(itertools.chain(*(part.returns for part in parts))),
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
            discounted_returns=list(itertools.chain(*(part.discounted_returns for part in parts))),
            expected_returns=list(itertools.chain(*(part.expected_returns for part in parts))),
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
        epsilon: Probability of a random action in each step of a greedy policy.
    """

    purpose: Purpose
    episodes: int
    seed: int
    number: int = 0
    random: bool = False
    epsilon: float = 0.0

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
        actor = agent.actor(envs.observation_space, envs.action_space, env_indices)
        if self.epsilon:
            actor = MixedActor(actor, self.epsilon, int(envs.action_space.n))
        return Unroll(envs, actor)

    def explorations(self, unroll: Unroll, env_indices: Sequence[int]) -> Iterable[Any]:
        """The exploration of each step: None for a greedy policy, else of seeded draws."""
        keys = derive(self.seed, self.purpose, Purpose.EXPLORATION, np.asarray(env_indices))  # [B]
        if self.random:
            return (uniform(keys, t) for t in itertools.count())
        if not self.epsilon:
            return itertools.repeat(None)
        pair = np.arange(MixedActor.draws)[:, None]
        return (uniform(keys, len(pair) * t + pair) for t in itertools.count())  # each [2, B]


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
        discounted_return: Mean discounted return of the first episode of each environment, of
            rewards as they are learned from; None for a policy without values of such returns.
        q_start: What the policy expected of the same episodes at their start, in the mean. Above
            `discounted_return` it overestimates. None also where random actions were among its own.
    """

    episodes: int
    mean_return: float
    std_return: float
    min_return: float
    max_return: float
    success_rate: float | None
    discounted_return: float | None = None
    q_start: float | None = None

    def score(self) -> float:
        """The score that claims are about: the success rate if it applies, else the mean return."""
        return self.mean_return if self.success_rate is None else self.success_rate

    def to_json(self) -> dict[str, Any]:
        """The summary without what does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def metric(env: EnvSource) -> str:
    """The name of the score that claims about an environment are about."""
    return "success_rate" if registry.success_is_positive_return(env) else "mean_return"


def summarise(
    env: EnvSource,
    returns: Sequence[float],
    *,
    discounted_returns: Sequence[float] = (),
    expected_returns: Sequence[float] = (),
) -> Summary:
    """Summarises the returns [N] of an environment's evaluation episodes.

    Args:
        env: The environment.
        returns: Undiscounted returns.
        discounted_returns: As in `EvaluationResult`.
        expected_returns: As there.
    """
    values = np.asarray(returns)
    succeeds = registry.success_is_positive_return(env)
    return Summary(
        episodes=len(values),
        mean_return=float(values.mean()),
        std_return=float(values.std()),
        min_return=float(values.min()),
        max_return=float(values.max()),
        success_rate=float(np.mean(values > 0)) if succeeds else None,
        discounted_return=_mean(discounted_returns),
        q_start=_mean(expected_returns),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def evaluate_policy(
    env: EnvSource,
    agent: Agent,
    evaluation: Evaluation,
    weights: Weights,
    env_indices: Sequence[int],
    guard: Guard,
    watch: Watch = unwatched,
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
        watch: Is told how far it is.

    Raises:
        Interrupted: `watch` did not let it play to its end.
    """
    envs = registry.make(
        env, seed=evaluation.seed, purpose=evaluation.purpose, env_indices=env_indices, guard=guard
    )
    with closing(envs), threadpool_limits(1, user_api="blas"):
        unroll = evaluation.unroll(agent, envs, env_indices)
        unroll.start()
        ends_early = configured(env).transforms.life_loss
        values = _FirstEpisodes(agent, evaluation, unroll, weights, ends_early=ends_early)
        quotas = np.array([evaluation.quota(env_index) for env_index in env_indices])
        finished: list[list[float]] = [[] for _ in env_indices]
        running = np.zeros(len(quotas))  # [B] return of the current episode
        rows, played, env_steps = np.flatnonzero(quotas), 0, 0
        for exploration in evaluation.explorations(unroll, env_indices):
            if not len(rows):
                break
            watch(played, env_steps)
            step = unroll.step(weights, exploration, rows).env_step
            env_steps += len(rows)
            running[rows] += step.r_t
            if values.awaited:
                values.add(rows, step.r_t)
            ended = step.terminated_t | step.truncated_t
            if not np.count_nonzero(ended | step.dropped_t):
                continue
            if values.awaited:
                values.end(rows[ended], rows[step.dropped_t])
            running[rows[step.dropped_t]] = 0.0
            played += int(np.count_nonzero(ended))
            for row in rows[ended]:
                finished[row].append(float(running[row]))
                running[row] = 0.0
                quotas[row] -= 1
            rows = rows[quotas[rows] > 0]
    discounted, expected = values.paired()
    return EvaluationResult(
        returns=[value for of_one in finished for value in of_one],
        faults=guard.take_faults(evaluation.purpose),
        discounted_returns=discounted,
        expected_returns=expected,
    )


class _FirstEpisodes:
    """What was expected of the first episode of each environment, and what came of it.

    All of them begin at the first step, so that a single factor discounts the rewards of a step,
    and the actor is asked only once.

    Attributes:
        awaited: Whether there are first episodes that go on, of an actor that expects something.
    """

    def __init__(
        self,
        agent: Agent,
        evaluation: Evaluation,
        unroll: Unroll,
        weights: Weights,
        *,
        ends_early: bool,
    ):
        """Asks what is expected.

        Args:
            agent: Has the discount, and says what rewards it learns from.
            evaluation: Of random actions nothing is expected.
            unroll: At the start of its episodes.
            weights: The weights that act.
            ends_early: Whether values end before the episode, at the loss of a life.
        """
        unknown = evaluation.random or ends_early
        self._expected = None if unknown else unroll.expected_returns(weights)  # [B]
        self._compares = not evaluation.epsilon  # values are of the best actions alone
        self.awaited = self._expected is not None
        self._learned, self._discount = agent.learned_rewards, agent.optimal_discount
        self._factor = 1.0
        self._running = np.zeros(unroll.envs.num_envs)  # [B]
        self._gained = np.full(unroll.envs.num_envs, np.nan)  # [B], of whole episodes
        self._over = np.zeros(unroll.envs.num_envs, np.bool_)

    def add(self, rows: Array, r_t: npt.NDArray[np.float64]) -> None:
        """Counts the rewards of a step of some of the environments."""
        self._running[rows] += self._factor * self._learned(r_t)
        self._factor *= self._discount

    def end(self, ended: Array, dropped: Array) -> None:
        """Keeps what has come of first episodes that ended, and leaves out those dropped."""
        first = ended[~self._over[ended]]
        self._gained[first] = self._running[first]
        self._over[first] = self._over[dropped] = True
        self.awaited = not self._over.all()

    def paired(self) -> tuple[list[float], list[float]]:
        """Discounted returns, and what was expected of them where that can be compared."""
        if self._expected is None:
            return [], []
        whole = ~np.isnan(self._gained)
        expected = self._expected[whole].astype(np.float64).tolist() if self._compares else []
        return self._gained[whole].tolist(), expected

"""The rollout worker: a block of streams and a policy, TensorFlow-free; Ray makes it an actor."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from agents.agent import AgentConfig, make_policy
from agents.policies import Weights, epsilon_greedy, greedy
from agents.transitions import Rollout
from envs import registry
from envs.randomness import Keys, Purpose, derive, uniform

_DRAWS = 2  # uniform draws per action: whether to explore, and which action
MAX_EVALUATION_STREAMS = 100
"""Streams that play an evaluation at most; more episodes than that are played one after another."""


@dataclass(frozen=True, kw_only=True)
class Positions:
    """Where B streams stand: enough to rebuild them anywhere.

    Attributes:
        episodes: [B] number of the episode each stream is in.
        actions: B arrays, the actions taken so far in that episode.
    """

    episodes: npt.NDArray[np.int64]
    actions: list[npt.NDArray[np.int32]]

    def block(self, rows: range) -> "Positions":
        """The positions of some of the streams."""
        return Positions(
            episodes=self.episodes[rows.start : rows.stop],
            actions=self.actions[rows.start : rows.stop],
        )


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Which evaluation to run; the outcome depends on this and on the weights alone.

    Attributes:
        purpose: Family of episode seeds.
        episodes: Episodes in all.
        seed: Seed of the episodes.
        number: Which evaluation of that purpose; each number has episodes of its own.
        random: Act uniformly at random instead of greedily: the trivial baseline.
    """

    purpose: Purpose
    episodes: int
    seed: int
    number: int = 0
    random: bool = False

    @property
    def streams(self) -> range:
        """The streams that play; each plays its share of the episodes."""
        count = min(self.episodes, MAX_EVALUATION_STREAMS)
        return range(self.number * count, (self.number + 1) * count)

    def quota(self, stream: int) -> int:
        """Episodes that a stream plays."""
        share, rest = divmod(self.episodes, len(self.streams))
        return share + (stream - self.streams.start < rest)

    def action_keys(self, streams: Sequence[int]) -> Keys:
        """Keys [B] of the random actions; the counter is the stream's step."""
        return derive(self.seed, self.purpose, Purpose.EXPLORATION, np.asarray(streams))


class RolloutWorker:
    """Steps a block of the run's streams under the weights it is handed."""

    def __init__(
        self,
        *,
        env_id: str,
        agent: AgentConfig,
        seed: int,
        streams: range,
        positions: Positions | None,
        hide_gpus: bool,
    ):
        """Starts or restores the streams.

        Args:
            env_id: The environment.
            agent: The agent's config.
            seed: The run's seed.
            streams: Stream numbers of this block.
            positions: Where the streams stand; None starts them.
            hide_gpus: Whether this process must not see a GPU: Ray leaves them visible to actors
                that reserved none.
        """
        if hide_gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        # One BLAS thread: more of them cost more than these products, and may round differently.
        threadpool_limits(1, user_api="blas")
        self._env_id, self._agent = env_id, agent
        self._streams = registry.make(env_id, seed=seed, purpose=Purpose.EPISODES, streams=streams)
        self._policy = make_policy(
            agent, self._streams.observation_space, self._streams.action_space, streams
        )
        self._exploration_keys = derive(seed, Purpose.EXPLORATION, np.asarray(streams))  # [B]
        if positions is None:
            self._observation = self._streams.reset()
        else:
            self._observation = self._streams.restore(positions.episodes, positions.actions)

    def ready(self) -> int:
        """Answers with the process id once the streams stand."""
        return os.getpid()

    def rollout(
        self, weights: Weights, epsilons: npt.NDArray[np.float64], first_step: int
    ) -> Rollout:
        """Takes T steps in every stream.

        Args:
            weights: What the policy acts with.
            epsilons: [T] ε of each step.
            first_step: Steps that each stream took before this round.
        """
        steps = len(epsilons)
        counters = np.arange(first_step * _DRAWS, (first_step + steps) * _DRAWS)
        draws = uniform(self._exploration_keys[:, None], counters)  # [B, T * draws]
        draws = draws.reshape(len(draws), steps, _DRAWS)
        columns: dict[str, list[np.ndarray]] = {}
        for t in range(steps):
            q = self._policy.q_values(weights, self._observation)
            actions = epsilon_greedy(q, epsilons[t], draws[:, t])
            step = self._streams.step(actions)
            row = {
                "s_tm1": self._observation,
                "a_tm1": actions,
                "r_t": step.r_t,
                "terminated_t": step.terminated_t,
                "truncated_t": step.truncated_t,
                "s_t": step.s_t,
            }
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
            self._observation = step.observation
        return Rollout(**{name: np.stack(values) for name, values in columns.items()})

    def close(self) -> None:
        """Frees what the environments hold."""
        self._streams.close()

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, streams: range
    ) -> list[list[float]]:
        """Plays some of an evaluation's streams; see `evaluate_streams`."""
        return evaluate_streams(self._env_id, self._agent, evaluation, weights, streams)


def evaluate_streams(
    env_id: str,
    agent: AgentConfig,
    evaluation: Evaluation,
    weights: Weights,
    streams: Sequence[int],
) -> list[list[float]]:
    """Plays evaluation episodes; a pure function of its arguments.

    Returns:
        For each of `streams`, the returns of its episodes.
    """
    batch = registry.make(env_id, seed=evaluation.seed, purpose=evaluation.purpose, streams=streams)
    with closing(batch), threadpool_limits(1, user_api="blas"):
        policy = make_policy(agent, batch.observation_space, batch.action_space, streams)
        keys = evaluation.action_keys(streams)
        quotas = np.array([evaluation.quota(stream) for stream in streams])
        finished: list[list[float]] = [[] for _ in streams]
        running = np.zeros(len(quotas))  # [B] return of the current episode
        observation = batch.reset()
        rows = np.flatnonzero(quotas)
        t = 0
        while len(rows):
            if evaluation.random:
                actions = np.floor(uniform(keys[rows], t) * batch.action_space.n).astype(np.int32)
            else:
                actions = greedy(policy.q_values(weights, observation))[rows]
            step = batch.step(actions, rows)
            observation[rows] = step.observation
            running[rows] += step.r_t
            for row in rows[step.terminated_t | step.truncated_t]:
                finished[row].append(float(running[row]))
                running[row] = 0.0
                quotas[row] -= 1
            rows = rows[quotas[rows] > 0]
            t += 1
        return finished

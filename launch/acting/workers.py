"""The rollout worker: a block of streams and a policy, TensorFlow-free; Ray makes it an actor."""

import itertools
import os
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from agents.agent import AgentConfig, make_policy
from agents.policies import EpsilonGreedy, Weights, greedy
from agents.transitions import Rollout
from envs import registry
from envs.faults import Fault, Guard, OnFault, Place
from envs.randomness import Keys, Purpose, derive, uniform
from envs.streams import Streams

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
class Played:
    """What B streams did in a round.

    Attributes:
        rollout: Their steps.
        episodes: [B] number of the episode each stream is in after the round.
        faults: Environments that failed in the round, or in the reset before the first one, and
            whose episodes were dropped.
    """

    rollout: Rollout
    episodes: npt.NDArray[np.int64]
    faults: tuple[Fault, ...]

    @classmethod
    def merge(cls, parts: Sequence["Played"]) -> "Played":
        """Joins the blocks of several workers, in stream order."""
        return cls(
            rollout=Rollout.merge([part.rollout for part in parts]),
            episodes=np.concatenate([part.episodes for part in parts]),
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
        )


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What an evaluation's streams did.

    Attributes:
        returns: Of the finished episodes, by stream and then by episode.
        faults: Environments that failed, and whose episodes were replaced by the next.
    """

    returns: list[float]
    faults: tuple[Fault, ...]

    @classmethod
    def merge(cls, parts: Sequence["Evaluated"]) -> "Evaluated":
        """Joins the shares of several workers, in stream order."""
        return cls(
            returns=list(itertools.chain(*(part.returns for part in parts))),
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
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
        on_fault: OnFault = "fail",
        doomed: Collection[Place] = (),
    ):
        """Prepares a worker; its environments are made by the first call that needs them.

        Not here, because Ray constructs an actor in another thread than the one that all its calls
        share, and some environments must be stepped by the thread that made them.

        Args:
            env_id: The environment.
            agent: The agent's config.
            seed: The run's seed.
            streams: Stream numbers of this block.
            positions: Where the streams stand; None starts them.
            hide_gpus: Whether this process must not see a GPU: Ray leaves them visible to actors
                that reserved none.
            on_fault: What becomes of an episode whose environment fails.
            doomed: Calls known to hang.
        """
        if hide_gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        # One BLAS thread: more of them cost more than these products, and may round differently.
        threadpool_limits(1, user_api="blas")
        self._env_id, self._agent, self._seed = env_id, agent, seed
        self._numbers, self._positions = streams, positions
        self._guard = Guard(on_fault, doomed)
        self._exploration_keys = derive(seed, Purpose.EXPLORATION, np.asarray(streams))  # [B]
        self._streams: Streams | None = None

    def ready(self) -> int:
        """Answers with the process id once the streams stand."""
        self._standing()
        return os.getpid()

    def go_to(self, positions: Positions) -> None:
        """Has the streams stand elsewhere from the next call on."""
        self.close()
        self._streams, self._positions = None, positions

    def under_way(self) -> tuple[Place, float] | None:
        """The environment call under way and its age in seconds, or None."""
        return self._guard.under_way()

    def _standing(self) -> Streams:
        """The streams, started or restored by the first call."""
        if self._streams is None:
            streams = registry.make(
                self._env_id,
                seed=self._seed,
                purpose=Purpose.EPISODES,
                streams=self._numbers,
                guard=self._guard,
            )
            self._policy = make_policy(
                self._agent, streams.observation_space, streams.action_space, self._numbers
            )
            if self._positions is None:
                self._observation = streams.reset()
            else:
                self._observation = streams.restore(
                    self._positions.episodes, self._positions.actions
                )
            self._streams = streams
        return self._streams

    def rollout(
        self, weights: Weights, epsilons: npt.NDArray[np.float64], first_step: int
    ) -> Played:
        """Takes T steps in every stream.

        Args:
            weights: What the policy acts with.
            epsilons: [T] ε of each step.
            first_step: Steps that each stream took before this round.
        """
        streams, steps = self._standing(), len(epsilons)
        counters = np.arange(first_step * _DRAWS, (first_step + steps) * _DRAWS)
        draws = uniform(self._exploration_keys, counters[:, None])  # [T * draws, B]
        choice = EpsilonGreedy(
            int(streams.action_space.n), epsilons, draws.reshape(steps, _DRAWS, -1)
        )
        columns: dict[str, list[np.ndarray]] = {}
        for t in range(steps):
            q = self._policy.q_values(weights, self._observation)
            actions = choice.actions(t, q)
            step = streams.step(actions)
            row = {
                "s_tm1": self._observation,
                "a_tm1": actions,
                "r_t": step.r_t,
                "terminated_t": step.terminated_t,
                "truncated_t": step.truncated_t,
                "s_t": step.s_t,
                "dropped_t": step.dropped_t,
            }
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
            self._observation = step.observation
        return Played(
            rollout=Rollout(**{name: np.stack(values) for name, values in columns.items()}),
            episodes=streams.episodes,
            faults=self._guard.take_faults(Purpose.EPISODES),
        )

    def evaluate(self, evaluation: Evaluation, weights: Weights, streams: range) -> Evaluated:
        """Plays some of an evaluation's streams; see `evaluate_streams`."""
        return evaluate_streams(
            self._env_id, self._agent, evaluation, weights, streams, self._guard
        )

    def close(self) -> None:
        """Frees what the environments hold."""
        if self._streams is not None:
            self._streams.close()


def evaluate_streams(
    env_id: str,
    agent: AgentConfig,
    evaluation: Evaluation,
    weights: Weights,
    streams: Sequence[int],
    guard: Guard,
) -> Evaluated:
    """Plays evaluation episodes; the outcome depends on the arguments alone."""
    batch = registry.make(
        env_id,
        seed=evaluation.seed,
        purpose=evaluation.purpose,
        streams=streams,
        guard=guard,
    )
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
            running[rows[step.dropped_t]] = 0.0
            for row in rows[step.terminated_t | step.truncated_t]:
                finished[row].append(float(running[row]))
                running[row] = 0.0
                quotas[row] -= 1
            rows = rows[quotas[rows] > 0]
            t += 1
    returns = [value for stream in finished for value in stream]
    return Evaluated(returns=returns, faults=guard.take_faults(evaluation.purpose))

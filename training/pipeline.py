"""The deterministic pipeline: acting and learning overlap, and timing changes nothing.

In round r every stream takes T steps under the weights made from rounds up to r - 1 - lag. With
lag 1 the streams play round r + 1 while a thread trains on round r: XLA lets other threads run, so
even acting in this very process, or Ray's calls, cost the learner nothing. Where acting is what
takes long, round r + 1 is asked for before round r is in, so that no worker waits for another.
Which weights a round sees is arithmetic, never a race; rollouts are merged in stream order. So the
number of workers, their speed and their deaths leave no trace in the result.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from agents.agent import Agent, Learner
from agents.weights import Weights, check
from common.errors import RunError
from common.settings import require
from envs.faults import Fault
from training.episodes import EpisodeTracker, FinishedEpisodes
from training.pool import Pool


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """How a budget is played: every stream takes some steps in each round.

    Attributes:
        env_steps: The budget, in environment steps over all environments.
        num_envs: Number of environments.
        round_steps: Steps that each stream takes in a round; the last one may be shorter.
        lag: Rounds by which acting runs ahead of learning, 0 or 1.
    """

    env_steps: int
    num_envs: int = 16
    round_steps: int = 16
    lag: int = 1

    def __post_init__(self) -> None:
        for name in ("env_steps", "num_envs", "round_steps"):
            value = getattr(self, name)
            require(value >= 1, name, "must be 1 or more", value)

    def steps(self, env_steps: int) -> int:
        """Steps of each stream in the round that begins there; 0 once the budget is spent."""
        left = -(-(self.env_steps - env_steps) // self.num_envs)
        return max(0, min(self.round_steps, left))


@dataclass(frozen=True, kw_only=True)
class Round:
    """What a round came to.

    Attributes:
        env_steps: Environment steps so far, over all environments.
        updates: The learner's updates so far.
        exploration: What exploration was set to at the round's last step, by name.
        metrics: The learner's, by name; empty when it made no update.
        episodes: Episodes that ended in the round.
        faults: Environments that failed in the round; their episodes were dropped.
    """

    env_steps: int
    updates: int
    exploration: Mapping[str, float]
    metrics: Mapping[str, float]
    episodes: FinishedEpisodes
    faults: tuple[Fault, ...]


class Pipeline:
    """Drives rounds through a pool and a learner. Logging and evaluation stay outside."""

    def __init__(
        self,
        agent: Agent,
        rounds: Rounds,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
    ):
        """Stands before the first round; `set_state` moves it elsewhere.

        Args:
            agent: Says what exploration is set to.
            rounds: The budget and how it is played.
            pool: Acts.
            learner: Learns.
            episodes: Follows the episodes of all environments.
        """
        self._agent, self._rounds = agent, rounds
        self._pool = pool
        self._learner = learner
        self._episodes = episodes
        self._failed: RunError | None = None  # of a round that was asked for
        self.acting_weights: Weights = learner.weights()
        """What the round under way acts with."""
        check(self.acting_weights)
        check(learner.evaluated_weights())
        self.env_steps = 0
        self.whole = True
        """Whether the state is that of a round's end: the only one a run can continue from."""

    def rounds(self) -> Iterator[Round]:
        """Runs rounds until the budget is spent. The state is whole at every yield.

        Raises:
            RunError: The workers or the learner could not go on.
            Diverged: The learner's loss or weights are not finite any more.
        """
        with ThreadPoolExecutor(1, "learner") as thread:
            lag = self._rounds.lag
            self._begin(self.acting_weights, self.env_steps)
            while steps := self._rounds.steps(self.env_steps):
                if self._failed:
                    raise self._failed
                following = self.env_steps + steps * self._rounds.num_envs
                newest = self._learner.weights() if lag == 1 else self.acting_weights
                acting_takes_longer = lag == 1 and not self._pool.answered()
                if acting_takes_longer:
                    self._begin(newest, following)
                played = self._pool.end()
                exploration = self._agent.exploration(following - self._rounds.num_envs)
                self.whole = False
                episodes = self._episodes.update(played)
                self.env_steps = following
                learning = thread.submit(self._learner.learn, played.rollout)
                if lag == 1 and not acting_takes_longer:
                    self._begin(newest, following)
                self._pool.fetch(learning.done)
                metrics = _numbers(learning.result())
                self.acting_weights = newest if lag == 1 else self._learner.weights()
                self.whole = True
                yield Round(
                    env_steps=self.env_steps,
                    updates=self._learner.updates,
                    exploration=exploration,
                    metrics=metrics,
                    episodes=episodes,
                    faults=played.faults,
                )
                if lag == 0:
                    self._begin(self.acting_weights, following)

    def _begin(self, weights: Weights, env_steps: int) -> None:
        """Asks for the round that begins there, if one does; its failure is raised at its turn.

        The learner may be in the middle of a round, which is no place to fail.
        """
        steps = self._rounds.steps(env_steps)
        if not steps:
            return
        try:
            self._pool.begin(weights, env_steps // self._rounds.num_envs, steps)
        except RunError as error:
            self._failed = error

    def get_state(self) -> dict[str, Any]:
        """Counters, streams and learner, and the weights of the round that comes next."""
        return {
            "env_steps": self.env_steps,
            "acting_weights": dict(self.acting_weights),
            "episodes": self._episodes.get_state(),
            "learner": self._learner.get_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave. The pool must stand at the same positions."""
        self.env_steps = int(state["env_steps"])
        self.acting_weights = state["acting_weights"]
        self._episodes.set_state(state["episodes"])
        self._learner.set_state(state["learner"])


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """What a learner measured, as plain numbers.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(metrics, Mapping):
        raise ValueError(f"learn() gave {type(metrics).__name__}, expected metrics by name")
    found = {}
    for name, value in metrics.items():
        try:
            found[str(name)] = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"learn() gave the metric {name!r} as {value!r}, no number") from None
    return found

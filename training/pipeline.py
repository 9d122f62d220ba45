"""The deterministic pipeline: acting and learning overlap, and timing changes no result.

In iteration i every environment takes T steps under the weights learned from iterations up to
i - 1 - lag; then the learner learns from these steps. With lag 1 the environments take the steps of
iteration i + 1 while a thread learns from iteration i: XLA lets other threads run, so acting in the
same process, or Ray's calls, cost the learner nothing. Where acting takes longer than learning, the
rollout of iteration i + 1 is requested before that of iteration i has arrived, so that no worker
waits for another one.

Which weights act in an iteration is arithmetic, never a race, and rollouts are merged in the order
of the environments. So the result does not depend on the number of workers, on their speed, or on
whether they die.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from agents.agent import Agent, Learner
from agents.rollout import Rollout
from agents.weights import Weights, check
from common.errors import RunError
from common.settings import require_at_least
from envs.faults import Fault
from envs.remarks import Remark
from training.episodes import EpisodeTracker, FinishedEpisodes
from training.played import Played
from training.pool import Pool
from training.worker import RolloutResult


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many environment steps a training takes, and how they are split into iterations.

    Attributes:
        env_steps: The budget, in environment steps over all environments.
        num_envs: Number of environments.
        rollout_length: Steps of each environment in an iteration; the last one may be shorter.
        lag: Iterations by which acting runs ahead of learning, 0 or 1.
    """

    env_steps: int
    num_envs: int = 16
    rollout_length: int = 16
    lag: int = 1

    def __post_init__(self) -> None:
        require_at_least(self, 1, "env_steps", "num_envs", "rollout_length")

    def steps(self, env_steps: int) -> int:
        """Steps T of the iteration that begins after `env_steps`; 0 once the budget is spent."""
        left = -(-(self.env_steps - env_steps) // self.num_envs)
        return max(0, min(self.rollout_length, left))


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """The outcome of an iteration.

    Attributes:
        env_steps: Environment steps so far, over all environments.
        updates: The learner's updates so far.
        exploration: Settings of exploration at the iteration's last step, by name.
        metrics: The learner's metrics by name; empty when it made no update.
        episodes: Episodes that ended in the iteration.
        faults: Environments that failed in the iteration; their episodes were dropped.
        remarks: What environments did that they should not.
        rollout: The steps of the iteration.
    """

    env_steps: int
    updates: int
    exploration: Mapping[str, float]
    metrics: Mapping[str, float]
    episodes: FinishedEpisodes
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]
    rollout: Rollout


class Pipeline:
    """Runs iterations with a pool and a learner; logging and evaluation happen elsewhere."""

    def __init__(
        self,
        agent: Agent,
        budget: Budget,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
        played: Played | None = None,
    ):
        """Prepares the first iteration; `set_state` continues from a later one.

        Args:
            agent: Gives the settings of exploration.
            budget: The environment steps, and how they are split into iterations.
            pool: Acts in all environments.
            learner: Learns from the rollouts.
            episodes: Follows the episodes of all environments.
            played: Records the actions of all environments, which states then hold in place of the
                learner's observations; None has states hold these.
        """
        self._agent, self._budget = agent, budget
        self._pool = pool
        self._learner = learner
        self._episodes, self._played = episodes, played
        self._failed: RunError | None = None  # of a rollout that was requested
        self.acting_weights: Weights = learner.weights()
        """The weights that act in the current iteration."""
        check(self.acting_weights)
        check(learner.evaluated_weights())
        self.env_steps = 0
        self.whole = True
        """Whether the state is that at an iteration's end: a run can continue only from there."""

    def iterations(self) -> Iterator[Iteration]:
        """Runs iterations until the budget is spent. The state is complete at every yield.

        Raises:
            RunError: The workers or the learner could not go on.
            Diverged: The learner's loss or weights are not finite any more.
        """
        with ThreadPoolExecutor(1, "learner") as thread:
            lag = self._budget.lag
            self._begin(self.acting_weights, self.env_steps)
            while steps := self._budget.steps(self.env_steps):
                if self._failed:
                    raise self._failed
                following = self.env_steps + steps * self._budget.num_envs
                newest = self._learner.weights() if lag == 1 else self.acting_weights
                acting_takes_longer = lag == 1 and not self._pool.answered()
                if acting_takes_longer:
                    self._begin(newest, following)
                result = self._pool.end()
                exploration = self._agent.exploration(self._counted(following))
                self.whole = False
                episodes = self._episodes.update(result)
                self.env_steps = following
                self._record(result)
                learning = thread.submit(self._learner.learn, result.rollout)
                if lag == 1 and not acting_takes_longer:
                    self._begin(newest, following)
                self._pool.fetch(learning.done)
                metrics = _numbers(learning.result())
                self.acting_weights = newest if lag == 1 else self._learner.weights()
                self.whole = True
                yield Iteration(
                    env_steps=self.env_steps,
                    updates=self._learner.updates,
                    exploration=exploration,
                    metrics=metrics,
                    episodes=episodes,
                    faults=result.faults,
                    remarks=result.remarks,
                    rollout=result.rollout,
                )
                if lag == 0:
                    self._begin(self.acting_weights, following)

    def _record(self, result: RolloutResult) -> None:
        """Records the actions of a rollout, where that is wanted, before anything is learned."""
        held = self._learner.held
        if self._played is not None and held is not None:
            self._played.add(result.rollout, result.episodes, result.faults, held)

    def _counted(self, following: int) -> int:
        """What exploration counts, at the last step of the iteration that ends at `following`.

        Of episodes it is their mean number over the environments.
        """
        envs = self._budget.num_envs
        if self._agent.counts_episodes:
            return len(self._episodes) // envs
        return following - envs

    def _begin(self, weights: Weights, env_steps: int) -> None:
        """Requests the rollout of the iteration after `env_steps`, if there is one.

        A failure is kept until that iteration begins: the learner may still be at work on the
        one before, and a run cannot continue from the middle of it.
        """
        steps = self._budget.steps(env_steps)
        if not steps:
            return
        try:
            self._pool.begin(weights, env_steps // self._budget.num_envs, steps)
        except RunError as error:
            self._failed = error

    def get_state(self) -> dict[str, Any]:
        """The counters, the episodes, the learner, and the weights of the next iteration."""
        held = self._learner.held
        state = {
            "env_steps": self.env_steps,
            "acting_weights": dict(self.acting_weights),
            "episodes": self._episodes.get_state(),
        }
        if self._played is None or held is None or not self._played.reaches(held):
            return {**state, "learner": self._learner.get_state()}
        learner = self._learner.get_state_without_observations()
        return {**state, "learner": learner, "played": self._played.get_state(held)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave. The pool must be at the same positions.

        Where it holds actions the learner has its state already, see `training.rebuilding`.
        """
        self.env_steps = int(state["env_steps"])
        self.acting_weights = state["acting_weights"]
        self._episodes.set_state(state["episodes"])
        if "played" not in state:
            self._learner.set_state(state["learner"])


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """A learner's metrics as plain numbers.

    Raises:
        ValueError: They are something else.
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

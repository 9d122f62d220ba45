"""The training loop: iterations of acting and learning, with callbacks before and after each."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from agents.agent import Agent, Learner
from agents.weights import Weights
from common.errors import UsageError
from envs.sources import EnvSource
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.events import EndStatus, Kept
from training.pipeline import Budget, Pipeline
from training.played import Played
from training.pool import Pool
from training.rollout_config import RolloutConfig

ENDED = "ended"
"""In a state: whether the training was ended by a wish of its own, with its budget not spent."""


class Training:
    """Runs iterations until the budget is spent or `stop` is called, and calls the callbacks.

    Attributes:
        agent: The agent that is trained.
        env: The environment that it acts in.
        seed: Seed of everything random.
        budget: The environment steps, and how they are split into iterations.
        pool: Acts in all environments.
        learner: Learns from the rollouts.
        episodes: Follows the episodes of all environments.
        pipeline: Runs the iterations.
        kept: The policy that evaluations chose; None before the first evaluation.
        interrupted: Says whether somebody has asked for an end, by Ctrl-C or a signal.
        was_interrupted: Whether that ended it.
        absent: States that came with `state`, by the names of callbacks that are not here: they go
            on into later states, for a training that has these callbacks again.
    """

    def __init__(
        self,
        config: RolloutConfig,
        budget: Budget,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
        played: Played | None = None,
        callbacks: Sequence[Callback] = (),
        interrupted: Callable[[], bool] = lambda: False,
        state: Mapping[str, Any] | None = None,
    ):
        """Prepares a training.

        Args:
            config: The agent and the environments.
            budget: The environment steps, and how they are split into iterations.
            pool: Acts in all environments, from the positions in `state` on.
            learner: Learns from the rollouts.
            episodes: Follows the episodes of all environments.
            played: Records the actions of all environments, for states with these in place of the
                learner's observations; None has states hold observations.
            callbacks: Called at each event, in this order.
            interrupted: Asked after each iteration, and during evaluations, whether to end.
            state: What `get_state` returned; None or empty for a training from its beginning.
        """
        self.agent: Agent = config.agent
        self.env: EnvSource = config.env
        self.seed, self.budget = config.seed, budget
        self.pool, self.learner, self.episodes = pool, learner, episodes
        self.callbacks = list(callbacks)
        _refuse_same_names(self.callbacks)
        self.pipeline = Pipeline(
            config.agent, budget, pool=pool, learner=learner, episodes=episodes, played=played
        )
        self.kept: Kept | None = None
        self.interrupted, self.was_interrupted = interrupted, False
        self.absent: Mapping[str, Any] = {}
        self._stopped: EndStatus | None = None
        self._ended = False  # by a wish of its own, which outlives an interruption
        if state:
            self._set_state(state)

    @property
    def env_steps(self) -> int:
        """Environment steps so far, over all environments."""
        return self.pipeline.env_steps

    @property
    def kept_weights(self) -> Weights:
        """Weights of the kept policy: the newest weights where no evaluation chose any."""
        return self.kept.weights if self.kept else self.learner.evaluated_weights()

    @property
    def kept_from(self) -> int:
        """Environment steps after which the kept policy was evaluated; else those so far."""
        return self.kept.env_steps if self.kept else self.env_steps

    def stop(self, status: EndStatus = "finished") -> None:
        """Makes the current iteration the last one, for resumes as well where it is "finished".

        Raises:
            ValueError: Another status than "finished" and "interrupted".
        """
        known = get_args(EndStatus)
        if status not in known:
            raise ValueError(f"stop({status!r}): expected {' or '.join(map(repr, known))}")
        self._stopped = self._stopped or status
        self._ended = self._ended or status == "finished"

    def interrupt(self) -> None:
        """Ends the training here, whatever it was about to do: a resume goes on with that."""
        self.was_interrupted, self._stopped = True, "interrupted"

    def run(self) -> EndStatus:
        """Trains to the end; returns how the training ended.

        Raises:
            RunError: The workers or the learner could not go on.
            Diverged: The learner's loss or weights are not finite any more.
        """
        self.tell("on_start")
        self.tell("on_started")
        if not self._stopped:
            self._iterate()
        self.tell("on_training_end", self.status)
        for callback in self.callbacks:
            callback.on_end(self, self.status)  # which an earlier one may have interrupted
        return self.status

    @property
    def status(self) -> EndStatus:
        """How the training ended, or will where nothing stops it."""
        return self._stopped or "finished"

    def close(self) -> None:
        """Closes the callbacks, whatever happened."""
        for callback in self.callbacks:
            callback.close()

    def _iterate(self) -> None:
        if self.budget.steps(self.env_steps):
            self.tell("on_iteration_begin")
        for done in self.pipeline.iterations():
            self.tell("on_iteration", done)
            if not self._stopped and self.interrupted():
                self.interrupt()
            if self._stopped:
                return
            if self.budget.steps(self.env_steps):
                self.tell("on_iteration_begin")

    def tell(self, event: str, *details: Any) -> None:
        """Calls a method of every callback, in their order."""
        for callback in self.callbacks:
            getattr(callback, event)(self, *details)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed training needs; it is complete only between two iterations."""
        return {
            "pipeline": self.pipeline.get_state(),
            "restarts": self.pool.restarts,
            ENDED: self._ended,
            "kept": self.kept and {**vars(self.kept), "weights": dict(self.kept.weights)},
            "callbacks": {
                **self.absent,
                **{each.name: each.get_state() for each in self.callbacks if each.name},
            },
        }

    def _set_state(self, state: Mapping[str, Any]) -> None:
        self.pipeline.set_state(state["pipeline"])
        self.pool.restarts += state["restarts"]
        self.kept = Kept(**state["kept"]) if state["kept"] else None
        if state.get(ENDED):  # older checkpoints do not say
            self.stop()
        states = dict(state["callbacks"])
        for callback in self.callbacks:
            if callback.name in states:  # others were added since
                callback.set_state(states.pop(callback.name))
        self.absent = states


def _refuse_same_names(callbacks: Sequence[Callback]) -> None:
    """Makes sure that the states of callbacks can be told apart.

    Raises:
        UsageError: Two have the same name, one of ours perhaps.
    """
    counts = Counter(each.name for each in callbacks if each.name)
    for name, count in counts.items():
        if count > 1:
            raise UsageError(
                f"callbacks: {count} have the name {name!r}, by which their states are kept: "
                "give each a name of its own"
            )

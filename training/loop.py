"""A training under way: rounds, and callbacks around them."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.agent import Agent, Learner
from agents.weights import Weights
from envs.sources import EnvSource
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.events import Kept, Status
from training.pipeline import Pipeline, Rounds
from training.pool import Acting, Pool


class Training:
    """Runs rounds until the budget is spent or somebody stops it, and tells callbacks of it.

    Attributes:
        agent: What learns.
        env: What it acts in.
        seed: Of everything random.
        rounds: The budget and how it is played.
        pool: Acts.
        learner: Learns.
        episodes: Follows the episodes of all environments.
        pipeline: Where the rounds are.
        kept: The policy that evaluations chose; None where none was made.
        was_interrupted: Whether a person stopped it, with Ctrl-C or a signal.
    """

    def __init__(
        self,
        acting: Acting,
        rounds: Rounds,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeTracker,
        callbacks: Sequence[Callback] = (),
        state: Mapping[str, Any] | None = None,
    ):
        """Prepares a training.

        Args:
            acting: Who acts where.
            rounds: The budget and how it is played.
            pool: Acts; stands where `state` says.
            learner: Learns.
            episodes: Follows the episodes of all environments.
            callbacks: Are told what happens, in this order.
            state: What `get_state` gave; None or empty for a training from its beginning.
        """
        self.agent: Agent = acting.agent
        self.env: EnvSource = acting.env
        self.seed, self.rounds = acting.seed, rounds
        self.pool, self.learner, self.episodes = pool, learner, episodes
        self.callbacks = list(callbacks)
        self.pipeline = Pipeline(
            acting.agent, rounds, pool=pool, learner=learner, episodes=episodes
        )
        self.kept: Kept | None = None
        self.was_interrupted = False
        self._stopped: Status | None = None
        if state:
            self._set_state(state)

    @property
    def env_steps(self) -> int:
        """Environment steps so far, over all environments."""
        return self.pipeline.env_steps

    @property
    def kept_weights(self) -> Weights:
        """What the kept policy acts with: the newest weights where no evaluation chose any."""
        return self.kept.weights if self.kept else self.learner.evaluated_weights()

    @property
    def kept_from(self) -> int:
        """Environment steps at which the kept policy stood."""
        return self.kept.env_steps if self.kept else self.env_steps

    def stop(self, status: Status = "finished") -> None:
        """Makes the round under way the last one."""
        self._stopped = self._stopped or status

    def run(self) -> Status:
        """Trains to the end; returns how it came to it.

        Raises:
            RunError: The workers or the learner could not go on.
            Diverged: The learner's loss or weights are not finite any more.
        """
        self.tell("on_start")
        if not self._stopped:
            self._rounds()
        status = self._stopped or "finished"
        self.tell("on_training_end", status)
        self.tell("on_end", status)
        return status

    def close(self) -> None:
        """Closes the callbacks, whatever happened."""
        for callback in self.callbacks:
            callback.close()

    def _rounds(self) -> None:
        if self.rounds.steps(self.env_steps):
            self.tell("on_round_begin")
        for done in self.pipeline.rounds():
            for callback in self.callbacks:
                callback.on_round(self, done)
                if self._stopped:
                    return
            if self.rounds.steps(self.env_steps):
                self.tell("on_round_begin")

    def tell(self, event: str, *details: Any) -> None:
        """Calls a method of every callback, in their order."""
        for callback in self.callbacks:
            getattr(callback, event)(self, *details)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed training needs; whole between two rounds only."""
        return {
            "pipeline": self.pipeline.get_state(),
            "restarts": self.pool.restarts,
            "kept": self.kept and {**vars(self.kept), "weights": dict(self.kept.weights)},
            "callbacks": {
                callback.name: callback.get_state() for callback in self.callbacks if callback.name
            },
        }

    def _set_state(self, state: Mapping[str, Any]) -> None:
        self.pipeline.set_state(state["pipeline"])
        self.pool.restarts += state["restarts"]
        self.kept = Kept(**state["kept"]) if state["kept"] else None
        for callback in self.callbacks:
            if callback.name in state["callbacks"]:  # another one is new to the training
                callback.set_state(state["callbacks"][callback.name])

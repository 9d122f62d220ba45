"""The callback that evaluates: during training to choose a policy, at the end to score it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from agents.divergence import diverged
from agents.weights import Weights, are_finite
from common.settings import require, require_at_least
from common.typed_settings import Settings
from envs.faults import Fault
from envs.randomness import Purpose
from training.callbacks import Callback
from training.evaluation import Evaluation, EvaluationResult, Interrupted, Summary, summarise
from training.events import EndStatus, EvaluationDone, Kept

if TYPE_CHECKING:
    from training.loop import Training

_TELL_SECONDS = 10.0  # between two words about how far an evaluation is


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig(Settings):
    """Evaluation, in environments of its own: it uses none of the training's randomness."""

    PART: ClassVar[str] = "evaluation"

    every_env_steps: int = 5_000
    """Environment steps between evaluations during training; 0 evaluates only at the end."""
    episodes: int = 20
    """Episodes of each evaluation during training; they choose the policy that is kept."""
    final_episodes: int = 100
    """Episodes of the evaluation after training, with seeds that are used for nothing else."""
    epsilon: float = 0.0
    """Probability of a random action in each step of an evaluation; 0 plays greedily. A little of
    it frees a policy that would do the same for ever, such as waiting in a game of Atari."""

    def __post_init__(self) -> None:
        share = self.epsilon
        require(0 <= share <= 1, "evaluation.epsilon", "must be in [0, 1]", share)
        every = self.every_env_steps
        require(every >= 0, "evaluation.every_env_steps", "must be 0 or more", every)
        require_at_least(self, 1, "episodes", "final_episodes", part="evaluation")


class Evaluate(Callback):
    """Evaluates at intervals, keeps the best policy, and scores it and the last one at the end.

    Attributes:
        solved_at: Environment steps at the first evaluation that reached the threshold, or None.
        scores: Scores of the kept policy after training; None before.
        last_scores: Scores of the last weights, on the same episodes.
        random_scores: Scores of random actions, on as many episodes.
        trial_scores: Scores of the kept policy on a trial's own episodes; None in other runs.
        discounted_returns: Of the evaluations after training, as `EvaluationResult` has them.
        faults: Environments that failed in the evaluations after training.
    """

    name = "evaluate"

    def __init__(
        self,
        config: EvaluationConfig = EvaluationConfig(),
        *,
        solved_at: float | None = None,
        until_solved: bool = False,
        final: bool = True,
    ):
        """Makes the callback.

        Args:
            config: How often, and on how many episodes.
            solved_at: Mean return at which the environment counts as solved; None where it is not
                known.
            until_solved: Whether the first evaluation that reaches it ends the training.
            final: Whether the episodes of the evaluation after training are played; those of a
                trial are others.
        """
        self._config, self._solved_at = config, solved_at
        self._until_solved, self._final = until_solved, final
        self._made = self._evaluated_at = 0
        self.solved_at: int | None = None
        self.scores: Summary | None = None
        self.last_scores: Summary | None = None
        self.random_scores: Summary | None = None
        self.trial_scores: Summary | None = None
        self.discounted_returns: list[float] = []
        self.faults: list[Fault] = []

    def on_started(self, training: "Training") -> None:
        self._evaluate_if_due(training)  # one that was interrupted is played again

    def on_iteration(self, training: "Training", done: Any) -> None:
        self._evaluate_if_due(training)

    def _evaluate_if_due(self, training: "Training") -> None:
        if self._is_due(training):
            with _interruptible(training):
                self.evaluate(training)

    def on_end(self, training: "Training", status: EndStatus) -> None:
        if status == "finished":
            with _interruptible(training):
                self._score_all(training)

    def _score_all(self, training: "Training") -> None:
        if self._evaluated_at != training.env_steps:
            self.evaluate(training)
        episodes, random = self._config.final_episodes, training.agent.acts_randomly
        kept = training.kept_weights
        if not self._final:
            plan = trial(episodes, training.seed, random=random, epsilon=self._config.epsilon)
            self.trial_scores = self._score(training, plan, kept)
            return
        plan = final(episodes, training.seed, random=random, epsilon=self._config.epsilon)
        scores = last_scores = self._score(training, plan, kept)
        if training.kept_from != training.env_steps:
            last_scores = self._score(training, plan, training.learner.evaluated_weights())
        self.random_scores = self._score(training, baseline(episodes, training.seed), kept)
        self.scores, self.last_scores = scores, last_scores  # all of them, or none

    def evaluate(self, training: "Training") -> None:
        """Evaluates the newest weights, and keeps them unless earlier ones scored higher."""
        plan = Evaluation(
            purpose=Purpose.EVALUATION,
            episodes=self._config.episodes,
            seed=training.seed,
            number=self._made,
            random=training.agent.acts_randomly,
            epsilon=self._config.epsilon,
        )
        weights = training.learner.evaluated_weights()
        doing = f"evaluating {plan.episodes:,} episode{'s' * (plan.episodes > 1)}"
        summary, result = self._play(training, plan, weights, doing)
        self._made += 1
        self._evaluated_at = training.env_steps
        before = training.kept.mean_return if training.kept else None
        if before is None or summary.mean_return >= before:
            training.kept = Kept(
                env_steps=training.env_steps, mean_return=summary.mean_return, weights=weights
            )
        reached = self._solved_at is not None and summary.mean_return >= self._solved_at
        solves = reached and self.solved_at is None
        if solves:
            self.solved_at = training.env_steps
        if reached and self._until_solved:
            training.stop()
        training.tell(
            "on_evaluation",
            EvaluationDone(
                env_steps=training.env_steps,
                summary=summary,
                weights=weights,
                faults=result.faults,
                is_best=before is None or summary.mean_return > before,
                solves=solves,
            ),
        )

    def _score(self, training: "Training", plan: Evaluation, weights: Weights) -> Summary:
        doing = f"scoring {plan.episodes:,} fresh episode{'s' * (plan.episodes > 1)}"
        summary, result = self._play(training, plan, weights, doing)
        self.faults.extend(result.faults)
        self.discounted_returns.extend(result.discounted_returns)
        return summary

    def _play(
        self, training: "Training", plan: Evaluation, weights: Weights, doing: str
    ) -> tuple[Summary, EvaluationResult]:
        if not are_finite(weights):
            raise diverged(training.learner.updates, "weights are not finite")
        training.tell("on_activity", doing)
        result = training.pool.evaluate(plan, weights, _Watch(training, doing))
        summary = summarise(
            training.env,
            result.returns,
            discounted_returns=result.discounted_returns,
            expected_returns=result.expected_returns,
        )
        return summary, result

    def _is_due(self, training: "Training") -> bool:
        every = self._config.every_env_steps
        return bool(every) and training.env_steps // every > self._evaluated_at // every

    def get_state(self) -> Mapping[str, Any]:
        return {
            "made": self._made,
            "evaluated_at": self._evaluated_at,
            "solved_at": self.solved_at,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._made, self._evaluated_at = state["made"], state["evaluated_at"]
        self.solved_at = state["solved_at"]


class _Watch:
    """Follows an evaluation: tells how far a long one is, and ends it where that is asked for."""

    def __init__(self, training: "Training", doing: str):
        self._training, self._doing = training, doing
        self._next = time.monotonic() + _TELL_SECONDS

    def __call__(self, episodes: int, env_steps: int) -> None:
        if self._training.interrupted():
            raise Interrupted
        if time.monotonic() > self._next:
            self._next += _TELL_SECONDS
            far = f"{self._doing}: {episodes:,} done, {env_steps:,} env steps"
            self._training.tell("on_activity", far)


@contextmanager
def _interruptible(training: "Training") -> Iterator[None]:
    """Ends the training where an evaluation is interrupted; a resumed one plays it once more."""
    try:
        yield
    except Interrupted:
        training.interrupt()


def final(episodes: int, seed: int, *, random: bool = False, epsilon: float = 0.0) -> Evaluation:
    """The evaluation after training, on episodes that no policy was chosen by."""
    return Evaluation(
        purpose=Purpose.FINAL_EVALUATION,
        episodes=episodes,
        seed=seed,
        random=random,
        epsilon=epsilon,
    )


def trial(episodes: int, seed: int, *, random: bool = False, epsilon: float = 0.0) -> Evaluation:
    """The evaluation that a search chooses settings by: its episodes are used for nothing else."""
    return Evaluation(
        purpose=Purpose.TRIAL, episodes=episodes, seed=seed, random=random, epsilon=epsilon
    )


def baseline(episodes: int, seed: int) -> Evaluation:
    """The evaluation of uniformly random actions."""
    return Evaluation(purpose=Purpose.BASELINE, episodes=episodes, seed=seed, random=True)

"""A run under way: tracking, evaluation and checkpoints around the pipeline, results at its end."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.agent import Learner
from agents.divergence import Diverged
from agents.policies import Weights
from common.text import one_line, reason
from launch import run_folder
from launch.acting import evaluation, films, policy_files, results
from launch.acting.ahead import import_ahead
from launch.acting.episodes import EpisodeBook
from launch.acting.evaluation import Summary, summarise
from launch.acting.metrics import Metrics
from launch.acting.pool import Pool
from launch.acting.results import Outcome, Status
from launch.acting.training import Pipeline
from launch.acting.workers import Evaluation
from launch.configs import TrainingConfig
from launch.console import ProgressLine
from launch.errors import RunError, way_out
from launch.saving import Saver, origin

_LOG = logging.getLogger(__name__)
_LAST_EPISODES = 100


@dataclass(frozen=True, kw_only=True)
class Best:
    """The policy the evaluations so far would choose: the latest of those with the best mean."""

    env_steps: int
    mean_return: float
    weights: Weights


class Session:
    """Runs a pipeline to its end, or to an interruption, and writes the run folder."""

    def __init__(
        self,
        experiment: str,
        config: TrainingConfig,
        folder: Path,
        *,
        pool: Pool,
        learner: Learner,
        episodes: EpisodeBook,
        state: Mapping[str, Any] | None,
        started: float,
    ):
        """Prepares a run.

        Args:
            experiment: Its name in the catalog.
            config: Its config.
            folder: Its folder.
            pool: Acts; stands where `state` says.
            learner: Learns.
            episodes: Follows the streams.
            state: A checkpoint to continue from; None or empty for a run from its beginning.
            started: `time.monotonic()` when the job started, imports and Ray included.

        Raises:
            RunError: The metrics cannot be written.
        """
        self._experiment, self._config, self._folder = experiment, config, folder
        self._pool, self._learner, self._episodes = pool, learner, episodes
        self._pipeline = Pipeline(config, pool, learner, episodes)
        self._saver = Saver(folder, config.checkpoint, origin(experiment, config))
        self._evaluations = 0
        self._evaluated_at = 0
        self._best: Best | None = None
        self._solved_at: int | None = None
        self._started = started
        if state:
            self._set_state(state)
        # A run killed before its first checkpoint starts again, and so do its metrics.
        beginning = {"step": -1, "lengths": {}}
        self._metrics = Metrics(
            folder,
            None if state is None else state.get("tracker", beginning),
            env_steps=self._pipeline.env_steps,
            updates=learner.updates,
            training_seconds=state["training_seconds"] if state else 0.0,
        )

    def run(self, stop: Callable[[], bool]) -> None:
        """Trains until the budget is spent, the threshold is met, or `stop` says so.

        Raises:
            RunError: The run could not go on, its results could not be written, or somebody
                insisted on an end.
        """
        try:
            self._run(stop)
        except Diverged as error:
            self._fail("", keep_policy=True)
            raise RunError(
                f"{error}; the policy before it is in {self._folder} and so is the last good "
                "checkpoint, but the same settings repeat this to the bit: start a new run with a "
                f"smaller step (python -m launch {self._experiment} --help)"
            ) from None
        except RunError as error:
            if self._pipeline.whole:
                with suppress(RunError):  # a dead learner cannot be saved; the last one stands
                    self._save()
            kept = self._fail(error.trace)
            traced = f" (traceback in {self._folder / run_folder.FAILURE})" * bool(error.trace)
            raise RunError(f"{error}{traced}{way_out(self._folder) * kept}") from None
        except OSError as error:
            message = f"{self._folder}: the results cannot be written: {reason(error)}"
            raise RunError(f"{message}{way_out(self._folder)}") from None
        except KeyboardInterrupt:
            raise RunError(
                f"stopped at once, without a checkpoint of now{way_out(self._folder)}"
            ) from None
        finally:
            self._metrics.close()

    def _run(self, stop: Callable[[], bool]) -> None:
        if not self._pipeline.env_steps:
            self._save()  # so that there is always a good one
        status = self._train(stop)
        if not self._save() and status == "interrupted":
            raise RunError("interrupted, and nothing since the last checkpoint could be saved")
        self._finish(status)

    def _train(self, stop: Callable[[], bool]) -> Status:
        config = self._config
        if config.until_solved and self._solved_at is not None:  # killed after it was solved
            return "finished"
        with ProgressLine(self._experiment, config.env_steps, self._pipeline.env_steps) as line:
            # A run that stopped in the middle of an evaluation has it before it.
            if self._is_over(line):
                return "finished"
            if not config.until_solved:  # one that may end at any time would be slowed on its way
                import_ahead(config)
            self._metrics.round_begins()
            for done in self._pipeline.rounds():
                self._metrics.round(
                    done, restarts=self._pool.restarts, dropped=self._episodes.dropped
                )
                recent = self._episodes.last_mean(_LAST_EPISODES)
                line.update(
                    done.env_steps, done.updates, recent, done.epsilon, self._episodes.dropped
                )
                if self._is_over(line):
                    break
                if stop():
                    return "interrupted"
                if self._saver.due():
                    self._save()
                self._metrics.round_begins()
        return "finished"

    def _evaluation_due(self) -> bool:
        every = self._config.evaluation.every_env_steps
        return bool(every) and self._pipeline.env_steps // every > self._evaluated_at // every

    def _is_over(self, line: ProgressLine) -> bool:
        """Evaluates where it is time to; says whether that ends the run."""
        return (
            self._evaluation_due() and self._evaluate_and_keep(line) and self._config.until_solved
        )

    def _evaluate_and_keep(self, line: ProgressLine) -> bool:
        """Evaluates; the best so far gets a checkpoint of its own. Says whether it is solved."""
        before = self._best
        summary = self._evaluate()
        solved = self._is_solved(summary, line)
        better = before is None or summary.mean_return > before.mean_return
        if better and self._saver.affordable():
            self._save(score=summary.mean_return)
        return solved

    def _is_solved(self, summary: Summary, line: ProgressLine) -> bool:
        """Whether an evaluation reached the threshold; the first time is noted and said."""
        threshold = self._config.solved_at
        if threshold is None or summary.mean_return < threshold:
            return False
        if self._solved_at is None:
            self._solved_at = self._pipeline.env_steps
            line.say(
                f"solved at {self._solved_at:,} env steps: greedy mean return "
                f"{summary.mean_return:.4g} over {summary.episodes} episodes"
            )
        return True

    def _evaluate(self) -> Summary:
        """Evaluates the newest weights, remembers them if none before did better."""
        env_steps = self._pipeline.env_steps
        weights = self._learner.evaluated_weights()
        summary = self._play(evaluation.during_training(self._config, self._evaluations), weights)
        self._evaluations += 1
        self._evaluated_at = env_steps
        if self._best is None or summary.mean_return >= self._best.mean_return:
            self._best = Best(env_steps=env_steps, mean_return=summary.mean_return, weights=weights)
        self._metrics.evaluation(env_steps, summary)
        return summary

    def _play(self, plan: Evaluation, weights: Weights) -> Summary:
        """Plays an evaluation; what its environments do wrong goes into the metrics."""
        evaluated = self._pool.evaluate(plan, weights)
        self._metrics.faults(self._pipeline.env_steps, evaluated.faults)
        return summarise(self._config.env, evaluated.returns)

    def _finish(self, status: Status) -> None:
        config = self._config
        kept = last = random = None
        if status == "finished" and self._evaluated_at != self._pipeline.env_steps:
            self._evaluate()
        newest = self._learner.evaluated_weights()
        weights = self._best.weights if self._best else newest
        if status == "finished":
            plan = evaluation.final(config, config.evaluation.final_episodes, config.seed)
            kept = last = self._play(plan, weights)
            if self._policy_from() != self._pipeline.env_steps:
                last = self._play(plan, newest)
            random = self._play(evaluation.baseline(config), weights)
            if config.film_steps:
                self._film(plan, weights)
        self._metrics.flush()
        policy_files.save(self._folder, config, weights)
        from launch.reporting import curves  # Matplotlib, which `import_ahead` has loaded by now

        outcome = self._outcome(status, kept, last, random)
        claim = results.claim(self._experiment, config, outcome)
        curves.learning_curve(self._folder, claim, kept_from=self._policy_from())
        results.write(self._folder, self._experiment, config, outcome, claim, self._started)

    def _film(self, plan: Evaluation, weights: Weights) -> None:
        config, film = self._config, self._folder / "film.mp4"
        try:
            films.record(film, config.env, config.agent, weights, plan, steps=config.film_steps)
        except Exception as error:  # whatever an environment raises: a film is no reason to fail
            _LOG.warning("no film: %s: %s", type(error).__name__, one_line(error))

    def _fail(self, trace: str, *, keep_policy: bool = False) -> bool:
        """Leaves what a failed run can; says whether its folder is still there to continue from."""
        if not self._metrics.in_place():
            return False
        try:
            self._metrics.flush()
            if trace:
                (self._folder / run_folder.FAILURE).write_text(trace)
            if keep_policy:
                weights = self._best.weights if self._best else self._pipeline.acting_weights
                policy_files.save(self._folder, self._config, weights)
            outcome = self._outcome("failed", None, None, None)
            claim = results.claim(self._experiment, self._config, outcome)
            results.write(
                self._folder, self._experiment, self._config, outcome, claim, self._started
            )
        except OSError as error:
            _LOG.warning("%s: %s", self._folder, reason(error))
        return True

    def _outcome(
        self, status: Status, kept: Summary | None, last: Summary | None, random: Summary | None
    ) -> Outcome:
        fingerprint = None  # a failed run may have lost its learner, and proves nothing
        if status != "failed":
            fingerprint = self._episodes.fingerprint(
                self._learner.weights(), self._learner.evaluated_weights()
            )
        return Outcome(
            status=status,
            env_steps=self._pipeline.env_steps,
            updates=self._learner.updates,
            episodes=len(self._episodes),
            dropped=self._episodes.dropped,
            restarts=self._pool.restarts,
            training_seconds=self._metrics.training_seconds,
            solved_at=self._solved_at,
            policy_from=self._policy_from(),
            training_return=self._episodes.last_mean(_LAST_EPISODES),
            fingerprint=fingerprint,
            kept=kept,
            last=last,
            random=random,
        )

    def _policy_from(self) -> int:
        """Environment steps at which the policy that is kept stood."""
        return self._best.env_steps if self._best else self._pipeline.env_steps

    def _save(self, score: float | None = None) -> bool:
        """Writes a checkpoint; where that fails training goes on, with the older ones untouched."""
        return self._saver.save(self._pipeline.env_steps, self._get_state, score)

    def _get_state(self) -> dict[str, Any]:
        best = self._best
        return {
            "pipeline": self._pipeline.get_state(),
            "tracker": self._metrics.get_state(),
            "evaluations": self._evaluations,
            "evaluated_at": self._evaluated_at,
            "solved_at": self._solved_at,
            "restarts": self._pool.restarts,
            "training_seconds": self._metrics.training_seconds,
            "wall_seconds": time.monotonic() - self._started,
            "best": best
            and {
                "env_steps": best.env_steps,
                "mean_return": best.mean_return,
                "weights": list(best.weights),
            },
        }

    def _set_state(self, state: Mapping[str, Any]) -> None:
        self._pipeline.set_state(state["pipeline"])
        self._evaluations = state["evaluations"]
        self._evaluated_at = state["evaluated_at"]
        self._solved_at = state["solved_at"]
        self._pool.restarts += state["restarts"]
        self._started -= state["wall_seconds"]
        if best := state["best"]:
            self._best = Best(**{**best, "weights": tuple(best["weights"])})

"""A run under way: tracking, evaluation and checkpoints around the pipeline, results at its end."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agents.agent import Learner
from agents.policies import Weights
from envs import registry
from launch import catalog, checkpoints, evaluation, films, policy_files, reports, run_folder
from launch.configs import TrainingConfig
from launch.console import ProgressLine
from launch.episodes import EpisodeBook
from launch.errors import RunError
from launch.evaluation import Summary, summarise
from launch.pool import Pool
from launch.tracking import Tracker
from launch.training import Pipeline, Round

_LOG = logging.getLogger(__name__)
_LAST_EPISODES = 100
Status = Literal["finished", "interrupted", "failed"]


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
        """
        self._experiment, self._config, self._folder = experiment, config, folder
        self._pool, self._learner, self._episodes = pool, learner, episodes
        self._pipeline = Pipeline(config, pool, learner, episodes)
        self._evaluations = 0
        self._evaluated_at = 0
        self._best: Best | None = None
        self._solved_at: int | None = None
        self._training_seconds = 0.0
        self._started = started
        if state:
            self._set_state(state)
        # A run killed before its first checkpoint starts again, and so do its metrics.
        beginning = {"step": -1, "lengths": {}}
        self._tracker = Tracker(folder, None if state is None else state.get("tracker", beginning))
        self._tracked_steps, self._tracked_updates = self._pipeline.env_steps, learner.updates
        self._round_ended = time.monotonic()

    def run(self, stop: Callable[[], bool]) -> None:
        """Trains until the budget is spent, the threshold is met, or `stop` says so.

        Raises:
            RunError: The workers could not go on, or somebody insisted on an end.
        """
        way_out = f"continue with: python -m launch resume {self._folder}"
        try:
            status = self._train(stop)
            self._checkpoint()
            self._finish(status)
        except RunError as error:
            with suppress(RunError):  # a dead learner cannot be saved; the last checkpoint stands
                self._checkpoint()
            self._write_result("failed", None, None)
            raise RunError(f"{error}; {way_out}") from None
        except KeyboardInterrupt:
            raise RunError(f"stopped at once, without a checkpoint of now; {way_out}") from None
        finally:
            self._tracker.close()

    def _train(self, stop: Callable[[], bool]) -> Status:
        config = self._config
        if config.until_solved and self._solved_at is not None:  # killed after it was solved
            return "finished"
        saved = self._round_ended = time.monotonic()
        with ProgressLine(self._experiment, config.env_steps, self._pipeline.env_steps) as line:
            for done in self._pipeline.rounds():
                self._track(done)
                recent = self._episodes.last_mean(_LAST_EPISODES)
                line.update(done.env_steps, done.updates, recent, done.epsilon)
                if self._evaluation_due():
                    solved = self._is_solved(self._evaluate(), line)
                    if solved and config.until_solved:
                        break
                if stop():
                    return "interrupted"
                if time.monotonic() - saved >= config.checkpoint.every_seconds:
                    self._checkpoint()
                    saved = time.monotonic()
                self._round_ended = time.monotonic()
        return "finished"

    def _evaluation_due(self) -> bool:
        every = self._config.evaluation.every_env_steps
        return bool(every) and self._pipeline.env_steps // every > self._evaluated_at // every

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

    def _track(self, done: Round) -> None:
        now = time.monotonic()
        seconds = now - self._round_ended
        self._training_seconds += seconds
        steps = done.env_steps - self._tracked_steps
        updates = done.updates - self._tracked_updates
        self._tracked_steps, self._tracked_updates = done.env_steps, done.updates
        scalars = {
            "agent/epsilon": done.epsilon,
            "speed/env_steps_per_second": steps / seconds,
            "speed/updates_per_second": updates / seconds,
            **{f"learner/{name}": value for name, value in done.figures.items()},
        }
        if done.episodes:
            count = len(done.episodes)
            scalars["episode/return"] = sum(e.undiscounted for e in done.episodes) / count
            scalars["episode/length"] = sum(e.length for e in done.episodes) / count
        if self._pool.restarts:
            scalars["workers/restarts"] = self._pool.restarts
        self._tracker.scalars(done.env_steps, scalars)
        self._tracker.record(
            {
                "kind": "round",
                "env_steps": done.env_steps,
                "updates": done.updates,
                "training_seconds": round(self._training_seconds, 6),
                **scalars,
                "episode_returns": [e.undiscounted for e in done.episodes],
                "episode_lengths": [e.length for e in done.episodes],
            }
        )
        self._tracker.flush()

    def _evaluate(self) -> Summary:
        """Evaluates the newest weights, remembers them if none before did better."""
        env_steps = self._pipeline.env_steps
        weights = self._learner.weights()
        plan = evaluation.during_training(self._config, self._evaluations)
        summary = summarise(self._config.env, self._pool.evaluate(plan, weights))
        self._evaluations += 1
        self._evaluated_at = env_steps
        if self._best is None or summary.mean_return >= self._best.mean_return:
            self._best = Best(env_steps=env_steps, mean_return=summary.mean_return, weights=weights)
        scalars = {"evaluation/return": summary.mean_return}
        if summary.success_rate is not None:
            scalars["evaluation/success_rate"] = summary.success_rate
        self._tracker.scalars(env_steps, scalars)
        self._tracker.record({"kind": "evaluation", "env_steps": env_steps, **summary.to_json()})
        return summary

    def _finish(self, status: Status) -> None:
        config = self._config
        ours = random = None
        if status == "finished" and self._evaluated_at != self._pipeline.env_steps:
            self._evaluate()
            self._tracker.flush()
        weights = self._best.weights if self._best else self._learner.weights()
        if status == "finished":
            plan = evaluation.final(config, config.evaluation.final_episodes, config.seed)
            ours = summarise(config.env, self._pool.evaluate(plan, weights))
            random = summarise(
                config.env, self._pool.evaluate(evaluation.baseline(config), weights)
            )
            if config.film_steps:
                film = self._folder / "film.mp4"
                films.record(film, config.env, config.agent, weights, plan, steps=config.film_steps)
        policy_files.save(self._folder, config, weights)
        reports.learning_curve(self._folder)
        self._write_result(status, ours, random)

    def _write_result(self, status: Status, ours: Summary | None, random: Summary | None) -> None:
        config, pipeline = self._config, self._pipeline
        claim = catalog.claim(self._experiment, config.env)
        optimum = claim.optimum
        if optimum is None and random is not None:
            optimum = registry.optimal_return(config.env, config.agent.discount)
        fingerprint = None  # a failed run may have lost its learner, and proves nothing
        if status != "failed":
            fingerprint = self._episodes.fingerprint(self._learner.weights())
        result = {
            "experiment": self._experiment,
            "env": config.env,
            "seed": config.seed,
            "status": status,
            "env_steps": pipeline.env_steps,
            "updates": self._learner.updates,
            "episodes": len(self._episodes),
            "wall_seconds": round(time.monotonic() - self._started, 3),
            "training_seconds": round(self._training_seconds, 3),
            "steps_per_second": round(pipeline.env_steps / max(self._training_seconds, 1e-9), 1),
            "worker_restarts": self._pool.restarts,
            "solved_at_env_steps": self._solved_at,
            "policy_from_env_steps": self._best.env_steps if self._best else pipeline.env_steps,
            "acting": "random" if evaluation.acts_randomly(config) else "greedy",
            "evaluation": None if ours is None else ours.to_json(),
            "claim": {
                "metric": evaluation.metric(config.env),
                "book": claim.book,
                "book_note": claim.note,
                "baseline": None if random is None else random.score(),
                "optimum": optimum,
                "ours": None if ours is None else ours.score(),
            },
            "fingerprint": fingerprint,
        }
        run_folder.write_json(self._folder / run_folder.RESULT, result)

    def _checkpoint(self) -> None:
        """Writes a checkpoint; where that fails training goes on, with the older ones untouched."""
        try:
            checkpoints.save(
                self._folder / run_folder.CHECKPOINTS,
                self._pipeline.env_steps,
                self._get_state(),
                self._config.checkpoint.keep,
            )
        except OSError as error:
            _LOG.warning("no checkpoint at %d env steps: %s", self._pipeline.env_steps, error)

    def _get_state(self) -> dict[str, Any]:
        best = self._best
        return {
            "pipeline": self._pipeline.get_state(),
            "tracker": self._tracker.get_state(self._pipeline.env_steps),
            "evaluations": self._evaluations,
            "evaluated_at": self._evaluated_at,
            "solved_at": self._solved_at,
            "restarts": self._pool.restarts,
            "training_seconds": self._training_seconds,
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
        self._pool.restarts = state["restarts"]
        self._training_seconds = state["training_seconds"]
        self._started -= state["wall_seconds"]
        if best := state["best"]:
            self._best = Best(**{**best, "weights": tuple(best["weights"])})

"""What a run came to, as `result.json` tells it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from envs import registry
from envs.sources import EnvSource
from launch import catalog, run_folder
from launch.configs import TrainingConfig
from training.evaluation import Summary, metric
from training.events import Status

Failed = Literal["failed"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The figures of a run that has stopped.

    Attributes:
        status: How it stopped.
        env_steps: Environment steps taken.
        updates: Updates made.
        episodes: Episodes finished in training.
        dropped: Episodes dropped because their environment failed.
        restarts: Workers replaced.
        training_seconds: Wall seconds of its iterations.
        solved_at: Environment steps at the first evaluation that reached the threshold, or None.
        policy_from: Environment steps at which the kept policy was evaluated, or those of the end.
        training_return: Mean return of the last 100 training episodes, exploring; None before the
            first one.
        fingerprint: Of its episodes and weights; None where it proves nothing.
        kept: The evaluation of the kept policy after training; None unless it finished.
        last: The same episodes under the last weights.
        random: The baseline; None unless it finished.
    """

    status: Status | Failed
    env_steps: int
    updates: int
    episodes: int
    dropped: int
    restarts: int
    training_seconds: float
    solved_at: int | None
    policy_from: int
    training_return: float | None
    fingerprint: str | None
    kept: Summary | None = None
    last: Summary | None = None
    random: Summary | None = None


def write(
    folder: Path,
    experiment: str,
    config: TrainingConfig,
    outcome: Outcome,
    claim: Mapping[str, Any],
    started: float,
) -> None:
    """Writes `result.json`.

    Args:
        folder: The run's folder.
        experiment: Its name in the catalog.
        config: Its config.
        outcome: Its figures.
        claim: Its scores beside those of others, see `claim`.
        started: `time.monotonic()` at its start; resumed runs count earlier parts in.

    Raises:
        OSError: It cannot be written.
    """
    result = {
        "experiment": experiment,
        "env": config.env,
        "seed": config.seed,
        "status": outcome.status,
        "env_steps": outcome.env_steps,
        "updates": outcome.updates,
        "episodes": outcome.episodes,
        "dropped_episodes": outcome.dropped,
        "wall_seconds": round(time.monotonic() - started, 3),
        "training_seconds": round(outcome.training_seconds, 3),
        "steps_per_second": round(outcome.env_steps / max(outcome.training_seconds, 1e-9), 1),
        "worker_restarts": outcome.restarts,
        "solved_at_env_steps": outcome.solved_at,
        "policy_from_env_steps": outcome.policy_from,
        "acting": "random" if config.agent.acts_randomly else "greedy",
        "evaluation": outcome.kept and outcome.kept.to_json(),
        "final_evaluation": outcome.last and outcome.last.to_json(),
        "training_return_last_100": outcome.training_return,
        "claim": claim,
        "fingerprint": outcome.fingerprint,
    }
    run_folder.write_json(folder / run_folder.RESULT, result)


def claim(
    experiment: str, config: TrainingConfig, env: EnvSource, outcome: Outcome
) -> dict[str, Any]:
    """Our figures beside the book's, the baseline's and the optimum.

    `ours` is the kept policy's, `final` the last weights'.
    """
    claim = catalog.claim(experiment, config)
    optimum = claim.optimum
    if optimum is None and outcome.random is not None:
        optimum = registry.optimal_return(env, config.agent.optimal_discount)
    return {
        "metric": metric(env),
        "book": claim.book,
        "book_note": claim.note,
        "baseline": outcome.random and outcome.random.score(),
        "optimum": optimum,
        "ours": outcome.kept and outcome.kept.score(),
        "final": outcome.last and outcome.last.score(),
        "comparable": claim.comparable,
    }

"""What a run came to, as `result.json` tells it."""

import time
from collections.abc import Iterator

from envs import registry
from launch.experiments import catalog
from launch.jobs.rl.metrics import Metrics
from launch.jobs.rl.progress import LAST_EPISODES
from launch.jobs.rl.remarks import Remarks
from launch.jobs.rl.run_spec import RunSpec
from launch.run_folder.ends import ENDS
from launch.run_folder.run_result import Status, TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from training.evaluate import Evaluate
from training.evaluation import metric
from training.loop import Training


def of(
    spec: RunSpec,
    training: Training,
    status: Status,
    *,
    metrics: Metrics,
    remarks: Remarks,
    evaluate: Evaluate,
    started: float,
) -> TrainingRunResult:
    """The result of a run that has stopped.

    Args:
        spec: What the run was made from.
        training: The training, closed or not.
        status: How it stopped.
        metrics: Its measurements.
        remarks: What its environments did.
        evaluate: Its evaluations.
        started: `time.monotonic()` at its start; resumed runs count earlier parts in.
    """
    episodes = training.episodes
    fingerprint = None  # a failed run may have lost its learner, and proves nothing
    if status != "failed":
        learner = training.learner
        fingerprint = episodes.fingerprint(learner.weights(), learner.evaluated_weights())
    seconds = metrics.training_seconds
    return TrainingRunResult(
        experiment=spec.experiment,
        seed=spec.config.seed,
        status=status,
        wall_seconds=round(time.monotonic() - started, 3),
        restarts=training.pool.restarts,
        claim=_comparison(spec, training, evaluate),
        notes=tuple(_notes(spec, training, status, evaluate)),
        fingerprint=fingerprint,
        env=spec.config.env,
        env_steps=training.env_steps,
        updates=training.learner.updates,
        episodes=len(episodes),
        dropped_episodes=episodes.dropped,
        outside_observations=remarks.outside,
        training_seconds=round(seconds, 3),
        steps_per_second=round(training.env_steps / max(seconds, 1e-9), 1),
        solved_at_env_steps=evaluate.solved_at,
        policy_from_env_steps=training.kept_from,
        acting=spec.config.acting,
        evaluation=evaluate.scores,
        final_evaluation=evaluate.last_scores,
        validation=evaluate.trial_scores,
        training_return_last_100=episodes.last_mean(LAST_EPISODES),
        training_success_last_100=_success(training),
    )


def _success(training: Training) -> float | None:
    """Share of the last training episodes that succeeded, where one does or does not."""
    returns = training.episodes.last_returns(LAST_EPISODES)
    if not len(returns) or not registry.success_is_positive_return(training.env):
        return None
    return float((returns > 0).mean())


def _notes(spec: RunSpec, training: Training, status: Status, evaluate: Evaluate) -> Iterator[str]:
    """Where the run's weights and its budget come from, and which settings did not fit."""
    config = spec.config
    if config.init_from is not None:
        yield f"started from the weights of {config.init_from}"
    if config.data is not None:
        yield f"learned from {config.data}; env steps are transitions that were read from it"
    for number, end in enumerate(spec.ends, start=1):
        yield (
            f"went on from {end.step:,} env steps of a budget of {end.settings['env_steps']:,}; "
            f"what it had come to is in {ENDS}/{number}"
        )
    if status == "finished" and not training.learner.updates and not config.agent.acts_randomly:
        why = config.agent.why_no_update(training.env_steps)
        yield f"no update was made{why and f': {why}'}"
    found = evaluate.discounted_returns
    if found and (note := config.agent.note_on_returns(min(found), max(found))):
        yield note


def _comparison(spec: RunSpec, training: Training, evaluate: Evaluate) -> Comparison:
    """The scores of the policy kept and of the last weights beside those of others."""
    claim = catalog.claim(spec.experiment, spec.config)
    kept, last, random = evaluate.scores, evaluate.last_scores, evaluate.random_scores
    optimum = None
    if claim.optimum is None and random is not None:
        optimum = registry.optimal_return(training.env, spec.config.agent.optimal_discount)
    return Comparison.of(
        claim,
        metric=metric(training.env),
        baseline=random and random.score(),
        optimum=optimum,
        ours=kept and kept.score(),
        final=last and last.score(),
    )

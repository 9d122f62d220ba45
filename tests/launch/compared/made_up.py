"""Run folders that nobody ran, written by the project's own writers."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from envs.options import EnvOptions
from launch.config.execution import CheckpointConfig
from launch.experiments import catalog
from launch.experiments.experiment import with_agent
from launch.run_folder import description, result
from launch.run_folder.checkpoints import Origin
from launch.run_folder.events import Record
from launch.run_folder.run_result import TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from launch.run_folder.writer import RunWriter
from training.evaluation import Summary


def summary(score: float) -> Summary:
    return Summary(
        episodes=10,
        mean_return=score,
        std_return=1.0,
        min_return=score,
        max_return=score,
        success_rate=None,
    )


def make_run(
    folder: Path,
    *,
    seed: int,
    kept: float,
    final: float | None = None,
    env: str = "CartPole-v1",
    keywords: tuple[str, ...] = (),
    random: float | None = 20.0,
    optimum: float | None = None,
    evaluations: Sequence[tuple[int, float]] = ((100, 50.0), (200, 480.0)),
    status: str = "finished",
    solved_at: float | None = None,
    **agent: object,
) -> Path:
    """A run of dqn_cartpole, whose scores are said.

    Args:
        folder: Where it goes.
        seed: Its seed.
        kept: Score of the policy kept.
        final: That of the last weights; None for the same.
        env: Its environment.
        keywords: What is changed about it.
        random: Score of random actions.
        optimum: The best score for its discount.
        evaluations: Environment steps and mean return of each; a step takes 10 ms.
        status: How it ended.
        solved_at: Its threshold; None for the experiment's, which another environment has not.
        agent: Settings of its agent.
    """
    config = with_agent(catalog.get("dqn_cartpole").config, **agent)
    solved = solved_at or (config.solved_at if env == config.env else None)
    options = EnvOptions(env_kwargs=keywords)
    config = dataclasses.replace(config, seed=seed, env=env, env_options=options, solved_at=solved)
    folder.mkdir(parents=True)
    with mock.patch.multiple(description, versions=dict, git_commit=lambda: None):  # both are slow
        description.write(folder, "dqn_cartpole", config, [])
    last = kept if final is None else final
    claim = Comparison(
        metric="mean_return",
        book=None,
        book_note=None,
        baseline=random,
        optimum=optimum,
        ours=kept,
        final=last,
        comparable=False,
    )
    found = TrainingRunResult(
        experiment="dqn_cartpole",
        seed=seed,
        status=status,  # pyright: ignore[reportArgumentType]
        wall_seconds=3.0,
        restarts=0,
        claim=claim,
        fingerprint=None,
        env=env,
        env_steps=200,
        updates=10,
        episodes=4,
        dropped_episodes=0,
        training_seconds=2.0,
        steps_per_second=100.0,
        solved_at_env_steps=None,
        policy_from_env_steps=200,
        acting="greedy",
        evaluation=summary(kept) if status == "finished" else None,
        final_evaluation=summary(last) if status == "finished" else None,
        training_return_last_100=None,
    )
    writer = RunWriter(folder, Origin(run={}, versions={}), CheckpointConfig(), None)
    for steps, value in evaluations:
        counted = {"env_steps": steps, "training_seconds": steps / 100, "episode_returns": []}
        writer.write(Record({"kind": "iteration", **counted}))
        writer.write(Record({"kind": "evaluation", "env_steps": steps, **summary(value).to_json()}))
    writer.commit()
    writer.close()
    result.write(folder, found)
    return folder

"""Searches whose trials are not run: their results are made by hand."""

from pathlib import Path

from launch.commands.flags import override
from launch.commands.run import settled
from launch.experiments import catalog
from launch.run_folder import result
from launch.run_folder.result import (
    RunResult,
    SupervisedRunResult,
    TrainingRunResult,
)
from launch.run_folder.score_comparison import Comparison
from launch.scheduler.run import Outcome, Run
from launch.tuning.search import Search, SearchConfig
from training.evaluation import Summary


def make_search(folder: Path, sampler: str, trials: int, **changes) -> Search:
    settings = {"experiment": "mlp_bank", "flags": (), "lag": 2, "seed": 0}
    config = SearchConfig(sampler=sampler, trials=trials, folder=folder, **{**settings, **changes})
    name = config.experiment
    default = catalog.get(name).config
    return Search(config, lambda flags: settled(name, override(name, default, flags)))


def end(search: Search, run: Run, value: float) -> None:
    """A trial comes to a validation score, or to a mean return."""
    folder = folder_of(run)
    result.write(folder, _result(run, search.metric, value))
    search.finished(Outcome(run=run, folder=folder))


def folder_of(run: Run) -> Path:
    """The folder of a trial, made where it is not there."""
    folder = run.config.output.run_dir
    assert folder is not None
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _result(run: Run, metric: str, value: float) -> RunResult:
    scores = dict.fromkeys(("book", "book_note", "baseline", "optimum", "ours"))
    shared = {
        "experiment": run.experiment,
        "seed": 0,
        "status": "finished",
        "wall_seconds": 1.0,
        "restarts": 0,
        "claim": Comparison(metric=metric, comparable=False, **scores),
        "fingerprint": "",
    }
    if run.config.KIND == "supervised":
        return SupervisedRunResult(
            **shared, data="real", data_sets={}, peak_memory_mb=1.0, validation={metric: value}
        )
    returns = dict.fromkeys(("mean_return", "min_return", "max_return"), value)
    summary = Summary(episodes=1, std_return=0.0, success_rate=None, **returns)
    return TrainingRunResult(
        **shared,
        env="CartPole-v1",
        env_steps=1,
        updates=1,
        episodes=1,
        dropped_episodes=0,
        training_seconds=1.0,
        steps_per_second=1.0,
        solved_at_env_steps=None,
        policy_from_env_steps=1,
        acting="greedy",
        evaluation=summary,
        final_evaluation=summary,
        training_return_last_100=None,
    )

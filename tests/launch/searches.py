"""Searches whose trials are not run: their results are made by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from launch.commands.flags import override
from launch.commands.run import settled
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.run_folder import result
from launch.run_folder.run_result import RunResult
from launch.scheduler.run import Outcome, Run
from launch.tuning import space
from launch.tuning.search import Search, SearchConfig, check
from tests.launch.test_result import KEPT, SUPERVISED, TRAINING


def make_search(folder: Path, sampler: str, trials: int, **changes) -> Search:
    settings = {"experiment": "mlp_bank", "flags": (), "lag": 2, "seed": 0, **changes}
    default = catalog.get(settings["experiment"]).config
    settings["space"] = space.of(settings["experiment"], settings.pop("words", ()), default)
    config = SearchConfig(sampler=sampler, trials=trials, folder=folder, **settings)
    name = config.experiment

    def plan(flags: Sequence[str]) -> RunConfig:
        return settled(name, override(name, default, flags))

    check(config, plan)
    folder.mkdir(parents=True, exist_ok=True)
    return Search(config, plan)


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
    if run.config.KIND == "supervised":
        return replace(SUPERVISED, experiment=run.experiment, validation={metric: value})
    summary = replace(KEPT, **{metric: value})
    return replace(TRAINING, experiment=run.experiment, validation=summary)

"""What a search proposes, with results made by hand: no trial is run."""

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from common.errors import RunError, UsageError
from launch.experiments import catalog
from launch.run_folder.names import CONFIG
from launch.scheduler.run import Outcome, Run
from launch.tuning.search import Search
from launch.tuning.space import flags_of
from tests.launch.searches import end, folder_of, make_search

TRIALS, LAG = 18, 3
STRUCK = 11  # the trial whose result is another one
SAMPLERS = ("grid", "random", "tpe")
SEARCHABLE = [name for name, experiment in catalog.EXPERIMENTS.items() if experiment.space]

Value = Callable[[int], float | None]
"""From a trial's number to its validation score; None where it failed."""


def _search(folder: Path, sampler: str, **changes) -> Search:
    return make_search(folder, sampler, **{"trials": TRIALS, "lag": LAG, **changes})


def _end(search: Search, run: Run, value: float | None) -> None:
    if value is None:
        search.finished(Outcome(run=run, folder=None, error=RunError("it diverged")))
    else:
        end(search, run, value)


def _number(run: Run) -> int:
    return int(run.label.removeprefix("trial "))


def _proposed(search: Search, value: Value, count: int = TRIALS) -> list[list[str]]:
    """The arguments of the next trials, each ended before the next one is asked for."""
    proposed = []
    for run in itertools.islice(search.supply(), count):
        assert run is not None
        proposed.append(list(run.arguments))
        _end(search, run, value(_number(run)))
    return proposed


def _plain(number: int) -> float:
    """Scores of trials in no order."""
    return 0.5 + (7 * number % 10) / 100


def _struck(number: int) -> float:
    return 0.99 if number == STRUCK else _plain(number)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_same_seed_and_results_propose_the_same(sampler, tmp_path):
    first = _proposed(_search(tmp_path / "first", sampler), _plain)
    assert len(first) == TRIALS
    assert len({tuple(arguments) for arguments in first}) == TRIALS
    assert _proposed(_search(tmp_path / "again", sampler), _plain) == first
    assert _proposed(_search(tmp_path / "other", sampler, seed=1), _plain) != first


def test_tpe_looks_at_results_up_to_the_lag_and_no_further(tmp_path):
    plain = _proposed(_search(tmp_path / "plain", "tpe"), _plain)
    struck = _proposed(_search(tmp_path / "struck", "tpe"), _struck)
    first_to_know = STRUCK + LAG + 1
    assert struck[:first_to_know] == plain[:first_to_know]
    assert struck[first_to_know] != plain[first_to_know]


def test_another_lag_is_another_search_to_tpe(tmp_path):
    ahead = _proposed(_search(tmp_path / "ahead", "tpe"), _plain)
    behind = _proposed(_search(tmp_path / "behind", "tpe", lag=0), _plain)
    known_to_both = 10  # TPE draws at random until it has as many results
    assert ahead[:known_to_both] == behind[:known_to_both]
    assert ahead[known_to_both:] != behind[known_to_both:]


def test_tpe_leaves_failed_trials_out(tmp_path):
    """It has ten results four trials later, then, and draws at random until then."""

    def failing(number: int) -> float | None:
        return None if number < 4 else _plain(number)

    drawn = _proposed(_search(tmp_path / "drawn", "tpe"), lambda number: None)
    failed = _proposed(_search(tmp_path / "failed", "tpe"), failing)
    first_to_know = 4 + 10 + LAG
    assert failed[:first_to_know] == drawn[:first_to_know]
    assert failed[first_to_know] != drawn[first_to_know]


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_grids_and_draws_look_at_no_result(sampler, tmp_path):
    plain = _proposed(_search(tmp_path / "plain", sampler), _plain)
    assert _proposed(_search(tmp_path / "struck", sampler), _struck) == plain
    assert _proposed(_search(tmp_path / "failed", sampler), lambda number: None) == plain
    assert _proposed(_search(tmp_path / "lag", sampler, lag=0), _plain) == plain


def test_the_order_of_a_grid_is_its_seeds_alone(tmp_path):
    short = _proposed(_search(tmp_path / "short", "grid", trials=5), _plain)
    assert _proposed(_search(tmp_path / "long", "grid"), _plain)[:5] == short


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("stopped_after", [1, STRUCK, TRIALS - 1])
def test_a_search_that_is_opened_again_proposes_what_it_would_have(
    sampler, stopped_after, tmp_path
):
    whole = _proposed(_search(tmp_path / "whole", sampler), _struck)
    begun = _proposed(_search(tmp_path / "cut", sampler), _struck, count=stopped_after)
    assert begun + _proposed(_search(tmp_path / "cut", sampler), _struck) == whole


def test_trials_under_way_come_first_when_a_search_is_opened_again(tmp_path):
    before = _search(tmp_path, "tpe")
    begun = [run for run in itertools.islice(before.supply(), 3) if run]
    assert [_number(run) for run in begun] == [0, 1, 2]
    before.finished(Outcome(run=begun[0], folder=None, interrupted=True))
    _end(before, begun[1], 0.7)
    (folder_of(begun[2]) / CONFIG).write_text("{}")
    supply = _search(tmp_path, "tpe").supply()
    again = [run for run in itertools.islice(supply, 2) if run]
    assert [each.arguments for each in again] == [begun[0].arguments, begun[2].arguments]
    # What has a folder goes on in it, the other one begins.
    assert [each.folder for each in again] == [None, folder_of(begun[2])]


def test_nothing_is_proposed_while_a_result_is_due(tmp_path):
    search = _search(tmp_path, "random", lag=1)
    supply = search.supply()
    first, second = next(supply), next(supply)
    assert first is not None
    assert second is not None
    assert next(supply) is None
    _end(search, second, 0.6)
    assert next(supply) is None  # the third waits for the first
    _end(search, first, 0.5)
    third = next(supply)
    assert third is not None
    assert third.label == "trial 2"


@pytest.mark.parametrize(
    ("experiment", "metric", "best"),
    [
        ("mlp_bank", "accuracy", 2),
        ("lstm_passengers", "rmse", 1),
        ("dqn_cartpole", "mean_return", 2),
    ],
)
def test_the_best_trial_has_the_largest_score_or_the_smallest_error(
    tmp_path, experiment, metric, best
):
    search = _search(tmp_path, "random", experiment=experiment, trials=4)
    assert search.metric == metric
    with pytest.raises(UsageError, match="no trial came to a score"):
        search.best()
    for run, value in zip(search.supply(), (0.5, 0.2, 0.8, None), strict=True):
        assert run is not None
        _end(search, run, value)
    assert [trial.number for trial in search.results()] == [0, 1, 2]
    assert search.best().number == best
    assert search.runs_of(search.best()) == [tmp_path / f"trial_000{best}" / "seed100"]


def test_values_as_flags():
    values = {
        "optimizer.learning_rate": 0.1,
        "hidden_sizes": 3,
        "augment": True,
        "fit.early": False,
    }
    assert flags_of(values) == [
        *("--optimizer.learning-rate", "0.1", "--hidden-sizes", "3"),
        *("--augment", "--fit.no-early"),
    ]


@pytest.mark.parametrize("experiment", SEARCHABLE)
def test_every_proposal_is_a_run_of_its_experiment(experiment, tmp_path):
    """A grid's ends are the space's: whatever is proposed lies between them."""
    flags = ()
    if experiment == "table":
        (tmp_path / "own.csv").write_text("size,price\n" + "1,2\n2,3\n" * 10)
        flags = ("--csv", str(tmp_path / "own.csv"), "--target", "price")
    if experiment == "images":
        for place in (tmp_path / "own" / name for name in "ab"):
            place.mkdir(parents=True)
            for number in range(5):
                (place / f"{number}.png").touch()
        flags = ("--folder", str(tmp_path / "own"))
    if experiment == "series":
        (tmp_path / "own.csv").write_text("size\n" + "1\n3\n2\n" * 30)
        flags = ("--csv", str(tmp_path / "own.csv"), "--value", "size")
    grid = {"experiment": experiment, "flags": flags, "trials": 10_000, "lag": 10_000}
    search = _search(tmp_path, "grid", **grid)
    settings, folders = set(), []
    for run in itertools.takewhile(lambda run: run is not None, search.supply()):
        assert run is not None
        assert "--no-final" in run.arguments
        output = run.config.output
        folders.append(output.run_dir)
        settings.add(
            dataclasses.replace(run.config, output=dataclasses.replace(output, run_dir=None))
        )
    axes = [axis.grid() for axis in catalog.get(experiment).space.values()]
    assert len(folders) == len(settings) == len(list(itertools.product(*axes)))
    assert folders == [
        tmp_path / f"trial_{number:04d}" / "seed100" for number in range(len(folders))
    ]

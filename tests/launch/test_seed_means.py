"""Means over seeds in tables: the intervals of `compare`, and none where none covers."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.coverage import RETURNS
from launch.reports import seed_means
from launch.reports.compared import limits
from launch.reports.groups import Group, gather
from launch.reports.seed_means import Scale
from tests.launch.made_runs import made


def _group(experiment: str, *flags: str, **claim: object) -> Group:
    made(Path("runs/0"), experiment, 0, *flags, claim=claim)
    (group,), _ = gather([Path("runs")])
    return group


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("experiment", "flags", "claim", "bounds"),
    [
        ("q_frozenlake", (), {"metric": "success_rate"}, (0, 1)),
        ("mlp_bank", (), {"metric": "roc_auc"}, (0, 1)),
        ("mlp_bank", (), {"metric": "rmse"}, None),
        ("dqn_cartpole", (), {"ours": 300.0}, (0, 500)),
        ("dqn_lunarlander", (), {}, None),
        # Nobody tells: from random, or the worst run, to the optimum.
        (
            *("q_cliff", (), {"ours": -13.0, "final": -90.0, "baseline": -80.0, "optimum": -13.0}),
            (-90, -13),
        ),
        ("dqn_cartpole", ("--env-kwargs", "sutton_barto_reward=True"), {"optimum": None}, None),
    ],
)
def test_the_range_of_scores(experiment, flags, claim, bounds):
    steady = experiment == "mlp_bank"
    (scale,) = seed_means.scales([_group(experiment, *flags, **claim)])
    assert scale == (bounds, steady)


def test_a_mean_is_told_with_its_interval_and_its_seeds():
    # Kolmogorov and Smirnov leave 0.7076 of three runs open: 0.2924 * 0.9, 0.7076 + 0.2924 * 0.92.
    rate, unknown = Scale((0, 1), steady=False), Scale(None, steady=False)
    assert seed_means.cell([0.9, 0.92, 0.91], rate) == "0.91 [0.2632, 0.9766] k, 0.9 to 0.92"
    assert seed_means.cell([2.0, 4.0, 3.0], unknown) == "3 [-], 2 to 4"
    assert seed_means.cell([0.25, 0.75], rate) == "0.5"
    assert seed_means.cell([1.0, float("nan"), 2.0], rate) == "nan"


def test_supervised_jobs_have_students_interval_from_three_runs_on():
    # t(0.995; 2) = 9.9248, over the root of 3, of a standard deviation of 1 and of 0.01.
    told = seed_means.cell([1.0, 2.0, 3.0], Scale(None, steady=True))
    assert told == "2 [-3.73, 7.73] t, 1 to 3"
    told = seed_means.cell([0.97, 0.98, 0.99], Scale((0, 1), steady=True))
    assert told == "0.98 [0.9227, 1] t, 0.97 to 0.99"


@pytest.mark.parametrize("runs", [3, 5])
@pytest.mark.parametrize("name", ["normal", "skewed", "bimodal"])
def test_students_interval_covers_unless_runs_fail(name, runs):
    """2,000 experiments with a standard error of 0.5 %."""
    rng = np.random.default_rng(runs)
    scores = RETURNS[name](rng, (2_000, runs))
    truth = RETURNS[name](rng, (1_000_000,)).mean()
    low, high = limits.students([scores], [1.0], limits.OF_MEANS)
    covered = np.mean((low <= truth) & (truth <= high))
    assert covered < 0.9 if name == "bimodal" else covered > 0.935


def test_ten_runs_have_students_interval_as_compare_has_it():
    values = np.arange(10.0)
    found = seed_means.mean(list(values), Scale(None, steady=False))
    low, high = limits.students([values], [1.0], limits.OF_MEANS)
    assert found is not None
    assert (found.low, found.high, found.method) == (low, high, "t")

"""Searches: what they propose depends on numbers in the command alone."""

import errno
import itertools
import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from optuna.storages.journal import JournalFileBackend

from common.errors import UsageError
from launch.cli import main
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.experiments.spaces import Choice, Range
from launch.run_folder import lock
from launch.scheduler.run import Run
from launch.tuning import picture, report
from launch.tuning.search import Search, _metric
from tests.launch.searches import end, make_search

TRIALS = 18  # TPE draws at random until it has ten results


def _search(folder: Path, sampler: str = "random", trials: int = TRIALS, **settings) -> Search:
    return make_search(folder, sampler, trials, **settings)


def _ends(search: Search, run: Run) -> None:
    """The trial came to a score that depends on its settings alone."""
    assert isinstance(run.config, SupervisedConfig)
    end(search, run, 1 - run.config.job.optimizer.learning_rate)


def _all(search: Search, at_once: int) -> list[list[str]]:
    """Runs a search with so many trials under way; the newest ends first."""
    supply, under_way, proposed = search.supply(), [], []
    while True:
        run = next(supply, "over") if len(under_way) < at_once else None
        if isinstance(run, Run):
            under_way.append(run)
            proposed.append(list(run.arguments))
        elif under_way:
            _ends(search, under_way.pop())
        else:
            return proposed


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid"])
def test_proposals_do_not_depend_on_how_many_run_at_once(sampler, tmp_path):
    one = _all(_search(tmp_path / "1", sampler), 1)
    assert len(one) == TRIALS
    assert _all(_search(tmp_path / "3", sampler), 3) == one
    assert _all(_search(tmp_path / "other", sampler, seed=1), 1) != one


def test_a_grid_has_every_point_once(tmp_path):
    search = _search(tmp_path, "grid", trials=1_000)
    proposed = _all(search, 2)
    axes = [axis.grid() for axis in catalog.get("mlp_bank").space.values()]
    assert len(proposed) == len({tuple(flags) for flags in proposed})
    assert len(proposed) == len(list(itertools.product(*axes)))


def test_a_search_goes_on_where_it_was_killed(tmp_path):
    whole = _all(_search(tmp_path / "whole", "tpe"), 3)
    search = _search(tmp_path / "killed", "tpe")
    supply = search.supply()
    started = [next(supply) for _ in range(3)]
    _ends(search, started[1])  # and the process dies with two under way
    again = _search(tmp_path / "killed", "tpe")
    unfinished = itertools.islice(again.supply(), 2)
    assert [run.label for run in unfinished] == ["trial 0", "trial 2"]
    rest = _all(again, 3)
    assert [started[0].arguments, started[2].arguments, *whole[3:]] == rest


def test_another_search_in_the_folder_is_refused(tmp_path):
    _search(tmp_path)
    with pytest.raises(UsageError, match="with other seed; choose another --study"):
        _search(tmp_path, seed=3)
    with pytest.raises(UsageError, match="tensors has no search space of its own; give --space "):
        _search(tmp_path / "other", experiment="tensors")


def test_where_and_how_trials_run_is_no_other_search(tmp_path):
    agent = {"experiment": "dqn_cartpole"}
    _search(tmp_path, **agent, flags=("--workers", "0"))
    _search(tmp_path, **agent, flags=("--workers=2", "--no-film", "--max-restarts", "3"))
    with pytest.raises(UsageError, match="another search, with other settings; choose"):
        _search(tmp_path, **agent, flags=("--env-steps", "5000"))
    with pytest.raises(UsageError, match="another search, of dqn_cartpole; choose"):
        _search(tmp_path)


def test_a_search_goes_on_after_a_line_that_was_cut(tmp_path, capsys):
    whole = _all(_search(tmp_path / "whole", trials=4), 1)
    search = _search(tmp_path / "cut", trials=4)
    first = next(search.supply())
    assert first is not None
    _ends(search, first)
    journal = tmp_path / "cut" / "study.journal"
    journal.write_bytes(journal.read_bytes()[:-9])  # in the middle of the trial's end
    rest = _all(_search(tmp_path / "cut", trials=4), 1)
    assert "study.journal: its last line is damaged, and dropped" in capsys.readouterr().err
    assert [list(first.arguments), *rest] == whole
    assert len(_search(tmp_path / "cut", trials=4).results()) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[1:],  # the study itself
        lambda lines: lines[:4],  # which search it is of, and its trials
        lambda lines: [*lines[:1], b"{}\n", *lines[1:]],
        lambda lines: [*lines[:1], b"no JSON\n", *lines[1:]],
        lambda lines: [b"no line"],
    ],
)
def test_a_damaged_journal_is_not_called_another_search(damage, tmp_path):
    search = _search(tmp_path)
    run = next(search.supply())
    assert run is not None
    _ends(search, run)
    journal = tmp_path / "study.journal"
    text = b"".join(damage(journal.read_bytes().splitlines(keepends=True)))
    journal.write_bytes(text)
    with pytest.raises(UsageError, match=r"study\.journal: damaged, or of another version; choose"):
        _search(tmp_path)
    assert journal.read_bytes() == text


TUNE = (
    *(
        "tune",
        "linear_synthetic",
        "--data",
        "synthetic",
        "--space",
        "learning_rate=0.1,0.2",
        "--local",
    ),
    *("--trials", "2"),
)


@pytest.mark.parametrize("written", [0, 9])
def test_a_folder_that_cannot_be_written_is_one_line(written, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    assert main([*TUNE, "--study", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    assert said == f"error: --study {tmp_path / 'file'}: cannot be written (File exists); " + (
        "choose another\n"
    )
    append, count = JournalFileBackend.append_logs, itertools.count()

    def full(self, logs):
        if next(count) >= written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    assert main([*TUNE, "--study", str(tmp_path / "study")]) == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line == f"error: --study {tmp_path / 'study'}: cannot be written (No space left on " + (
        "device); choose another"
    )


def test_a_program_can_read_a_search(tmp_path, capsys):
    assert main([*TUNE, "--study", str(tmp_path), "--json-lines"]) == 0
    *before, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [event["error"] for event in before if event["event"] == "end"] == [None, None]
    scores = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/*/result.json"))]
    scores = [found["validation"][last["metric"]] for found in scores]
    assert (last["event"], last["folder"]) == ("search", str(tmp_path))
    assert last["config"] == str(tmp_path / "best.json")
    assert [row[last["metric"]] for row in last["rows"]] == pytest.approx(scores)
    assert last["score"] == pytest.approx(scores[last["trial"]])
    best = json.loads((tmp_path / "best.json").read_text())["config"]["job"]
    assert last["settings"] == {"job.learning_rate": best["learning_rate"]}


@pytest.mark.parametrize("flag", ["--out", "--run-dir", "--run_dir", "--unfinished", "--finished"])
def test_what_belongs_to_the_search_is_refused_of_its_trials(flag, capsys):
    assert main([*TUNE, f"{flag}=resume"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {flag.replace('_', '-')[:5]}")
    assert "a search " in line


def test_grids_by_hand():
    assert Choice(values=("a", "b")).grid() == ["a", "b"]
    assert Range(low=1, high=3).grid() == [1, 2, 3]
    assert Range(low=0.01, high=1, log=True).grid() == pytest.approx([0.01, 0.1, 1])
    assert Range(low=1, high=8, log=True, steps=2, whole=True).grid() == [1, 8]


def test_tune_leaves_the_test_data_alone_and_names_the_best(tmp_path, capsys):
    flags = [
        *("--local", "--data", "synthetic", "--fit.epochs", "1", "--network.hidden-sizes", "8"),
        *("--study", str(tmp_path), "--sampler", "random"),
    ]
    assert main(["tune", "mlp_bank", "--trials", "2", *flags]) == 0
    said = " ".join(capsys.readouterr().out.split())
    results = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*/*/result.json"))]
    assert [result["metrics"] for result in results] == [{}, {}]
    best = max(result["validation"]["accuracy"] for result in results)
    assert f"best accuracy {best:.5g} in trial " in said
    assert "seed 100 on validation data" in said
    assert f"python -m launch --config {tmp_path / 'best.json'}" in said
    assert (tmp_path / "search.png").read_bytes().startswith(b"\x89PNG")
    # One trial more: the two before it are not run again.
    assert main(["tune", "mlp_bank", "--trials", "3", *flags]) == 0
    assert len(list(tmp_path.glob("trial_*"))) == 3
    assert (tmp_path / "trials.csv").read_text().count("\n") == 4


def test_two_processes_do_not_make_one_search(tmp_path, capsys):
    study = tmp_path / "study"
    study.mkdir()
    tune = ["tune", "mlp_bank", "--local", "--data", "synthetic", "--study", str(study)]
    with lock.held(study):
        assert main(tune) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{study}: process {os.getpid()} on " in line
    assert [path.name for path in study.iterdir()] == [".lock"]


def test_the_picture_has_each_setting_as_it_was_searched(tmp_path, monkeypatch):
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: drawn.append(figure))
    monkeypatch.setattr(report, "replacing", lambda path: nullcontext(path))
    monkeypatch.setattr(picture, "replacing", lambda path: nullcontext(path))
    words = ["agent.learning_rate=0.001:0.1:log", "agent.n_step=1:5", "agent.batch_size=32,64"]
    search = _search(tmp_path, trials=2, experiment="dqn_cartpole", words=words)
    for run in search.supply():
        assert isinstance(run, Run)
        end(search, run, 1.0)
    report.write(search, tmp_path, "a title")
    rate, steps, batch = drawn[0].axes[1:4]
    assert (rate.get_xscale(), steps.get_xscale()) == ("log", "linear")
    assert [each.get_text() for each in rate.get_xticklabels()] == ["0.001", "0.01", "0.1"]
    assert list(steps.get_xticks()) == [1, 3, 5]
    assert [each.get_text() for each in batch.get_xticklabels()] == ["32", "64"]


def test_trials_are_judged_by_what_the_settings_of_a_job_decide_on():
    config = catalog.get("table").config
    assert isinstance(config, SupervisedConfig)
    numbers = replace(config, job=replace(config.job, task="regression"))
    assert [_metric("table", each) for each in (config, numbers)] == ["accuracy", "r2"]
    assert _metric("dqn_cartpole", catalog.get("dqn_cartpole").config) == "mean_return"

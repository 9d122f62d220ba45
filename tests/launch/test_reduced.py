"""Runs of which only settings, results and evaluations were kept, as those below our tables."""

import json
from pathlib import Path

import pytest

from benchmarks import kept_runs
from launch.cli import main
from tests.launch.compared.made_up import make_run


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A run after it was packed and unpacked again."""
    monkeypatch.setattr(kept_runs, "KEPT", tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    whole, runs = tmp_path / "whole", tmp_path / "runs"
    kept_runs.pack("table", whole, [make_run(whole / "seed_0", seed=0, kept=480.0)])
    kept_runs.unpack("table", runs)
    return runs / "seed_0"


def test_report_draws_its_evaluations(run, tmp_path):
    assert main(["report", str(run), "--out", str(tmp_path / "report.png")]) == 0
    (row,) = json.loads((tmp_path / "report.json").read_text())
    assert (row["finished"], row["ours"]) == (1, 480.0)
    assert (tmp_path / "report.png").stat().st_size > 1_000


def test_that_its_weights_were_not_kept_is_told(run, capsys):
    told = "of this run only settings, results and evaluations were kept"
    assert main(["describe", str(run)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"no policy.npz: {told}" in said
    assert f"command.txt: {told}" in said
    for words in (["evaluate", str(run)], ["export", str(run), "--to", "keras"]):
        assert main(words) == 2
        assert f"no policy.npz: {told}, and no weights" in capsys.readouterr().err


def test_it_does_not_go_on(run, capsys):
    assert main(["resume", str(run)]) == 2
    assert "go on with it" not in capsys.readouterr().err

"""The examples, each run as its first lines say."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.errors import RunError
from launch.cli import main
from launch.experiments import catalog
from launch.jobs import own_code
from launch.jobs.supervised import process

ROOT = Path(__file__).parents[2]
SHORT = ("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3")


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.parametrize(
    "arguments",
    [
        ("examples.sarsa:SARSA_CLIFF", "--agent.temperature", "0.5", "--env-steps", "4000"),
        (
            *("dqn", "--env", "examples.own_environment:make", "--env-steps", "2000"),
            *("--agent.hidden-sizes", "16"),
        ),
        pytest.param(
            ("examples.own_network:SMALL_CARTPOLE", "--env-steps", "1000", "--agent.units", "16"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            (
                "examples.own_experiment:ACROBOT",
                "--env-steps",
                "2000",
                "--agent.hidden-sizes",
                "16",
            ),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["own agent", "own environment", "own network", "own experiment"],
)
def test_what_is_a_users_own_has_the_same_bits_on_any_number_of_workers(tmp_path, arguments):
    found = []
    for workers in ("0", "2"):
        folder = tmp_path / workers
        flags = [*arguments, *SHORT, "--num-envs", "4", "--workers", workers]
        assert main([*flags, "--run-dir", str(folder)]) == 0
        found.append(_result(folder)["fingerprint"])
    assert found[0] == found[1]
    picture = tmp_path / "report.png"
    assert main(["report", str(tmp_path / "0"), "--out", str(picture)]) == 0
    assert main(["evaluate", str(tmp_path / "0"), "--episodes", "3"]) == 0


def test_an_own_agent_learns_and_its_run_resumes(tmp_path, monkeypatch):
    from launch.jobs.rl import execution

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    name = "examples.sarsa:SARSA_CLIFF"
    assert main([name, "--workers", "0", "--run-dir", str(whole)]) == 0
    assert _result(whole)["evaluation"]["mean_return"] == -13  # the shortest way there is

    class Interrupted(execution.Interrupts):
        def __call__(self) -> bool:
            asked.append(1)
            return len(asked) > 100

    asked: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", Interrupted)
        assert main([name, "--workers", "0", "--run-dir", str(cut)]) == 130
    assert main(["resume", str(cut)]) == 0
    assert _result(cut)["fingerprint"] == _result(whole)["fingerprint"]


def test_an_own_agent_is_short():
    """What a user writes for an agent: settings, actor and learner, in at most 60 lines."""
    lines = (ROOT / "examples/sarsa.py").read_text().splitlines()
    tree = ast.parse("\n".join(lines))
    written = [
        line
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for line in lines[node.lineno - 2 : node.end_lineno]
        if line.strip()
    ]
    assert 30 < len(written) <= 60


def test_an_own_supervised_job_is_trained_scored_and_applied(tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ["--local", "--fit.epochs", "20", "--run-dir", str(folder)]
    assert main(["examples.own_job:WINES", *flags]) == 0
    result = _result(folder)
    assert result["metrics"]["accuracy"] > 0.85 > 0.5 > result["claim"]["baseline"]
    assert result["data"] == "sample"
    wine = "14.2,1.7,2.4,15.6,127,2.8,3.06,.28,2.29,5.64,1.04,3.92,1065"
    capsys.readouterr()
    assert main(["predict", str(folder), wine]) == 0
    assert capsys.readouterr().out.split()[2] == "0"  # the grower that scikit-learn says
    assert main(["predict", str(folder), "1,2"]) == 2
    assert "expected 13 numbers" in capsys.readouterr().err


def test_an_own_supervised_job_that_ends_the_program_is_a_failed_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("examples.own_job.load", lambda source: sys.exit("no wine"))
    folder = tmp_path / "run"
    assert main(["examples.own_job:WINES", "--local", "--run-dir", str(folder)]) == 1
    assert "error: SystemExit: no wine" in capsys.readouterr().err
    monkeypatch.setattr(process, "execute", lambda *_: sys.exit("no wine"))
    monkeypatch.setattr("ray.util.get_current_placement_group", lambda: None)
    config = catalog.get("examples.own_job:WINES").config
    with pytest.raises(RunError, match="SystemExit: no wine") as failed:  # as in a task of Ray
        list(process.stream(config, {}))
    assert "sys.exit" in failed.value.trace


def test_where_own_code_failed_is_told_before_there_is_a_folder(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    flags = ["--workers", "0", "--run-dir", str(folder)]
    assert main(["examples.sarsa:SARSA_CLIFF", "--env", "CartPole-v1", *flags]) == 1
    lines = (ROOT / "examples/sarsa.py").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "observation_space.n, action" in text)
    told = capsys.readouterr().err
    failed = "error: AttributeError: 'Box' object has no attribute 'n'"
    place = Path("examples/sarsa.py")
    assert f"{failed} ({place}, line {line})" in told.replace(f"{ROOT}/", "")
    assert "Traceback" not in told

    def broken(source):
        raise KeyError("grower")

    monkeypatch.setattr("examples.own_job.load", broken)
    line = broken.__code__.co_firstlineno + 1
    assert main(["examples.own_job:WINES", "--local", "--run-dir", str(folder)]) == 1
    told = capsys.readouterr().err.replace(f"{ROOT}/", "")
    assert f"error: KeyError: 'grower' (tests/examples/test_examples.py, line {line})" in told
    assert not folder.exists()


def test_a_failure_of_ours_is_no_failure_of_own_code(tmp_path):
    ours, library = ROOT / "agents/learning.py", Path(np.__file__)
    frames = "".join(f'  File "{file}", line 7, in f\n' for file in (ours, library, "<string>"))
    assert own_code.place(f"Traceback\n{frames}ValueError: no") == ""
    linked = tmp_path / "linked"
    linked.symlink_to(ROOT)
    ours = f'  File "{linked / "agents/learning.py"}", line 7, in f\n'
    assert own_code.place(f"Traceback\n{ours}ValueError: no") == ""
    mine = f'  File "{Path.cwd() / "mine.py"}", line 3, in g\n'
    assert own_code.place(f"Traceback\n{mine}{frames}ValueError: no") == " (mine.py, line 3)"


def test_training_from_python_with_a_callback(tmp_path, monkeypatch, capsys):
    from examples import from_python

    monkeypatch.chdir(tmp_path)
    run = from_python.main(env_steps=5_000)
    said = capsys.readouterr().out
    assert "4,096 env steps: mean return" in said
    assert "the pole stood for" in said
    assert run.result.status == "finished"
    assert (tmp_path / run.folder / "policy.npz").exists()


@pytest.mark.slow
def test_an_experiment_far_from_the_repository_runs_with_workers(tmp_path):
    """Agent and experiment lie in a user's own folder, and Ray's workers find them there."""
    (tmp_path / "mine.py").write_text((ROOT / "examples/sarsa.py").read_text())
    found = []
    for workers in ("0", "2"):
        command = [sys.executable, "-m", "launch", "mine:SARSA_CLIFF", "--env-steps", "4000"]
        flags = [*SHORT, "--workers", workers, "--run-dir", workers, "--no-head-start"]
        subprocess.run([*command, *flags], cwd=tmp_path, check=True, timeout=120)
        found.append(_result(tmp_path / workers)["fingerprint"])
    assert found[0] == found[1]

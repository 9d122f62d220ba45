"""Misbehaving environments and diverging learners in whole runs, through the command line."""

import json
import os
import time

import pytest

from launch.cli import main
from launch.run_folder.metrics import read_metrics
from tests.envs.broken import WAYS
from tests.launch.test_tracking import series
from tests.processes import spawn

pytestmark = pytest.mark.usefixtures("ray_cluster")

_SHORT = (
    *("--env-steps", "2000", "--num-envs", "4", "--agent.hidden-sizes", "16"),
    *("--agent.learning-starts", "200", "--agent.batch-size", "16"),
    *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "8"),
    *("--evaluation.final-episodes", "10"),
)


def _run(folder, how: str, *flags: str) -> int:
    env = ["--env", f"tests.envs.broken:Broken-{how}-v0"]
    return main(["dqn", *env, *_SHORT, "--run-dir", str(folder), *flags])


def _result(folder):
    return json.loads((folder / "result.json").read_text())


@pytest.mark.slow  # in short: test_rebuilding.py and test_worker.py drop them, too
@pytest.mark.parametrize("how", ["raise", "reset"])
def test_dropped_episodes_leave_the_same_bits_on_any_number_of_workers(tmp_path, how):
    results = []
    for workers in (0, 1, 3):
        folder = tmp_path / str(workers)
        flags = ["--on-fault", "drop", "--workers", str(workers)]
        assert _run(folder, how, *flags) == 0
        results.append(_result(folder))
    assert len({result["fingerprint"] for result in results}) == 1
    assert len({json.dumps(result["evaluation"]) for result in results}) == 1
    dropped = {result["dropped_episodes"] for result in results}
    assert len(dropped) == 1
    assert dropped.pop() > 10


def test_dropped_episodes_are_counted_and_shown(tmp_path, caplog):
    folder = tmp_path / "run"
    assert _run(folder, "raise", "--on-fault", "drop", "--workers", "0") == 0
    dropped = _result(folder)["dropped_episodes"]
    records = read_metrics(folder)
    faults = [r for r in records if r["kind"] == "fault" and r["purpose"] == 1]
    assert len(faults) == dropped
    assert faults[0]["reason"] == WAYS["raise"]
    assert faults[0].keys() >= {"env_steps", "env_index", "episode", "step", "action"}
    iterations = [r for r in records if r["kind"] == "iteration"]
    assert iterations[-1]["episode/dropped"] == dropped
    assert series(folder, "episode/dropped")[-1] == (2_000, dropped)
    # What was dropped is neither an episode nor part of an evaluation.
    assert sum(len(r["episode_returns"]) for r in iterations) == _result(folder)["episodes"]
    assert any(r["kind"] == "fault" and r["purpose"] != 1 for r in records)
    assert _result(folder)["evaluation"]["episodes"] == 10
    assert "episode dropped: environment " in caplog.text


@pytest.mark.parametrize(
    ("how", "workers"),
    [("raise", "0"), pytest.param("raise", "2", marks=pytest.mark.slow), ("shape", "0")],
)
def test_a_fault_stops_the_run_resumably(tmp_path, capsys, how, workers):
    """Resumed with drops allowed, it ends where a run that allowed them from the start ends."""
    folder = tmp_path / "run"
    assert _run(folder, how, "--workers", workers) == 1
    (error,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert "the environment failed: environment " in error
    assert "action " in error
    assert WAYS[how] in error
    assert f"python -m launch resume {folder}" in error
    if how == "raise":
        assert "in step" in (folder / "failure.txt").read_text()
        assert "failure.txt" in error
    assert _result(folder)["status"] == "failed"
    assert main(["resume", str(folder)]) == 1  # the same again, at the same place
    assert error.split(";")[0] in capsys.readouterr().err
    assert main(["resume", str(folder), "--on-fault", "drop"]) == 0
    assert _run(tmp_path / "whole", how, "--on-fault", "drop", "--workers", "0") == 0
    assert _result(folder)["fingerprint"] == _result(tmp_path / "whole")["fingerprint"]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_hanging_environment_is_named(tmp_path, capsys, workers):
    folder = tmp_path / "run"
    began = time.monotonic()
    assert _run(folder, "hang", "--workers", workers, "--hang-seconds", "1") == 1
    assert time.monotonic() - began < 60
    error = capsys.readouterr().err
    assert "the environment hangs: environment " in error
    assert "no answer within 1 s" in error
    assert "Traceback" not in error


@pytest.mark.slow
def test_a_hanging_environment_is_dropped_to_the_same_bits_anywhere(tmp_path):
    flags = ["--on-fault", "drop", "--hang-seconds", "0.4"]
    # few steps: each of its hangs costs the time it takes to be sure, and a new worker
    flags += ["--env-steps", "160", "--evaluation.every-env-steps", "0"]
    flags += ["--evaluation.final-episodes", "2"]
    results = []
    for workers in ("0", "2"):
        assert _run(tmp_path / workers, "hang", *flags, "--workers", workers) == 0
        results.append(_result(tmp_path / workers))
    assert results[0]["fingerprint"] == results[1]["fingerprint"]
    assert results[0]["evaluation"] == results[1]["evaluation"]
    assert results[0]["dropped_episodes"] == results[1]["dropped_episodes"] > 0
    assert results[0]["restarts"] >= results[0]["dropped_episodes"]


def test_an_environment_that_never_works_ends_the_run(tmp_path, capsys):
    env = ["--env", "tests.envs.broken:AlwaysBroken-v0", "--on-fault", "drop"]
    flags = [*_SHORT, "--workers", "2", "--run-dir", str(tmp_path / "run")]
    assert main(["dqn", *env, *flags]) == 1
    error = capsys.readouterr().err
    assert "the motor is gone (after 10 dropped episodes in a row)" in error


def test_an_environment_that_cannot_be_made_is_said(tmp_path, capsys):
    env = ["--env", "tests.envs.broken:Unmakable-v0"]
    assert main(["dqn", *env, "--run-dir", str(tmp_path / "run")]) == 2
    assert "FileNotFoundError: no motor.cfg" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_evaluating_in_a_broken_environment_is_one_line(tmp_path, capsys):
    folder = tmp_path / "run"
    assert _run(folder, "none", "--workers", "0") == 0
    config = json.loads((folder / "config.json").read_text())
    config["config"]["env"] = "tests.envs.broken:Broken-raise-v0"
    (folder / "config.json").write_text(json.dumps(config))
    capsys.readouterr()
    assert main(["evaluate", str(folder)]) == 1
    begun, error = capsys.readouterr().err.splitlines()
    assert begun == "playing 100 episodes"
    assert error.startswith("error: the environment failed: evaluation environment ")


_DIVERGES = {
    "dqn": [
        *("dqn_cartpole", "--env-steps", "6000", "--agent.hidden-sizes", "16"),
        *("--agent.learning-rate", "1e30", "--agent.updates-per-call", "16"),
    ],
    "network": ["qnet_frozenlake", "--env-steps", "6000", "--agent.learning-rate", "1e30"],
}


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("dqn", ["--workers", "0"]),
        ("network", ["--workers", "0"]),
        pytest.param("dqn", ["--workers", "1", "--learner-gpus", "1"], marks=pytest.mark.slow),
    ],
)
def test_a_diverging_learner_stops_at_its_update(tmp_path, capsys, kind, where):
    folder = tmp_path / "run"
    assert main([*_DIVERGES[kind], "--run-dir", str(folder), *where]) == 1
    (error,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert "the learner diverged at update " in error
    assert "its loss is " in error or "weights are not finite" in error
    result = _result(folder)
    assert result["status"] == "failed"
    assert f"diverged at update {result['updates']:,}:" in error
    # The last good state is a checkpoint, and its policy can be used.
    assert list((folder / "checkpoints").glob("step_*"))
    assert (folder / "policy.keras").exists()
    assert main(["evaluate", str(folder), "--episodes", "3"]) == 0
    assert main(["resume", str(folder)]) == 1
    assert f"diverged at update {result['updates']:,}:" in capsys.readouterr().err


def test_a_run_that_loses_its_terminal_saves_everything(tmp_path):
    """As when a window is closed or a connection breaks."""
    folder = tmp_path / "run"
    process = spawn(
        "q_frozenlake_8x8", "--num-envs", "64", "--run-dir", str(folder), "--workers", "0"
    )
    while not (folder / "metrics.jsonl").exists():
        time.sleep(0.05)
    os.kill(process.pid, 1)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "everything is saved" in out

"""What is told of environments once, however long a run is and however many parts it has."""

import subprocess
from types import SimpleNamespace

import pytest

from envs.remarks import Remark
from launch.config.execution import CheckpointConfig
from launch.jobs.rl.remarks import Remarks
from launch.run_folder.checkpoints import Origin
from launch.run_folder.metrics import read_metrics
from launch.run_folder.writer import RunWriter
from tests.processes import spawn
from tests.training.fakes import StubTraining


def _done(env_steps, *remarks):
    return SimpleNamespace(env_steps=env_steps, remarks=remarks)


def _outside(text, count, at):
    return Remark(kind="outside", text=text, count=count, at=at)


def test_a_kind_is_told_once_also_in_a_resumed_run(tmp_path, caplog):
    writer = RunWriter(tmp_path, Origin(run={}, versions={}), CheckpointConfig(), None)
    training, remarks = StubTraining(SimpleNamespace(restarts=0)), Remarks(writer)
    flag = Remark(kind="terminated", text="terminated is odd")
    # The second worker's is the earlier one.
    remarks.on_iteration(training, _done(8, _outside("late", 2, (5, 0)), _outside("x", 1, (3, 4))))
    remarks.on_iteration(training, _done(16, flag, flag, _outside("later", 4, (1, 0))))
    resumed = Remarks(writer)
    resumed.set_state(remarks.get_state())
    resumed.on_iteration(training, _done(24, flag, _outside("latest", 1, (1, 0))))
    writer.commit()
    writer.close()
    assert caplog.messages == [
        "tests.envs.toy:Guess-v0: x",
        "tests.envs.toy:Guess-v0: terminated is odd",
    ]
    assert resumed.outside == 2 + 1 + 4 + 1
    assert [(each["env_steps"], each["text"]) for each in read_metrics(tmp_path)] == [
        (8, "x"),
        (16, "terminated is odd"),
    ]


@pytest.mark.slow
def test_no_library_speaks_over_a_result(tmp_path):
    pytest.importorskip("ale_py")
    folder = tmp_path / "run"
    process = spawn(
        *("random_cartpole", "--env", "ALE/Pong-v5", "--workers", "0", "--env-steps", "200"),
        *("--num-envs", "2", "--max-episode-steps", "50", "--film-steps", "10"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "1"),
        *("--run-dir", str(folder)),
        stderr=subprocess.STDOUT,
    )
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "random_cartpole, seed 0: finished after" in out
    for noise in ("A.L.E", "Stella", "nanobind", "pygame"):
        assert noise not in out

"""Batches shared by Ray workers: the same bits, whoever dies."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launch.cli import main
from tests.processes import cluster, descendants, named, spawn, table, wait_for_records

DIGITS = (
    *("mlp_mnist_dropout", "--data", "synthetic", "--fit.epochs", "2"),
    *("--fit.batch-size", "200"),
    *("--network.hidden-sizes", "16", "--network.dropout", "0.1"),
)

TEAMS = (
    *("data_parallel", "--data", "synthetic", "--networks", "softmax", "--replicas", "0"),
    *("--updates", "100", "--look-every", "25"),
)
STAGES = (
    *("model_parallel", "--data", "synthetic", "--micro-batches", "2", "4"),
    *("--updates", "60", "--look-every", "5", "--batch-size", "64"),
)


def _run(folder: Path, *flags: str) -> dict:
    assert main([*DIGITS, "--run-dir", str(folder), *flags]) == 0
    return json.loads((folder / "result.json").read_text())


@pytest.mark.slow
def test_killed_workers_and_servers_leave_no_trace(ray_cluster, tmp_path, caplog, capsys):
    whole = _run(tmp_path / "whole", "--workers", "1", "--gpus", "1")
    # The cluster's GPUs are pretended.
    assert "a worker asks for 1 GPU, but TensorFlow finds none" in capsys.readouterr().err
    folder = tmp_path / "struck"

    def kill() -> None:
        wait_for_records(folder, 1)
        for kind in ("ray::Member", "ray::StorageMember"):  # a worker and a parameter server
            os.kill(named(list(table()), kind)[0], signal.SIGKILL)

    with ThreadPoolExecutor(1) as thread:
        killed = thread.submit(kill)
        struck = _run(folder, "--workers", "2", "--servers", "2")
        killed.result()
    assert struck["fingerprint"] == whole["fingerprint"]
    assert struck["restarts"] == 0
    assert "worker 0 died" in caplog.text + capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--workers", "9"), "a batch of 200 is cut into 8 parts (--fit.parts)"),
        (("--workers", "3", "--fit.batch-size", "2"), "a batch of 2 is cut into 2 parts"),
        (("--workers", "2", "--local"), "--workers and --local exclude each other"),
        (("--workers", "500"), "--workers 500 do not fit on the cluster"),
        (("--workers", "3", "--gpus", "1"), "--workers 3 do not fit on the cluster"),
    ],
)
def test_more_than_can_be_had_is_said(ray_cluster, tmp_path, capsys, flags, said):
    small = ("--memory-gb", "0.5")  # so that what is refused is not a busy machine's memory
    assert main([*DIGITS, *flags, *small, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_job_with_nothing_to_share_is_named(tmp_path, capsys):
    assert main(["tensors", "--workers", "2", "--out", str(tmp_path)]) == 2
    assert "--workers: tensors trains no network on batches" in capsys.readouterr().err


def _with_a_worker(raylets: list[int]) -> int:
    """The first node that has one of the run's workers: three find room on two of the nodes."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for raylet in raylets:
            if named(descendants(raylet), "ray::Member"):
                return raylet
    raise AssertionError("no worker came")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("job", "alone", "record", "kept"),
    [
        (DIGITS, 1, 1, ("fingerprint",)),  # after the first of two epochs
        # One process, one worker and two have four records each; three workers have one.
        (TEAMS, 3, 13, ("other_bits", "softmax_synchronous_3_log_loss")),
        (STAGES, 3, 1, ("accuracy", "largest_difference")),
    ],
)
def test_a_node_that_is_lost_leaves_no_trace(tmp_path, job, alone, record, kept):
    """Three nodes on loopback, each with room for two of the three workers and the job."""
    whole = spawn(*job, "--workers", str(alone), "--run-dir", str(tmp_path / "whole"))
    _, said = whole.communicate(timeout=240)
    assert whole.returncode == 0, said
    with cluster("2", "2", "2") as nodes:
        folder = tmp_path / "struck"
        flags = ["--workers", "3", "--servers", "2", "--address", nodes["address"]]
        run = spawn(*job, *flags, "--run-dir", str(folder))
        wait_for_records(folder, record, run)
        os.kill(_with_a_worker(nodes["raylets"][1:]), signal.SIGKILL)
        _, said = run.communicate(timeout=400)
        assert run.returncode == 0, said
    assert " died: rebuilding it" in said or "back to the last weights" in said
    results = [json.loads((tmp_path / n / "result.json").read_text()) for n in ("whole", "struck")]
    figures = [{**result["metrics"], **result} for result in results]
    assert [figures[0][name] for name in kept] == [figures[1][name] for name in kept]


@pytest.mark.slow
def test_a_run_is_resumed_with_other_workers_to_the_same_bits(ray_cluster, tmp_path):
    """One that has workers keeps some."""
    whole = _run(tmp_path / "whole", "--workers", "2")
    folder = tmp_path / "cut"

    def interrupt() -> None:
        wait_for_records(folder, 1)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(interrupt)
        assert main([*DIGITS, "--run-dir", str(folder), "--workers", "1"]) == 130
        asked.result()
    assert main(["resume", str(folder), "--workers", "0"]) == 2
    assert main(["resume", str(folder), "--workers", "3", "--servers", "2"]) == 0
    resumed = json.loads((folder / "result.json").read_text())
    assert resumed["fingerprint"] == whole["fingerprint"]

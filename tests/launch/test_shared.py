"""Batches shared by Ray workers: the same bits, whoever dies."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from launch.cli import main
from tests.processes import named, table, wait_for_rounds

DIGITS = (
    *("mlp_mnist_dropout", "--data", "synthetic", "--fit.epochs", "2"),
    *("--fit.batch-size", "200"),
    *("--network.hidden-sizes", "16", "--network.dropout", "0.1"),
)


def _run(folder: Path, *flags: str) -> dict:
    assert main([*DIGITS, "--run-dir", str(folder), *flags]) == 0
    return json.loads((folder / "result.json").read_text())


def test_killed_workers_and_servers_leave_no_trace(ray_cluster, tmp_path, caplog):
    whole = _run(tmp_path / "whole", "--workers", "1")
    folder = tmp_path / "struck"

    def kill() -> None:
        wait_for_rounds(folder, 1)
        # A worker and the server, or the other way round: both are there, in an order of their own.
        for pid in named(list(table()), "ray::Member")[:2]:
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    struck = _run(folder, "--workers", "2", "--servers", "2")
    killer.join()
    assert struck["fingerprint"] == whole["fingerprint"]
    assert struck["retries"] == 0


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
    assert main([*DIGITS, *flags, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_job_with_nothing_to_share_is_named(tmp_path, capsys):
    assert main(["tensors", "--workers", "2", "--out", str(tmp_path)]) == 2
    assert "--workers: tensors trains no network on batches" in capsys.readouterr().err

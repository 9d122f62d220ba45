"""Jobs on one cluster: the same bits as without it, whatever becomes of their processes."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from launch.cli import main
from supervised.datasets import bank
from tests.launch.conftest import SHORT
from tests.processes import named, table, wait_for_records

DIGITS = (
    *("mlp_mnist_dropout", "--data", "synthetic", "--fit.epochs", "4"),
    *("--network.hidden-sizes", "16", "--network.dropout", "0.1"),
)

LINE = ("linear_synthetic", "--test-points", "500", "--iterations", "4")


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def _results(out: Path) -> dict[tuple[str, int], dict]:
    found = [_result(path.parent) for path in out.glob("*/*/result.json")]
    return {(result["experiment"], result["seed"]): result for result in found}


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict:
    """The digits in this process, undisturbed."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert main([*DIGITS, "--local", "--run-dir", str(folder)]) == 0
    return _result(folder)


@pytest.mark.slow  # in short: test_address.py has both kinds on a cluster that it joins
def test_both_kinds_share_a_cluster_and_keep_their_bits(ray_cluster, tmp_path, launch):
    table_run = launch("table", "table", "--workers", "0")
    assert main([*LINE, "--local", "--run-dir", str(tmp_path / "alone")]) == 0
    alone = _result(tmp_path / "alone")
    # The job trains nothing that workers could share: they are the other one's.
    flags = [*LINE[1:], *SHORT["table"][1:], "--workers", "2", "--out", str(tmp_path / "out")]
    assert main(["linear_synthetic", "q_frozenlake", "--seeds", "0,1", *flags]) == 0
    results = _results(tmp_path / "out")
    assert set(results) == {
        (name, seed) for name in ("linear_synthetic", "q_frozenlake") for seed in (0, 1)
    }
    assert all(result["status"] == "finished" for result in results.values())
    assert results["linear_synthetic", 0]["fingerprint"] == alone["fingerprint"]
    assert results["linear_synthetic", 1]["fingerprint"] != alone["fingerprint"]
    assert results["q_frozenlake", 0]["fingerprint"] == table_run["fingerprint"]


@pytest.mark.slow
def test_a_killed_job_goes_on_to_the_same_bits(ray_cluster, tmp_path, alone, caplog):
    folder = tmp_path / "run"

    def kill() -> None:
        wait_for_records(folder, 2)
        for pid in named(list(table()), "ray::mlp_mnist_dropout seed 0"):
            os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert main([*DIGITS, "--run-dir", str(folder)]) == 0
    killer.join()
    result = _result(folder)
    assert result["restarts"] == 1
    assert result["fingerprint"] == alone["fingerprint"]
    steps = [json.loads(line)["step"] for line in open(folder / "metrics.jsonl")]
    assert steps == [1, 2, 3, 4]
    assert "started again from its last checkpoint" in caplog.text


@pytest.mark.slow
def test_a_job_that_always_dies_is_given_up(ray_cluster, tmp_path, capsys):
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.05):
            for pid in named(list(table()), "ray::tensors seed 0"):
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    code = main(["tensors", "--max-retries", "1", "--out", str(tmp_path)])
    over.set()
    killer.join()
    assert code == 1
    assert "died" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_one_that_fails_leaves_the_others_alone(ray_cluster, tmp_path, capsys):
    (tmp_path / "data" / "bank").mkdir(parents=True)
    page = tmp_path / "data" / "bank" / "bank-additional-full.csv"
    names = [*bank.COLUMNS, "y"]  # with these it looks like the data, until a job reads on
    page.write_text("\n".join((";".join(names), ";".join("x" for _ in names), "")))
    flags = ["--data-dir", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--gpus", "0.5"]
    assert main(["mlp_bank", "tensors", *flags]) == 2
    said = capsys.readouterr().err
    assert "failed: " in said
    # The cluster's GPUs are pretended.
    assert "asks for 0.5 GPU, but TensorFlow finds none there" in said
    assert str(page) in said
    assert _results(tmp_path / "out")["tensors", 0]["status"] == "finished"


def test_what_fits_nowhere_is_said_before_anything_starts(ray_cluster, tmp_path, capsys):
    assert main(["tensors", "--cpus", "64", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "tensors asks for 64 CPUs" in said
    assert "the largest here have 4" in said
    assert os.listdir(tmp_path) == []

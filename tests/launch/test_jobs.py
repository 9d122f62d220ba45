"""What every supervised job keeps, run through the real command line in this process."""

import json
from pathlib import Path

import pandas as pd
import pytest

from launch import catalog
from launch.cli import main
from launch.configs import SupervisedConfig
from launch.interrupts import Interrupts

RBM = ("--hidden", "8", "--rbm.epochs", "2")
SMALL = {
    "tensors": (),
    "linear_synthetic": ("--test-points", "500", "--iterations", "4"),
    "linear_boston": ("--data", "sample", "--iterations", "10000", "--repeats", "3"),
    "explore_mnist": ("--data", "sample"),
    "mlp_mnist_dropout": (
        *("--data", "synthetic", "--fit.epochs", "2", "--network.hidden-sizes", "16"),
        *("--network.dropout", "0.1"),
    ),
    "mlp_bank_no_duration": (
        *("--data", "synthetic", "--fit.epochs", "2", "--network.hidden-sizes", "8"),
    ),
    "mnist_choices": (
        *("--data", "synthetic", "--images", "500", "--fit.epochs", "1"),
        *("--activations", "relu", "crelu", "--optimizers", "sgd", "adam"),
        *("--initializers", "he_normal", "--learning-rates", "0.01"),
        *("--network.hidden-sizes", "8"),
    ),
    "rbm_mnist": ("--data", "synthetic", *RBM),
    "dbn_bank": ("--data", "synthetic", "--fit.epochs", "1", "--rbm.epochs", "1"),
    "dbn_houses": ("--data", "sample", "--fit.epochs", "1", "--rbm.epochs", "1"),
    "fraud_autoencoder_deep": (
        *("--data", "synthetic", "--fit.epochs", "2", "--classifier-epochs", "1"),
    ),
}
"""A small run of each kind of job."""
WITHOUT_MODEL = {"tensors", "explore_mnist", "mnist_choices"}
KEYS = {
    *("experiment", "seed", "status", "data", "data_sets", "metrics", "validation", "claim"),
    *("wall_seconds", "peak_memory_mb", "retries", "notes", "fingerprint"),
}


def test_every_kind_of_job_has_a_small_run():
    kinds = {
        type(experiment.config.job)
        for experiment in catalog.EXPERIMENTS.values()
        if isinstance(experiment.config, SupervisedConfig)
    }
    small = [catalog.get(name).config for name in SMALL]
    assert {type(config.job) for config in small if isinstance(config, SupervisedConfig)} == kinds


def _run(name: str, folder: Path, *flags: str, code: int = 0) -> dict:
    assert main([name, *SMALL[name], "--local", "--run-dir", str(folder), *flags]) == code
    return json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize("name", SMALL)
def test_contract(name, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "whole"
    result = _run(name, folder)
    assert set(result) == KEYS
    assert result["status"] == "finished"
    assert result["data"] in ("real", "sample", "synthetic")
    claim = result["claim"]
    assert claim["metric"] == catalog.get(name).claim.metric
    assert claim["ours"] == result["metrics"][claim["metric"]]
    assert claim["comparable"] is False  # no job is, on these data
    assert 100 < result["peak_memory_mb"] < 20_000
    assert result["fingerprint"] in capsys.readouterr().out
    for path in folder.glob("*.csv"):
        assert set(pd.read_csv(path)["data"]) == {result["data"]}, path.name
    for path in folder.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert list(folder.glob("*.csv"))
    assert list(folder.glob("events.out.tfevents.*"))

    if name in WITHOUT_MODEL:
        assert main(["evaluate", str(folder)]) == 2
    else:
        assert main(["evaluate", str(folder)]) == 0
        said = dict(line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines())
        assert float(said[claim["metric"]]) == pytest.approx(claim["ours"], rel=1e-4)

    # Stopped at its first checkpoint and resumed: the same bits. One without checkpoints ends.
    monkeypatch.setattr(Interrupts, "__call__", _once())
    again = tmp_path / "again"
    code = 130 if any((folder / "checkpoints").iterdir()) else 0
    stopped = _run(name, again, code=code)
    if code:
        assert stopped["status"] == "interrupted"
        assert main(["resume", str(again)]) == 0
    second = json.loads((again / "result.json").read_text())
    assert second["fingerprint"] == result["fingerprint"]
    assert (again / "metrics.jsonl").read_text() == (folder / "metrics.jsonl").read_text()


def _once():
    """Answers that somebody pressed Ctrl-C, to the second question only."""
    asked = []

    def answer(self) -> bool:
        asked.append(1)
        return len(asked) == 2

    return answer

"""The ledger: intervals by hand, and what stands in a row."""

import dataclasses
import json
from pathlib import Path

from launch.cli import main
from launch.config.execution import OutputConfig
from launch.experiments import catalog
from launch.run_folder import location


def _run(out: Path, seed: int, ours: float | None, **changes) -> None:
    default = catalog.get("mlp_bank").config
    config = dataclasses.replace(default, seed=seed, output=OutputConfig(out=out))
    with location.new("mlp_bank", config, []) as folder:
        claim = {"metric": "accuracy", "book": 0.889, "book_note": "the majority"}
        claim |= {"baseline": 0.8875, "optimum": None, "ours": ours, "comparable": True}
        result = {
            "kind": "supervised",
            "experiment": "mlp_bank",
            "seed": seed,
            "status": "finished",
            "data": "real",
            "metrics": {"accuracy": ours, "roc_auc": 0.9},
            "claim": claim,
            "notes": [],
            "restarts": 0,
            "fingerprint": None,
            "data_sets": {"bank": "real"},
            "wall_seconds": 20.0 + seed,
            "peak_memory_mb": 800.0,
            **changes,
        }
        (folder / "result.json").write_text(json.dumps(result))


def test_a_row_has_claim_baseline_and_ours(tmp_path, capsys):
    for seed, ours in enumerate((0.91, 0.92, 0.93)):
        _run(tmp_path / "runs", seed, ours)
    _run(tmp_path / "runs", 3, None, status="failed", metrics={}, peak_memory_mb=None)
    out = tmp_path / "results.md"
    assert main(["ledger", str(tmp_path / "runs"), "--out", str(out)]) == 0
    text = out.read_text()
    row = next(line for line in text.splitlines() if line.startswith("| mlp_bank"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        *("mlp_bank", "real", "accuracy", "0.889", "yes", "0.8875", "-"),
        *("0.920 ± 0.025", "3/4", "21", "800"),
    ]
    assert "| alexnet_predict |" in text
    assert "| not measured: needs bvlc_alexnet.npy |" in text
    assert "- **mlp_bank**: roc_auc 0.9 ± 0." in text
    assert "- **mlp_bank**: the majority." in text


def test_a_seed_given_twice_or_no_run_is_said(tmp_path, capsys):
    for _ in range(2):
        _run(tmp_path / "runs", 0, 0.9)
    assert main(["ledger", str(tmp_path / "runs")]) == 2
    assert "mlp_bank has a seed twice" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["ledger", str(tmp_path / "empty")]) == 2
    assert "no result.json" in capsys.readouterr().err

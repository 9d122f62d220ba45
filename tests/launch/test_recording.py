"""A supervised run's folder: what a dead attempt said never was, and a full disk is waited for."""

import io
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from common.errors import RunError
from launch import catalog, checkpoints, saving
from launch.supervising.recording import Ending, Recording
from launch.tracking import Tracker


@pytest.fixture
def recording(tmp_path) -> Recording:
    config = catalog.get("linear_synthetic").config
    (tmp_path / "checkpoints").mkdir()
    made = Recording("linear_synthetic", config, tmp_path, None)
    made.begins(time.monotonic())
    return made


def _steps(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in open(folder / "metrics.jsonl")]


def test_metrics_come_with_the_checkpoint_after_them(recording, tmp_path):
    recording.scalars(1, {"fit/loss": 0.5})
    assert _steps(tmp_path) == []
    recording.checkpoint("fit", {"epoch": 1})
    assert _steps(tmp_path) == [1]
    recording.scalars(2, {"fit/loss": 0.4})
    recording.begins(time.monotonic())  # the process died, and another begins
    assert recording.restored() == {"phases": {"fit": {"epoch": 1}}, "data": {}}
    recording.scalars(2, {"fit/loss": 0.3})
    recording.checkpoint("fit", {"epoch": 2})
    assert _steps(tmp_path) == [1, 2]
    assert json.loads(open(tmp_path / "metrics.jsonl").readlines()[1])["fit/loss"] == 0.3


def test_a_checkpoint_holds_all_phases_and_where_the_metrics_stood(recording, tmp_path):
    weights = np.arange(3.0)
    recording.loaded("bank", "real")
    recording.scalars(1, {"fit/loss": 0.5})
    recording.checkpoint("first", {"weights": weights})
    recording.checkpoint("second", {"rows": [1, 2]})
    assert recording.save()
    origin = saving.origin("linear_synthetic", catalog.get("linear_synthetic").config)
    state = checkpoints.load_newest(tmp_path / "checkpoints", origin)
    assert state is not None
    np.testing.assert_array_equal(state["phases"]["first"]["weights"], weights)
    assert state["phases"]["second"] == {"rows": [1, 2]}
    assert state["data"] == {"bank": "real"}
    recording.close()
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"kind": "scalars", "step": 9}\n')  # after the checkpoint: cut off
    Recording("linear_synthetic", catalog.get("linear_synthetic").config, tmp_path, state).close()
    assert _steps(tmp_path) == [1]


def test_metrics_wait_while_the_disk_takes_nothing(recording, tmp_path, monkeypatch, caplog):
    def full(self) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "flush", full)
        for step in (1, 2):
            recording.scalars(step, {"fit/loss": 0.5})
            recording.checkpoint("fit", {"epoch": step})
    assert caplog.text.count("they wait in memory") == 1
    recording.scalars(3, {"fit/loss": 0.5})
    recording.checkpoint("fit", {"epoch": 3})
    assert _steps(tmp_path) == [1, 2, 3]
    assert "none is missing" in caplog.text


def test_pictures_are_files_and_are_shown_in_tensorboard(recording, tmp_path):
    png = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(png, "PNG")
    recording.scalars(7, {"fit/loss": 0.5})
    recording.file("red.png", png.getvalue())
    recording.ended(Ending(result={"metrics": {}}, peak_memory_mb=1.0))
    assert (tmp_path / "red.png").read_bytes() == png.getvalue()
    events = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    (shown,) = events.Images("red")
    assert (shown.step, shown.width, shown.height) == (7, 3, 2)
    assert shown.encoded_image_string == png.getvalue()


def test_a_folder_that_is_gone_ends_the_run(recording, tmp_path):
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(RunError, match="deleted or moved"):
        recording.checkpoint("fit", {})


def test_the_fingerprint_is_of_weights_and_figures(recording, tmp_path):
    def fingerprint(weights: np.ndarray, mse: float) -> str:
        recording.begins(time.monotonic())
        recording.model("model.keras", b"file", [weights])
        recording.ended(Ending(result={"metrics": {"mse": mse}}, peak_memory_mb=1.0))
        return json.loads((tmp_path / "result.json").read_text())["fingerprint"]

    first = fingerprint(np.zeros(2), 1.0)
    assert fingerprint(np.zeros(2), 1.0) == first
    assert fingerprint(np.ones(2), 1.0) != first
    assert fingerprint(np.zeros(2), 1.1) != first

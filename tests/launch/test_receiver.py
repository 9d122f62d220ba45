"""The events of a supervised job in its run folder."""

import io
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

from common.errors import Diverged, RunError, UsageError
from launch.config.execution import OutputConfig
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.jobs import kinds
from launch.jobs.supervised.receiver import EventReceiver, explained
from launch.run_folder import checkpoints, saver
from launch.run_folder.events import (
    Began,
    Checkpoint,
    DataLoaded,
    Ended,
    Model,
    Picture,
    Progressed,
    Record,
    Said,
    Scalars,
    Table,
)
from launch.run_folder.tracker import Tracker
from launch.terminal.progress import ProgressDisplay
from supervised.datasets.source import DataError


@pytest.fixture
def config(tmp_path) -> SupervisedConfig:
    default = catalog.get("linear_synthetic").config
    assert isinstance(default, SupervisedConfig)
    return replace(default, output=OutputConfig(run_dir=tmp_path / "run"))


@pytest.fixture
def receiver(config) -> EventReceiver:
    made = _receiver(config)
    made.take(Began())
    return made


def _receiver(config: SupervisedConfig, folder: Path | None = None) -> EventReceiver:
    run = kinds.new("linear_synthetic", config, [], folder=folder)
    return EventReceiver(run, config, ProgressDisplay())


def _loss(receiver: EventReceiver, step: int, loss: float) -> None:
    """What a job's context sends for one scalar."""
    receiver.take(Scalars(step, {"fit/loss": loss}))
    receiver.take(Record({"kind": "scalars", "step": step, "fit/loss": loss}))


def _records(folder: Path) -> list[tuple[int, float]]:
    records = [json.loads(line) for line in open(folder / "metrics.jsonl")]
    return [(record["step"], record["fit/loss"]) for record in records]


def _ended(**metrics: float) -> Ended:
    return Ended({"metrics": metrics}, peak_memory_mb=1.0, fingerprint="0f")


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def test_a_run_that_keeps_nothing_leaves_no_folder(receiver, tmp_path):
    assert receiver.has_begun
    receiver.take(Said("looking for the data"))
    receiver.take(Progressed(1, 2, "downloading"))
    outcome = receiver.close(UsageError("no such data"))
    assert (outcome.folder, str(outcome.error)) == (None, "no such data")
    assert not (tmp_path / "run").exists()


def test_metrics_come_with_the_checkpoint_after_them(receiver, tmp_path):
    folder = tmp_path / "run"
    _loss(receiver, 1, 0.5)
    assert _records(folder) == []
    receiver.take(Checkpoint("fit", {"epoch": 1}))
    assert _records(folder) == [(1, 0.5)]
    _loss(receiver, 2, 0.4)
    receiver.take(Began())  # the process died, and another attempt begins
    assert receiver.restored() == {"phases": {"fit": {"epoch": 1}}, "data": {}, "files": {}}
    _loss(receiver, 2, 0.3)
    receiver.take(Checkpoint("fit", {"epoch": 2}))
    assert _records(folder) == [(1, 0.5), (2, 0.3)]


def test_a_checkpoint_holds_all_phases_and_the_lengths_of_the_metrics(receiver, config, tmp_path):
    folder, weights = tmp_path / "run", np.arange(3.0)
    receiver.take(DataLoaded("bank", "real"))
    _loss(receiver, 1, 0.5)
    receiver.take(Checkpoint("first", {"weights": weights}))
    receiver.take(Checkpoint("second", {"rows": [1, 2]}))
    outcome = receiver.close(interrupted=True)
    assert (outcome.folder, outcome.interrupted) == (folder, True)
    assert _result(folder)["status"] == "interrupted"
    origin = saver.origin("linear_synthetic", config)
    state = checkpoints.load_newest(folder / "checkpoints", origin)
    assert state is not None
    np.testing.assert_array_equal(state["phases"]["first"]["weights"], weights)
    assert state["phases"]["second"] == {"rows": [1, 2]}
    assert state["data"] == {"bank": "real"}
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"kind": "scalars", "step": 9, "fit/loss": 0.1}\n')  # after the checkpoint
    again = _receiver(config, folder)
    assert again.restored()["phases"].keys() == {"first", "second"}
    assert again.restored()["data"] == {"bank": "real"}
    again.close()
    assert _records(folder) == [(1, 0.5)]


def test_a_run_whose_checkpoints_are_damaged_is_refused(receiver, config, tmp_path):
    receiver.take(Checkpoint("fit", {"epoch": 1}))
    receiver.close(interrupted=True)
    for path in (tmp_path / "run" / "checkpoints").glob("*/state.json"):
        path.write_text("{")
    with pytest.raises(UsageError, match="start a new run"):
        _receiver(config, tmp_path / "run")


def test_metrics_wait_while_the_disk_takes_nothing(receiver, tmp_path, monkeypatch, caplog):
    def full(self) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "flush", full)
        for step in (1, 2):
            _loss(receiver, step, 0.5)
            receiver.take(Checkpoint("fit", {"epoch": step}))
    assert caplog.text.count("they wait in memory") == 1
    _loss(receiver, 3, 0.5)
    receiver.take(Checkpoint("fit", {"epoch": 3}))
    assert _records(tmp_path / "run") == [(1, 0.5), (2, 0.5), (3, 0.5)]
    assert "none is missing" in caplog.text


def test_files_are_written_at_once_and_pictures_are_shown_in_tensorboard(receiver, tmp_path):
    folder, png = tmp_path / "run", io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(png, "PNG")
    _loss(receiver, 7, 0.5)
    receiver.take(Picture("red", png.getvalue()))
    receiver.take(Table("rows", b"a,b\n"))
    receiver.take(Model("model", b"weights"))
    assert (folder / "red.png").read_bytes() == png.getvalue()
    assert (folder / "rows.csv").read_bytes() == b"a,b\n"
    assert (folder / "model.keras").read_bytes() == b"weights"
    receiver.take(_ended())
    receiver.close()
    events = event_accumulator.EventAccumulator(str(folder)).Reload()
    (shown,) = events.Images("red")
    assert (shown.step, shown.width, shown.height) == (7, 3, 2)
    assert shown.encoded_image_string == png.getvalue()


def test_a_folder_that_is_gone_ends_the_run(receiver, tmp_path):
    receiver.take(DataLoaded("bank", "real"))
    (tmp_path / "run").rename(tmp_path / "moved")
    with pytest.raises(RunError, match="deleted or moved"):
        receiver.take(Checkpoint("fit", {}))


def test_the_result_has_scores_data_and_restarts(receiver, tmp_path):
    for name, kind in (("bank", "real"), ("houses", "sample")):
        receiver.take(DataLoaded(name, kind))
    receiver.count_restart()
    receiver.take(_ended(mse=0.25))
    outcome = receiver.close()
    found = _result(tmp_path / "run")
    assert (outcome.error, outcome.interrupted) == (None, False)
    assert (found["status"], found["restarts"], found["fingerprint"]) == ("finished", 1, "0f")
    assert (found["data"], found["data_sets"]) == (
        "real+sample",
        {"bank": "real", "houses": "sample"},
    )
    assert found["metrics"] == {"mse": 0.25}
    assert not found["claim"]["comparable"]  # the data are not real alone


def test_a_job_names_its_controls_by_the_prefix_of_their_scores(receiver, tmp_path):
    receiver.take(DataLoaded("houses", "real"))
    plain = {"metrics": {"mse": 2.0, "ridge_mse": 1.0, "ridge_mae": 0.5, "popularity_mae": 3.0}}
    plain |= {"controls": {"ridge": "ridge regression", "popularity": "popularity"}}
    plain |= {"test_rows": 40, "sampling_errors": {"mse": 0.25, "mae": 0.5}}
    receiver.take(Ended(plain, 100.0, "0f"))
    receiver.close()
    claim = _result(tmp_path / "run")["claim"]
    assert claim["metric"] == "mse"
    assert claim["controls"] == {"ridge regression": 1.0}  # popularity has no score of this metric
    assert (claim["test_rows"], claim["sampling_error"]) == (40, 0.25)


def test_a_failed_job_leaves_its_traceback_and_the_way_on(receiver, tmp_path):
    receiver.take(Checkpoint("fit", {"epoch": 1}))
    outcome = receiver.close(RunError("ValueError: no", "Traceback: line 1"))
    folder = tmp_path / "run"
    assert (folder / "failure.txt").read_text() == "Traceback: line 1"
    assert _result(folder)["status"] == "failed"
    assert str(outcome.error) == (
        f"ValueError: no (traceback in {folder}/failure.txt); "
        f"continue with: python -m launch resume {folder}"
    )


def test_a_folder_that_is_gone_at_the_end_is_only_warned_of(receiver, tmp_path, caplog):
    receiver.take(Checkpoint("fit", {"epoch": 1}))
    shutil.rmtree(tmp_path / "run")
    outcome = receiver.close(interrupted=True)
    assert outcome.interrupted
    assert "No such file" in caplog.text


@pytest.mark.parametrize(
    ("error", "trace", "kind", "text"),
    [
        (UsageError("as it is"), "t", UsageError, "as it is"),
        (DataError("no file"), "t", UsageError, "no file"),
        (Diverged("loss nan"), "t", RunError, "loss nan; the same settings repeat this"),
        (OSError(28, "No space left"), "", RunError, "the results cannot be written: No space"),
        (OSError(2, "No such file"), "t", RunError, "FileNotFoundError: "),
        (KeyError("x"), "t", RunError, "KeyError: 'x'"),
    ],
)
def test_what_a_job_raises_in_words(error, trace, kind, text):
    found = explained(error, trace)
    assert type(found) is kind
    assert str(found).startswith(text)

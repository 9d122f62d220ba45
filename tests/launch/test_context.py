"""What a job's context makes of what it is handed."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.jobs.supervised.context import JobContext
from launch.run_folder.events import Checkpoint, DataLoaded, Picture
from supervised.basics.configs import TensorsConfig
from supervised.datasets.source import DataError, DataKind


def test_a_picture_is_kept_in_its_own_pixels_with_the_kind_of_data():
    config = catalog.get("style_transfer").config
    assert isinstance(config, SupervisedConfig)
    sent = []
    context = JobContext(config, {"data": {"mnist": "sample"}}, sent.append)
    pixels = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    context.picture("result", pixels)
    (event,) = sent
    assert isinstance(event, Picture)
    assert event.name == "result"
    with Image.open(io.BytesIO(event.png)) as kept:
        assert kept.info["Description"] == "mnist: sample data"
        np.testing.assert_array_equal(np.asarray(kept), pixels)


def test_a_checkpoint_is_of_its_moment():
    sent = []
    config = catalog.get("linear_boston").config
    assert isinstance(config, SupervisedConfig)
    context = JobContext(config, {}, sent.append)
    history = [{"loss": 1.0}]
    context.checkpoint("fit", {"history": history, "variables": (np.ones(2),)})
    history.append({"loss": 0.5})
    history[0]["loss"] = 0.0
    (event,) = sent
    assert isinstance(event, Checkpoint)
    assert (event.phase, event.state["history"]) == ("fit", [{"loss": 1.0}])
    np.testing.assert_array_equal(event.state["variables"][0], np.ones(2))


def test_the_fingerprint_is_of_weights_and_metrics():
    keras = pytest.importorskip("keras")
    config = catalog.get("linear_boston").config
    assert isinstance(config, SupervisedConfig)

    def fingerprint(weight: float, mse: float) -> str:
        context = JobContext(config, {}, lambda event: None)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.set_weights([np.full((1, 1), weight), np.zeros(1)])
        context.model(model)
        return context.fingerprint({"mse": mse})

    first = fingerprint(0.0, 1.0)
    assert fingerprint(0.0, 1.0) == first
    assert fingerprint(1.0, 1.0) != first
    assert fingerprint(0.0, 1.1) != first


@dataclass(frozen=True)
class _OwnFile:
    sha256: str
    name: str = "mine.csv"
    kind: DataKind = "real"


def test_a_users_own_file_is_known_by_its_checksum_and_may_not_change():
    sent = []
    context = JobContext(
        SupervisedConfig(job=TensorsConfig()), {"files": {"mine.csv": "1"}}, sent.append
    )
    context.load(lambda source: _OwnFile("1"))
    assert DataLoaded("mine.csv", "real", "1") in sent
    with pytest.raises(DataError, match=r"mine\.csv: the file has changed since the run began"):
        context.load(lambda source: _OwnFile("2"))


def test_what_was_kept_is_read_from_the_runs_folder(tmp_path):
    (tmp_path / "columns.json").write_bytes(b"{}")
    context = JobContext(SupervisedConfig(job=TensorsConfig()), {}, print, folder=tmp_path)
    assert context.kept("columns.json") == b"{}"
    assert context.kept("nothing.json") is None

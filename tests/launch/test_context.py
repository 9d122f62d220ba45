"""What a job's context makes of what it is handed."""

import io

import numpy as np
import pytest
from PIL import Image

from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.jobs.supervised.context import JobContext
from launch.run_folder.events import Checkpoint, Picture


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

"""What a job's context makes of what it is handed."""

import io

import numpy as np
from PIL import Image

from launch import catalog
from launch.configs import SupervisedConfig
from launch.supervising.context import JobContext


def test_a_picture_is_kept_in_its_own_pixels_with_the_kind_of_data():
    config = catalog.get("style_transfer").config
    assert isinstance(config, SupervisedConfig)
    sent = []
    context = JobContext(config, {"data": {"mnist": "sample"}}, lambda *said: sent.append(said))
    pixels = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    context.picture("result", pixels)
    ((kind, name, contents),) = sent
    assert (kind, name) == ("file", "result.png")
    with Image.open(io.BytesIO(contents)) as kept:
        assert kept.info["Description"] == "mnist: sample data"
        np.testing.assert_array_equal(np.asarray(kept), pixels)


def test_a_checkpoint_is_of_its_moment():
    sent = []
    config = catalog.get("linear_boston").config
    assert isinstance(config, SupervisedConfig)
    context = JobContext(config, {}, lambda *said: sent.append(said))
    history = [{"loss": 1.0}]
    context.checkpoint("fit", {"history": history, "variables": (np.ones(2),)})
    history.append({"loss": 0.5})
    history[0]["loss"] = 0.0
    ((_, phase, state),) = sent
    assert (phase, state["history"]) == ("fit", [{"loss": 1.0}])
    np.testing.assert_array_equal(state["variables"][0], np.ones(2))

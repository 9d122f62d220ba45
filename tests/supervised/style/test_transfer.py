"""The job on small generated pictures, and what it says of a user's mistakes."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from common.settings import InvalidSetting
from supervised.core.job import Result
from supervised.core.settings import OptimizerConfig
from supervised.datasets.source import DataError, Source
from supervised.style import transfer
from supervised.style.configs import StyleConfig
from tests.supervised.recorder import Recorder

SMALL = StyleConfig(
    network="squeezenet",
    size=48,
    steps=40,
    progress_every=20,
    optimizer=OptimizerConfig(learning_rate=5.0),
)
SYNTHETIC = Source(want="synthetic")


@pytest.fixture(scope="module")
def done() -> tuple[Recorder, Result]:
    context = Recorder(source=SYNTHETIC)
    return context, transfer.run(SMALL, context)


def test_the_cost_falls_and_is_the_sum_of_its_terms(done):
    _, result = done
    metrics = result.metrics
    assert metrics["cost_fall"] == metrics["start_cost"] / metrics["final_cost"] > 1.5
    ends = metrics["final_content"] + metrics["final_style"] + metrics["final_variation"]
    assert ends == pytest.approx(metrics["final_cost"])
    assert result.baseline is not None
    assert "random" in result.notes[0]


def test_pictures_have_their_own_size_and_the_contents_proportions(done):
    context, result = done
    assert context.pictures["result"].shape == (36, 48, 3)  # of 96 x 128
    assert set(context.pictures) == {"result", "progress_00020"}
    assert {"costs", "sheet"} == set(context.figures)
    titles = [panel.get_title() for panel in context.figures["sheet"].axes]
    assert titles == ["content", "style", "step 20", "result"]
    table = context.tables["costs"]
    assert list(table.columns) == ["step", "total", "content", "style", "variation"]
    assert len(table) == 41
    assert table["total"].iloc[-1] == pytest.approx(result.metrics["final_cost"])


def test_from_the_content_the_baseline_is_the_start():
    context = Recorder(source=SYNTHETIC)
    result = transfer.run(replace(SMALL, start="content", steps=2), context)
    assert result.baseline == pytest.approx(1.0)
    # Without weight a loss counts nothing; nothing is claimed of a trial of a search.
    context = Recorder(source=SYNTHETIC, final=False)
    free = transfer.run(replace(SMALL, content_weight=0.0, variation_weight=0.0, steps=2), context)
    assert free.metrics == {}
    assert free.validation["final_style"] == free.validation["final_cost"]


def test_the_style_picture_is_cropped_about_its_middle():
    content = np.zeros((30, 60, 3), np.uint8)
    style = np.zeros((40, 40, 3), np.uint8)
    style[10:30] = 200  # the middle half, which is what 2 : 1 leaves of a square
    ours, theirs = transfer.fitted(content, style, replace(SMALL, size=64))
    assert ours.shape == theirs.shape == (32, 64, 3)
    assert (theirs[8:-8] == 200).all()
    assert theirs.min() > 100


def test_pictures_too_small_for_the_network_are_refused():
    flat = np.zeros((10, 100, 3), np.uint8)
    said = r"--size 48: the content picture is then 48 x 5 pixels, and squeezenet takes 31 or more"
    with pytest.raises(DataError, match=said):
        transfer.fitted(flat, flat, SMALL)


def test_layers_that_are_not_there_are_named():
    config = replace(SMALL, style_layers=("conv1", "block1_conv1"))
    with pytest.raises(DataError, match="--style-layers block1_conv1: squeezenet has no such"):
        transfer.run(config, Recorder(source=SYNTHETIC))


def test_pictures_and_weights_of_a_user(tmp_path):
    picture = tmp_path / "picture.png"
    Image.fromarray(np.zeros((50, 40), np.uint8)).save(picture)
    given = replace(SMALL, content=picture, style=picture, weights=tmp_path / "none.h5")
    with pytest.raises(DataError, match=r"--weights .*none.h5: cannot be read \(No such file"):
        transfer.run(given, Recorder())
    with pytest.raises(DataError, match="--data synthetic takes no pictures"):
        transfer.run(given, Recorder(source=SYNTHETIC))
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:40])
    with pytest.raises(DataError, match=r"broken\.png: expected a picture"):
        transfer.run(replace(given, style=broken), Recorder())


@pytest.mark.slow
def test_vgg_runs_too_and_its_random_weights_are_those_of_the_seed():
    config = replace(SMALL, network="vgg19", steps=1)
    costs = [
        transfer.run(config, Recorder(source=SYNTHETIC, run_seed=seed)).metrics["start_cost"]
        for seed in (0, 0)
    ]
    assert costs[0] == costs[1] > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"steps": 0}, "--steps must be 1 or more, got 0"),
        ({"size": -1}, "--size must be 1 or more, got -1"),
        ({"variation_weight": -1.0}, "--variation-weight must be 0 or more"),
        ({"style_weight": 0.0}, "--style-weight must be positive"),
    ],
)
def test_impossible_settings_are_named(change, says):
    with pytest.raises(InvalidSetting, match=says):
        replace(SMALL, **change)

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from supervised.basics import linear_synthetic
from supervised.basics.configs import LinearSyntheticConfig
from supervised.core.job import InputError
from tests.supervised.recorder import Recorder, Stopped

CONFIG = LinearSyntheticConfig()


@pytest.fixture(scope="module")
def done() -> tuple[Recorder, linear_synthetic.Result]:
    recorder = Recorder()
    return recorder, linear_synthetic.run(CONFIG, recorder)


def test_comes_within_five_per_cent_of_the_noise(done):
    _, result = done
    assert result.optimum == pytest.approx(0.0025)
    assert result.metrics["mse"] == pytest.approx(0.0025, rel=0.05)
    assert result.metrics["w"] == pytest.approx(0.1, abs=0.006)
    assert result.metrics["b"] == pytest.approx(0.4, abs=0.006)
    # the mean predictor's error: slope² · 1 + noise² = 0.0125
    assert result.baseline == pytest.approx(0.0125, rel=0.05)


def test_every_iteration_is_a_step_of_gradient_descent(done):
    recorder, _ = done
    train = recorder.load(lambda _: linear_synthetic._load(CONFIG, recorder)).train
    x, y = train.x[:, 0].astype(np.float64), train.y[:, 0].astype(np.float64)
    w = b = 0.0
    for _, row in recorder.tables["iterations"].iterrows():
        residual = w * x + b - y
        w, b = w - 0.6 * 2 * np.mean(residual * x), b - 0.6 * 2 * np.mean(residual)
        assert row["w"] == pytest.approx(w, abs=1e-6)
        assert row["b"] == pytest.approx(b, abs=1e-6)
        assert row["loss"] == pytest.approx(np.mean((w * x + b - y) ** 2), rel=1e-4)
    assert list(recorder.tables["iterations"]["iteration"]) == list(range(1, 17))


def test_shows_what_the_book_shows(done):
    recorder, _ = done
    assert set(recorder.figures) == {"points", "fit", "loss"}
    titles = [panel.get_title() for panel in recorder.figures["fit"].axes]
    assert [title.split(":")[0] for title in titles] == [
        "after iteration 1",
        "after iteration 8",
        "after iteration 16",
    ]
    assert recorder.histogram_names == {"W", "b"}
    assert len(recorder.graphs) == 1
    assert [step for step, _ in recorder.points] == list(range(1, 17))


def test_stopped_and_resumed_it_comes_to_the_same_bits(done):
    recorder, result = done
    stopped = Recorder(stop_after=5)
    with pytest.raises(Stopped):
        linear_synthetic.run(CONFIG, stopped)
    assert stopped.tables == {}
    resumed = Recorder(phases=stopped.phases)
    again = linear_synthetic.run(CONFIG, resumed)
    assert again == result
    pd.testing.assert_frame_equal(
        resumed.tables["iterations"], recorder.tables["iterations"], check_exact=True
    )
    assert [step for step, _ in resumed.points] == list(range(6, 17))


def test_a_search_leaves_the_test_points_alone(done):
    _, result = done
    searched = linear_synthetic.run(CONFIG, Recorder(final=False))
    assert searched.metrics == {}
    assert searched.baseline is None
    assert searched.validation == result.validation


def test_the_saved_line_gives_the_same_metrics(done, tmp_path):
    recorder, result = done
    recorder.models["model"].save(tmp_path / "model.keras")
    model: Any = keras.saving.load_model(tmp_path / "model.keras")
    found = linear_synthetic.evaluate(CONFIG, Recorder(), model)
    assert found == {"mse": result.metrics["mse"]}
    table = linear_synthetic.predict(CONFIG, model, ["0", "-2.5"], Recorder())
    w, b = result.metrics["w"], result.metrics["b"]
    np.testing.assert_allclose(table["y"], [b, b - 2.5 * w], rtol=1e-6)


@pytest.mark.parametrize("text", ["two", "", "nan", "inf"])
def test_what_is_not_a_number_is_named(done, text):
    model = done[0].models["model"]
    with pytest.raises(InputError, match=f"{text!r} is not a number: give"):
        linear_synthetic.predict(CONFIG, model, ["1", text], Recorder())


def test_no_numbers_are_an_error(done):
    with pytest.raises(InputError, match="no numbers given"):
        linear_synthetic.predict(CONFIG, done[0].models["model"], [], Recorder())

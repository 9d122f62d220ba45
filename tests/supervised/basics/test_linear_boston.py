from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from supervised.basics import linear_boston
from supervised.basics.configs import LinearBostonConfig
from supervised.core.job import InputError, Result
from supervised.datasets import boston, splits
from supervised.datasets.source import DataError, Source
from tests.supervised.recorder import Recorder, Stopped, beside

CONFIG = LinearBostonConfig(iterations=10_000)
SAMPLE = Source(want="sample")


@pytest.fixture(scope="module")
def done() -> tuple[Recorder, Result]:
    recorder = Recorder(source=SAMPLE)
    return recorder, linear_boston.run(CONFIG, recorder)


def test_comes_to_the_closed_form_on_the_books_split(done):
    _, result = done
    assert result.metrics["mse"] == pytest.approx(27.1731, abs=1e-4)
    assert result.metrics["closed_form_mse"] == pytest.approx(27.173144, abs=1e-6)
    assert result.baseline == pytest.approx(99.1158, abs=1e-4)
    assert result.metrics["r2"] == pytest.approx(0.7246, abs=1e-4)


def test_a_thousand_iterations_come_to_the_figure_in_the_docstring():
    config = replace(CONFIG, iterations=1_000, repeats=2)
    result = linear_boston.run(config, Recorder(source=SAMPLE))
    assert result.metrics["mse"] == pytest.approx(27.3561, abs=1e-4)
    assert beside(result, "mse") == ({"closed_form"}, True)


def test_repeated_splits_have_a_table_and_an_interval(done):
    recorder, result = done
    table = recorder.tables["repeats"]
    assert len(table) == 20
    assert result.metrics["repeated_mse"] == pytest.approx(table["mse"].mean())
    reach = 2.093024 * table["mse"].std(ddof=1) / np.sqrt(20)  # t(19) at 97.5 %, from a table
    assert result.metrics["repeated_mse_low"] == pytest.approx(table["mse"].mean() - reach)
    assert result.metrics["repeated_mse_high"] == pytest.approx(table["mse"].mean() + reach)
    np.testing.assert_allclose(table["mse"], table["closed_form_mse"], rtol=1e-4)
    assert (table["mse"] < table["mean_predictor_mse"]).all()


def test_interval_by_hand():
    # mean 3, deviation 1, two values' t(1) at 97.5 % is 12.7062: 3 ± 12.7062 · √2 / √2
    mean, low, high = linear_boston.interval(np.array([2.0, 4.0]))
    assert (mean, low, high) == pytest.approx((3.0, 3 - 12.7062, 3 + 12.7062), abs=1e-4)


def test_scaling_knows_only_the_training_rows(monkeypatch, done):
    """Test rows that are moved far away change neither the weights nor the scaling."""
    recorder, _ = done
    data = boston.load(SAMPLE)
    _, test = splits.book_split(len(data.target))
    features = data.features.copy()
    features[test] *= 1_000
    monkeypatch.setattr(boston, "load", lambda source: replace(data, features=features))
    moved = Recorder(source=SAMPLE)
    linear_boston.run(replace(CONFIG, repeats=2), moved)
    for ours, other in zip(
        moved.models["model"].variables, recorder.models["model"].variables, strict=True
    ):
        np.testing.assert_allclose(ours, other, rtol=1e-6)


def test_stopped_and_resumed_it_comes_to_the_same_bits(done):
    recorder, result = done
    stopped = Recorder(source=SAMPLE, stop_after=1)
    with pytest.raises(Stopped):
        linear_boston.run(CONFIG, stopped)
    resumed = Recorder(source=SAMPLE, phases=stopped.phases)
    assert linear_boston.run(CONFIG, resumed) == result
    assert resumed.tables["coefficients"].equals(recorder.tables["coefficients"])


def test_a_search_leaves_the_test_rows_alone(monkeypatch, done):
    _, result = done
    data = boston.load(SAMPLE)
    _, test = splits.book_split(len(data.target))
    target = data.target.copy()
    target[test] = np.nan
    monkeypatch.setattr(boston, "load", lambda source: replace(data, target=target))
    searched = linear_boston.run(CONFIG, Recorder(source=SAMPLE, final=False))
    assert searched.metrics == {}
    assert searched.validation["mse"] == pytest.approx(result.validation["mse"], rel=1e-9)


def test_the_saved_model_takes_raw_columns(done, tmp_path):
    recorder, result = done
    recorder.models["model"].save(tmp_path / "model.keras")
    model: Any = keras.saving.load_model(tmp_path / "model.keras")
    found = linear_boston.evaluate(CONFIG, Recorder(source=SAMPLE), model)
    assert found == {name: result.metrics[name] for name in ("mse", "rmse", "mae", "r2")}

    data = boston.load(SAMPLE)
    path = tmp_path / "tracts.csv"
    rows = [",".join(map(str, row)) for row in data.features[:3]]
    path.write_text("\n".join([",".join(data.columns), *rows]) + "\n")
    table = linear_boston.predict(CONFIG, model, [str(path), str(path)], Recorder())
    assert list(table["row"]) == [1, 2, 3, 1, 2, 3]
    design = np.column_stack([np.ones(len(data.features)), data.features])
    train, _ = splits.book_split(len(data.target))
    by_hand = design[:3] @ np.linalg.lstsq(design[train], data.target[train], rcond=None)[0]
    np.testing.assert_allclose(table["price"][:3], by_hand, rtol=1e-4)


def test_inputs_that_cannot_be_used_are_named(done, tmp_path):
    model = done[0].models["model"]
    with pytest.raises(InputError, match="no files given"):
        linear_boston.predict(CONFIG, model, [], Recorder())
    path = tmp_path / "tracts.csv"
    path.write_text("CRIM,ZN\n1,2\n")
    with pytest.raises(DataError, match=r"tracts\.csv.*lacks INDUS"):
        linear_boston.predict(CONFIG, model, [str(path)], Recorder())


def test_shows_cost_coefficients_and_predictions(done):
    recorder, _ = done
    assert set(recorder.figures) == {"cost", "coefficients", "predictions"}
    line = recorder.figures["cost"].axes[0].lines[0]
    assert len(line.get_xdata()) == CONFIG.iterations + 1

"""Forecasts of passengers: that windows, targets and months belong together, and that it learns."""

import keras
import numpy as np
import pytest

from supervised.core.job import InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import Source
from supervised.recurrent import passengers
from supervised.recurrent.configs import PassengersConfig
from supervised.recurrent.months import Months
from tests.supervised.recorder import Recorder, beside

LEVELS = Months(values=np.arange(1.0, 9.0), growth=False, window=2)
DOUBLING = Months(values=2.0 ** np.arange(8), growth=True, window=2)


def test_windows_of_levels_end_before_their_month():
    found = LEVELS.examples(2, 5)
    assert found.x[:, :, 0].tolist() == [[1, 2], [2, 3], [3, 4]]
    assert found.y[:, 0].tolist() == [3, 4, 5]
    assert LEVELS.first == 2
    assert LEVELS.passengers(found.y[:, 0], 2).tolist() == [3, 4, 5]


def test_windows_of_growth_end_before_their_month():
    values = np.array([1.0, 2.0, 6.0, 24.0, 24.0])
    months = Months(values=values, growth=True, window=2)
    assert months.first == 3
    found = months.examples(3, 5)
    np.testing.assert_allclose(np.exp(found.x[:, :, 0]), [[2, 3], [3, 4]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(found.y[:, 0]), [4, 1], rtol=1e-6)
    np.testing.assert_allclose(months.passengers(found.y[:, 0], 3), [24, 24], rtol=1e-6)


def last_of_window() -> keras.Model:
    """Foretells what was last."""
    inputs = keras.Input((2, 1))
    return keras.Model(inputs, inputs[:, -1])


def test_a_closed_loop_goes_on_from_its_own_forecasts():
    model = last_of_window()
    np.testing.assert_allclose(
        passengers.closed_loop(model, LEVELS, 4, np.zeros((1, 3))), [[4, 4, 4]]
    )
    np.testing.assert_allclose(
        passengers.closed_loop(model, DOUBLING, 4, np.zeros((2, 3))), [[16, 32, 64]] * 2, rtol=1e-6
    )
    np.testing.assert_allclose(
        passengers.closed_loop(model, LEVELS, 4, np.array([[1.0, 2.0]])), [[5, 7]]
    )


def test_what_stands_beside_by_hand():
    months = Months(values=np.arange(100.0, 140.0), growth=False, window=3)
    found = passengers._controls(months, 30)
    np.testing.assert_allclose(found["persistence"], np.arange(129, 139))
    np.testing.assert_allclose(found["seasonal"], np.arange(118, 128))
    np.testing.assert_allclose(found["seasonal_growth"][0], 129 * 118 / 117)
    np.testing.assert_allclose(found["ridge"], np.arange(130, 140), atol=1.5)


@pytest.mark.parametrize("target", ["growth", pytest.param("level", marks=pytest.mark.slow)])
def test_it_learns_the_season(target, tmp_path):
    context = Recorder(source=Source(want="synthetic"))
    config = PassengersConfig(
        target=target,
        units=8,
        optimizer=OptimizerConfig(learning_rate=1e-2),
        fit=FitConfig(epochs=25, batch_size=8, keep="best"),
        paths=50,
    )
    result = passengers.run(config, context)
    assert result.baseline is not None
    # What lies above all that was learned from is foretold by growth alone.
    assert result.metrics["rmse"] < (0.8 if target == "growth" else 3.0) * result.baseline
    assert 0 <= result.metrics["closed_loop_inside_80%"] <= result.metrics["closed_loop_inside_95%"]
    assert len(context.tables["forecasts"]) == 36 == result.test_rows
    assert beside(result, "rmse") == ({"seasonal", "seasonal_growth", "ridge"}, True)
    path = tmp_path / "own.csv"
    path.write_text(
        "month,passengers\n"
        + "\n".join(f"20{y:02d}-{m:02d},{100 + m}" for y in (20, 21) for m in range(1, 13))
    )
    found = passengers.predict(config, context.models["model"], [str(path)], context)
    assert found["month"].iloc[[0, -1]].tolist() == ["2022-01", "2022-12"]
    assert found["forecast"].between(20, 500).all()
    path.write_text("2020-01,5\n2020-02,6\n")
    with pytest.raises(InputError, match="has 2 months"):
        passengers.predict(config, context.models["model"], [str(path)], context)

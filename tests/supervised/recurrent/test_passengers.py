"""Forecasts of passengers beside what they have to beat, and that they are learned."""

import numpy as np
import pytest

from supervised.core.forecasts.windows import Windows
from supervised.core.job import InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import Source
from supervised.recurrent import passengers
from supervised.recurrent.configs import PassengersConfig
from tests.supervised.recorder import Recorder, beside


def test_what_stands_beside_by_hand():
    months = Windows(values=np.arange(100.0, 140.0), target="level", window=3)
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
    )
    result = passengers.run(config, context)
    assert result.baseline is not None
    # What lies above all that was learned from is foretold by growth alone.
    assert result.metrics["rmse"] < (0.8 if target == "growth" else 3.0) * result.baseline
    held = [result.metrics[f"closed_loop_inside_{level}%"] for level in (80, 95)]
    assert 0.6 <= held[0] <= held[1]
    columns = {f"{side}_{level}" for side in ("low", "high") for level in (80, 95)}
    assert columns < set(context.tables["forecasts"])
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

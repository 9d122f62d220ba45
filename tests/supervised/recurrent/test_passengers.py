"""Forecasts of passengers beside what they have to beat, and that they are learned."""

from dataclasses import replace

import numpy as np
import pandas as pd
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


QUICK = PassengersConfig(units=2, fit=FitConfig(epochs=1, batch_size=32))


def _with_end(values, factor):
    """The synthetic series with other months of the test."""
    changed = values.copy()
    changed[-36:] *= factor
    return changed


def test_intervals_come_from_a_network_that_knew_neither_the_test_nor_what_they_are_of(monkeypatch):
    load, ends, found = passengers.airline.load, [], []
    trained = passengers._trained

    def noting(months, end, *others):
        ends.append(end)
        return trained(months, end, *others)

    monkeypatch.setattr(passengers, "_trained", noting)
    for factor in (1.0, 1.3):
        context = Recorder(source=Source(want="synthetic"))
        data = load(context.source)
        changed = replace(data, values=_with_end(data.values, factor))
        monkeypatch.setattr(passengers.airline, "load", lambda source, as_is=changed: as_is)
        result = passengers.run(QUICK, context)
        table = context.tables["forecasts"]
        found.append(table.filter(regex="low|high|closed_loop"))
        assert any(
            "of the 36 months before, by a network that knew none" in n for n in result.notes
        )
        rolled = context.tables["horizons"]
        assert rolled["ahead"].tolist() == list(range(1, 37))
        assert rolled.filter(like="inside").to_numpy().min() >= 0
        assert 0 <= result.metrics["rolled_inside_80%"] <= result.metrics["rolled_inside_95%"] <= 1
    assert ends == [108, 72] * 2
    pd.testing.assert_frame_equal(*found)


def test_where_months_are_too_few_for_a_rehearsal_the_validation_calibrates():
    context = Recorder(source=Source(want="synthetic"))
    result = passengers.run(replace(QUICK, validation=25, test_fraction=0.5), context)
    assert set(context.phases) == {"fit"}
    assert any(
        "of the 25 months before, by a network that chose its epoch" in n for n in result.notes
    )


def test_a_trial_of_a_search_rehearses_nothing():
    context = Recorder(source=Source(want="synthetic"), final=False)
    assert passengers.run(QUICK, context).metrics == {}
    assert set(context.phases) == {"fit"}

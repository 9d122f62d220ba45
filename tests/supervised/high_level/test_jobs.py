"""Small tables by cross-validation, and Keras' two demonstrations."""

from dataclasses import replace

import numpy as np
import pytest

from launch.experiments import catalog
from supervised.core.job import InputError
from supervised.core.settings import FitConfig
from supervised.datasets import iris
from supervised.datasets.source import DataError, Source
from supervised.high_level import folds, functional, sequential, small_tables
from supervised.high_level.configs import FunctionalConfig, IrisConfig, TitanicConfig
from tests.supervised.recorder import Recorder, Stopped, beside

QUICK = {"repeats": 1, "folds": 3, "fit": FitConfig(epochs=25, batch_size=16)}


def _recorder(**options) -> Recorder:
    return Recorder(source=Source(want="synthetic"), **options)


@pytest.fixture(scope="module")
def irises() -> tuple[Recorder, object]:
    context = _recorder()
    return context, small_tables.run(IrisConfig(**QUICK), context)


@pytest.mark.slow
def test_irises_are_told_apart_and_the_books_three_named(irises):
    context, result = irises
    metrics = result.metrics
    assert metrics["accuracy"] > 0.9 > 0.4 > result.baseline
    assert metrics["accuracy_low"] < metrics["accuracy"] < metrics["accuracy_high"]
    assert metrics["logistic_regression_accuracy"] > 0.9
    assert len(context.tables["folds"]) == 3
    found = context.tables["foretold"]
    assert found["species"].tolist() == list(iris.NAMES)
    np.testing.assert_allclose(found.filter(like="p_").sum(axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_folds_that_are_done_are_not_done_again(irises):
    context = _recorder(stop_after=2)
    with pytest.raises(Stopped):
        small_tables.run(IrisConfig(**QUICK), context)
    assert len(context.phases["folds"]["folds"]) == 2
    context.stop_after = None
    assert small_tables.run(IrisConfig(**QUICK), context).metrics == irises[1].metrics


def test_a_search_leaves_a_fifth_of_the_rows_alone(monkeypatch):
    seen = []
    folded = folds._folds

    def noting(table, config, context):
        seen.append(len(table.labels))
        return folded(table, config, context)

    monkeypatch.setattr(folds, "_folds", noting)
    config = IrisConfig(repeats=1, folds=2, fit=FitConfig(epochs=2))
    result = small_tables.run(config, _recorder(final=False))
    assert result.metrics == {}
    assert 0 < result.validation["accuracy"] <= 1
    assert seen == [120]


def test_passengers_are_foretold_and_gaps_filled(tmp_path):
    context, config = _recorder(), TitanicConfig(**QUICK)
    result = small_tables.run(config, context)
    assert result.metrics["accuracy"] > 0.7 > result.baseline
    assert result.metrics["roc_auc"] > 0.75
    assert beside(result, "accuracy") == ({"logistic_regression"}, True)
    model, found = context.models["model"], context.tables["foretold"]
    assert found["survives"].tolist() == ["no", "yes"]
    path = tmp_path / "own.csv"
    path.write_text("Pclass,Sex,Age,SibSp,Parch,Fare,Name\n3,male,,0,0,5,A\n1,female,0,1,2,90,B\n")
    table = small_tables.predict(config, model, [str(path)], context)
    assert table["row"].tolist() == [1, 2]
    assert np.isfinite(table["probability"]).all()


@pytest.mark.parametrize("text", ["1,2", "a,b,c,d", "5,3,1,-1", "5.1,3.3,1.7,nan"])
def test_what_is_no_flower_is_named(text):
    with pytest.raises(InputError, match="four numbers in cm"):
        small_tables.predict(IrisConfig(), None, [text], _recorder())  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["3,male", "4,male,1,0,0,5", "3,man,1,0,0,5", "3,male,x,0,0,5"])
def test_what_is_no_passenger_is_named(text):
    with pytest.raises(InputError, match="expected a CSV file, or pclass"):
        small_tables.predict(TitanicConfig(), None, [text], _recorder())  # type: ignore[arg-type]


def test_the_interval_by_hand():
    low, high = folds.interval([0.9, 0.8, 1.0], share=1 / 2)
    wide = 4.302652729911275 * np.sqrt((1 / 3 + 1 / 2) * 0.01)  # t of two degrees of freedom
    assert (low, high) == pytest.approx((0.9 - wide, 0.9 + wide))


def test_the_stack_of_two_layers_comes_near_the_optimum(tmp_path):
    config = replace(catalog.get("keras_sequential").config.job, rows=2_000)
    context = Recorder()
    result = sequential.run(config, context)
    assert result.baseline + 0.3 < result.metrics["accuracy"] < result.optimum < 1
    path = tmp_path / "rows.csv"
    np.savetxt(path, np.zeros((2, 100)), delimiter=",")
    model = context.models["model"]
    assert len(sequential.predict(config, model, [str(path)], context)) == 2
    np.savetxt(path, np.zeros((2, 3)), delimiter=",")
    with pytest.raises(InputError, match="3 numbers a row, expected 100"):
        sequential.predict(config, model, [str(path)], context)


def test_the_functional_network_has_the_books_shapes():
    model = functional.build(FunctionalConfig(), Recorder())
    assert model.get_layer("convolution_2").output.shape[1:] == (24, 24, 64)
    assert model.get_layer("logits").kernel.shape == (9216, 10)


def test_ucis_file_of_irises_is_read(tmp_path):
    (tmp_path / "iris").mkdir()
    path = tmp_path / "iris" / "iris.data"
    lines = [f"5.{i % 10},3.5,1.4,0.2,Iris-{name}" for name in iris.NAMES for i in range(50)]
    path.write_text("\n".join(lines) + "\n\n")
    found = iris.load(Source(data_dir=tmp_path))
    assert found.kind == "real"
    assert found.frame["sepal_length"].iloc[1] == 5.1
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(DataError, match="expected 50 each"):
        iris.load(Source(data_dir=tmp_path))
    path.write_text("\n".join(lines).replace("1.4", "x", 1))
    with pytest.raises(DataError, match="line 1: expected four lengths"):
        iris.load(Source(data_dir=tmp_path))

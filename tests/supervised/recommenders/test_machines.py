"""Products of features beside the brute sum, and that machines learn what a linear model cannot."""

import itertools

import numpy as np
import pytest

from supervised.core.job import InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import interactions
from supervised.datasets.source import DataError, Source
from supervised.recommenders import machines, tags
from supervised.recommenders.configs import MachinesConfig
from tests.supervised.recorder import Recorder, beside


@pytest.mark.parametrize("order", [2, 3, 4])
def test_products_are_the_brute_sum(order):
    embedded = np.random.default_rng(0).normal(size=(3, 5, 2))
    brute = sum(
        np.prod(embedded[:, list(chosen)], axis=1)
        for chosen in itertools.combinations(range(5), order)
    )
    found = machines.products(machines.power_sums(embedded, order))
    assert len(found) == order - 1
    np.testing.assert_allclose(found[-1], brute, rtol=1e-5)


def test_dense_rows_have_the_same_sums():
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    expected = machines.power_sums(x[:, :, None] * v, 4)
    np.testing.assert_allclose(machines.dense_power_sums(x, v, 4), expected, rtol=1e-5)


def test_no_feature_gets_no_attention():
    embedded = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    layer = machines.Attention(5)
    alone = np.asarray(layer(embedded))
    padded = np.pad(embedded, ((0, 0), (0, 2), (0, 0)))
    np.testing.assert_allclose(layer(padded), alone, rtol=1e-5)


@pytest.mark.slow
def test_machines_learn_products_and_a_linear_model_does_not(tmp_path):
    context = Recorder(source=Source(want="synthetic"))
    config = MachinesConfig(
        rows="frappe",
        factors=8,
        hidden=16,
        dropout=0.1,
        hidden_dropout=0.1,
        optimizer=OptimizerConfig(learning_rate=1e-2),
        fit=FitConfig(epochs=12, batch_size=128, keep="best"),
    )
    result = tags.run(config, context)
    floor = result.metrics["linear_rmse"]
    assert floor > 0.95  # of ±1: nothing
    assert beside(result, "rmse") == ({"linear"}, True)
    for machine in ("fm", "afm", "nfm"):
        assert result.metrics[f"{machine}_rmse"] < 0.85 * floor
    assert result.metrics["rmse"] == result.metrics["nfm_rmse"]
    path = tmp_path / "own.libfm"
    path.write_text("1 3:1 70:1 141:1\n-1 141:1 3:1 70:1\n1 4:1 80:1 142:1\n")
    found = tags.predict(config, context.models["model"], [str(path)], context)
    assert found["answer"][0] == pytest.approx(found["answer"][1], abs=1e-5)
    assert found["answer"][0] != pytest.approx(found["answer"][2], abs=1e-3)
    path.write_text("1 3:1 9999:1\n")
    with pytest.raises(InputError, match="numbered up to 145"):
        tags.predict(config, context.models["model"], [str(path)], context)


def test_files_without_the_training_part_are_split(tmp_path):
    (tmp_path / "frappe").mkdir()
    for part, count in (("validation", 150), ("test", 100)):
        rows = "\n".join(f"{1 if i % 3 else -1} {i}:1 500:1" for i in range(count))
        (tmp_path / "frappe" / f"frappe.{part}.libfm").write_text(rows)
    found = interactions.load_frappe(Source(data_dir=tmp_path))
    assert (found.kind, found.features) == ("sample", 501)
    assert [len(part) for part in (found.train, found.validation, found.test)] == [175, 50, 25]
    assert set(found.train.targets) == {-1.0, 1.0}
    test = tmp_path / "frappe" / "frappe.test.libfm"
    test.write_text("0 1:1\n" * 200)
    with pytest.raises(DataError, match="each with a target of 1 or -1"):
        interactions.load_frappe(Source(data_dir=tmp_path))
    test.write_text("1\n1\n")
    with pytest.raises(DataError, match="expected rows with places from 0"):
        interactions.load_frappe(Source(data_dir=tmp_path))
    test.write_text("1 a:1")
    with pytest.raises(DataError, match="row 1 is '1 a:1', expected such as"):
        interactions.load_frappe(Source(data_dir=tmp_path))

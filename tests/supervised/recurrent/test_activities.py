"""Activities from a phone's motion: who validates, what a user may give, and that it learns."""

import keras
import numpy as np
import pandas as pd
import pytest

from supervised.core.job import InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import har
from supervised.datasets.source import Source
from supervised.recurrent import activities
from supervised.recurrent.configs import HarConfig
from tests.supervised.recorder import Recorder, beside

DATA = har.synthetic(np.random.default_rng(0), windows=12)


def test_the_decay_is_of_everything():
    context = Recorder()
    model = activities._build(HarConfig(units=3, l2=0.5), activities._examples(DATA.train), context)
    total = sum(np.sum(np.square(w)) for w in (np.asarray(v) for v in model.trainable_variables))
    assert float(sum(model.losses)) == pytest.approx(0.5 * total, rel=1e-5)


def test_small_motions_are_shown_beside_the_signals():
    signals = np.zeros((1, 4, 2), np.float32)
    signals[0, :, 0] = [1.0, 1.01, 1.0, 0.99]
    found = np.asarray(activities.BesideAtRest([100.0, 1.0])(signals))
    np.testing.assert_array_equal(found[..., :2], signals)
    np.testing.assert_allclose(found[0, :, 2], 0.5 * np.arcsinh([0, 1, 0, -1]), atol=1e-4)
    assert not found[..., 3].any()


def test_features_by_hand():
    signals = np.zeros((1, 128, 9), np.float32)
    signals[0, ::2, 0] = 2.0
    found = activities.simple_features(signals).reshape(5, 9)
    assert found[:, 0].tolist() == [1.0, 1.0, 0.0, 2.0, 2.0]
    assert not found[:, 1:].any()


@pytest.mark.slow
def test_it_learns_and_names_what_a_user_recorded(tmp_path):
    context = Recorder(source=Source(want="synthetic"))
    config = HarConfig(
        units=16,
        layers=1,
        members=2,
        validation_volunteers=2,
        optimizer=OptimizerConfig(learning_rate=1e-2),
        fit=FitConfig(epochs=12, batch_size=32),
    )
    result = activities.run(config, context)
    assert result.metrics["accuracy"] > 0.8 > 0.5 > (result.baseline or 0)
    assert beside(result, "accuracy") == ({"forest"}, True)
    assert len(context.tables["volunteers"]) == 4
    assert {"fit", "fit_2"} <= set(context.phases)
    model = context.models["model"]
    members = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    alone = [np.asarray(member(DATA.test.signals)) for member in members]
    assert not np.allclose(*alone)
    np.testing.assert_allclose(model(DATA.test.signals), np.mean(alone, axis=0), atol=1e-6)
    path = tmp_path / "own.csv"
    lying = DATA.test.signals[np.flatnonzero(DATA.test.labels == 5)[0]]  # [128, 9]
    pd.DataFrame(np.tile(lying, (2, 1)), columns=list(har.SIGNALS)).to_csv(path, index=False)
    found = activities.predict(config, model, [str(path)], context)
    assert found["second"].tolist() == [0.0, 1.28, 2.56]
    assert found["activity"].iloc[0] == "lying"


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ("a,b\n1,2\n", "has no column body_acc_x"),
        (",".join(har.SIGNALS) + "\n" + ",".join("1" * 9) + "\n", "128 rows of numbers or more"),
        (",".join(har.SIGNALS) + "\n" + ",".join("x" * 9) + "\n", "cannot be read as CSV"),
    ],
)
def test_a_wrong_recording_is_named(tmp_path, contents, said):
    path = tmp_path / "own.csv"
    path.write_text(contents)
    with pytest.raises(InputError, match=said):
        activities._windows(path)
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        activities._windows(tmp_path / "none.csv")

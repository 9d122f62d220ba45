"""The encoder of tables: by hand, on rows it has not seen, and out of its file."""

import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

from supervised.core import tabular, training

TRAIN = pd.DataFrame(
    {
        "size": [1.0, 2.0, 3.0, np.nan],
        "rooms.all": [0.1, 0.1, 0.1, 0.1],
        "street": ["gravel", "paved", "gravel", "NA"],
    }
)
NEW = pd.DataFrame(
    {
        "street": ["unheard of", "NA", "paved"],
        "size": [np.nan, 9.0, 1.0],
        "rooms.all": [0.1, 0.6, 0.1],
    }
)


def _encoded(frame: pd.DataFrame, scaling: tabular.Scaling) -> np.ndarray:
    encoder = tabular.encoder(TRAIN, ["size", "rooms.all"], ["street"], scaling)
    return training.predict(encoder, tabular.columns(frame))


def test_training_rows_by_hand():
    """Median 2 in the gap; words in the order NA, gravel, paved."""
    words = [[0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    low_high = np.hstack([[[0.0, 0], [0.5, 0], [1, 0], [0.5, 0]], words])
    np.testing.assert_allclose(_encoded(TRAIN, "minmax"), low_high, atol=1e-6)
    standard = low_high.copy()
    standard[:, 0] = np.array([-1, 0, 1, 0]) * np.sqrt(2)
    np.testing.assert_allclose(_encoded(TRAIN, "standard"), standard, atol=1e-6)


def test_new_rows_by_hand():
    """An unknown word gives zeros, a number out of range is clipped, columns go by name."""
    words = [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    expected = np.hstack([[[0.5, 0], [1, 0.5], [0, 0]], words])
    np.testing.assert_allclose(_encoded(NEW, "minmax"), expected, atol=1e-6)
    expected[:, 0] = np.array([0, 7, -1]) * np.sqrt(2)
    np.testing.assert_allclose(_encoded(NEW, "standard"), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("numeric", "categorical"), [(["size"], []), ([], ["street"])])
def test_tables_of_one_kind(numeric, categorical):
    encoder = tabular.encoder(TRAIN, numeric, categorical)
    encoded = training.predict(encoder, tabular.columns(NEW[numeric + categorical]))
    assert encoded.dtype == np.float32
    assert encoded.shape == (3, 1 if numeric else 3)


_LOAD = """
import sys, keras, numpy as np, tensorflow as tf
model = keras.models.load_model(sys.argv[1], safe_mode=True)
size, rooms, street = [np.nan, 9.0, 1.0], [0.1, 0.6, 0.1], ["unheard of", "NA", "paved"]
x = {"size": size, "rooms.all": rooms, "street": street}
out = model.predict({k: tf.constant(v)[:, None] for k, v in x.items()}, verbose=0)
print(out.tobytes().hex())
"""


def test_a_saved_model_needs_nothing_of_this_project(tmp_path):
    """In another process, without the project, to the same bits."""
    encoder = tabular.encoder(TRAIN, ["size", "rooms.all"], ["street"])
    core = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(2, kernel_initializer=keras.initializers.GlorotNormal(seed=1)),
            keras.layers.Softmax(),
        ]
    )
    model = tabular.export(encoder, core)
    model.save(tmp_path / "model.keras")
    here = training.predict(model, tabular.columns(NEW))
    answer = subprocess.run(
        [sys.executable, "-c", _LOAD, tmp_path / "model.keras"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    assert answer.stdout.split()[-1] == here.tobytes().hex()


def test_rows_of_files_keep_their_places(tmp_path):
    for name, rows in (("a.csv", [1, 2]), ("b.csv", [3])):
        pd.DataFrame({"x": rows}).to_csv(tmp_path / name, index=False)
    paths = [str(tmp_path / "b.csv"), str(tmp_path / "a.csv")]
    frame, places = tabular.read(paths, pd.read_csv)
    assert frame["x"].tolist() == [3, 1, 2]
    assert places["file"].tolist() == [paths[0], paths[1], paths[1]]
    assert places["row"].tolist() == [1, 1, 2]

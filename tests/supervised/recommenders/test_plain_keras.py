"""A saved model of ratings needs nothing but Keras."""

import subprocess
import sys

import numpy as np
import pytest

from supervised.recommenders import factors
from supervised.recommenders.configs import FactorizationConfig
from supervised.recommenders.table import Table

WITHOUT_US = """
import sys
sys.modules["supervised"] = None  # any import of it fails
import keras, numpy as np, tensorflow as tf
for path, item, users, items in (
    (sys.argv[1], "movie", np.array([10, 99]), np.array([5, 6])),
    (sys.argv[2], "item", tf.constant(["Ü", "nobody"]), tf.constant(["a", "b"])),
):
    model = keras.models.load_model(path)
    found = model.predict({"user": users, item: items}, verbose=0)
    print(*(f"{value:.2f}" for value in found))
"""


def _model(people: np.ndarray, films: np.ndarray, item: str, unit: float) -> factors.keras.Model:
    core = factors.build(FactorizationConfig(factors=1), 2, 3, 3.0, 0)
    core.get_layer("factors").set_weights(
        [
            np.array([[9.0], [1.0], [-1.0]]),
            np.array([[9.0], [0.5], [1.0], [-1.0]]),
            np.array([9.0, 0.1, 0.2]),
            np.array([9.0, 0.01, 0.02, 0.03]),
        ]
    )
    return factors.export(core, people, films, item, unit)


def test_ratings_have_their_unit_again_and_places_give_the_same():
    model = _model(np.array(["Ü", "v"]), np.array(["a", "b", "c"], object), "item", 4.0)
    table = Table.of(model)
    assert table.people.tolist() == ["Ü", "v"]
    x = table.places(["Ü", "x", "v"], ["a", "b", "y"])
    assert [x["user"].tolist(), x["movie"].tolist()] == [[1, 0, 2], [1, 2, 0]]
    expected = [4 * (3.0 + 0.1 + 0.01 + 0.5), 4 * 3.02, 4 * 3.2]
    np.testing.assert_allclose(table.pairs(x), expected, rtol=1e-6)
    again = Table.from_arrays(table.arrays())
    np.testing.assert_array_equal(again.pairs(x), table.pairs(x))
    np.testing.assert_array_equal(again.row("Ü"), table.row("Ü"))


@pytest.mark.slow
def test_a_process_that_cannot_import_us_loads_and_applies_models(tmp_path):
    numbers, words = tmp_path / "numbers.keras", tmp_path / "words.keras"
    _model(np.array([10, 20]), np.array([5, 6, 7]), "movie", 1.0).save(numbers)
    _model(np.array(["Ü", "v"]), np.array(["a", "b", "c"]), "item", 1.0).save(words)
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_US, str(numbers), str(words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=200,
    )
    assert found.returncode == 0, found.stderr[-2_000:]
    assert found.stdout.splitlines()[-2:] == ["3.61 3.02"] * 2

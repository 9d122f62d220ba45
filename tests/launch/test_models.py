"""What exports of both kinds of runs share: differences, names of places, words for a reader."""

from typing import Any

import numpy as np
import pytest

from launch.jobs.models.exporting import _inconvertible
from launch.jobs.models.request import Request
from launch.jobs.models.tensors import Tensor, bounds
from launch.jobs.models.trial import Trial


def _trial(expected: Any, **options: Any) -> Trial:
    return Trial(
        inputs={"x": np.arange(3.0)}, expected={"y": np.array(expected)}, what="", **options
    )


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ([1.0, 2.0, 300.0], [1.0, 2.0, 303.0], 0.01),
        ([0.1, 0.2, 0.3], [0.1, 0.25, 0.3], 0.05),
        ([np.nan, 1.0, -np.inf], [np.nan, 1.0, -np.inf], 0.0),
        ([np.nan, 1.0, 2.0], [0.0, 1.0, 2.0], np.inf),
        ([1.0, 1.0, 2.0], [np.nan, 1.0, 2.0], np.inf),
        ([-1e30, 1.0, 2.0], [-1e30, 1.0, 2.0], 0.0),
        ([[1.0], [1.0], [2.0]], [1.0, 1.0, 2.0], np.inf),
    ],
)
def test_differences_by_hand(expected, found, difference):
    def run(inputs):
        return {"y": np.array(found)[: len(inputs["x"])]}

    assert _trial(expected).difference(run) == pytest.approx(difference)
    assert _trial(expected).difference(lambda inputs: {}) == np.inf


def test_a_single_row_is_tried_by_itself():
    def run(inputs):
        return {"y": np.array([1.0, 2.0, 3.0]) if len(inputs["x"]) > 1 else np.array([1.5])}

    assert _trial([1.0, 2.0, 3.0]).difference(run) == pytest.approx(0.5)


def test_bounds_are_plain_numbers():
    assert bounds(np.zeros((84, 84)), lowest=True) == 0
    assert bounds(np.array([-4.8, -np.inf], np.float32), lowest=True) == [-4.8, None]
    assert bounds(np.array([-np.inf]), lowest=True) is None
    assert bounds(np.full(3, np.finfo(np.float32).max), lowest=False) is None
    assert bounds(np.arange(100.0), lowest=False) == 99
    assert bounds(np.array([*range(99), np.inf]), lowest=False) is None


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        ({"shape": (4,), "dtype": "float32", "low": 0, "high": 1}, "4 numbers, float32, 0 to 1"),
        ({"shape": (), "dtype": "int32", "low": 0, "high": 15}, "one number, int32, 0 to 15"),
        ({"shape": (28, 28), "dtype": "uint8"}, "28 x 28 numbers, uint8"),
        ({"shape": (None,), "dtype": "int32"}, "any numbers, int32"),
        ({"shape": (), "dtype": "string"}, "one text"),
        (
            {"shape": (2,), "dtype": "float32", "low": [-4.8, None], "high": [4.8, None]},
            "2 numbers, float32, -4.8 to 4.8; any",
        ),
        (
            {"shape": (2,), "dtype": "float32", "parts": ("a", "b"), "mean": (1, 2), "std": (3, 4)},
            "2 numbers, float32: a 1 ± 3, b 2 ± 4",
        ),
    ],
)
def test_an_input_in_words(tensor, words):
    assert Tensor(name="x", **tensor).in_words() == words


def test_where_exports_go_by_themselves(tmp_path):
    assert Request(to="tflite").path(tmp_path, "policy") == tmp_path / "exports" / "policy.tflite"
    saved = Request(to="saved_model").path(tmp_path, "model")
    assert saved == tmp_path / "exports" / "model.saved_model"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ('<unknown>:0: error: loc(callsite(fused["Asinh:", "f/Asinh@x"] at y', "has no Asinh;"),
        ("Load failed: No Op registered for LookupTableFindV2 with", "has no LookupTableFindV2;"),
        ("z" * 400, f"ValueError: {'z' * 288} ...;"),
    ],
)
def test_what_converters_say_is_made_short(error, says):
    assert says in str(_inconvertible("tflite", ValueError(error)))

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from launch import checkpoints
from launch.checkpoints import Origin

ORIGIN = Origin(run={"experiment": "x", "agent": {"discount": 0.9}}, versions={"numpy": "2.4"})

_arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
_values = st.recursive(
    _arrays | st.integers(0, 2**128) | st.text(max_size=8) | st.none() | st.booleans(),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text("abc/_", min_size=1, max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


def _same(a, b) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b


@given(state=st.dictionaries(st.sampled_from("xyz"), _values, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_state_comes_back_to_the_bit(tmp_path_factory, state):
    path = checkpoints.save(tmp_path_factory.mktemp("run"), 1, state, keep=1, origin=ORIGIN)
    assert _same(state, checkpoints.load(path, ORIGIN))


def test_a_generators_state_comes_back(tmp_path):
    rng = np.random.default_rng(0)
    state = checkpoints.load(
        checkpoints.save(tmp_path, 0, {"rng": rng.bit_generator.state}, keep=1, origin=ORIGIN),
        ORIGIN,
    )
    other = np.random.default_rng(1)
    other.bit_generator.state = state["rng"]
    assert rng.random() == other.random()


def test_only_the_newest_are_kept(tmp_path):
    for step in (5, 10, 100, 1_000):
        checkpoints.save(tmp_path, step, {"step": step}, keep=2, origin=ORIGIN)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step_000000000100", "step_000000001000"]
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 1_000}


def test_an_empty_folder_has_none(tmp_path):
    assert checkpoints.load_newest(tmp_path, ORIGIN) is None
    assert checkpoints.load_newest(tmp_path / "absent", ORIGIN) is None


def _truncate(path):
    with open(path / "arrays.npz", "r+b") as file:
        file.truncate(100)


def _flip(path):
    data = bytearray((path / "arrays.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (path / "arrays.npz").write_bytes(data)


def _foreign(path):
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))


def _unmanifested(path):
    (path / "manifest.json").unlink()


@pytest.mark.parametrize("damage", [_truncate, _flip, _foreign, _unmanifested])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(tmp_path, damage, caplog):
    for step in (1, 2):
        checkpoints.save(
            tmp_path, step, {"step": step, "array": np.arange(1_000)}, keep=2, origin=ORIGIN
        )
    damage(tmp_path / "step_000000000002")
    state = checkpoints.load_newest(tmp_path, ORIGIN)
    assert state is not None
    assert state["step"] == 1
    assert "step_000000000002" in caplog.text


def test_a_failed_write_leaves_the_older_checkpoint_and_no_rubbish(tmp_path):
    checkpoints.save(tmp_path, 1, {"step": 1}, keep=1, origin=ORIGIN)
    with pytest.raises(TypeError):
        checkpoints.save(tmp_path, 2, {"step": object()}, keep=1, origin=ORIGIN)
    assert [p.name for p in tmp_path.iterdir()] == ["step_000000000001"]


def test_pickles_are_not_read(tmp_path):
    path = checkpoints.save(tmp_path, 1, {"array": np.arange(3)}, keep=1, origin=ORIGIN)
    np.savez(path / "arrays.npz", **{"/array": np.array([object()])})
    digest = checkpoints._sha256(path / "arrays.npz")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["sha256"]["arrays.npz"] = digest
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(checkpoints.CheckpointError, match="allow_pickle"):
        checkpoints.load(path, ORIGIN)

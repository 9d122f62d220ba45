import errno
import json
import os
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from launch.config.execution import CheckpointConfig
from launch.run_folder import checkpoints
from launch.run_folder.checkpoints import Origin
from launch.run_folder.saver import Saver

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


def _another_number(path):
    """Damage that only the checksum shows: the file can be read."""
    state = path / "state.json"
    state.write_text(state.read_text().replace("2", "3"))


def _foreign(path):
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))


def _unmanifested(path):
    (path / "manifest.json").unlink()


@pytest.mark.parametrize("damage", [_truncate, _flip, _another_number, _foreign, _unmanifested])
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


def _null(path):
    (path / "manifest.json").write_text("null")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_unmanifested, "No such file or directory"),
        (_null, "its manifest.json is another kind of JSON"),
    ],
)
def test_damage_is_said_in_plain_words_and_the_path_once(tmp_path, damage, why):
    path = checkpoints.save(tmp_path, 1, {"step": 1}, keep=1, origin=ORIGIN)
    damage(path)
    with pytest.raises(checkpoints.CheckpointError) as caught:
        checkpoints.load(path, ORIGIN)
    assert str(caught.value) == f"checkpoint {path} cannot be read: {why}"


class _Killed(BaseException):
    """Takes the process away, as SIGKILL would: nothing is tidied up after it."""


def _die_between_the_renames(monkeypatch, folder, step: int) -> None:
    """Saves the checkpoint of a step once more, and dies when the old one has lost its name."""
    rename = os.replace

    def die(*_):
        raise _Killed

    with monkeypatch.context() as patch:

        def one(source, target):
            rename(source, target)
            patch.setattr(os, "replace", die)
            patch.setattr(checkpoints, "_put_back", die)

        patch.setattr(os, "replace", one)
        with pytest.raises(_Killed):
            checkpoints.save(folder, step, {"step": 0}, keep=1, origin=ORIGIN)
    assert _names(folder) == {f".replaced-step_{step:012d}"}


def _names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_only_checkpoint_survives_a_kill_while_it_is_replaced(tmp_path, monkeypatch):
    checkpoints.save(tmp_path, 5, {"step": 5}, keep=1, origin=ORIGIN)
    _die_between_the_renames(monkeypatch, tmp_path, 5)
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 5}
    assert _names(tmp_path) == {"step_000000000005"}
    _die_between_the_renames(monkeypatch, tmp_path, 5)
    checkpoints.save(tmp_path, 9, {"step": 9}, keep=2, origin=ORIGIN)
    assert _names(tmp_path) == {"step_000000000005", "step_000000000009"}


def test_one_that_was_replaced_does_not_take_the_name_of_the_new_one(tmp_path):
    checkpoints.save(tmp_path, 5, {"step": 5}, keep=1, origin=ORIGIN)
    newest = tmp_path / "step_000000000005"
    newest.rename(tmp_path / ".replaced-step_000000000005")
    shutil.copytree(tmp_path / ".replaced-step_000000000005", newest)
    (newest / "new").touch()
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 5}
    assert (newest / "new").exists()


def test_where_the_new_one_does_not_get_its_name_the_old_one_has_it_back(tmp_path, monkeypatch):
    checkpoints.save(tmp_path, 5, {"step": 5}, keep=1, origin=ORIGIN)
    rename = os.replace

    def refuse(source, target):
        if ".writing-" in str(source):
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", refuse)
        with pytest.raises(OSError, match="Input/output error"):
            checkpoints.save(tmp_path, 5, {"step": 6}, keep=1, origin=ORIGIN)
    assert _names(tmp_path) == {"step_000000000005"}
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 5}


def test_a_failed_write_leaves_the_older_checkpoint_and_no_rubbish(tmp_path):
    checkpoints.save(tmp_path, 1, {"step": 1}, keep=1, origin=ORIGIN)
    with pytest.raises(TypeError):
        checkpoints.save(tmp_path, 2, {"step": object()}, keep=1, origin=ORIGIN)
    assert [p.name for p in tmp_path.iterdir()] == ["step_000000000001"]


def test_a_failed_write_names_what_the_run_can_go_on_from(tmp_path, monkeypatch, caplog):
    def full(*_arguments, **_settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    saver = Saver(tmp_path, CheckpointConfig(every_seconds=10, keep=1), ORIGIN)
    with monkeypatch.context() as disk:
        disk.setattr(checkpoints, "_write", full)
        assert not saver.save(3, dict)
        assert "no checkpoint at step 3: No space left on device; there is none" in caplog.text
    assert saver.save(0, dict)
    monkeypatch.setattr(checkpoints, "_write", full)
    assert not saver.save(7, dict)
    assert "no checkpoint at step 7: No space left on device; the one at step 0" in caplog.text


def test_pickles_are_not_read(tmp_path):
    path = checkpoints.save(tmp_path, 1, {"array": np.arange(3)}, keep=1, origin=ORIGIN)
    np.savez(path / "arrays.npz", **{"/array": np.array([object()])})
    digest = checkpoints._sha256(path / "arrays.npz")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["sha256"]["arrays.npz"] = digest
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(checkpoints.CheckpointError, match="allow_pickle"):
        checkpoints.load(path, ORIGIN)


def _steps(folder) -> list[int]:
    return sorted(int(path.name.removeprefix("step_")) for path in folder.iterdir())


def test_the_best_is_kept_beside_the_newest(tmp_path):
    scores = {10: None, 20: 5.0, 30: 9.0, 40: None, 50: 7.0, 60: None, 70: None}
    for step, score in scores.items():
        checkpoints.save(tmp_path, step, {"step": step}, keep=2, origin=ORIGIN, score=score)
    assert _steps(tmp_path) == [30, 60, 70]
    checkpoints.save(tmp_path, 80, {"step": 80}, keep=2, origin=ORIGIN, score=9.0)
    assert _steps(tmp_path) == [70, 80]  # of equals the newest


def test_a_future_that_was_cut_off_takes_nobodys_place(tmp_path):
    """A damaged checkpoint is newer than all that follow once the one before it was used."""
    for step in (100, 200):
        checkpoints.save(tmp_path, step, {"step": step}, keep=2, origin=ORIGIN)
    _unmanifested(tmp_path / "step_000000000200")
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 100}
    checkpoints.save(tmp_path, 150, {"step": 150}, keep=1, origin=ORIGIN)
    assert _steps(tmp_path) == [150]


def test_another_runs_checkpoint_is_skipped_and_its_differences_are_named(tmp_path, caplog):
    checkpoints.save(tmp_path, 1, {"step": 1}, keep=2, origin=ORIGIN)
    run = {"experiment": "x", "agent": {"discount": 0.5, "double": True}}
    other = Origin(run=run, versions=ORIGIN.versions)
    checkpoints.save(tmp_path, 2, {"step": 2}, keep=2, origin=other)
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 1}
    assert "step_000000000002 is of another run" in caplog.text
    assert "agent.discount: 0.5 there, 0.9 here" in caplog.text
    assert "agent.double: True there, absent here" in caplog.text


def test_another_versions_checkpoint_is_used_and_said(tmp_path, caplog):
    older = Origin(run=ORIGIN.run, versions={"numpy": "1.26", "keras": "3"})
    checkpoints.save(tmp_path, 1, {"step": 1}, keep=1, origin=older)
    assert checkpoints.load_newest(tmp_path, ORIGIN) == {"step": 1}
    assert "numpy: 1.26 there, 2.4 here" in caplog.text
    assert "keras: 3 there, absent here" in caplog.text


def test_a_checkpoint_does_not_outlive_its_runs_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        checkpoints.save(tmp_path / "gone" / "checkpoints", 1, {}, keep=1, origin=ORIGIN)
    assert not (tmp_path / "gone").exists()


def test_checkpoints_are_as_frequent_as_their_cost_allows(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def state():
        clock[0] += 2.0  # what writing costs
        return {}

    saver = Saver(tmp_path, CheckpointConfig(every_seconds=10, keep=1), ORIGIN)
    assert not saver.due()
    clock[0] = 10.0
    assert saver.due()
    assert saver.save(1, state)
    clock[0] += 39.9  # 2 seconds are 5 % of 40
    assert not saver.due()
    assert not saver.affordable()
    clock[0] += 40.0
    assert saver.due()
    assert saver.affordable()

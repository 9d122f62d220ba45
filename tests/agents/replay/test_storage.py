import numpy as np
import pytest

from agents.replay.storage import Storage


def _append(storage: Storage, first: int, count: int, pending: int | None = None) -> np.ndarray:
    """Windows first, first + 1, ... of episodes of length 1; every value tells the number."""
    numbers = np.arange(first, first + count)  # [N]
    observations = np.stack([numbers, -numbers], axis=1).astype(np.float32)  # [N, 2]
    s_tm1 = storage.observe(observations)
    s_t = storage.observe(observations + 0.5)
    columns = {"s_tm1": s_tm1, "r_t": numbers.astype(np.float32), "s_t": s_t}
    return storage.append(columns, pending=pending)


def _held(storage: Storage) -> list[float]:
    """The numbers of all windows, oldest row first; makes sure that their values fit together."""
    columns = storage.gather(np.arange(len(storage))[None])  # [1, N, ...]
    numbers = columns["r_t"][0]  # [N]
    for name, more in (("s_tm1", 0), ("s_t", 0.5)):
        np.testing.assert_array_equal(columns[name][0, :, 0], numbers + more)
        np.testing.assert_array_equal(columns[name][0, :, 1], more - numbers)
    return numbers.tolist()


def _span(storage: Storage) -> int:
    """Observations that are kept."""
    return len(storage.get_state()["observations"])


def test_ids_are_consecutive():
    storage = Storage(4)
    assert storage.observe(np.zeros((3, 2))).tolist() == [0, 1, 2]
    assert storage.observe(np.zeros((0, 2))).tolist() == []
    assert storage.observe(np.zeros((9, 2))).tolist() == list(range(3, 12))
    assert len(storage) == storage.added == 0


def test_rows_are_written_in_a_ring():
    storage = Storage(5)
    assert _append(storage, 0, 3).tolist() == [0, 1, 2]
    assert _append(storage, 3, 0).tolist() == []
    assert _held(storage) == [0, 1, 2]
    assert _append(storage, 3, 4).tolist() == [3, 4, 0, 1]
    assert _held(storage) == [5, 6, 2, 3, 4]
    assert (len(storage), storage.added) == (5, 7)


def test_more_than_capacity_at_once_keeps_the_last():
    storage = Storage(5)
    _append(storage, 0, 3)
    assert _append(storage, 3, 13).tolist() == [1, 2, 3, 4, 0]
    assert _held(storage) == [15, 11, 12, 13, 14]
    _append(storage, 16, 1)
    assert _held(storage) == [15, 16, 12, 13, 14]


def test_rows_are_gathered_in_the_shape_asked_for():
    storage = Storage(5)
    _append(storage, 0, 5)
    columns = storage.gather(np.array([[0, 4, 4], [2, 1, 0]]))
    assert columns["r_t"].tolist() == [[0, 4, 4], [2, 1, 0]]
    assert columns["s_tm1"].shape == (2, 3, 2)
    assert columns["s_t"].dtype == np.float32


def test_single_numbers_are_observations_too():
    storage = Storage(3)
    ids = storage.observe(np.array([7, 8, 9, 10]))
    storage.append({"s_tm1": ids[:-1], "s_t": ids[1:]})
    assert storage.gather(np.array([[2, 0]]))["s_t"].tolist() == [[10, 8]]


def test_a_window_may_have_several_observations_in_a_row():
    storage = Storage(2)
    for first in (0, 10, 20):
        ids = storage.observe(np.arange(first, first + 4))
        storage.append({"s_tm1": ids[None, :-1], "s_t": ids[-1:]})
    found = storage.gather(np.array([[0, 1, 0]]))
    assert found["s_tm1"].tolist() == [[[20, 21, 22], [10, 11, 12], [20, 21, 22]]]
    assert found["s_t"].tolist() == [[23, 13, 23]]
    assert _span(storage) == 8


@pytest.mark.parametrize(("capacity", "count"), [(1, 1), (7, 3), (7, 7), (50, 3), (50, 70)])
def test_no_observation_that_is_needed_is_overwritten(capacity, count):
    storage = Storage(capacity)
    for first in range(0, 40 * count, count):
        _append(storage, first, count)
        last = first + count
        assert sorted(_held(storage)) == list(range(max(0, last - capacity), last))
    assert _span(storage) <= 2 * (capacity + count)


def test_long_episodes_need_little_more_than_an_observation_for_each_window():
    storage = Storage(1_000)
    newest = storage.observe(np.zeros((8, 2)))  # [8] environments
    for _ in range(500):
        s_t = storage.observe(np.zeros((8, 2)))
        storage.append({"s_tm1": newest, "s_t": s_t}, pending=int(s_t.min()))
        newest = s_t
    assert _span(storage) == 1_000 + 8


def test_pending_observations_are_kept():
    storage = Storage(3)
    pending = storage.observe(np.full((1, 2), 77, np.float32))  # [1]
    for first in range(100):
        _append(storage, first, 1, pending=int(pending[0]))
    assert storage.append({"s_tm1": pending, "s_t": pending, "r_t": np.zeros(1)}) == [1]
    assert storage.gather(np.array([[1]]))["s_tm1"].tolist() == [[[77, 77]]]


def test_a_late_window_keeps_its_observation_as_long_as_it_lives():
    storage = Storage(4)
    late = storage.observe(np.full((1, 2), 77, np.float32))  # [1]
    _append(storage, 0, 3, pending=int(late[0]))
    storage.append({"s_tm1": late, "s_t": late, "r_t": np.zeros(1)})
    for first in range(3):
        _append(storage, first, 1)
        assert storage.gather(np.array([[3]]))["s_t"].tolist() == [[[77, 77]]]
    assert _span(storage) == 1 + 6 + 6
    _append(storage, 3, 1)
    assert _span(storage) == 8


def test_windows_of_overwritten_observations_are_refused():
    storage = Storage(3)
    early = storage.observe(np.zeros((1, 2), np.float32))
    _append(storage, 0, 3)
    with pytest.raises(ValueError, match="observation 0 is not kept any more: 1 and up"):
        storage.append({"s_tm1": early, "s_t": early, "r_t": np.zeros(1)})
    assert _held(storage) == [0, 1, 2]


@pytest.mark.parametrize("added", [0, 6, 10, 23])
def test_state_round_trip_goes_on_with_the_same_bits(added):
    storage, restored = Storage(10), Storage(10)
    for first in range(added):
        _append(storage, first, 1, pending=max(0, 2 * first - 3))
    restored.set_state(storage.get_state())
    for first in range(added, added + 30, 3):
        for each in (storage, restored):
            _append(each, first, 3)
        assert _held(storage) == _held(restored)
        assert _span(storage) == _span(restored)
    assert storage.added == restored.added == added + 30


def test_state_is_of_filled_rows():
    storage = Storage(1_000)
    _append(storage, 0, 5)
    state = storage.get_state()
    assert {name: len(column) for name, column in state["columns"].items()} == {
        "s_tm1": 5,
        "r_t": 5,
        "s_t": 5,
    }
    assert len(state["observations"]) == 10

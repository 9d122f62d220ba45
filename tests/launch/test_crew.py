"""A crew's own books, with actors that are here."""

import gc
from types import SimpleNamespace

import pytest

from launch import crew
from launch.crew import Call, Crew, Seat


class _Actor:
    """Returns what it is given, at once; a reference is the value itself."""

    def __getattr__(self, name):
        def remote(*arguments):
            return [0, *arguments][:2]

        return SimpleNamespace(options=lambda num_returns: SimpleNamespace(remote=remote))


@pytest.fixture
def local(monkeypatch):
    """A Ray whose references are values."""
    monkeypatch.setattr(crew.ray, "wait", lambda found, num_returns, timeout: (found, []))
    monkeypatch.setattr(crew.ray, "get", lambda found: found)


def test_answered_calls_are_let_go_though_the_next_ones_were_given_what_they_came_to(local):
    """Else the weights of all updates stayed in the object store."""
    employer = SimpleNamespace(hire=lambda seat: _Actor())
    one = Crew(employer, [Seat(number=0, name="one", cpus=0, gpus=0)], 60.0, unit="call")
    (seat,) = one.seats
    last = one.submit(seat, "start", "weights", results=2)
    for _ in range(20):
        one.answers([last])
        last = one.submit(seat, "next", last.result(1), results=2)
    (done,) = one.answers([last])
    assert done.answered
    assert done.references[1] == "weights"  # handed on 20 times
    gc.collect()
    alive = [each for each in gc.get_objects() if isinstance(each, Call) and each.seat is seat]
    assert len(alive) <= 2

"""A crew's own books, with actors that are here."""

import gc
from types import SimpleNamespace

import pytest

from launch.cluster import actor_group
from launch.cluster.actor_group import ActorGroup, Call, Slot


class _Actor:
    """Returns what it is given, at once; a reference is the value itself."""

    def __getattr__(self, name):
        def remote(*arguments):
            return [0, *arguments][:2]

        return SimpleNamespace(options=lambda num_returns: SimpleNamespace(remote=remote))


@pytest.fixture
def local(monkeypatch):
    """A Ray whose references are values."""
    monkeypatch.setattr(actor_group.ray, "wait", lambda found, num_returns, timeout: (found, []))
    monkeypatch.setattr(actor_group.ray, "get", lambda found: found)


def test_answered_calls_are_let_go_though_the_next_ones_were_given_what_they_came_to(local):
    """Else the weights of all updates stayed in the object store."""
    employer = SimpleNamespace(start_actor=lambda slot: _Actor())
    one = ActorGroup(employer, [Slot(number=0, name="one", cpus=0, gpus=0)], 60.0, unit="call")
    (slot,) = one.slots
    last = one.submit(slot, "start", "weights", results=2)
    for _ in range(20):
        one.wait([last])
        last = one.submit(slot, "next", last.result(1), results=2)
    (done,) = one.wait([last])
    assert done.answered
    assert done.references[1] == "weights"  # handed on 20 times
    gc.collect()
    alive = [each for each in gc.get_objects() if isinstance(each, Call) and each.slot is slot]
    assert len(alive) <= 2

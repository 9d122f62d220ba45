"""What a group of actors promises: answers in order, whichever actor dies or hangs."""

import gc
import os
import signal
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import RayTaskError

from common.errors import RunError
from launch.cluster import actor_group
from launch.cluster.actor_group import ATTEMPTS, WATCH, ActorGroup
from launch.cluster.slots import Slot
from tests.processes import all_gone

UNIT = "lesson"
pytestmark = pytest.mark.usefixtures("ray_cluster")


class Worker:
    """Does what it is told, and notes each call before it does it."""

    def __init__(self, journal: Path):
        self._journal, self._doing = journal, ""

    def current_call(self) -> str:
        return self._doing

    def say(self, word: Any) -> Any:
        self._note(word)
        return word

    def pid_and_word(self, word: str) -> tuple[int, str]:
        return os.getpid(), word

    def die(self, word: str, deaths: int) -> str:
        """Takes its process with it, so many times."""
        if self._note(word) <= deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        return word

    def freeze(self, word: str) -> str:
        """Stops its process, the first time."""
        if self._note(word) == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(600)  # another thread may be stopped first, and this one answer
        return word

    def hang(self, word: str) -> str:
        """Hangs in Python, the first time: what it is doing is said all the same."""
        if self._note(word) == 1:
            self._doing = word
            time.sleep(600)
        return word

    def wait_for(self, path: Path) -> str:
        while not path.exists():
            time.sleep(0.01)
        return path.name

    def fail(self) -> None:
        raise KeyError("lost")

    def _note(self, word: Any) -> int:
        """Writes the word down; how often it stands there now, other processes' words included."""
        with self._journal.open("a") as file:
            file.write(f"{word}\n")
        return self._journal.read_text().splitlines().count(str(word))


class Unable(Worker):
    """A worker that cannot be made."""

    def __init__(self, journal: Path):
        raise ImportError("no module named lessons")


class Owner:
    """Starts workers that write into one journal for each slot."""

    def __init__(self, folder: Path, kind: type = Worker):
        self.folder, self.kind = folder, kind
        self.started: list[float] = []  # CPUs of every worker asked for
        self.lost_slots: list[str] = []
        self.most_lost = 100
        self.cpus: Callable[[Slot], float] = lambda slot: slot.cpus

    def start_actor(self, slot: Slot) -> Any:
        remote: Any = ray.remote
        self.started.append(self.cpus(slot))
        kind = remote(concurrency_groups=WATCH)(self.kind)
        return kind.options(num_cpus=self.started[-1]).remote(self.folder / slot.name)

    def on_actor_lost(self, slot: Slot) -> None:
        self.lost_slots.append(slot.name)
        if len(self.lost_slots) > self.most_lost:
            raise RunError("one too many")

    def is_hung(self, slot: Slot, current_call: str) -> bool:
        return current_call == "hanging"

    def to_error(self, error: RayTaskError) -> Exception:
        return RuntimeError(f"in a lesson: {error.cause!r}")

    def journal(self, name: str) -> list[str]:
        return (self.folder / name).read_text().splitlines()


@pytest.fixture
def owner(tmp_path, monkeypatch) -> Owner:
    monkeypatch.setattr(actor_group, "_LOOK_SECONDS", 0.05)
    return Owner(tmp_path)


@pytest.fixture
def start(owner) -> Iterator[Callable[..., ActorGroup]]:
    """Makes a group of slots `one`, `two`, ...; its workers are gone after the test."""
    made: list[ActorGroup] = []

    def make(count: int = 1, silence_seconds: float = 60.0, cpus: float = 0.0) -> ActorGroup:
        names = ("one", "two")[:count]
        slots = [Slot(number=i, name=name, cpus=cpus, gpus=0) for i, name in enumerate(names)]
        made.append(ActorGroup(owner, slots, silence_seconds, unit=UNIT))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _answers(found) -> list[Any]:
    return [call.answer for call in found]


def test_calls_are_made_in_order_and_answers_come_in_the_order_asked_for(owner, start):
    one = start(2)
    calls = [one.submit(one.slots[n % 2], "say", n) for n in range(6)]
    assert _answers(one.wait(calls[::-1])) == [5, 4, 3, 2, 1, 0]
    assert owner.journal("one") == ["0", "2", "4"]
    assert owner.journal("two") == ["1", "3", "5"]
    assert not owner.lost_slots
    assert not any(slot.calls for slot in one.slots)


def test_whoever_wants_one_answer_need_not_wait_for_the_others(start, tmp_path):
    one = start(2)
    slow = one.submit(one.slots[0], "wait_for", tmp_path / "bell")
    quick = one.submit(one.slots[1], "say", "quick")
    assert one.wait([slow, quick], wanted=1) == [quick]
    assert not one.are_done([slow])
    (tmp_path / "bell").touch()
    assert one.are_done([slow], seconds=60.0)
    assert _answers(one.wait([slow])) == ["bell"]


def test_a_dead_worker_is_replaced_and_its_unanswered_calls_are_repeated(owner, start, caplog):
    one = start(2)
    first, second = one.slots
    one.wait([one.submit(first, "say", "handed on"), one.submit(second, "say", "other")])
    assert not first.replaced
    calls = [
        one.submit(first, "say", "before"),
        one.submit(first, "die", "dying", 1),
        one.submit(first, "say", "after"),
    ]
    assert _answers(one.wait(calls)) == ["before", "dying", "after"]
    before = ["handed on", "before", "dying"]
    assert owner.journal("one") == [*before, "before", "dying", "after"]
    assert owner.journal("two") == ["other"]
    assert owner.lost_slots == ["one"]
    assert (first.replaced, second.replaced) == (True, False)
    assert f"one died: rebuilding it and repeating its {UNIT}" in caplog.text


def test_a_result_that_was_made_again_is_the_one_handed_on(owner, start, tmp_path):
    """Also in a call that was first made with the result of before."""
    one = start(2)
    first, second = one.slots
    (old,) = _answers(one.wait([one.submit(first, "pid_and_word", "old", results=2)]))
    made = one.submit(first, "pid_and_word", "new", results=2)
    one.submit(second, "wait_for", tmp_path / "bell")
    one.submit(second, "die", "dying", 1)
    used = one.submit(second, "say", made.result(0))
    one.wait([one.submit(first, "die", "dying", 1)])
    (tmp_path / "bell").touch()
    new, handed_on = _answers(one.wait([made, used]))
    assert handed_on == new != old
    assert owner.lost_slots == ["one", "two"]


def test_a_worker_that_hangs_is_replaced(owner, start):
    one = start(2)
    slots = one.slots
    calls = [one.submit(slots[0], "say", "well"), one.submit(slots[1], "hang", "hanging")]
    assert _answers(one.wait(calls)) == ["well", "hanging"]
    assert owner.lost_slots == ["two"]
    assert owner.journal("one") == ["well"]
    assert owner.journal("two") == ["hanging", "hanging"]


def test_a_worker_that_is_slow_and_says_so_is_waited_for(owner, start, tmp_path):
    one = start(silence_seconds=2.0)
    call = one.submit(one.slots[0], "wait_for", tmp_path / "bell")
    heard_at: list[float] = []

    def is_hung(slot: Slot, current_call: str) -> bool:
        heard_at.append(time.monotonic())
        if heard_at[-1] - heard_at[0] > 3.0:
            (tmp_path / "bell").touch()
        return False

    owner.is_hung = is_hung
    assert _answers(one.wait([call])) == ["bell"]
    assert heard_at[-1] - heard_at[0] > 3.0
    assert not owner.lost_slots


def test_a_frozen_worker_is_replaced_and_does_not_live_on(owner, start, caplog):
    one = start(silence_seconds=2.0)
    (slot,) = one.slots
    (pid,) = _answers(one.wait([one.submit(slot, "pid_and_word", "here", results=2)]))
    call = one.submit(slot, "freeze", "freezing")
    assert _answers(one.wait([call])) == ["freezing"]
    assert owner.lost_slots == ["one"]
    assert f"one did not answer: rebuilding it and repeating its {UNIT}" in caplog.text
    assert all_gone([pid])


def test_a_call_that_kills_every_worker_stops_the_run(owner, start):
    one = start()
    call = one.submit(one.slots[0], "die", "deadly", 1_000)
    with pytest.raises(RunError, match=rf"^one died {ATTEMPTS} times in one {UNIT}: "):
        one.wait([call])
    assert owner.journal("one") == ["deadly"] * ATTEMPTS


def test_deaths_are_counted_from_the_last_answer(owner, start, monkeypatch):
    monkeypatch.setattr(actor_group, "ATTEMPTS", 2)
    one = start()
    for word in ("first", "second"):
        call = one.submit(one.slots[0], "die", word, 1)
        assert _answers(one.wait([call])) == [word]
    assert owner.lost_slots == ["one", "one"]
    with pytest.raises(RunError, match=f"one died 2 times in one {UNIT}"):
        one.wait([one.submit(one.slots[0], "die", "third", 2)])


def test_the_owner_may_refuse_to_replace(owner, start, caplog):
    owner.most_lost = 0
    one = start()
    with pytest.raises(RunError, match=r"^one died; one too many$"):
        one.wait([one.submit(one.slots[0], "die", "dying", 1)])
    assert len(owner.started) == 1
    assert "rebuilding" not in caplog.text


def test_a_worker_that_cannot_be_placed_stops_the_run(owner, start, monkeypatch):
    monkeypatch.setattr(actor_group, "PLACEMENT_SECONDS", 0.5)
    one = start(cpus=1_000.0)
    with pytest.raises(RunError, match=r"one: no place for its 1000 CPU and 0 GPU within 0\.5 s"):
        one.wait([one.submit(one.slots[0], "say", "never")])
    assert len(owner.started) == 1


def test_a_replacement_that_finds_no_cpu_of_its_own_shares_one(owner, start, monkeypatch, caplog):
    monkeypatch.setattr(actor_group, "_PATIENCE_SECONDS", 0.2)
    owner.cpus = lambda slot: 1_000.0 if slot.replaced and slot.cpus else slot.cpus
    one = start(cpus=0.5)
    call = one.submit(one.slots[0], "die", "dying", 1)
    assert _answers(one.wait([call])) == ["dying"]
    assert owner.started == [0.5, 1_000.0, 0.0]
    assert owner.lost_slots == ["one"]
    assert "one finds no free CPU: sharing one" in caplog.text


def test_a_worker_that_cannot_be_made_is_named_and_not_tried_again(owner, start):
    owner.kind = Unable
    one = start()
    with pytest.raises(RunError, match=r"one cannot start: .*no module named lessons"):
        one.wait([one.submit(one.slots[0], "say", "never")])
    assert len(owner.started) == 1


def test_an_exception_in_a_worker_is_what_the_owner_makes_of_it(owner, start):
    one = start()
    with pytest.raises(RuntimeError, match=r"^in a lesson: KeyError\('lost'\)$"):
        one.wait([one.submit(one.slots[0], "fail")])
    assert not owner.lost_slots


def test_calls_that_nobody_wants_any_more_are_not_repeated(owner, start):
    one = start()
    one.submit(one.slots[0], "say", "unwanted")
    one.forget()
    wanted = one.submit(one.slots[0], "die", "wanted", 1)
    assert _answers(one.wait([wanted])) == ["wanted"]
    assert owner.journal("one") == ["unwanted", "wanted", "wanted"]


def test_a_closed_group_leaves_no_process(start):
    one = start(2)
    calls = [one.submit(slot, "pid_and_word", "here", results=2) for slot in one.slots]
    pids = _answers(one.wait(calls))
    one.close()
    assert all_gone(pids)


def test_answered_calls_are_let_go_though_the_next_ones_were_given_what_they_came_to(start):
    """Otherwise the weights of all updates would stay in the object store."""
    one = start()
    (slot,) = one.slots
    last = one.submit(slot, "pid_and_word", "weights", results=2)
    seen = [weakref.ref(last)]
    for _ in range(20):
        one.wait([last])
        last = one.submit(slot, "pid_and_word", last.result(1), results=2)
        seen.append(weakref.ref(last))
    (done,) = one.wait([last])
    assert ray.get(done.references[1]) == "weights"  # handed on 20 times
    gc.collect()
    assert [call() for call in seen[:-1]] == [None] * 20

"""What a crew promises: every call is answered, in order, whoever dies, hangs or falls silent."""

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
from launch import crew
from launch.crew import ATTEMPTS, WATCH, Crew, Seat
from tests.processes import all_gone

UNIT = "lesson"
pytestmark = pytest.mark.usefixtures("ray_cluster")


class Worker:
    """Does what it is told, and notes each call before it does it."""

    def __init__(self, journal: Path):
        self._journal, self._doing = journal, ""

    def under_way(self) -> str:
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


class Employer:
    """Hires workers that write into one journal for each seat."""

    def __init__(self, folder: Path, kind: type = Worker):
        self.folder, self.kind = folder, kind
        self.hired: list[float] = []  # CPUs of every worker asked for
        self.lost_seats: list[str] = []
        self.most_lost = 100
        self.cpus: Callable[[Seat], float] = lambda seat: seat.cpus

    def hire(self, seat: Seat) -> Any:
        remote: Any = ray.remote
        self.hired.append(self.cpus(seat))
        kind = remote(concurrency_groups=WATCH)(self.kind)
        return kind.options(num_cpus=self.hired[-1]).remote(self.folder / seat.name)

    def lost(self, seat: Seat) -> None:
        self.lost_seats.append(seat.name)
        if len(self.lost_seats) > self.most_lost:
            raise RunError("one too many")

    def heard(self, seat: Seat, under_way: str) -> bool:
        return under_way == "hanging"

    def failed(self, error: RayTaskError) -> Exception:
        return RuntimeError(f"in a lesson: {error.cause!r}")

    def journal(self, name: str) -> list[str]:
        return (self.folder / name).read_text().splitlines()


@pytest.fixture
def employer(tmp_path, monkeypatch) -> Employer:
    monkeypatch.setattr(crew, "_LOOK_SECONDS", 0.05)
    return Employer(tmp_path)


@pytest.fixture
def hire(employer) -> Iterator[Callable[..., Crew]]:
    """Makes a crew of seats `one`, `two`, ...; its workers are gone after the test."""
    made: list[Crew] = []

    def make(count: int = 1, silence_seconds: float = 60.0, cpus: float = 0.0) -> Crew:
        names = ("one", "two")[:count]
        seats = [Seat(number=i, name=name, cpus=cpus, gpus=0) for i, name in enumerate(names)]
        made.append(Crew(employer, seats, silence_seconds, unit=UNIT))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _answers(found) -> list[Any]:
    return [call.answer for call in found]


def test_calls_are_made_in_order_and_answers_come_in_the_order_asked_for(employer, hire):
    one = hire(2)
    calls = [one.submit(one.seats[n % 2], "say", n) for n in range(6)]
    assert _answers(one.answers(calls[::-1])) == [5, 4, 3, 2, 1, 0]
    assert employer.journal("one") == ["0", "2", "4"]
    assert employer.journal("two") == ["1", "3", "5"]
    assert not employer.lost_seats
    assert not any(seat.calls for seat in one.seats)


def test_whoever_wants_one_answer_need_not_wait_for_the_others(hire, tmp_path):
    one = hire(2)
    slow = one.submit(one.seats[0], "wait_for", tmp_path / "bell")
    quick = one.submit(one.seats[1], "say", "quick")
    assert one.answers([slow, quick], wanted=1) == [quick]
    assert not one.answered([slow])
    (tmp_path / "bell").touch()
    assert one.answered([slow], seconds=60.0)
    assert _answers(one.answers([slow])) == ["bell"]


def test_a_dead_worker_is_replaced_and_its_unanswered_calls_are_repeated(employer, hire, caplog):
    one = hire(2)
    first, second = one.seats
    one.answers([one.submit(first, "say", "handed on"), one.submit(second, "say", "other")])
    assert not first.replaced
    calls = [
        one.submit(first, "say", "before"),
        one.submit(first, "die", "dying", 1),
        one.submit(first, "say", "after"),
    ]
    assert _answers(one.answers(calls)) == ["before", "dying", "after"]
    before = ["handed on", "before", "dying"]
    assert employer.journal("one") == [*before, "before", "dying", "after"]
    assert employer.journal("two") == ["other"]
    assert employer.lost_seats == ["one"]
    assert (first.replaced, second.replaced) == (True, False)
    assert f"one died: rebuilding it and repeating its {UNIT}" in caplog.text


def test_a_result_that_was_made_again_is_the_one_handed_on(employer, hire, tmp_path):
    """Also in a call that was first made with the result of before."""
    one = hire(2)
    first, second = one.seats
    (old,) = _answers(one.answers([one.submit(first, "pid_and_word", "old", results=2)]))
    made = one.submit(first, "pid_and_word", "new", results=2)
    one.submit(second, "wait_for", tmp_path / "bell")
    one.submit(second, "die", "dying", 1)
    used = one.submit(second, "say", made.result(0))
    one.answers([one.submit(first, "die", "dying", 1)])
    (tmp_path / "bell").touch()
    new, handed_on = _answers(one.answers([made, used]))
    assert handed_on == new != old
    assert employer.lost_seats == ["one", "two"]


def test_a_worker_that_hangs_is_replaced(employer, hire):
    one = hire(2)
    seats = one.seats
    calls = [one.submit(seats[0], "say", "well"), one.submit(seats[1], "hang", "hanging")]
    assert _answers(one.answers(calls)) == ["well", "hanging"]
    assert employer.lost_seats == ["two"]
    assert employer.journal("one") == ["well"]
    assert employer.journal("two") == ["hanging", "hanging"]


def test_a_worker_that_is_slow_and_says_so_is_waited_for(employer, hire, tmp_path):
    one = hire(silence_seconds=2.0)
    call = one.submit(one.seats[0], "wait_for", tmp_path / "bell")
    heard_at: list[float] = []

    def heard(seat: Seat, under_way: str) -> bool:
        heard_at.append(time.monotonic())
        if heard_at[-1] - heard_at[0] > 3.0:
            (tmp_path / "bell").touch()
        return False

    employer.heard = heard
    assert _answers(one.answers([call])) == ["bell"]
    assert heard_at[-1] - heard_at[0] > 3.0
    assert not employer.lost_seats


def test_a_frozen_worker_is_replaced_and_does_not_live_on(employer, hire, caplog):
    one = hire(silence_seconds=2.0)
    (seat,) = one.seats
    (pid,) = _answers(one.answers([one.submit(seat, "pid_and_word", "here", results=2)]))
    call = one.submit(seat, "freeze", "freezing")
    assert _answers(one.answers([call])) == ["freezing"]
    assert employer.lost_seats == ["one"]
    assert f"one did not answer: rebuilding it and repeating its {UNIT}" in caplog.text
    assert all_gone([pid])


def test_a_call_that_kills_every_worker_stops_the_run(employer, hire):
    one = hire()
    call = one.submit(one.seats[0], "die", "deadly", 1_000)
    with pytest.raises(RunError, match=rf"^one died {ATTEMPTS} times in one {UNIT}: "):
        one.answers([call])
    assert employer.journal("one") == ["deadly"] * ATTEMPTS


def test_deaths_are_counted_from_the_last_answer(employer, hire, monkeypatch):
    monkeypatch.setattr(crew, "ATTEMPTS", 2)
    one = hire()
    for word in ("first", "second"):
        call = one.submit(one.seats[0], "die", word, 1)
        assert _answers(one.answers([call])) == [word]
    assert employer.lost_seats == ["one", "one"]
    with pytest.raises(RunError, match=f"one died 2 times in one {UNIT}"):
        one.answers([one.submit(one.seats[0], "die", "third", 2)])


def test_the_employer_may_refuse_to_replace(employer, hire):
    employer.most_lost = 0
    one = hire()
    with pytest.raises(RunError, match="one too many"):
        one.answers([one.submit(one.seats[0], "die", "dying", 1)])
    assert len(employer.hired) == 1


def test_a_worker_that_cannot_be_placed_stops_the_run(employer, hire, monkeypatch):
    monkeypatch.setattr(crew, "PLACEMENT_SECONDS", 0.5)
    one = hire(cpus=1_000.0)
    with pytest.raises(RunError, match=r"one: no place for its 1000 CPU and 0 GPU within 0\.5 s"):
        one.answers([one.submit(one.seats[0], "say", "never")])
    assert len(employer.hired) == 1


def test_a_replacement_that_finds_no_cpu_of_its_own_shares_one(employer, hire, monkeypatch, caplog):
    monkeypatch.setattr(crew, "_PATIENCE_SECONDS", 0.2)
    employer.cpus = lambda seat: 1_000.0 if seat.replaced and seat.cpus else seat.cpus
    one = hire(cpus=0.5)
    call = one.submit(one.seats[0], "die", "dying", 1)
    assert _answers(one.answers([call])) == ["dying"]
    assert employer.hired == [0.5, 1_000.0, 0.0]
    assert employer.lost_seats == ["one"]
    assert "one finds no free CPU: sharing one" in caplog.text


def test_a_worker_that_cannot_be_made_is_named_and_not_tried_again(employer, hire):
    employer.kind = Unable
    one = hire()
    with pytest.raises(RunError, match=r"one cannot start: .*no module named lessons"):
        one.answers([one.submit(one.seats[0], "say", "never")])
    assert len(employer.hired) == 1


def test_an_exception_in_a_worker_is_what_the_employer_makes_of_it(employer, hire):
    one = hire()
    with pytest.raises(RuntimeError, match=r"^in a lesson: KeyError\('lost'\)$"):
        one.answers([one.submit(one.seats[0], "fail")])
    assert not employer.lost_seats


def test_calls_that_nobody_wants_any_more_are_not_repeated(employer, hire):
    one = hire()
    one.submit(one.seats[0], "say", "unwanted")
    one.forget()
    wanted = one.submit(one.seats[0], "die", "wanted", 1)
    assert _answers(one.answers([wanted])) == ["wanted"]
    assert employer.journal("one") == ["unwanted", "wanted", "wanted"]


def test_a_closed_crew_leaves_no_process(hire):
    one = hire(2)
    calls = [one.submit(seat, "pid_and_word", "here", results=2) for seat in one.seats]
    pids = _answers(one.answers(calls))
    one.close()
    assert all_gone(pids)


def test_answered_calls_are_let_go_though_the_next_ones_were_given_what_they_came_to(hire):
    """Otherwise the weights of all updates would stay in the object store."""
    one = hire()
    (seat,) = one.seats
    last = one.submit(seat, "pid_and_word", "weights", results=2)
    seen = [weakref.ref(last)]
    for _ in range(20):
        one.answers([last])
        last = one.submit(seat, "pid_and_word", last.result(1), results=2)
        seen.append(weakref.ref(last))
    (done,) = one.answers([last])
    assert ray.get(done.references[1]) == "weights"  # handed on 20 times
    gc.collect()
    assert [call() for call in seen[:-1]] == [None] * 20

"""Plain progress lines, where standard error is no terminal."""

import pytest

from launch.terminal import progress
from launch.terminal.progress import ProgressDisplay


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(progress, "say", lines.append)
    return lines


def test_lines_come_every_few_seconds_with_the_time_that_is_left(clock, said):
    display = ProgressDisplay()
    display.begin("run", done=20)
    for seconds, done in ((1.0, 30), (5.0, 70), (6.0, 80), (10.0, 120)):
        clock[0] = 100.0 + seconds
        display.update("run", done, 220, "loss 0.5")
    # 50 units in 5 s, and 150 are left; then 100 in 10 s, and 100 are left.
    assert said == ["run: 32%  loss 0.5  15 s left", "run: 55%  loss 0.5  10 s left"]


def test_the_rate_counts_from_where_a_resumed_run_began(clock, said):
    display = ProgressDisplay()
    display.begin("known", done=1_000)
    display.begin("unknown")
    clock[0] = 102.0
    assert display.rate("known", 1_500) == 250.0
    display.update("unknown", 700, 1_000, "")  # its first word says where it was
    clock[0] = 104.0
    assert display.rate("unknown", 720) == 5.0


def test_a_run_that_starts_again_is_timed_from_there(clock, said):
    display = ProgressDisplay()
    display.begin("run", done=0)
    clock[0] = 150.0
    display.begin("run", done=0)
    clock[0] = 152.0
    assert display.rate("run", 10) == 5.0


def test_names_and_counts_are_shown_where_there_are_several_runs(said):
    display = ProgressDisplay()
    display.expect(1)
    display.say("one", "hello")
    display.expect(2)
    display.say("one", "hello")
    display.end("one", "0.98")
    display.end("two", "failed: no")
    display.end("silent")
    assert said == ["hello", "one: hello", "[1/2] one: 0.98", "[2/2] two: failed: no"]


def test_a_total_of_nothing_and_work_that_is_done_need_no_division(clock, said):
    display = ProgressDisplay()
    display.begin("run")
    clock[0] = 110.0
    display.update("run", 0, 0, "")
    clock[0] = 120.0
    display.update("run", 12, 10, "")
    assert said == ["run: 0%  ", "run: 120%    0 s left"]

"""What is shown of runs under way: live lines, plain ones, JSON, or nothing."""

import json

import pytest

from launch.terminal import console, progress, views
from launch.terminal.progress import ProgressDisplay
from launch.terminal.run_line import RunLine


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(progress, "say", lines.append)
    monkeypatch.setattr(views, "say", lines.append)
    return lines


def test_plain_lines_come_every_few_seconds_with_the_time_that_is_left(clock, said):
    display = ProgressDisplay()
    display.begin("run", done=20)
    for seconds, done in ((1.0, 30), (5.0, 70), (6.0, 80), (10.0, 120)):
        clock[0] = 100.0 + seconds
        display.update("run", done, 220, "loss 0.5")
    # 50 units in 5 s, and 150 are left; then 100 in 10 s, and 100 are left.
    assert said == ["run: 32%  loss 0.5  0:15 left", "run: 55%  loss 0.5  0:10 left"]


def test_the_rate_counts_from_where_a_resumed_run_began(clock):
    line = RunLine(name="run", total=10_000)
    line.advance(1_000)
    clock[0] = 102.0
    line.advance(1_500)
    assert (line.rate, line.seconds_left, line.left()) == (250.0, 34.0, "0:34 left")


def test_the_rate_forgets_what_was_slow_at_first(clock):
    line = RunLine(name="run", total=10_000)
    line.advance(0)
    clock[0] = 160.0  # a minute of compiling
    line.advance(10)
    for second in range(1, 21):
        clock[0] = 160.0 + second
        line.advance(10 + 100 * second)
    assert line.rate == pytest.approx(100.0)


def test_a_run_that_starts_again_is_timed_from_there(clock, said):
    display = ProgressDisplay()
    display.begin("run", done=0)
    clock[0] = 150.0
    display.begin("run", done=0)
    clock[0] = 155.0
    display.update("run", 10, 20, unit="steps")
    assert said == ["run: 50%  2 steps/s  10/20 steps  0:05 left"]


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


def test_a_total_that_shrinks_is_counted_anew_at_each_end(said):
    left = iter([4, 3, 1])
    display = ProgressDisplay(left=lambda: next(left))
    display.expect(4)
    for name in ("one", "two", "three"):
        display.end(name, "0.98")
    assert said == ["[1/4] one: 0.98", "[2/4] two: 0.98", "[3/3] three: 0.98"]


def test_an_end_has_two_lines_where_one_has_no_room(said):
    display = ProgressDisplay()
    display.end("one", f"accuracy 0.98  1.5 s  runs/{'x' * 60}")
    display.end("two", "accuracy 0.98  1.5 s  runs/x")
    assert said == [
        f"one: accuracy 0.98\n    1.5 s  runs/{'x' * 60}",
        "two: accuracy 0.98  1.5 s  runs/x",
    ]


def test_a_caller_can_tell_by_itself_what_became_of_a_run(said):
    ProgressDisplay(tells_ends=False).end("one", "0.98")
    assert said == []


def test_a_total_of_nothing_and_work_that_is_done_need_no_division(clock, said):
    display = ProgressDisplay()
    display.begin("run")
    clock[0] = 110.0
    display.update("run", 0, 0)
    clock[0] = 120.0
    display.update("run", 12, 10)
    assert said == ["run: ", "run: 100%  0:00 left"]


def test_the_folder_and_how_to_watch_it_are_told_of_one_run_only(said):
    display = ProgressDisplay()
    display.folder("one", "runs/one")
    assert said == ["run folder  runs/one", "watch it    tensorboard --logdir runs/one"]
    display.expect(2)
    display.folder("two", "runs/two")
    assert len(said) == 2


def test_plain_lines_tell_each_activity_once(clock, said):
    display = ProgressDisplay()
    display.activity("run", "compiling")
    display.update("run", 1, 10)
    display.activity("run", "evaluating")
    display.update("run", 2, 10)
    display.activity("run", "evaluating")
    assert said == ["compiling", "evaluating"]


def _line(clock, seconds=10.0, **parts):
    line = RunLine(name="dqn_cartpole", total=80_000, unit="steps", **parts)
    line.advance(0)
    clock[0] += seconds
    line.advance(20_000)
    return line


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (40, "dqn_cartpole  25% ━━────────  0:30 left"),
        (60, "dqn_cartpole  25% ━━────────  2,000 steps/s       0:30 left"),
        (80, "dqn_cartpole  25% ━━────────  2,000 steps/s  return 71.47  ε 0.1494   0:30 left"),
        (
            120,
            "dqn_cartpole  25% ━━━━━━──────────────────  2,000 steps/s  return 71.47  ε 0.1494  "
            "updates 3,072              0:30 left",
        ),
    ],
)
def test_a_live_line_has_what_there_is_room_for_the_most_important_first(clock, width, text):
    line = _line(clock, values={"return": 71.467, "epsilon": 0.1494, "updates": 3_072})
    assert views.drawn(line, len(line.name), width).plain == text


def test_a_live_line_shows_an_activity_that_lasts(clock):
    line = _line(clock)
    line.enter("compiling")
    clock[0] += 0.1  # not worth a word yet
    assert "compiling" not in views.drawn(line, 12, 80).plain
    clock[0] += 4.0
    shown = views.drawn(line, 12, 80).plain
    assert "compiling (4 s)" in shown
    assert "left" not in shown  # the speed of late says nothing about it


def test_a_live_line_before_the_first_step_says_what_is_going_on(clock):
    line = RunLine(name="a_name_that_is_longer_than_most")
    line.enter("starting Ray")
    assert views.drawn(line, 24, 80).plain == "a_name_that_is_longer_t…  starting Ray"


def test_a_terminal_without_signs_has_a_bar_too(clock):
    assert "##--------" in views.drawn(_line(clock), 12, 80, plain=True).plain


def test_json_has_an_object_a_line(clock, capsys):
    with console.speaking("json"):
        display = ProgressDisplay()
        display.begin("run", done=0)
        display.activity("run", "compiling")
        display.folder("run", "runs/one")
        clock[0] = 102.0
        display.update("run", 10, 40, unit="steps", values={"return": 2.5})
        clock[0] = 102.5  # within a second of the last one
        display.update("run", 12, 40)
        display.say("run", "solved")
        display.end("run", "0.98")
    written = capsys.readouterr()
    assert written.err == ""
    assert [json.loads(line) for line in written.out.splitlines()] == [
        {"event": "activity", "run": "run", "activity": "compiling"},
        {"event": "folder", "run": "run", "folder": "runs/one"},
        {
            "event": "progress",
            "run": "run",
            "done": 10,
            "total": 40,
            "unit": "steps",
            "per_second": 5.0,
            "seconds_left": 6.0,
            "text": "",
            "values": {"return": 2.5},
        },
        {"event": "said", "text": "solved"},
        {"event": "said", "text": "run: 0.98"},
    ]


def test_quiet_is_quiet(clock, capsys):
    with console.speaking("quiet"), ProgressDisplay() as display:
        display.begin("run", done=0)
        display.activity("run", "compiling")
        display.folder("run", "runs/one")
        clock[0] = 200.0
        display.update("run", 10, 40)
        display.end("run", "0.98")
    assert capsys.readouterr() == ("", "")

"""What a person sees in a real terminal of 80 or 120 columns."""

import re
import shutil

import pytest

from tests.launch.screens.terminal import Terminal, expected, without

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

SIZES = [(80, 24), (120, 40)]
LONG = ["q_frozenlake_8x8", "--workers", "0", "--env-steps", "400000000", "--num-envs", "64"]
SEVERAL = ["q_frozenlake_8x8", "--seeds", "0-1", "--workers", "1", "--env-steps", "400000000"]
CHANGING = {
    r"\d[\d,]* a second": "N a second",
    r"after \d+\.\d s": "after N s",
    r"\b[0-9a-f]{64}\b": "FINGERPRINT",
    r"\d+\.\d$": "SECONDS",
}


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def run(*arguments, size=(80, 24)):
        columns, lines = size
        opened.append(Terminal(arguments, columns=columns, lines=lines, folder=tmp_path))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((), "nothing.txt"),
        (("--help",), "help.txt"),
        (("list", "10"), "list_10.txt"),
    ],
)
def test_what_does_not_change(terminal, arguments, name):
    shown = terminal(*arguments).end()
    assert shown == expected(name)
    assert max(map(len, shown)) <= 80


@pytest.mark.parametrize("size", SIZES)
def test_progress_is_one_line_with_percent_bar_speed_return_and_time_left(terminal, size):
    running = terminal(*LONG, size=size)
    running.wait_for(r"steps/s  return .* left")
    lines = [line for line in running.screen() if "steps/s" in line]
    assert len(lines) == 1
    line = lines[0]
    assert re.fullmatch(
        r"q_frozenlake_8x8 seed 0 +\d+% [━─]+  [\d,]+ steps/s  return [\d.]+ .*\d+:\d\d left", line
    )
    assert len(line) <= size[0]
    assert ("updates" in line) == (size[0] >= 120)
    told = running.screen()
    assert re.match(r"run folder  runs/q_frozenlake_8x8/", told[0])
    assert re.match(r"watch it    tensorboard --logdir runs/q_frozenlake_8x8/", told[1])


@pytest.mark.slow
def test_several_runs_have_a_line_each(terminal):
    running = terminal(*SEVERAL)
    running.wait_for(r"^q_frozenlake_8x8 seed 1 .*steps/s", seconds=120)
    running.wait_for(r"^q_frozenlake_8x8 seed 0 .*steps/s", seconds=60)
    lines = [line for line in running.screen() if " seed " in line]
    assert len(lines) == 2
    assert all(line.count(" seed ") == 1 for line in lines)
    assert max(map(len, lines)) <= 80
    running.press("C-c")
    running.end(code=130, seconds=120)


def test_the_first_ctrl_c_is_answered_at_once_and_everything_is_saved(terminal):
    running = terminal(*LONG)
    running.wait_for(r"steps/s  return .* left")
    running.press("C-c")
    running.wait_for("^stopping, and saving everything; once more stops at once$", seconds=1.0)
    told = running.end(code=130)
    assert re.fullmatch(r"interrupted at [\d,]+ env steps; everything is saved", told[-2])
    assert re.fullmatch(
        r"go on with: python -m launch resume runs/q_frozenlake_8x8/[\w-]+", told[-1]
    )


def test_a_run_its_result_and_the_report_of_it(terminal, tmp_path):
    command = ["q_frozenlake", "--workers", "0", "--env-steps", "40000", "--run-dir", "r"]
    run = terminal(*command)
    told = without(run.end(), CHANGING)
    assert told == expected("result.txt")
    run.close()
    report = terminal("report", "r")
    told = without(report.end(), CHANGING)
    assert told == expected("report.txt")
    assert max(map(len, told)) <= 80


def test_a_wrong_flag_is_one_line_that_can_be_copied_whole(terminal):
    told = terminal("dqn_cartpole", "--lr", "0.1").end(code=2)
    assert "".join(told) == (
        "error: --lr: called --agent.learning-rate here; see: python -m launch dqn_cartpole --help"
    )

"""Commands that are told to the user can be pasted into a shell, whatever folders are called."""

import shlex
from pathlib import Path

import pytest

from envs.options import EnvOptions
from launch.cli import main
from launch.run_folder import facts, result
from launch.run_folder.names import resume_hint
from launch.terminal.progress import ProgressDisplay
from launch.terminal.typed import typed
from tests.launch.made_runs import made
from tests.launch.test_result import TRAINING

ODD = "with blank ü's"


@pytest.fixture
def odd(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(ODD)


def _arguments(text: str, command: str) -> list[str]:
    """The arguments of a command within what was told, up to the end of its line."""
    told = [line for line in text.splitlines() if f"{command} " in line][-1]
    return shlex.split(told.rpartition(f"{command} ")[2].strip("`.").partition("`.")[0])


def test_a_command_is_split_by_a_shell_into_its_words(odd):
    told = typed("resume", odd, "--env-steps", "N")
    assert told.startswith("python -m launch resume '")
    assert shlex.split(told)[3:] == ["resume", ODD, "--env-steps", "N"]
    assert typed("resume", Path("runs/a")) == "python -m launch resume runs/a"
    assert _arguments(resume_hint(odd), "resume") == [ODD]


def test_a_run_in_an_odd_folder_tells_commands_for_it(odd, capsys):
    said = "\n".join(TRAINING.in_words(odd)).replace("\n                ", " ")
    assert _arguments(said, "evaluate") == [ODD, "--video", "film.mp4"]
    with ProgressDisplay() as display:
        display.expect(1)
        display.folder("run", odd)
    assert _arguments(capsys.readouterr().err, "--logdir") == [ODD]


def test_what_refuses_a_run_in_an_odd_folder_tells_commands_for_it(odd, capsys):
    made(odd, "dqn_cartpole")
    assert main(["resume", ODD]) == 2
    assert _arguments(capsys.readouterr().err, "resume") == [ODD, "--env-steps", "N"]
    assert main(["dqn_cartpole", "--run-dir", ODD]) == 2
    assert _arguments(capsys.readouterr().err, "resume") == [ODD]
    assert main(["ledger", ODD]) == 0
    assert _arguments(Path("reports/ledger.md").read_text(), "launch ledger") == [ODD]
    (odd / result.RESULT).unlink()
    assert _arguments(facts.of(odd).missing[-1], "resume") == [ODD]
    assert main(["evaluate", ODD]) == 2
    assert _arguments(capsys.readouterr().err, "resume") == [ODD]


def test_options_of_an_environment_are_told_as_they_are_typed():
    options = EnvOptions(env_kwargs=("name=two words", 'map=["SF"]'))
    assert shlex.split(options.flags()) == ["--env-kwargs", "name=two words", 'map=["SF"]']
    assert EnvOptions(env_kwargs=("size=8",)).flags() == "--env-kwargs size=8"

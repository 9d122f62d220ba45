"""1e5 is a whole number behind flags that take one, and a word like any other elsewhere."""

from pathlib import Path

import pytest

from launch.cli import main
from launch.commands.evaluate import EvaluateArguments
from launch.commands.flags import override, parse
from launch.commands.record import RecordArguments
from launch.commands.resume import ResumeArguments
from launch.experiments import catalog
from tests.launch.made_runs import made


def test_only_flags_for_whole_numbers_take_them_so():
    flags = ["--env-steps", "15e4", "--run-dir", "1e3", "--agent.hidden-sizes", "1e2", "32"]
    flags += ["--env-kwargs", "size=1e3", "--solved-at", "1e2", "--max-episode-steps", "2e1"]
    config = override("dqn_cartpole", catalog.get("dqn_cartpole").config, flags)
    assert config.env_steps == 150_000
    assert config.output.run_dir == Path("1e3")
    assert config.agent.hidden_sizes == (100, 32)
    assert config.env_options.env_kwargs == ("size=1e3",)
    assert config.env_options.max_episode_steps == 20
    assert config.solved_at == 100.0


@pytest.mark.parametrize(
    ("kind", "words", "name", "expected"),
    [
        (ResumeArguments, ("--env-steps", "2e6"), "env_steps", 2_000_000),
        (RecordArguments, ("--env-steps", "1e4"), "env_steps", 10_000),
        (EvaluateArguments, ("--episodes", "1e2"), "episodes", 100),
    ],
)
def test_every_command_takes_them_and_leaves_folders_as_they_are(kind, words, name, expected):
    given = parse(kind, "command", ["1e3", *words])
    assert given.run == Path("1e3")
    assert getattr(given, name) == expected


def test_a_folder_that_looks_like_a_number_is_one_of_that_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made(Path("1e3"), "dqn_cartpole")
    assert main(["resume", "1e3"]) == 2
    assert "error: 1e3: the run has finished" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["1e", "1.5", "1e-2", "x"])
def test_what_is_no_whole_number_is_said_as_before(word, capsys):
    assert main(["dqn_cartpole", "--env-steps", word]) == 2
    assert "--env-steps" in (said := capsys.readouterr().err)
    assert "expected a whole number" in said
    assert main(["evaluate", "runs", "--episodes", word]) == 2
    assert "--episodes" in (said := capsys.readouterr().err)
    assert "expected a whole number" in said

"""The command that `record` prints learns in the environment that was recorded."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from agents.offline.config import CQL
from launch.cli import main
from launch.commands.flags import override
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.jobs.rl import learn_it
from launch.run_folder import description
from tests.launch.test_cli import _error

LITTLE = (
    *("--env-steps", "16", "--workers", "0", "--no-film"),
    *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "1"),
)
ROOM = "tests.envs.toy:Room-v0"
PICTURE = "tests.envs.toy:Picture-v0"
WRAPPER = "gymnasium.wrappers:RecordEpisodeStatistics"


def _recorded(folder: Path, *flags: str) -> tuple[TrainingConfig, Path]:
    """A run's config, and a recording of it."""
    assert main([*flags, *LITTLE, "--run-dir", str(folder)]) == 0
    data = folder / "recording of it"
    assert main(["record", str(folder), "--env-steps", "300", "--out", str(data)]) == 0
    config = description.read(folder)[1]
    assert isinstance(config, TrainingConfig)
    return config, data


def _printed(capsys) -> list[str]:
    """The words of the command that was printed."""
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("learn it  python -m launch ")
    return shlex.split(line)[5:]


@pytest.mark.parametrize(
    ("flags", "name", "network"),
    [
        (
            (
                *("random_cartpole", "--env", "Pendulum-v1", "--env-kwargs", "g=9.0"),
                *("--max-episode-steps", "50", "--wrappers", WRAPPER, "--env.action-bins", "3"),
                *("--env.frame-stack", "2", "--env.reward-scale", "0.2"),
                *("--env.normalize-observations", "--env.clip-rewards"),
            ),
            *("cql_cartpole", "mlp"),
        ),
        (("random_cartpole", "--env", PICTURE), "cql_cartpole", "conv"),
        (("random_cartpole", "--env", ROOM, "--env-kwargs", "pay=2.0"), "cql_cartpole", "mlp"),
        (("q", "--env", ROOM), "q", None),
        (("q_frozenlake", "--env-kwargs", "is_slippery=False"), "cql_cartpole", "mlp"),
    ],
    ids=["options", "pictures", "rows", "states", "numbers"],
)
def test_it_runs_as_it_is_printed(flags, name, network, tmp_path, capsys):
    recorded, data = _recorded(tmp_path / "source", *flags)
    words = _printed(capsys)
    assert words[0] == name
    assert words[-2:] == ["--data", str(data)]
    little = ("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "1")
    more = ("--env-steps", "700", *little, "--no-film", "--run-dir", str(tmp_path / "run"))
    assert main([*words, *more, "--workers", "0"]) == 0
    assert "recorded in another environment" not in capsys.readouterr().err
    config = description.read(tmp_path / "run")[1]
    assert isinstance(config, TrainingConfig)
    for part in ("env", "env_options", "transforms"):
        assert getattr(config, part) == getattr(recorded, part)
    assert getattr(config.agent, "network", None) == network


def _config(words: list[str]) -> TrainingConfig:
    return override(words[0], catalog.get(words[0]).config, words[1:])


def test_pictures_of_atari_get_the_runs_own_network(tmp_path):
    pytest.importorskip("ale_py")
    for name in ("dqn_atari", "rainbow_der"):
        run = catalog.get(name).config
        assert isinstance(run, TrainingConfig)
        config = _config(shlex.split(learn_it.command(run, tmp_path, 300))[3:])
        assert (config.env, config.env_options) == (run.env, run.env_options)
        assert config.transforms == replace(run.transforms, life_loss=False)
        for each in ("network", "filters", "kernel_sizes", "strides", "hidden_sizes"):
            assert getattr(config.agent, each) == getattr(run.agent, each)
    random = replace(run, agent=_config(["random_cartpole"]).agent)
    config = _config(shlex.split(learn_it.command(random, tmp_path, 300))[3:])
    assert isinstance(config.agent, CQL)
    assert config.agent.filters == (32, 64, 64)  # of dqn_atari


def test_a_recording_as_long_as_the_budget_gets_a_longer_one(tmp_path):
    run = catalog.get("dqn_cartpole").config
    assert isinstance(run, TrainingConfig)
    words = shlex.split(learn_it.command(run, tmp_path, 150_000))[3:]
    assert words == ["cql_cartpole", "--env-steps", "450000", "--data", str(tmp_path)]


def test_another_environment_is_told(tmp_path, capsys):
    _, data = _recorded(tmp_path / "source", "q_frozenlake", "--env-kwargs", "is_slippery=False")
    told = json.loads((data / "data" / "metadata.json").read_text())["actorlab_env"]
    assert told["env_options.env_kwargs"] == ["is_slippery=False"]
    capsys.readouterr()
    short = ("--env-steps", "700", "--no-film", "--evaluation.every-env-steps", "0")
    flags = ("--data", str(data), *short, "--evaluation.final-episodes", "1", "--workers", "0")
    mine = ("--max-episode-steps", "9", "--run-dir", str(tmp_path / "run"))
    assert main(["q_frozenlake", *flags, *mine]) == 0
    said = capsys.readouterr().err
    assert (
        f"--data {data}: recorded in another environment: --env-kwargs is is_slippery=False there "
        "and none here; --max-episode-steps is none there and 9 here"
    ) in said
    (data / "data" / "metadata.json").write_text("[]")  # what is not known is not compared
    assert main(["q_frozenlake", *flags, "--run-dir", str(tmp_path / "other")]) == 0
    assert "recorded in another environment" not in capsys.readouterr().err


def test_lost_lives_are_in_no_recording(tmp_path, capsys):
    _, data = _recorded(tmp_path / "source", "random_cartpole")
    capsys.readouterr()
    said = _error(capsys, "dqn_atari", "--data", str(data))
    assert "a recording keeps no lives" in said
    assert said.endswith("add --env.no-life-loss")
    pytest.importorskip("ale_py")
    said = _error(capsys, "dqn_atari", "--data", str(data), "--env.no-life-loss")
    assert "its observations are float32 [4]" in said
    assert said.endswith("--env.frame-stack is 1 there and 4 here")

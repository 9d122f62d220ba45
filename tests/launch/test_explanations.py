"""What is wrong with flags, in one line."""

import pytest

from launch.cli import main

HELP = "see: python -m launch dqn_cartpole --help"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("dqn_cartpole --foo 3", f"unknown: --foo, 3; {HELP}"),
        ("dqn_cartpole --env-steps abc", f"--env-steps 'abc': expected a whole number; {HELP}"),
        (
            "dqn_cartpole --max-episode-steps x",
            f"--max-episode-steps 'x': expected a whole number; {HELP}",
        ),
        ("dqn_cartpole --solved-at x", f"--solved-at 'x': expected a number; {HELP}"),
        ("dqn_cartpole --env-steps 1.5", f"--env-steps '1.5': expected a whole number; {HELP}"),
        (
            "dqn_cartpole --agent.learning-rate abc",
            f"--agent.learning-rate 'abc': expected a number; {HELP}",
        ),
        ("dqn_cartpole --env-steps", f"--env-steps: a value is missing; {HELP}"),
        ("dqn_cartpole --lag 5", f"--lag '5': expected one of ('0', '1'); {HELP}"),
        (
            "dqn_cartpole --lr 1e-3 --gamma 0.9",
            "--lr: called --agent.learning-rate here; --gamma: called --agent.discount here; "
            f"{HELP}",
        ),
        (
            "dqn_cartpole --exploration-fraction 0.1",
            "--exploration-fraction: called --agent.epsilon.decay-steps here (in environment "
            f"steps, not a fraction); {HELP}",
        ),
        (
            "dqn_cartpole --vary agent.lr=1e-3,1e-2",
            f"--agent.lr: called --agent.learning-rate here; {HELP}",
        ),
        (
            "tune dqn_cartpole --space agent.buffer_size=100,200",
            "--space agent.buffer_size: called --agent.replay-capacity here",
        ),
        (
            "resume",
            "missing: RUN; see: python -m launch resume --help",
        ),
        (
            "export RUN",
            "missing: --to {keras,tflite,onnx,saved_model}; see: python -m launch export --help",
        ),
        ("record", "missing: RUN, --env-steps INT; see: python -m launch record --help"),
        (
            "tune mlp_bank --trials x",
            "--trials 'x': expected a whole number; see: python -m",
        ),
        ("report --nonsense", "unknown: --nonsense; see: python -m launch report --help"),
        ("ppo", "unknown command or experiment 'ppo': agents here learn values of actions"),
        ("train", "unknown command or experiment 'train': to train: python -m launch dqn --env ID"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_way_out(arguments, says, capsys):
    assert main(arguments.split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {says}")


def test_the_nearest_flags_are_named(capsys):
    assert main(["dqn_cartpole", "--epsilon", "0.1"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "did you mean --agent.epsilon." in line


def test_a_whole_number_may_be_written_as_a_power_of_ten(tmp_path):
    folder = tmp_path / "run"
    command = ["q_frozenlake", "--workers", "0", "--env-steps", "2e4", "--num-envs", "1e2"]
    assert main([*command, "--run-dir", str(folder)]) == 0


def test_a_job_of_ray_without_a_folder_that_stays_is_warned(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RAY_JOB_CONFIG_JSON_ENV_VAR", "{}")
    monkeypatch.chdir(tmp_path)
    command = ["q_frozenlake", "--workers", "0", "--env-steps", "20000"]
    assert main([*command, "--out", "runs"]) == 0
    assert "give --out an absolute folder to find it again" in caplog.text
    caplog.clear()
    assert main([*command, "--out", str(tmp_path / "runs"), "--seed", "1"]) == 0
    assert caplog.text == ""

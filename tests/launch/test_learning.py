"""Every agent reaches a threshold on a tiny task within seconds, through the real command line."""

import json

import pytest

from launch.cli import main

_CORRIDOR, _GUESS = "tests.envs.toy:Corridor-v0", "tests.envs.toy:Guess-v0"
_SMALL = (
    *("--env-steps", "6000", "--agent.hidden-sizes", "32", "--agent.learning-rate", "5e-3"),
    *("--agent.epsilon.decay-steps", "3000", "--agent.env-steps-per-update", "2"),
)
TASKS = {
    "table walks the corridor": (["q", "--env", _CORRIDOR, "--env-steps", "20000"], 1.0),
    "dqn walks the corridor": (["dqn", "--env", _CORRIDOR, *_SMALL], 1.0),
    "dqn tells bright from dark": (["dqn", "--env", _GUESS, *_SMALL, "--agent.dueling"], 9.9),
    "one layer crosses the lake": (
        ["qnet_frozenlake", "--env-steps", "200000", "--agent.learning-rate", "0.3"],
        0.6,
    ),
    "table crosses the lake": (["q_frozenlake", "--env-steps", "300000"], 0.7),
}


@pytest.mark.parametrize(("arguments", "threshold"), TASKS.values(), ids=TASKS.keys())
def test_reaches_its_threshold(tmp_path, arguments, threshold):
    flags = ["--workers", "0", "--run-dir", str(tmp_path / "run")]
    assert main([*arguments, *flags]) == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["evaluation"]["mean_return"] >= threshold
    assert result["claim"]["baseline"] < threshold - 0.1


@pytest.mark.slow
def test_dqn_finds_the_goal_of_minigrids_empty_room(tmp_path):
    # The shortest way takes 5 of 100 steps: 1 - 0.9 * 5 / 100 = 0.955; a step more makes 0.946.
    settings = ["--agent.learning-rate", "5e-4", "--agent.discount", "0.99", "--agent.n-step", "5"]
    flags = ["--workers", "0", "--env-steps", "30000", "--run-dir", str(tmp_path / "run")]
    assert main(["dqn", "--env", "MiniGrid-Empty-5x5-v0", *settings, *flags]) == 0
    claim = json.loads((tmp_path / "run" / "result.json").read_text())["claim"]
    assert 0.945 < claim["final"] < 0.956
    assert claim["baseline"] < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("experiment", "threshold"),
    [
        ("dqn_cartpole", 475.0),
        ("dqn_cartpole_book", 195.0),
        ("q_frozenlake", 0.72),
        ("q_frozenlake_8x8", 0.80),
        ("qnet_frozenlake", 0.70),
    ],
)
def test_default_budget_reaches_the_promised_figure(tmp_path, experiment, threshold, seed):
    flags = ["--workers", "0", "--seed", str(seed), "--run-dir", str(tmp_path / "run")]
    assert main([experiment, *flags]) == 0
    claim = json.loads((tmp_path / "run" / "result.json").read_text())["claim"]
    assert claim["ours"] >= threshold
    if experiment == "dqn_cartpole":
        assert claim["final"] >= threshold

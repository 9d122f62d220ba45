import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launch.cli import main
from launch.jobs.rl import seeing
from launch.reports import curves

SHORT = {
    "dqn": (
        *("dqn_cartpole", "--env-steps", "3000", "--num-envs", "8"),
        *("--agent.hidden-sizes", "32", "--agent.batch-size", "16"),
        *("--agent.learning-starts", "256", "--agent.updates-per-call", "16"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "7"),
        *("--evaluation.final-episodes", "11"),
    ),
    "rainbow": (
        *("rainbow_cartpole", "--env-steps", "3000", "--num-envs", "6"),
        *("--agent.hidden-sizes", "16", "--agent.batch-size", "16", "--agent.distribution.atoms"),
        *("11", "--agent.learning-starts", "256", "--agent.updates-per-call", "16"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "7"),
        *("--evaluation.final-episodes", "11"),
    ),
    "quantiles": (
        *("iqn_cartpole", "--env-steps", "2000", "--num-envs", "5", "--agent.temperature", "0.5"),
        *("--agent.hidden-sizes", "16", "--agent.batch-size", "16", "--agent.epsilon.rungs", "3"),
        *("--agent.learning-starts", "256", "--agent.munchausen.scale", "0.9"),
        *("--agent.optimizer.kind", "radam", "--agent.target", "hard"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "11"),
    ),
    "table": (
        *("q_frozenlake", "--env-steps", "12000", "--num-envs", "9"),
        *("--evaluation.every-env-steps", "4000", "--evaluation.episodes", "20"),
        *("--evaluation.final-episodes", "40"),
    ),
    "SARSA": (
        *("sarsa_cliff", "--env-steps", "3000", "--num-envs", "5", "--agent.n-step", "3"),
        *("--evaluation.every-env-steps", "1500"),
    ),
    "traces": (
        *("q_cliff", "--agent.trace", "0.9", "--env-steps", "3000", "--num-envs", "5"),
        *("--agent.ucb", "0.5", "--evaluation.every-env-steps", "1500"),
    ),
    "model": (
        *("dyna_taxi", "--env-steps", "3000", "--num-envs", "5"),
        *("--agent.planning-steps", "2", "--agent.target", "double_q"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "5"),
    ),
    "plan": (
        *("plan_frozenlake", "--env-steps", "3000", "--num-envs", "5"),
        *("--agent.sweeps-per-rollout", "1", "--evaluation.episodes", "20"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.final-episodes", "40"),
    ),
    "network": (
        *("qnet_frozenlake", "--env-steps", "5000", "--num-envs", "5"),
        *("--evaluation.every-env-steps", "2000", "--evaluation.episodes", "50"),
        *("--evaluation.final-episodes", "100"),
    ),
    "memory": ("tests.launch.recurrent:RECURRENT",),
    "r2d2": (
        *("r2d2_memory", "--env-kwargs", "length=3", "--env-steps", "2000", "--num-envs", "5"),
        *("--agent.hidden-sizes", "8", "--agent.recurrent-units", "8", "--agent.batch-size", "8"),
        *("--agent.learning-starts", "200", "--agent.sequence.burn-in", "4"),
        *("--agent.sequence.length", "6", "--agent.sequence.stride", "3"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "7"),
        *("--evaluation.final-episodes", "11"),
    ),
    "conv": (
        *("dqn", "--env", "tests.envs.toy:Picture-v0", "--env-steps", "1500", "--num-envs", "5"),
        *("--agent.network", "conv", "--agent.filters", "4", "--agent.hidden-sizes", "16"),
        *("--agent.learning-starts", "200", "--agent.batch-size", "16", "--agent.n-step", "2"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
    "boards": (
        *("rainbow_minatar", "--env", "MinAtar/Seaquest-v1", "--env-steps", "1500"),
        *("--num-envs", "5", "--agent.filters", "4", "--agent.hidden-sizes", "16"),
        *("--agent.learning-starts", "200", "--agent.batch-size", "16"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
    "boards in parallel": (
        *("pqn_minatar", "--env", "MinAtar/Asterix-v1", "--env-steps", "1500", "--num-envs", "8"),
        *("--rollout-length", "16", "--agent.filters", "4", "--agent.hidden-sizes", "16"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
    "boards with a memory": (
        *("r2d2", "--env", "MinAtar/Breakout-v1", "--env-steps", "1500", "--num-envs", "5"),
        *("--agent.network", "conv", "--agent.filters", "4", "--agent.hidden-sizes", "8"),
        *("--agent.recurrent-units", "8", "--agent.batch-size", "8"),
        *("--agent.learning-starts", "200", "--agent.sequence.burn-in", "4"),
        *("--agent.sequence.length", "6", "--agent.sequence.stride", "3"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
    "spaces": (
        *("dqn", "--env", "tests.envs.toy:Room-v0", "--env-kwargs", "pay=2.0"),
        *("--max-episode-steps", "6", "--env-steps", "3000", "--num-envs", "5"),
        *("--agent.hidden-sizes", "16", "--agent.learning-starts", "200", "--agent.discount", "0"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "20"),
    ),
    "transforms": (
        *("dqn", "--env", "Pendulum-v1", "--env.action-bins", "3", "--env.frame-stack", "2"),
        *("--env.normalize-observations", "--env.reward-scale", "0.2", "--env.clip-rewards"),
        *("--env-steps", "2000", "--num-envs", "5", "--agent.learning-starts", "200"),
        *("--agent.hidden-sizes", "16", "--agent.batch-size", "16"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "2"),
        *("--evaluation.final-episodes", "3"),
    ),
    "masks": (
        *("dqn", "--env", "tests.envs.toy:Fork-v0", "--env-kwargs", "masked_in=observation"),
        *("--env-steps", "2000", "--num-envs", "5", "--agent.n-step", "2"),
        *("--agent.hidden-sizes", "16", "--agent.learning-starts", "200"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "20"),
    ),
    "parallel": (
        *("pqn_cartpole", "--env-steps", "2900", "--num-envs", "8", "--rollout-length", "16"),
        *("--agent.hidden-sizes", "16", "--agent.average.decay", "0.9"),
        *("--evaluation.every-env-steps", "1000", "--evaluation.episodes", "7"),
        *("--evaluation.final-episodes", "11"),
    ),
    "parallel with a memory": (
        *("pqn", "--env", "tests.envs.toy:Recall-v0", "--env-steps", "1500", "--num-envs", "6"),
        *("--rollout-length", "16", "--agent.hidden-sizes", "8", "--agent.recurrent-units", "8"),
        *("--agent.minibatches", "3", "--evaluation.every-env-steps", "0"),
        *("--evaluation.final-episodes", "20"),
    ),
    "ensemble": (
        *("bootstrapped_deepsea", "--env-kwargs", "size=5", "--env-steps", "1500"),
        *("--num-envs", "5", "--agent.members", "3", "--agent.hidden-sizes", "8"),
        *("--agent.batch-size", "16", "--evaluation.every-env-steps", "500"),
        *("--evaluation.episodes", "2", "--evaluation.final-episodes", "3"),
    ),
    "branches": (
        *("branching_pendulum", "--env-steps", "1500", "--num-envs", "5"),
        *("--agent.hidden-sizes", "8", "--agent.batch-size", "16"),
        *("--agent.learning-starts", "200", "--agent.updates-per-call", "16"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
    "atari": (
        *("dqn_atari", "--env", "ALE/Breakout-v5", "--env-steps", "1300", "--num-envs", "5"),
        *("--agent.filters", "2", "--agent.kernel-sizes", "8", "--agent.strides", "8"),
        *("--agent.hidden-sizes", "8", "--agent.learning-starts", "200", "--agent.batch-size", "8"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "2"),
        *("--max-episode-steps", "90"),
    ),
    "single environments": (
        *("dqn", "--env", "Acrobot-v1", "--env-steps", "2000", "--num-envs", "5"),
        *("--agent.hidden-sizes", "16", "--agent.learning-starts", "200"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    ),
}
"""Short runs through the real command line."""

Launch = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def without_curves(monkeypatch) -> None:
    """A learning curve takes as long to draw as a third of a short run; one test has it."""
    monkeypatch.setattr(curves, "learning_curve", lambda folder, claim, kept_from: folder)


@pytest.fixture(autouse=True)
def unseen(request, monkeypatch) -> None:
    """Films and pictures of agents take longer than a short run; tests of them are marked."""
    if not request.node.get_closest_marker("seen"):
        monkeypatch.setattr(seeing, "callbacks", lambda spec, folder: [])


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Runs a short experiment into tmp_path/NAME and returns its result.json."""

    def run(kind: str, name: str, *flags: str, code: int = 0) -> dict[str, Any]:
        folder = tmp_path / name
        assert main([*SHORT[kind], "--run-dir", str(folder), *flags]) == code
        return json.loads((folder / "result.json").read_text())

    return run

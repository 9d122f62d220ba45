"""Runs that start from the weights of another run's policy."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import actorlab
from agents.weights import digest
from launch.cli import main
from launch.config.serialization import identity
from launch.jobs.rl import initial_weights
from launch.run_folder import checkpoints, description, saver
from tests.launch.conftest import SHORT
from tests.launch.test_cli import _error


def _config(folder: Path):
    return description.read(folder)[1]


def _policy(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "policy.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def source(launch, tmp_path, capsys) -> Path:
    """A table that has learned something."""
    launch("table", "source", "--workers", "0")
    capsys.readouterr()
    return tmp_path / "source"


def _first_state(folder: Path) -> dict:
    """What a run's checkpoint before its first step holds, of its learner."""
    experiment, config = description.read(folder)
    path = folder / "checkpoints" / "step_000000000000"
    return checkpoints.load(path, saver.origin(experiment, config))["pipeline"]


@pytest.mark.usefixtures("ray_cluster")
def test_a_network_starts_from_the_kept_policy_on_any_number_of_workers(launch, tmp_path):
    launch("dqn", "source", "--workers", "0", "--env-steps", "600")
    source = tmp_path / "source"
    keep = ("--checkpoint.keep", "9", "--env-steps", "1000")
    runs = {
        name: launch("dqn", name, "--workers", name, "--init-from", str(source), *keep)
        for name in ("0", "2")
    }
    drawn = json.loads((source / "result.json").read_text())
    assert runs["0"]["fingerprint"] == runs["2"]["fingerprint"] != drawn["fingerprint"]
    assert runs["0"]["notes"] == [f"started from the weights of {source}"]
    state = _first_state(tmp_path / "0")
    weights = _policy(source)
    flat = np.concatenate([array.ravel() for array in weights.values()])
    for network in state["learner"]["network"][:3]:  # online, target, average
        np.testing.assert_array_equal(network, flat)
    for name, array in weights.items():
        np.testing.assert_array_equal(state["acting_weights"][name], array)


def test_the_weights_are_part_of_a_runs_identity_and_where_they_were_is_not(source, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(source, moved)
    results = []
    for name, of in (("a", source), ("b", moved)):
        run = [*SHORT["table"], "--workers", "0", "--run-dir", str(tmp_path / name)]
        assert main([*run, "--init-from", str(of)]) == 0
        results.append(json.loads((tmp_path / name / "result.json").read_text()))
    a, b, drawn = (_config(tmp_path / name) for name in ("a", "b", "source"))
    assert a.init_weights == digest(_policy(source))
    assert (a.init_from, b.init_from) == (source, moved)
    assert identity(a) == identity(b) != identity(drawn)
    assert "init_weights" not in identity(drawn)
    assert results[0]["fingerprint"] == results[1]["fingerprint"]


def test_a_run_outlives_the_one_that_it_started_from(source, tmp_path, monkeypatch, capsys):
    run = [*SHORT["table"], "--workers", "0", "--init-from", str(source), "--run-dir"]
    assert main([*run, str(tmp_path / "whole")]) == 0

    def insist(*_):
        raise KeyboardInterrupt

    folder = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr("launch.jobs.rl.checkpointing.Checkpoints.on_start", insist)
        assert main([*run, str(folder)]) == 1
    assert not list((folder / "checkpoints").iterdir())
    shutil.rmtree(source)
    assert main(["resume", str(folder)]) == 0
    results = [
        json.loads((path / "result.json").read_text()) for path in (folder, tmp_path / "whole")
    ]
    assert results[0]["fingerprint"] == results[1]["fingerprint"]


def test_other_weights_than_the_runs_are_refused(source):
    config = initial_weights.named_in(
        actorlab.TrainingConfig(
            env="FrozenLake-v1", agent=actorlab.QTable(), env_steps=9, init_from=source
        )
    )
    assert initial_weights.of(config) is not None
    np.savez(source / "policy.npz", q=np.ones((16, 4)))
    with pytest.raises(actorlab.UsageError, match="not those the run was given"):
        initial_weights.of(config)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (
            ("q_frozenlake_8x8",),
            "the weights do not fit: q is [16, 4] there and [64, 4] here",
        ),
        (("dqn_cartpole",), "q is [16, 4] there and absent here"),
        (("random_cartpole",), "cannot start from weights: RandomLearner has no set_weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_a_folder_is_made(
    source, tmp_path, capsys, run, says
):
    flags = ("--workers", "0", "--run-dir", str(tmp_path / "new"), "--init-from", str(source))
    assert says in _error(capsys, *run, *flags)
    assert not (tmp_path / "new").exists()


def test_what_has_no_policy_is_refused(source, tmp_path, capsys):
    run = [*SHORT["table"], "--workers", "0", "--run-dir"]
    (source / "policy.npz").unlink()
    bad = [*run, str(tmp_path / "new"), "--init-from"]
    assert f"--init-from {source}: no policy.npz" in _error(capsys, *bad, str(source))
    assert "not a run folder" in _error(capsys, *bad, str(tmp_path / "absent"))
    random = tmp_path / "random"
    flags = ("--env-steps", "100", "--workers", "0", "--evaluation.final-episodes", "2")
    assert main(["random_cartpole", *flags, "--run-dir", str(random)]) == 0
    capsys.readouterr()
    assert "acts at random and keeps no policy" in _error(capsys, *bad, str(random))
    assert not (tmp_path / "new").exists()


def test_the_same_network_in_another_environment_of_equal_shapes(source, tmp_path):
    flags = ("--workers", "0", "--env-kwargs", "is_slippery=False", "--init-from", str(source))
    folder = tmp_path / "new"
    assert main([*SHORT["table"], *flags, "--run-dir", str(folder)]) == 0
    np.testing.assert_array_equal(_first_state(folder)["learner"]["q"][0], _policy(source)["q"])


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster")
def test_a_learner_on_a_gpu_actor_starts_from_them_too(launch, tmp_path, capsys):
    launch("dqn", "source", "--workers", "0")
    flags = ("--init-from", str(tmp_path / "source"), "--workers", "2")
    here = launch("dqn", "here", *flags)
    there = launch("dqn", "there", *flags, "--learner-gpus", "1")
    assert here["fingerprint"] == there["fingerprint"]
    capsys.readouterr()
    run = [*SHORT["dqn"], "--run-dir", str(tmp_path / "new"), *flags, "--learner-gpus", "1"]
    assert main([*run, "--agent.hidden-sizes", "8"]) == 2
    assert "dense_0.kernel is [4, 32] there and [4, 8] here" in capsys.readouterr().err


def test_from_python(source, tmp_path):
    run = actorlab.train(
        "FrozenLake-v1",
        actorlab.QTable(),
        env_steps=160,
        evaluation=actorlab.EvaluationConfig(final_episodes=3),
        init_from=str(source),
        run_dir=tmp_path / "run",
    )
    assert run.config.init_weights == digest(_policy(source))
    assert run.config == _config(run.folder)

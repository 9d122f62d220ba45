"""Whole runs in environments that users bring."""

import json

import numpy as np
import pytest

import actorlab
from envs.sources import make_single
from launch.cli import main
from launch.run_folder import description

ROOM = "tests.envs.toy:Room-v0"


def test_a_network_learns_from_a_dictionary_to_choose_two_things(launch, tmp_path, capsys):
    found = launch("spaces", "run", "--workers", "0")
    # 6 steps that pay 2 each; at random half of it.
    assert found["evaluation"]["mean_return"] >= 11.5
    assert found["claim"]["baseline"] == pytest.approx(6.0, abs=1.0)
    said = capsys.readouterr()
    assert "the agent does not see what is no number: mission: Text" in said.err
    assert main(["evaluate", str(tmp_path / "run"), "--episodes", "20"]) == 0
    again = capsys.readouterr().out
    assert f"mean return {found['evaluation']['mean_return']:.4g} " in again


def test_a_table_learns_from_the_number_of_a_state(tmp_path):
    command = ["q", "--env", ROOM, "--env-steps", "20000", "--workers", "0"]
    assert main([*command, "--agent.discount", "0", "--run-dir", str(tmp_path / "run")]) == 0
    found = json.loads((tmp_path / "run" / "result.json").read_text())
    assert found["evaluation"]["mean_return"] == 10.0
    with np.load(tmp_path / "run" / "policy.npz") as policy:
        assert policy["q"].shape == (2 * 2 * 2 * 3, 4)


def test_a_policy_takes_and_gives_what_the_environment_does(tmp_path):
    run = actorlab.train(
        ROOM,
        actorlab.QTable(discount=0.0),
        env_steps=20_000,
        env_options=actorlab.EnvOptions(env_kwargs=("pay=3",), max_episode_steps=4),
        run_dir=tmp_path / "run",
    )
    env = make_single(ROOM)
    observation, _ = env.reset(seed=1)
    for _ in range(10):
        action = run.policy.act(observation)
        assert env.action_space.contains(action)
        observation, reward, *_ = env.step(action)
        assert reward == 1.0
    loaded = actorlab.load(run.folder)
    assert loaded.config.env_options.max_episode_steps == 4
    assert (loaded.policy.act(observation) == run.policy.act(observation)).all()


def test_options_are_part_of_what_a_run_is(tmp_path):
    folders = [tmp_path / name for name in ("plain", "dry")]
    flags = ([], ["--env-kwargs", "is_slippery=False", "map_name=4x4"])
    for folder, options in zip(folders, flags, strict=True):
        command = ["q_frozenlake", "--workers", "0", "--env-steps", "40000", *options]
        assert main([*command, "--run-dir", str(folder)]) == 0
    plain, dry = (json.loads((folder / "result.json").read_text()) for folder in folders)
    assert plain["fingerprint"] != dry["fingerprint"]
    assert dry["claim"]["optimum"] == 1.0
    assert dry["evaluation"]["success_rate"] == 1.0
    _, config = description.read(folders[1])
    assert config.task == "FrozenLake-v1 is_slippery=False map_name=4x4"


def _prices(folder, *flags):
    command = ["dqn", "--env", "tests.envs.toy:Prices-v0", "--workers", "0", "--env-steps", "8000"]
    evaluation = ["--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "200"]
    agent = ["--agent.discount", "0", "--agent.hidden-sizes", "32", "--run-dir", str(folder)]
    assert main([*command, *evaluation, *agent, *flags]) == 0
    return json.loads((folder / "result.json").read_text())


def test_what_is_normalised_learns_like_what_was_always_near_zero(tmp_path, capsys):
    careful = _prices(tmp_path / "careful", "--env-kwargs", "near_zero=True")
    raw = _prices(tmp_path / "raw")
    ours = _prices(tmp_path / "ours", "--env.normalize-observations")
    reached, without, best = (found["evaluation"]["mean_return"] for found in (ours, raw, careful))
    assert best > 5
    assert reached >= 0.95 * best
    assert without < 0.8 * best
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "ours"), "--episodes", "200"]) == 0
    assert f"mean return {reached:.4g} " in capsys.readouterr().out


def test_an_exported_policy_brings_what_it_normalises_by(tmp_path):
    import keras

    run = actorlab.train(
        "Pendulum-v1",
        actorlab.DQN(hidden_sizes=(8,), learning_starts=200),
        env_steps=1_000,
        transforms=actorlab.Transforms(action_bins=5, frame_stack=2, normalize_observations=True),
        evaluation=actorlab.EvaluationConfig(every_env_steps=0, final_episodes=2),
        run_dir=tmp_path / "run",
    )
    model = keras.models.load_model(tmp_path / "run" / "policy.keras")
    loaded = actorlab.load(run.folder)
    shown = np.random.default_rng(0).uniform(-1, 1, (20, 3)).astype(np.float32)
    before = np.concatenate([shown[:1], shown[:-1]])
    values = model.predict(np.concatenate([before, shown], axis=1), verbose=0)
    levels = np.linspace(-2, 2, 5)
    for observation, best in zip(shown, values.argmax(axis=1), strict=True):
        assert loaded.policy.act(observation).tolist() == [levels[best]]

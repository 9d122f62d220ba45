"""Whole runs in environments that users bring."""

import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import actorlab
from agents.random.config import Random
from envs.sources import make_single
from launch.cli import main
from launch.run_folder import description
from tests.envs.toy import Corridor
from tests.launch.test_cli import _error

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


def test_a_run_is_named_by_its_agent_and_its_environment(tmp_path):
    def make():
        return Corridor()

    named = {
        "random_make": make,
        "random_lambda": lambda: make(),
        "random_Corridor": Corridor,
        "random_FrozenLake-v1": "FrozenLake-v1",
    }
    evaluation = actorlab.EvaluationConfig(every_env_steps=0, final_episodes=1)
    short = {"env_steps": 20, "film": False, "pictures": False, "evaluation": evaluation}
    for name, env in named.items():
        folder = actorlab.train(env, Random(), **short, out=tmp_path).folder
        assert folder.parent == tmp_path / name


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


_CHANGING = """
import gymnasium
import numpy as np

SEEN, ACTIONS = 4, 2


class Changing(gymnasium.Env):
    def __init__(self, more):
        self.seen = SEEN + more
        self.observation_space = gymnasium.spaces.Box(-1, 1, (self.seen,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(ACTIONS)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(self.seen, np.float32), {}

    def step(self, action):
        self.steps += 1
        return np.zeros(self.seen, np.float32), 1.0, self.steps == 5, False, {}

    def render(self):
        return ""


def make(more=0):
    return gymnasium.wrappers.TimeLimit(Changing(more), 10)
"""


@pytest.fixture
def changing(tmp_path, monkeypatch):
    """The module of an environment whose spaces a test changes."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "changing_spaces.py").write_text(_CHANGING)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    yield importlib.import_module("changing_spaces")
    del sys.modules["changing_spaces"]


def _contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_an_environment_that_is_another_one_by_now_is_said_and_nothing_changes(
    changing, tmp_path, monkeypatch, capsys
):
    folder = tmp_path / "run"
    short = ["--env-steps", "256", "--num-envs", "4", "--workers", "0", "--no-film"]
    network = ["--agent.hidden-sizes", "8", "--agent.learning-starts", "64"]
    scored = ["--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "2"]
    env = "changing_spaces:make"
    flags = [*short, *network, *scored, "--run-dir", str(folder)]
    assert main(["dqn", "--env", env, *flags]) == 0
    before = _contents(folder)
    played = [
        ["evaluate", str(folder), "--episodes", "2"],
        ["watch", str(folder), "--render", "ansi"],
        ["record", str(folder), "--env-steps", "16"],
        ["export", str(folder), "--to", "keras"],
        ["resume", str(folder), "--env-steps", "512"],
    ]
    for name, number, was, now in (
        ("SEEN", 6, "a box [4] of float32 as observations", "a box [6] of float32"),
        ("ACTIONS", 3, "numbers below 2 as actions", "numbers below 3"),
        ("ACTIONS", 1, "numbers below 2 as actions", "numbers below 1"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(changing, name, number)
            for command in played:
                capsys.readouterr()
                said = _error(capsys, *command)
                assert f"{folder} was trained with {was}, and {env} gives {now} now" in said
            with pytest.raises(actorlab.UsageError, match=re.escape(f"gives {now} now")):
                actorlab.load(folder)
    other = [*played[0], "--env-kwargs", "more=1"]
    assert "more=1: the observations are a box [5] of float32, and" in _error(capsys, *other)
    monkeypatch.setattr(changing, "SEEN", 6)  # not the flag's fault
    assert f"a box [4] of float32 as observations, and {env} gives a" in _error(capsys, *other)
    monkeypatch.undo()
    assert _contents(folder) == before
    for command in played[:1]:
        assert main(command) == 0


def test_a_run_of_an_earlier_version_does_not_tell_its_spaces_and_is_played(launch, tmp_path):
    launch("table", "run", "--workers", "0", "--env-steps", "300")
    path = tmp_path / "run" / "config.json"
    told = json.loads(path.read_text())
    spaces = {"observations": "numbers below 16", "actions": "numbers below 4"}
    assert told.pop("spaces") == spaces
    path.write_text(json.dumps(told))
    assert main(["evaluate", str(tmp_path / "run"), "--episodes", "2"]) == 0
    assert main(["resume", str(tmp_path / "run"), "--env-steps", "600"]) == 0


@pytest.mark.parametrize("told", [{}, {"spaces": {"observations": "numbers below 16"}}])
def test_other_keywords_are_compared_whether_a_run_tells_its_spaces_or_not(
    launch, tmp_path, capsys, told
):
    launch("table", "run", "--workers", "0", "--env-steps", "300")
    path = tmp_path / "run" / "config.json"
    described = json.loads(path.read_text())
    del described["spaces"]
    path.write_text(json.dumps({**described, **told}))
    capsys.readouterr()
    for command in ("evaluate", "watch"):
        said = _error(capsys, command, str(tmp_path / "run"), "--env-kwargs", "map_name=8x8")
        assert "the observations are numbers below 64, and the policy was trained with" in said


def test_spaces_that_are_no_spaces_are_said(launch, tmp_path, capsys):
    launch("table", "run", "--workers", "0", "--env-steps", "300")
    path = tmp_path / "run" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "spaces": [1]}))
    capsys.readouterr()
    said = _error(capsys, "evaluate", str(tmp_path / "run"))
    assert "config.json: not a config this version can read" in said

"""Recordings on disk, and runs that learn from them."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from gymnasium.spaces import Discrete

from launch.cli import main
from launch.jobs.rl import execution, recording, recording_files
from tests.launch.conftest import SHORT
from tests.launch.test_cli import _error
from tests.launch.test_determinism import _Interrupted
from training.recording import Recording

STEPS = 600
PAGE = (Path(__file__).parents[2] / "docs" / "recordings.md").read_text()
CQL = (
    *("cql_cartpole", "--env-steps", "1800", "--num-envs", "7", "--agent.hidden-sizes", "16"),
    *("--agent.batch-size", "16", "--agent.updates-per-call", "16"),
    *("--evaluation.every-env-steps", "700", "--evaluation.episodes", "5"),
    *("--evaluation.final-episodes", "6"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A run of random actions in CartPole, and a recording of it in `recordings`."""
    folder = tmp_path_factory.mktemp("source") / "run"
    flags = ["--env-steps", "16", "--no-film", "--evaluation.final-episodes", "1"]
    assert main(["random_cartpole", "--workers", "0", *flags, "--run-dir", str(folder)]) == 0
    assert main(["record", str(folder), "--env-steps", str(STEPS)]) == 0
    return folder


@pytest.fixture
def data(made) -> Path:
    return made / "recordings" / f"random-{STEPS}-seed0"


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def test_what_was_recorded_is_read_and_repeats_to_the_byte(made, data, tmp_path, capsys):
    out = tmp_path / "deep" / "again"
    assert main(["record", str(made), "--env-steps", str(STEPS), "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    found = recording_files.read(out)
    episodes, mean = len(found.returns), found.returns.mean()
    assert said[0].startswith(f"600 steps, {episodes} whole episodes, mean return {mean:.4g} ± ")
    assert said[1].split() == ["recorded", str(out)]
    for name in ("main_data.hdf5", "metadata.json"):
        assert (out / "data" / name).read_bytes() == (data / "data" / name).read_bytes()
    assert {path.name for path in out.parent.iterdir()} == {"again"}
    assert len(found) == STEPS
    assert found.digest() == recording_files.read(data / "data" / "main_data.hdf5").digest()


def test_the_layout_is_minaris(data):
    metadata = json.loads((data / "data" / "metadata.json").read_text())
    assert metadata["total_steps"] == STEPS
    assert json.loads(metadata["action_space"])["n"] == 2
    assert json.loads(metadata["observation_space"])["shape"] == [4]
    assert json.loads(metadata["env_spec"])["id"] == "CartPole-v1"
    with h5py.File(data / "data" / "main_data.hdf5") as file:
        assert len(file) == metadata["total_episodes"]
        first = file["episode_0"]
        length = first.attrs["total_steps"]
        assert first["observations"].shape == (length + 1, 4)
        for name in ("actions", "rewards", "terminations", "truncations"):
            assert first[name].shape == (length,)
        assert first["terminations"][()].tolist() == [False] * (length - 1) + [True]


def test_masks_survive_the_file(tmp_path):
    columns = {
        "observations": np.arange(5),
        "a_tm1": np.array([1, 0, 1], np.int32),
        "r_t": np.array([1.0, -2.0, 0.5]),
        "terminated_t": np.array([True, False, False]),
        "truncated_t": np.array([False, False, True]),
        "lengths": np.array([1, 2]),
        "cut": np.array([False, True]),
        "action_masks": np.arange(10).reshape(5, 2) % 3 > 0,
    }
    before, folder = Recording(**columns), tmp_path / "recording"
    spaces = Discrete(5), Discrete(2)
    recording_files.write(folder, before, spaces, env="a b:C-v0", spec=None, about={})
    assert recording_files.read(folder).digest() == before.digest()
    metadata = json.loads((folder / "data" / "metadata.json").read_text())
    assert metadata["dataset_id"] == "actorlab/a_b_C-v0"


def test_a_policy_is_recorded_greedily_with_random_actions_or_without_it(launch, tmp_path, capsys):
    launch("table", "run", "--workers", "0", "--env-kwargs", "is_slippery=False")
    folder, found = tmp_path / "run", {}
    for name, flags in (
        ("greedy", []),
        ("epsilon-0.5", ["--epsilon", "0.5"]),
        ("random", ["--random"]),
    ):
        assert main(["record", str(folder), "--env-steps", "300", *flags]) == 0
        found[name] = recording_files.read(folder / "recordings" / f"{name}-300-seed0")
    rates = [each.returns.mean() for each in found.values()]
    assert rates[0] > rates[1] > rates[2]
    greedy = found["greedy"].rollout(np.arange(300)[:, None])
    taken = set(zip(greedy.s_tm1[:, 0].tolist(), greedy.a_tm1[:, 0].tolist(), strict=True))
    assert len(taken) == len({state for state, _ in taken})  # one action in each state
    capsys.readouterr()
    assert "exclude each other" in _error(
        capsys, "record", str(folder), "--env-steps", "9", "--random", "--epsilon", "0"
    )
    assert "already exists" in _error(capsys, "record", str(folder), "--env-steps", "300")
    assert "must be 1 or more, got 0" in _error(capsys, "record", str(folder), "--env-steps", "0")


def test_a_recording_is_named_by_the_share_of_random_actions_in_it(launch, tmp_path):
    """A run that is evaluated with some of them is recorded with as many."""
    launch("table", "run", "--workers", "0", "--evaluation.epsilon", "0.5")
    folder, found = tmp_path / "run", {}
    for name, flags in (("epsilon-0.5", []), ("greedy", ["--epsilon", "0"])):
        assert main(["record", str(folder), "--env-steps", "300", *flags]) == 0
        made = folder / "recordings" / f"{name}-300-seed0"
        found[name] = recording_files.read(made).rollout(np.arange(300)[:, None])
    taken = {
        name: set(zip(steps.s_tm1[:, 0].tolist(), steps.a_tm1[:, 0].tolist(), strict=True))
        for name, steps in found.items()
    }
    states = {name: {state for state, _ in pairs} for name, pairs in taken.items()}
    assert len(taken["greedy"]) == len(states["greedy"])  # one action in each state
    assert len(taken["epsilon-0.5"]) > len(states["epsilon-0.5"])


@pytest.mark.parametrize(
    "explores",
    [("dqn", "--agent.noisy", "all"), ("bootstrapped_cartpole",)],
    ids=["noisy", "bootstrapped"],
)
def test_the_share_of_random_actions_is_all_the_exploration(explores, tmp_path, capsys):
    """Also of agents that explore by themselves; the documentation and the flag say so."""
    agent, *flags = explores
    folder, found = tmp_path / "run", []
    flags += ["--workers", "0", "--env", "CartPole-v1", "--agent.hidden-sizes", "8"]
    flags += ["--env-steps", "64", "--no-film", "--no-pictures", "--evaluation.final-episodes", "1"]
    assert main([agent, *flags, "--run-dir", str(folder)]) == 0
    for number, share in enumerate(([], ["--epsilon", "1e-12"], ["--epsilon", "0.5"])):
        out = tmp_path / str(number)
        assert main(["record", str(folder), "--env-steps", "400", *share, "--out", str(out)]) == 0
        found.append(recording_files.read(out).digest())
    assert found[0] == found[1] != found[2]
    assert "The share of random actions is all the exploration in a recording, whatever" in PAGE
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["record", "--help"])
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "all the exploration that there is, also of noisy or bootstrapped agents" in said


def test_an_interrupted_recording_keeps_what_it_has(made, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(recording, "Interrupts", lambda: _Interrupted(3))
    out = tmp_path / "cut"
    assert main(["record", str(made), "--env-steps", "9000", "--out", str(out)]) == 130
    assert len(recording_files.read(out)) == 16 * 5
    assert capsys.readouterr().out.startswith("80 steps, ")


def test_a_run_learns_and_resumes_to_the_same_bits(data, tmp_path, monkeypatch, capsys):
    flags = [*CQL, "--data", str(data), "--workers", "0"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main([*flags, "--run-dir", str(whole)]) == 0
    result = _result(whole)
    # 1,206 transitions after the first reading, 4 for each update, in groups of 16.
    assert (result["env_steps"], result["updates"]) == (1806, 288)
    assert result["notes"] == [
        f"learned from {data}; env steps are transitions that were read from it"
    ]
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(9))
        assert main([*flags, "--run-dir", str(cut)]) == 130
    assert main(["resume", str(cut)]) == 0
    for name in ("fingerprint", "evaluation", "env_steps", "updates", "episodes"):
        assert _result(cut)[name] == result[name]
    other = tmp_path / "other"
    assert main([*flags, "--agent.conservatism", "0", "--run-dir", str(other)]) == 0
    assert _result(other)["fingerprint"] != result["fingerprint"]
    assert main(["evaluate", str(whole), "--episodes", "3"]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster")
def test_workers_leave_no_trace(data, tmp_path):
    for workers in ("0", "2"):
        folder = tmp_path / workers
        assert (
            main([*CQL, "--data", str(data), "--workers", workers, "--run-dir", str(folder)]) == 0
        )
    assert _result(tmp_path / "0")["fingerprint"] == _result(tmp_path / "2")["fingerprint"]
    assert _result(tmp_path / "0")["evaluation"] == _result(tmp_path / "2")["evaluation"]


@pytest.mark.parametrize("kind", ["bc", "bcq", "offline_dqn"])
def test_every_offline_agent_learns_from_a_file(kind, data, tmp_path):
    flags = [f"{kind}_cartpole", *CQL[1:], "--data", str(data), "--workers", "0"]
    assert main([*flags, "--run-dir", str(tmp_path / "run")]) == 0
    # 1,206 transitions after the first reading, 4 for each update, in groups of 16.
    assert _result(tmp_path / "run")["updates"] == 288


def test_what_acts_learns_from_a_file_too(data, tmp_path):
    """`dqn` reads what it would have done; a table learns from each step that is read."""
    folder = tmp_path / "run"
    flags = [*SHORT["dqn"], "--workers", "0", "--data", str(data), "--run-dir", str(folder)]
    assert main(flags) == 0
    config = json.loads((folder / "config.json").read_text())["config"]
    assert config["agent"]["replay_capacity"] == config["agent"]["learning_starts"] == STEPS
    assert len(config["data_digest"]) == 64


def _broken(data: Path, tmp_path: Path, change) -> str:
    folder = tmp_path / "broken"
    shutil.copytree(data, folder)
    with h5py.File(folder / "data" / "main_data.hdf5", "a") as file:
        change(file)
    return str(folder)


def _nan(file) -> None:
    file["episode_1/observations"][1, 2] = np.nan


def _less(file) -> None:
    del file["episode_2/rewards"]


def _shorter(file) -> None:
    rewards = file["episode_0/rewards"][:-1]
    del file["episode_0/rewards"]
    file["episode_0/rewards"] = rewards


def _real(file) -> None:
    actions = file["episode_0/actions"][()].astype(np.float64)
    del file["episode_0/actions"]
    file["episode_0/actions"] = actions


def _early(file) -> None:
    file["episode_0/terminations"][0] = True


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_nan, "its observations are not all finite"),
        (_less, "episode_2/rewards is not there"),
        (_shorter, "episode_0/rewards has"),
        (_real, "take a whole number for each step"),
        (_early, "episode_0 goes on after step 1, which ended it"),
        (lambda file: file.clear(), "it has no group episode_0"),
    ],
)
def test_a_broken_recording_is_one_line(change, says, data, tmp_path, capsys):
    said = _error(capsys, *CQL, "--data", _broken(data, tmp_path, change))
    assert says in said
    assert said.startswith("error: --data ")


def test_a_recording_of_something_else_is_one_line(data, tmp_path, capsys):
    given = ("--data", str(data))
    assert "give more" in _error(capsys, *CQL, *given, "--env-steps", "600")
    said = _error(capsys, "dqn", "--env", "Pendulum-v1", "--env.action-bins", "2", *given)
    assert "its observations are float32 [4], and those of the environment float32 [3]" in said
    assert "; --env is CartPole-v1 there and Pendulum-v1 here; --env.action-bins is 0 there" in said
    text = tmp_path / "text"
    text.write_text("no recording")
    assert "no HDF5 file" in _error(capsys, *CQL, "--data", str(text))
    assert "does not exist; recordings are made by" in _error(capsys, *CQL, "--data", "/nowhere")
    assert "has no data/main_data.hdf5" in _error(capsys, *CQL, "--data", str(tmp_path))
    memory = _error(capsys, *SHORT["memory"], "--env", "CartPole-v1", *given)
    assert "learns from what it remembered when it acted" in memory


def test_without_a_recording_the_two_commands_are_told(capsys):
    said = _error(capsys, "bc_cartpole")
    assert "`python -m launch record RUN --env-steps 50000`" in said
    assert "`--data FOLDER`" in said


def test_a_recording_that_has_changed_is_not_gone_on_with(data, tmp_path, monkeypatch, capsys):
    mine, folder = tmp_path / "mine", tmp_path / "run"
    shutil.copytree(data, mine)
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(5))
        flags = ["--data", str(mine), "--workers", "0", "--run-dir", str(folder)]
        assert main([*CQL, *flags]) == 130
    with h5py.File(mine / "data" / "main_data.hdf5", "a") as file:
        file["episode_0/rewards"][0] = 7.0
    capsys.readouterr()
    assert "it is not what the run was given" in _error(capsys, "resume", str(folder))

"""What is not ours: experiments, agents and jobs by path or entry point, and rooms in our way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import actorlab
from agents import registry as agents
from launch import shadowing
from launch.cli import main
from launch.cluster import shipping
from launch.config.serialization import from_json, to_json
from launch.experiments import catalog
from launch.run_folder import description
from supervised.core import registry as jobs
from tests.launch.conftest import SHORT
from tests.launch.recurrent import RECURRENT, Remembering
from tests.launch.test_cli import _error

PATH = "tests.launch.recurrent:RECURRENT"


def test_every_agent_and_job_of_ours_is_found_under_its_name():
    for name in agents.OURS:
        assert agents.name_of(agents.agent_type(name)) == name
    for name in jobs.OURS:
        assert jobs.name_of(jobs.job_type(name)) == name


def test_an_agent_of_somebody_elses_goes_through_json_by_its_path():
    written = json.loads(json.dumps(to_json(RECURRENT.config)))
    assert written["agent"]["_type"] == "tests.launch.recurrent:Remembering"
    assert from_json(written) == RECURRENT.config
    for wrong, why in (
        ("nowhere.at_all:Agent", "there is no module 'nowhere.at_all'"),
        ("tests.launch.recurrent:Missing", "has no 'Missing'"),
        ("tests.launch.recurrent:RECURRENT", "is not an agent"),
        ("dqnn", "'dqnn' is unknown"),
        ("__main__:Mine", "script or a notebook"),
    ):
        written["agent"]["_type"] = wrong
        with pytest.raises(ValueError, match=why):
            from_json(written)


def test_a_class_of_the_script_that_runs_is_found_there(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "Mine", Remembering, raising=False)
    assert agents.agent_type("__main__:Mine") is Remembering


def test_an_experiment_by_its_path_has_flags_a_folder_and_a_help(tmp_path, capsys):
    assert catalog.get(PATH) is RECURRENT
    flags = ["--workers", "0", "--env-steps", "200", "--agent.units", "4"]
    short = ["--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "2"]
    assert main([PATH, *flags, *short, "--out", str(tmp_path)]) == 0
    (folder,) = (tmp_path / "tests.launch.recurrent.RECURRENT").iterdir()
    assert description.read(folder)[0] == PATH
    config = json.loads((folder / "config.json").read_text())["config"]
    assert config["agent"] == {
        "epsilon": 0.2,
        "units": 4,
        "_type": "tests.launch.recurrent:Remembering",
    }
    with pytest.raises(SystemExit):
        main([PATH, "--help"])
    assert "Numbers of the memory" in capsys.readouterr().out


def test_what_cannot_be_found_is_said_in_one_line(capsys):
    assert "there is no module 'nowhere'" in _error(capsys, "nowhere:MINE")
    assert "has no 'MISSING'" in _error(capsys, "tests.launch.recurrent:MISSING")
    assert "is ABCMeta, not a" in _error(capsys, "tests.launch.recurrent:Remembering")
    assert "named tests:NAME" in _error(capsys, "tests")
    assert "did you mean dqn_cartpole" in _error(capsys, "dqn_cartpol")


@pytest.fixture
def package(tmp_path, monkeypatch) -> None:
    """An installed package with entry points for an experiment and an agent."""
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[actorlab.experiments]\ntheirs_memory = {PATH}\ntheirs_broken = nowhere:GONE\n"
        "[actorlab.agents]\ntheirs = tests.launch.recurrent:Remembering\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("package")
def test_installed_packages_offer_experiments_and_agents(capsys):
    assert catalog.get("theirs_memory") is RECURRENT
    assert agents.agent_type("theirs") is Remembering
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert "theirs_memory" in said
    assert "theirs_broken" not in said
    assert "did you mean theirs_memory" in _error(capsys, "theirs_memori")
    assert "there is no module 'nowhere'" in _error(capsys, "theirs_broken")


def test_a_cluster_gets_what_is_neither_ours_nor_installed(tmp_path, monkeypatch):
    (tmp_path / "mine.py").touch()
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = {"mine", "my_package.agents", "agents.dqn.config", "gymnasium", "__main__", "gone"}
    assert shipping._sources(modules) == [str(tmp_path / "mine.py"), str(tmp_path / "my_package")]
    config = RECURRENT.config
    assert config.modules == {"tests.launch.recurrent"}
    assert catalog.get("lenet_mnist").config.modules == {
        "supervised.convolutional.configs",
        "supervised.convolutional.lenet_mnist",
    }


def test_our_rooms_are_ours():
    assert shadowing.shadowed() is None
    root = Path(shadowing.__file__).parents[1]
    ours = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests", "examples"}
    assert ours - {"benchmarks"} == {*shadowing.ROOMS, "launch"}


@pytest.mark.parametrize("module", ["launch", "actorlab"])
def test_a_room_that_is_not_ours_is_named_in_one_line(tmp_path, module):
    """As PyPI's openai-agents has it: another project's `agents` first on the path."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("import openai\n")
    run = [sys.executable, "-m", module, "list"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    error = done.stderr.strip().splitlines()[-1]
    assert f"{tmp_path / 'agents'} is another project's" in error
    assert "start from another folder" in error
    if module == "launch":
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


class TestFromPython:
    def test_a_run_is_made_loaded_and_acts(self, tmp_path):
        run = actorlab.train(
            "FrozenLake-v1",
            actorlab.QTable(),
            env_steps=2_000,
            evaluation=actorlab.EvaluationConfig(every_env_steps=0, final_episodes=5),
            out=tmp_path,
        )
        assert run.folder.parent == tmp_path / "q_table_FrozenLake-v1"
        assert (run.folder / "command.txt").read_text() == "from Python\n"
        again = actorlab.load(run.folder)
        assert again.result == run.result
        assert [run.policy.act(s) for s in range(16)] == [again.policy.act(s) for s in range(16)]
        assert run.policy.act(0) in range(4)
        assert main(["evaluate", str(run.folder), "--episodes", "2"]) == 0

    def test_a_function_makes_the_environment_and_is_asked_for_again(self, tmp_path):
        import gymnasium

        stopped = actorlab.train(
            lambda: gymnasium.make("CliffWalking-v1"),
            actorlab.QTable(),
            env_steps=4_000,
            callbacks=[_StopAt(1_024)],
            evaluation=actorlab.EvaluationConfig(every_env_steps=0, final_episodes=2),
            run_dir=tmp_path / "run",
        )
        assert stopped.result.status == "interrupted"
        with pytest.raises(actorlab.UsageError, match=r"load\(folder, env="):
            actorlab.load(tmp_path / "run")
        make = lambda: gymnasium.make("CliffWalking-v1")  # noqa: E731
        done = actorlab.resume(tmp_path / "run", env=make)
        assert done.result.status == "finished"
        whole = actorlab.train(
            make,
            actorlab.QTable(),
            env_steps=4_000,
            evaluation=actorlab.EvaluationConfig(every_env_steps=0, final_episodes=2),
            run_dir=tmp_path / "whole",
        )
        assert done.result.fingerprint == whole.result.fingerprint

    def test_what_cannot_be_is_a_usage_error(self, tmp_path):
        with pytest.raises(actorlab.UsageError, match="needs discrete observations"):
            actorlab.train("CartPole-v1", actorlab.QTable(), env_steps=100, out=tmp_path)
        with pytest.raises(actorlab.UsageError, match="knows no such environment"):
            actorlab.train("CartPol-v1", actorlab.DQN(), env_steps=100, out=tmp_path)
        with pytest.raises(actorlab.UsageError, match="--workers must be 0 or more, got -1"):
            actorlab.train("CartPole-v1", actorlab.DQN(), env_steps=100, workers=-1)
        with pytest.raises(actorlab.UsageError, match="not a run folder"):
            actorlab.load(tmp_path)

    def test_the_face_is_typed_and_light(self):
        code = (
            "import sys, actorlab; print(sorted({'tensorflow', 'ray', 'keras'} & set(sys.modules)))"
        )
        run = [sys.executable, "-c", code]
        said = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
        assert said.strip() == "[]"
        assert (Path(actorlab.__file__).parent / "py.typed").exists()
        assert all(hasattr(actorlab, name) for name in actorlab.__all__)

    @pytest.mark.slow
    def test_it_works_twice_in_a_row_in_one_process_with_workers(self, tmp_path):
        """As in a notebook: Ray is started and left each time."""
        code = (
            "import actorlab\n"
            "small = actorlab.DQN(hidden_sizes=(16,), learning_starts=200)\n"
            "short = actorlab.EvaluationConfig(every_env_steps=0, final_episodes=2)\n"
            "for workers in (2, 0, 2):\n"
            "    run = actorlab.train('Acrobot-v1', small, env_steps=1500, workers=workers,\n"
            "                         evaluation=short)\n"
            "    print(run.result.fingerprint)\n"
        )
        run = [sys.executable, "-c", code]
        done = subprocess.run(
            run, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=200
        )
        assert len(set(done.stdout.split())) == 1
        assert len(done.stdout.split()) == 3


class _StopAt(actorlab.Callback):
    def __init__(self, env_steps: int):
        self._env_steps = env_steps

    def on_iteration(self, training, done):
        if done.env_steps >= self._env_steps:
            training.stop("interrupted")


def test_a_file_that_a_job_misses_is_not_taken_for_a_full_disk(tmp_path, monkeypatch, capsys):
    (tmp_path / "own_csv_job.py").write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from launch.config.supervised import SupervisedConfig\n"
        "from launch.experiments.experiment import Experiment\n"
        "from supervised.core.job import JobConfig\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Config(JobConfig):\n"
        "    module: ClassVar[str] = 'own_csv_job'\n"
        "    csv: str = 'no.csv'\n"
        "def run(config, context):\n"
        "    open(config.csv)\n"
        "JOB = Experiment(summary='reads a file', config=SupervisedConfig(job=Config()))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "run"
    assert main(["own_csv_job:JOB", "--local", "--run-dir", str(folder)]) == 1
    error = capsys.readouterr().err
    assert "FileNotFoundError" in error
    assert "no.csv" in error
    assert "cannot be written" not in error


@pytest.mark.slow
def test_a_policy_is_exported_with_the_threads_that_the_learner_had(tmp_path):
    """TensorFlow takes its threads once in a process: asked for others, it would warn."""
    flags = [*SHORT["dqn"], "--learner-threads", "2", "--workers", "0", "--env-steps", "300"]
    run = [sys.executable, "-m", "launch", *flags, "--run-dir", str(tmp_path / "run")]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    assert "threads" not in done.stderr
    assert (tmp_path / "run" / "policy.keras").exists()

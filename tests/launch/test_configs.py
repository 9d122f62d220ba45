import ast
import dataclasses
import inspect
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from launch.commands.run import asked, plan
from launch.config.execution import CheckpointConfig, OutputConfig, PlacementConfig
from launch.config.serialization import from_json, identity, to_json
from launch.config.supervised import SupervisedConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from supervised.style.configs import StyleConfig
from training.faults import FaultConfig


@pytest.mark.parametrize("name", catalog.EXPERIMENTS)
def test_every_experiments_config_survives_json(name):
    config = catalog.EXPERIMENTS[name].config
    assert from_json(json.loads(json.dumps(to_json(config)))) == config


def test_files_in_a_jobs_config_survive_json_and_are_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["--model", "run", "--pictures", "a.png", "/b.png", "--face", "1", "2", "3", "4"]
    (planned,) = plan(asked(["emotion_predict", *given]), given)
    job = planned.config.job
    assert job.model == tmp_path / "run"
    assert job.pictures == (tmp_path / "a.png", Path("/b.png"))
    assert job.face == (1, 2, 3, 4)
    assert from_json(json.loads(json.dumps(to_json(planned.config)))) == planned.config


def test_what_differs_in_an_older_config_is_named():
    values = to_json(catalog.EXPERIMENTS["dqn_cartpole"].config)
    values["agent"]["learning_speed"] = 1.0
    with pytest.raises(ValueError, match="learning_speed"):
        from_json(values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"env_steps": 0}, "--env-steps must be 1 or more, got 0"),
        ({"num_envs": -3}, "--num-envs must be 1 or more, got -3"),
        ({"seed": 2**64}, "--seed must be below"),
        ({"seed": -1}, "--seed must be 0 or more, got -1"),
        ({"num_envs": 1}, "--workers 2 is more than --num-envs 1"),
        ({"until_solved": True, "solved_at": None}, "--solved-at"),
    ],
)
def test_impossible_settings_are_named_by_their_flag(change, says):
    with pytest.raises(ValueError, match=says):
        dataclasses.replace(catalog.EXPERIMENTS["dqn_cartpole"].config, **change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"workers": -1}, "--workers must be 0 or more, got -1"),
        ({"worker_gpus": -0.5}, "--worker-gpus must be 0 or more, got -0.5"),
        ({"workers": 0, "worker_gpus": 1.0}, "--worker-gpus needs --workers"),
        ({"workers": 0, "address": "auto"}, "--address needs --workers"),
        ({"learner_gpus": 1.5}, "--learner-gpus must be a fraction below 1 or a whole number"),
    ],
)
def test_impossible_placements_are_named_by_their_flag(change, says):
    with pytest.raises(ValueError, match=says):
        PlacementConfig(**change)


def _classes(part: Any) -> set[type]:
    """The classes of settings that a config is made of, bases included."""
    if not dataclasses.is_dataclass(part):
        return set()
    found = {kind for kind in type(part).__mro__ if dataclasses.is_dataclass(kind)}
    values = (getattr(part, field.name) for field in dataclasses.fields(part))
    return found.union(*map(_classes, values))


SETTINGS = sorted(
    set[type]().union(*(_classes(each.config) for each in catalog.EXPERIMENTS.values())),
    key=lambda kind: (kind.__module__, kind.__name__),
)


def test_settings_of_all_rooms_are_looked_at():
    rooms = {kind.__module__.partition(".")[0] for kind in SETTINGS}
    assert rooms == {"agents", "envs", "launch", "supervised", "training"}


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_every_field_says_what_it_is(kind):
    """Flags take their help from the string below each field: none may be missing."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    assert ast.get_docstring(tree)
    said = {
        ast.unparse(field.target)
        for field, below in pairwise(tree.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }
    annotated = set(vars(kind).get("__annotations__", {}))
    own = {field.name for field in dataclasses.fields(kind)} & annotated
    assert own <= said


@pytest.mark.parametrize("arguments", [["list"], ["dqn_cartpole", "--help"]])
def test_help_and_list_import_neither_tensorflow_nor_ray(arguments):
    code = (
        "import sys\nfrom launch.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'tensorflow', 'ray', 'keras'} & set(sys.modules)))"
    )
    run = [sys.executable, "-c", code, *arguments]
    output = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    assert output.splitlines()[-1] == "[]"
    assert "dqn_cartpole" in output


def test_workers_act_without_tensorflow():
    code = """
import sys
import numpy as np
from agents.dqn.config import DQN
from envs import registry
from training.worker import RolloutWorker
agent = DQN(hidden_sizes=(8,))
worker = RolloutWorker(env='CartPole-v1', agent=agent, seed=0, num_envs=4, block=range(4),
                       positions=None, hide_gpus=True)
spaces = registry.spaces('CartPole-v1')
weights = agent.describe(spaces[0], agent.value_head(2)).initial_weights(np.random.default_rng(0))
assert worker.rollout(weights, 0, 50).rollout.a_tm1.shape == (50, 4)
print('tensorflow' in sys.modules, 'ray' in sys.modules)
"""
    run = [sys.executable, "-c", code]
    output = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    assert output.split() == ["False", "False"]


def test_a_jobs_own_files_are_found_from_every_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (planned,) = plan(asked(["style_transfer", "--content", "cat.jpg"]), ())
    assert isinstance(planned.config, SupervisedConfig)
    job = planned.config.job
    assert isinstance(job, StyleConfig)
    assert (job.content, job.style) == (tmp_path / "cat.jpg", None)
    assert from_json(json.loads(json.dumps(to_json(planned.config)))) == planned.config


@pytest.mark.parametrize(
    ("experiment", "one", "other", "same"),
    [
        ("lenet_mnist", {"workers": 1}, {"workers": 4}, True),
        ("lenet_mnist", {"workers": 2}, {"workers": 2, "servers": 3}, True),
        ("lenet_mnist", {"workers": 0}, {"workers": 1}, False),
        ("lenet_mnist", {}, {"memory_gb": 9.0}, True),
        ("lenet_mnist", {}, {"cpus": 2}, False),
        ("lenet_mnist", {}, {"precision": "float64"}, False),
        ("data_parallel", {"workers": 1}, {"workers": 2}, False),  # measures how many there are
    ],
)
def test_resources_that_leave_a_trace_in_the_bits_are_part_of_a_runs_identity(
    experiment, one, other, same
):
    default = catalog.get(experiment).config
    assert isinstance(default, SupervisedConfig)
    found = [
        identity(
            dataclasses.replace(
                default, resources=dataclasses.replace(default.resources, **changes)
            )
        )
        for changes in (one, other)
    ]
    assert (found[0] == found[1]) == same


def test_where_and_how_a_run_is_executed_is_no_part_of_its_identity():
    default = catalog.get("dqn_cartpole").config
    assert isinstance(default, TrainingConfig)
    elsewhere = dataclasses.replace(
        default,
        placement=PlacementConfig(workers=7),
        output=OutputConfig(out=Path("elsewhere")),
        checkpoint=CheckpointConfig(keep=9),
        faults=FaultConfig(hang_seconds=9.0),
    )
    assert identity(elsewhere) == identity(default)
    for changes in ({"seed": 1}, {"num_envs": 17}, {"lag": 0}):
        assert identity(dataclasses.replace(default, **changes)) != identity(default)

import dataclasses
import json
import subprocess
import sys

import pytest

from launch import catalog
from launch.configs import PlacementConfig, TrainingConfig, from_json, to_json


@pytest.mark.parametrize("name", catalog.EXPERIMENTS)
def test_every_experiments_config_survives_json(name):
    config = catalog.EXPERIMENTS[name].config
    assert from_json(json.loads(json.dumps(to_json(config)))) == config


def test_what_differs_in_an_older_config_is_named():
    values = to_json(catalog.EXPERIMENTS["dqn_cartpole"].config)
    values["agent"]["learning_speed"] = 1.0
    with pytest.raises(ValueError, match="learning_speed"):
        from_json(values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"env_steps": 0}, "--env-steps must be 1 or more, got 0"),
        ({"streams": -3}, "--streams must be 1 or more, got -3"),
        ({"seed": -1}, "--seed must be 0 or more, got -1"),
        ({"streams": 1}, "--workers 2 is more than --streams 1"),
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
    ],
)
def test_impossible_placements_are_named_by_their_flag(change, says):
    with pytest.raises(ValueError, match=says):
        PlacementConfig(**change)


def test_every_field_says_what_it_is():
    """Flags take their help from the string below each field: none may be missing."""
    import tyro

    for name, experiment in catalog.EXPERIMENTS.items():
        with pytest.raises(SystemExit):
            tyro.cli(TrainingConfig, default=experiment.config, args=["--help"])
        assert experiment.summary, name


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


def test_workers_import_no_tensorflow():
    code = "import sys, launch.workers; print('tensorflow' in sys.modules, 'ray' in sys.modules)"
    run = [sys.executable, "-c", code]
    output = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60).stdout
    assert output.split() == ["False", "False"]

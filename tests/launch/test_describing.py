"""What a run is, told from its files: whole, interrupted, broken."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launch.cli import main
from launch.jobs.models import keras_files
from launch.run_folder import checkpoints, contents
from launch.run_folder.checkpoints import Origin
from tests.launch.made_runs import made, untrained


def _told(capsys, run: Path) -> dict[str, list[str]]:
    """What is told of a run, by the words before it."""
    capsys.readouterr()
    assert main(["describe", str(run)]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80 or "/" in said  # a path may be longer
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\n {8,}", " ", said).splitlines():  # some go on below themselves
        name, _, text = line.strip().partition("  ")
        found.setdefault(name, []).append(text.strip())
    return found


def _json(capsys, run: Path) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["describe", str(run), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def policy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("policy") / "run"
    flags = ("--env-steps", "3000", "--agent.hidden-sizes", "5", "--no-film")
    return untrained(folder, "dqn_cartpole", *flags)


def test_a_run_in_json(capsys, policy):
    told = _json(capsys, policy)
    assert told["experiment"] == "dqn_cartpole"
    assert told["command"].endswith("--env-steps 3000 --agent.hidden-sizes 5 --no-film")
    assert told["environment"] == "CartPole-v1"
    assert told["agent"].startswith("dqn: Deep Q-network")
    (given,) = told["inputs"]
    assert (given["shape"], given["dtype"], given["low"][0]) == ([None, 4], "float32", -4.8)
    assert told["actions"] == ["left", "right"]
    assert told["settings"] == {
        "--agent.hidden-sizes": {"run": [5], "experiment": [64, 64]},
        "--env-steps": {"run": 3000, "experiment": 80000},
        "--film": {"run": False, "experiment": True},
    }
    model = told["models"]["policy.keras"]
    assert model["parameters"] == 4 * 5 + 5 + 5 * 2 + 2
    dense = [layer for layer in model["layers"] if layer["kind"].startswith("Dense")]
    assert [layer["kind"] for layer in dense] == ["Dense 5 relu", "Dense 2"]
    assert [layer["weights"] for layer in dense] == [[[4, 5], [5]], [[5, 2], [2]]]
    assert [layer["takes"] for layer in dense] == [[4], [5]]
    assert {each["name"]: each["what"] for each in told["files"]}["command.txt"]
    assert told["status"] == "stopped"
    assert told["result"] is None


def test_a_run_in_words(capsys, policy):
    told = _told(capsys, policy)
    assert told["actions"] == ["0: left, 1: right"]
    assert told["setting"] == [
        "--agent.hidden-sizes 5 (the experiment: --agent.hidden-sizes 64 64)",
        "--env-steps 3000 (the experiment: --env-steps 80000)",
        "--no-film (the experiment: --film)",
    ]
    assert told["input"] == [
        "observation: 4 numbers, float32, -4.8 to 4.8; any; -0.4189 to 0.4189; any"
    ]
    assert "policy.keras: 37 parameters" in told
    assert told["Dense 5 relu"][0].split() == ["4", "4x5,", "5", "25"]
    assert told["missing"] == [
        "no result.json: the run has not ended, and nobody runs it",
        f"no checkpoint: it begins again with: python -m launch resume {policy}",
    ]


def test_a_table_has_its_arrays(capsys, tmp_path):
    run = untrained(tmp_path / "run", "q_frozenlake")
    told = _json(capsys, run)
    assert told["models"]["policy.npz"]["arrays"]["q"] == [16, 4]
    assert told["actions"] == ["left", "down", "right", "up"]
    assert told["notes"] == []
    assert _told(capsys, run)["q"] == ["16x4"]


def test_scores_beside_those_of_others(capsys, tmp_path):
    own = made(tmp_path / "rl", "dqn_cartpole", 3, claim={"ours": 200.0, "final": 150.0})
    told = _told(capsys, own)
    assert told["mean_return"] == [
        "its own 200, last weights 150, trivial solution 22.5, optimum 500"
    ]
    assert told["fingerprint"] == ["0f"]
    assert "dqn_cartpole, seed 3: finished after 12.3 s" in told
    claim = {"controls": {"ridge": 0.75}, "test_rows": 12, "metric": "accuracy", "ours": 0.9}
    other = made(tmp_path / "supervised", "mlp_bank", claim=claim)
    told = _told(capsys, other)
    assert "its own 0.9" in told["accuracy"][0]
    assert told["accuracy"][0].endswith("ridge 0.75")
    assert told["test rows"] == ["12"]
    assert told["job"]


def test_a_run_without_a_score_says_so_and_a_share_of_random_actions_is_told(capsys, tmp_path):
    claim = {"ours": None, "final": None, "baseline": None}
    cut = made(tmp_path / "cut", "dqn_cartpole", status="interrupted", claim=claim, evaluation=None)
    assert _told(capsys, cut)["mean_return"] == ["none of its own yet, optimum 500"]
    mixed = made(tmp_path / "mixed", "dqn_cartpole", acting="ε-greedy 0.001")
    assert " of the policy kept, ε-greedy 0.001: " in _told(capsys, mixed)["episodes"][0]


def test_an_interrupted_run_says_how_to_go_on(capsys, tmp_path):
    run = made(tmp_path / "run", "mlp_bank", status="interrupted")
    origin = Origin(run={}, versions={})
    checkpoints.save(run / "checkpoints", 1200, {"a": np.zeros(2)}, keep=1, origin=origin)
    assert _told(capsys, run)["missing"] == [
        f"the newest checkpoint is of step 1,200; go on with: python -m launch resume {run}"
    ]


def test_a_failed_run_says_why(capsys, tmp_path):
    run = made(tmp_path / "run", "dqn_cartpole", status="failed")
    (run / "failure.txt").write_text("Traceback:\n  ...\nValueError: the pole is gone\n")
    first, *_ = _told(capsys, run)["missing"]
    assert first == "it failed: ValueError: the pole is gone (failure.txt has all)"


def test_a_broken_run_is_told_as_far_as_it_goes(capsys, tmp_path):
    run = untrained(tmp_path / "run", "dqn_cartpole")
    (run / "result.json").write_text('{"kind": "rl"')
    (run / "policy.keras").write_bytes(b"PK half of it")
    (run / "command.txt").unlink()
    told = _told(capsys, run)
    missing = " ".join(told["missing"])
    assert "result.json: damaged" in missing
    assert "policy.keras: not a model that can be read" in missing
    assert "command.txt: No such file" in missing
    assert told["dense_0.kernel"] == ["4x64"]  # of policy.npz
    (run / "policy.npz").write_bytes(b"nothing")
    missing = " ".join(_told(capsys, run)["missing"])
    assert "not arrays that can be read" in missing
    assert "no policy was kept" not in missing


def test_a_config_that_this_version_cannot_read(capsys, tmp_path):
    run = made(tmp_path / "run", "dqn_cartpole", 4)
    values = json.loads((run / "config.json").read_text())
    values["config"]["agent"]["_type"] = "gone_module:Agent"
    (run / "config.json").write_text(json.dumps(values))
    told = _told(capsys, run)
    assert "its config cannot be read by this version" in told["missing"][0]
    assert "gone_module" in told["missing"][0]
    assert "dqn_cartpole, seed 4: finished after 12.3 s" in told
    assert told["result.json"]


def test_an_environment_that_is_gone(capsys, tmp_path):
    run = untrained(tmp_path / "run", "dqn_cartpole")
    values = json.loads((run / "config.json").read_text())
    values["config"]["env"] = "gone_module:Gone-v0"
    (run / "config.json").write_text(json.dumps(values))
    told = _told(capsys, run)
    assert "the environment cannot be made here" in " ".join(told["missing"])
    assert told["input"] == ["observation: 4 numbers, float32"]  # of policy.keras


def test_an_experiment_that_is_not_in_the_catalog(capsys, tmp_path):
    run = made(tmp_path / "run", "dqn_cartpole")
    values = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**values, "experiment": "mine"}))
    told = _told(capsys, run)
    assert "not in the catalog" in told["what"][0]
    assert "setting" not in told


@pytest.mark.parametrize(
    ("contents_of", "says"),
    [(None, "not a run folder"), ("{", "no JSON"), ("[1]", "another kind of JSON")],
)
def test_what_is_no_run_is_refused(contents_of, says, capsys, tmp_path):
    if contents_of is not None:
        (tmp_path / "config.json").write_text(contents_of)
    assert main(["describe", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_neither_tensorflow_nor_ray_is_imported(policy):
    code = (
        "import sys; from launch.cli import main; code = main(sys.argv[1:]); "
        "print({'tensorflow', 'keras', 'ray'} & set(sys.modules), file=sys.stderr); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "describe", str(policy)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stderr.strip()) == (0, "set()")


def test_a_models_layers_are_those_that_keras_counts(tmp_path):
    import keras
    from keras import layers

    pictures = keras.Input((8, 8, 1), dtype="uint8", name="pictures")
    inner = keras.Sequential(
        [keras.Input((7, 3)), layers.GRU(4), layers.Dropout(0.5), layers.Dense(2)], name="inner"
    )
    x = layers.Conv2D(3, 2, strides=1, activation="relu")(layers.Rescaling(1 / 255)(pictures))
    x = layers.BatchNormalization()(x)
    model = keras.Model(pictures, inner(layers.Reshape((7, 21))(x)[..., :3]))
    model.save(tmp_path / "model.keras")
    found = keras_files.read(tmp_path / "model.keras")
    assert found.parameters == model.count_params()
    by_kind = {layer.kind: layer for layer in found.layers}
    assert by_kind["Conv2D 3 2x2 relu"].takes == (8, 8, 1)
    assert by_kind["Conv2D 3 2x2 relu"].weights == ((2, 2, 1, 3), (3,))
    assert by_kind["Dense 2"].depth == 1
    assert by_kind["Dense 2"].takes == (4,)
    assert by_kind["Dropout 0.5"].parameters == 0  # its draws' state is no parameter
    assert [each.name for each in found.inputs] == ["pictures"]
    assert found.inputs[0].dtype == "uint8"


def test_every_file_of_a_run_is_known(policy):
    found = contents.entries(policy)
    assert [each.name for each in found if not each.what] == []
    (folder,) = [each for each in found if each.name == "checkpoints/"]
    assert folder.size == 0

"""Models for others: what is exported gives what the run gives, or there is no file."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launch.cli import main
from launch.commands.flags import override
from launch.experiments import catalog
from launch.jobs.models.tensors import Tensor
from launch.jobs.models.trial import Trial
from launch.run_folder import location
from tests.launch.made_runs import made, untrained

POLICIES = {
    "plain": ("dqn_cartpole",),
    "rainbow": ("rainbow_cartpole", "--agent.distribution.atoms", "7"),
    "noisy and normalised layers": (
        *("dqn_cartpole", "--agent.noisy", "all", "--agent.dueling", "--agent.layer-norm"),
        *("--agent.epsilon.start", "0", "--agent.epsilon.end", "0"),
    ),
    "quantiles": ("iqn_cartpole",),
    "action in the input": ("dqn_cartpole", "--agent.action-input"),
    "memory": ("r2d2_memory",),
    "ensemble": ("bootstrapped_deepsea", "--env-kwargs", "size=4", "--agent.members", "3"),
    "parts": ("branching_pendulum",),
    "pictures": ("dqn_minatar", "--env", "MinAtar/Breakout-v1", "--agent.filters", "4"),
    "parts of observations": ("dqn", "--env", "tests.envs.toy:Room-v0"),
    "stacked and normalised": (
        *("dqn", "--env", "Pendulum-v1", "--env.action-bins", "3", "--env.frame-stack", "2"),
        "--env.normalize-observations",
    ),
    "memory and normalised": ("r2d2_memory", "--env.normalize-observations"),
    "unlikely actions": ("bcq_cartpole",),
    "states": ("qnet_frozenlake",),
    "masks": ("dqn", "--env", "tests.envs.toy:Fork-v0", "--env-kwargs", "masked_in=info"),
}
QUICK = {"plain", "memory", "states"}
KINDS = [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in POLICIES]


def _export(run: Path, *words: str) -> dict[str, Any]:
    """Exports a run, and returns what is told beside it."""
    (to,) = [word for word, before in zip(words[1:], words, strict=False) if before == "--to"]
    suffix = {"saved_model": ".saved_model"}.get(to, f".{to}")
    assert main(["export", str(run), *words]) == 0
    (sheet,) = (run / "exports").glob(f"*{suffix}.json")
    return json.loads(sheet.read_text())


def _refused(capsys, *words: str, code: int = 2) -> str:
    assert main(["export", *words]) == code
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_gives_its_values_elsewhere(kind, tmp_path):
    run = untrained(tmp_path / "run", *POLICIES[kind])
    told = _export(run, "--to", "tflite")
    assert told["checked"]["largest_difference"] < 1e-5
    assert told["checked"]["inputs"] == "256 observations of seeded episodes"
    assert told["outputs"][0]["name"] == "values"
    assert _export(run, "--to", "keras")["inputs"] == told["inputs"]
    assert ("state" in [each["name"] for each in told["inputs"]]) == ("memory" in kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in POLICIES if kind != "masks"])
def test_every_kind_of_network_gives_its_actions_elsewhere(kind, tmp_path):
    run = untrained(tmp_path / "run", *POLICIES[kind])
    told = _export(run, "--to", "saved_model", "--actions")
    assert told["outputs"][0]["name"] == "action"
    assert told["checked"]["largest_difference"] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("kind", POLICIES)
def test_onnx_has_every_kind_of_network(kind, tmp_path):
    pytest.importorskip("tf2onnx")
    pytest.importorskip("onnxruntime")
    run = untrained(tmp_path / "run", *POLICIES[kind])
    assert _export(run, "--to", "onnx")["checked"]["largest_difference"] < 1e-5


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Path:
    """A linear policy on FrozenLake whose weights are known: 16 states, 4 actions."""
    kernel = np.arange(64, dtype=np.float32).reshape(16, 4)
    kernel[3] = [7, 9, 9, 8]
    folder = tmp_path_factory.mktemp("lake") / "run"
    return untrained(folder, "qnet_frozenlake", dense_0__kernel=kernel)


def test_values_by_hand(lake):
    import tensorflow as tf

    told = _export(lake, "--to", "tflite")
    run = tf.lite.Interpreter(str(lake / "exports" / told["file"])).get_signature_runner()
    values = run(observation=np.array([0, 15, 3], np.int32))["values"]
    assert values.tolist() == [[0, 1, 2, 3], [60, 61, 62, 63], [7, 9, 9, 8]]


def test_what_is_told_beside_it(lake):
    told = _export(lake, "--to", "keras")
    assert told["inputs"] == [
        {
            "name": "observation",
            "shape": [None],
            "dtype": "int32",
            "low": 0,
            "high": 15,
            "about": "the number of the state",
        }
    ]
    assert told["actions"][2] == {"number": 2, "name": "right", "env_step_takes": 2}
    assert told["environment"] == "FrozenLake-v1"
    assert told["done_by_the_model"] == [
        "the number of the state becomes a row of zeros with a single 1"
    ]
    assert told["experiment"] == "qnet_frozenlake"
    assert told["fingerprint"] is None  # the run has not ended
    assert {"python", "keras"} <= set(told["versions"])


def test_of_equal_values_the_first_action_is_taken(lake, tmp_path):
    import keras

    out = tmp_path / "mine.keras"
    assert main(["export", str(lake), "--to", "keras", "--actions", "--out", str(out)]) == 0
    model: Any = keras.models.load_model(out)
    found = model({"observation": np.array([3, 0], np.int32)})
    assert np.asarray(found["action"]).tolist() == [1, 3]
    assert json.loads((tmp_path / "mine.keras.json").read_text())["file"] == "mine.keras"


def test_the_best_choices_of_parts_make_one_action():
    import keras

    from launch.jobs.rl.exporting import _best, _whole
    from launch.jobs.rl.interface import Interface

    known = Interface(
        observation=Tensor(name="observation", shape=(), dtype="int32"),
        actions=(),
        taken=(),
        parts=(2, 3),
        inside=(),
        outside=(),
    )
    values = np.array([[1, 0, 5, 6, 4], [0, 1, 7, 6, 9]], np.float32)
    assert np.asarray(_best(keras.ops.convert_to_tensor(values), known)).tolist() == [1, 5]
    assert _whole(values, (2, 3)).tolist() == [
        [3, 3.5, 2.5, 2.5, 3, 2],
        [3.5, 3, 4.5, 4, 3.5, 5],
    ]
    assert _whole(values, (5,)).tolist() == values.tolist()


def test_an_export_again_takes_its_place_and_is_tried_alike(lake):
    """Its bytes are those of the first in a process of its own: Keras numbers what it makes."""
    first = _export(lake, "--to", "saved_model")
    assert _export(lake, "--to", "saved_model") == first
    assert not list((lake / "exports").glob(".writing*"))


def test_a_file_that_gives_something_else_is_not_kept(lake, tmp_path, capsys, monkeypatch):
    from launch.jobs.models import formats

    write = formats.write

    def spoiled(model, to, path):
        model.set_weights([1.001 * array for array in model.get_weights()])
        return write(model, to, path)

    monkeypatch.setattr(formats, "write", spoiled)
    out = tmp_path / "made" / "policy.tflite"
    words = (str(lake), "--to", "tflite", "--out", str(out))
    assert "differ by 0.001" in _refused(capsys, *words, code=1)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_converted_leaves_no_file(lake, tmp_path, capsys, monkeypatch):
    from launch.jobs.models import formats

    def broken(model, to, path):
        path.write_bytes(b"half")
        raise ValueError("op Strange\nis not supported")

    monkeypatch.setattr(formats, "write", broken)
    out = tmp_path / "policy.tflite"
    line = _refused(capsys, str(lake), "--to", "tflite", "--out", str(out), code=1)
    assert "ValueError: op Strange is not supported; --to saved_model takes any model" in line
    assert list(tmp_path.iterdir()) == []


def test_a_recurrent_model_takes_single_rows_on_a_device(tmp_path):
    import keras
    from keras import layers

    steps = [keras.Input((9, 2)), layers.LSTM(3), layers.Dense(1)]
    told = _export(_supervised(tmp_path / "run", keras.Sequential(steps)), "--to", "tflite")
    assert told["remarks"] == ["it takes one row at a time"]
    assert told["checked"]["largest_difference"] < 1e-6


def test_what_is_refused(lake, tmp_path, capsys):
    run = str(lake)
    out = ("--to", "tflite", "--out")
    assert "ends in .tflite" in _refused(capsys, run, *out, "a.onnx")
    (tmp_path / "a.tflite").mkdir()
    assert "is a folder" in _refused(capsys, run, *out, str(tmp_path / "a.tflite"))
    assert "no saved model" in _refused(capsys, run, "--to", "saved_model", "--out", str(tmp_path))
    own = str(lake / "policy.keras")
    assert "of the run itself" in _refused(capsys, run, "--to", "keras", "--out", own)
    another = tmp_path / "policy.keras"  # such as that of another run
    another.write_bytes(b"weeks of training")
    assert "is no export" in _refused(capsys, run, "--to", "keras", "--out", str(another))
    assert another.read_bytes() == b"weeks of training"
    assert "no such setting" in _refused(capsys, run, "--to", "keras", "--model", "classifier")
    assert "not a run folder" in _refused(capsys, str(tmp_path), "--to", "keras")
    assert "--to" in _refused(capsys, run)
    assert "--to" in _refused(capsys, run, "--to", "torch")


def test_onnx_names_its_extra(lake, capsys, monkeypatch):
    from common import optional

    monkeypatch.setattr(optional, "is_missing", lambda module: module == "tf2onnx")
    line = _refused(capsys, str(lake), "--to", "onnx")
    assert line == 'error: tf2onnx is not installed: pip install "actorlab[export]"'


@pytest.mark.parametrize(
    ("experiment", "says"),
    [
        ("q_frozenlake", "its policy is a table and no network: the array q of"),
        ("random_cartpole", "acts at random"),
        ("tests.launch.recurrent:RECURRENT", "makes no Keras model: give it a keras_model"),
    ],
)
def test_policies_without_a_model_are_refused_with_what_there_is(
    experiment, says, tmp_path, capsys
):
    run = untrained(tmp_path / "run", experiment)
    assert says in _refused(capsys, str(run), "--to", "keras")


def test_a_table_that_was_written_is_named(tmp_path, capsys):
    run = untrained(tmp_path / "run", "q_frozenlake")
    (run / "q_table.csv").write_text("state,left\n")
    assert f"{run / 'q_table.csv'} has the value" in _refused(capsys, str(run), "--to", "onnx")


def test_a_run_without_a_policy_is_refused(tmp_path, capsys):
    run = made(tmp_path / "run", "dqn_cartpole")
    assert "was deleted" in _refused(capsys, str(run), "--to", "keras")
    (run / "result.json").unlink()
    assert f"resume {run}" in _refused(capsys, str(run), "--to", "keras")


def test_actions_are_not_exported_where_only_some_are_legal(tmp_path, capsys):
    run = untrained(tmp_path / "run", *POLICIES["masks"])
    assert "best of the legal ones" in _refused(capsys, str(run), "--to", "keras", "--actions")


def _supervised(folder: Path, model: Any, name: str = "model.keras") -> Path:
    """The folder of a supervised run with a model."""
    config: Any = override("mlp_mnist_relu", catalog.get("mlp_mnist_relu").config, [])
    if not folder.exists():
        with location.new(
            "mlp_mnist_relu",
            config.__class__(**{**vars(config), "output": config.output.__class__(run_dir=folder)}),
            ["mlp_mnist_relu"],
        ):
            pass  # fmt: skip
    model.save(folder / name)
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Path:
    """A model of numbers, of which some are missing, and words; and a second one."""
    import keras
    from keras import layers, ops

    numbers = keras.Input((2,), name="numbers")
    words = keras.Input((1,), name="words", dtype="string")
    known: Any = ops.where(ops.isnan(numbers), 3.0, numbers)
    scaled = layers.Normalization(mean=[5.0, -2.0], variance=[4.0, 9.0])(known)
    told = layers.StringLookup(vocabulary=["red", "blue"], output_mode="one_hot")(words)
    joined = layers.Concatenate()([scaled, ops.cast(told, "float32")])
    model = keras.Model(
        {"numbers": numbers, "words": words}, layers.Dense(2, "softmax", name="said")(joined)
    )
    folder = _supervised(tmp_path_factory.mktemp("mixed") / "run", model)
    _supervised(folder, keras.Sequential([keras.Input((3,)), layers.Dense(1)]), "second.keras")
    (folder / "confusion.csv").write_text("true,good,bad,data\ngood,1,0,real\nbad,0,1,real\n")
    return folder


@pytest.mark.parametrize("to", ["keras", "tflite", "saved_model"])
def test_a_supervised_model_of_words_and_numbers(to, mixed):
    told = _export(mixed, "--to", to)
    assert told["checked"]["largest_difference"] < 1e-6
    assert told["checked"]["inputs"] == "64 seeded random inputs"
    by_name = {each["name"]: each for each in told["inputs"]}
    assert by_name["numbers"]["mean"] == [5.0, -2.0]
    assert by_name["numbers"]["std"] == [2.0, 3.0]
    assert by_name["words"]["dtype"] == "string"
    assert told["classes"] == ["good", "bad"]
    assert told["outputs"][0]["about"] == "the probability of each class"


def test_another_model_of_the_run_and_one_that_is_not_there(mixed, tmp_path, capsys):
    out = tmp_path / "b.keras"
    words = ("--to", "keras", "--model")
    assert main(["export", str(mixed), *words, "second", "--out", str(out)]) == 0
    (given,) = json.loads(Path(f"{out}.json").read_text())["inputs"]
    assert given == {"name": "input", "shape": [None, 3], "dtype": "float32"}
    capsys.readouterr()
    line = _refused(capsys, str(mixed), *words, "third")
    assert line.endswith("has no third.keras; it has --model model, --model second")
    assert "takes texts (words)" in _refused(capsys, str(mixed), "--to", "onnx")
    assert "no such setting" in _refused(capsys, str(mixed), "--to", "keras", "--actions")


def test_what_is_done_to_texts_before_is_told():
    from supervised.recurrent.configs import SpamConfig

    about = {"classes": ["ham", "spam"], "then": "small letters, in UTF-8", "cleaning": []}
    names = SpamConfig().names(lambda _: json.dumps(about).encode())
    assert names.classes == ["ham", "spam"]
    assert names.before == (
        "texts are cleaned: each replacement of texts.json, in order; then small letters, in UTF-8",
    )
    assert SpamConfig().names(lambda _: None).classes == ()


def test_a_run_without_models_says_so(tmp_path, capsys):
    run = made(tmp_path / "run", "mlp_bank")
    assert "keeps no model, or has not ended" in _refused(capsys, str(run), "--to", "keras")
    (run / "model.keras").write_bytes(b"PK nothing")
    assert "not a model that can be read" in _refused(capsys, str(run), "--to", "keras")


def test_missing_numbers_are_tried_where_a_model_takes_them(mixed, monkeypatch):
    from launch.jobs.models import exporting

    tried: list[Trial] = []
    monkeypatch.setattr(exporting, "export", lambda subject, *_: tried.append(subject.trial) or [])
    assert main(["export", str(mixed), "--to", "keras"]) == 0
    (trial,) = tried
    assert 8 < np.isnan(trial.inputs["numbers"]).sum() < 24  # half of a quarter of 128
    assert {"red", "blue"} < set(trial.inputs["words"].ravel())
    known = trial.inputs["numbers"][:48]
    assert np.abs(known.mean(axis=0) - [5, -2]).max() < 1.5


@pytest.mark.slow
def test_a_whole_run_of_a_table(tmp_path):
    rows = [f"{i % 17},{'ab'[i % 2]},{'yes' if i % 17 > 8 else 'no'}" for i in range(200)]
    (tmp_path / "own.csv").write_text("\n".join(["size,färbe,class", *rows]))
    run = tmp_path / "run"
    words = ["--csv", str(tmp_path / "own.csv"), "--target", "class", "--fit.epochs", "2"]
    assert main(["table", *words, "--local", "--run-dir", str(run)]) == 0
    told = _export(run, "--to", "tflite")
    by_name = {each["name"]: each for each in told["inputs"]}
    assert by_name["numbers"]["parts"] == ["size"]
    assert by_name["words"]["parts"] == ["färbe"]
    assert told["classes"] == ["no", "yes"]
    assert told["kept"]["columns.json"]["target"]["name"] == "class"
    assert told["data"] == {"own.csv": "real"}
    assert told["fingerprint"]

"""Commands over several runs, and what they refuse, without running anything long."""

import json
from pathlib import Path

import pytest

from common.errors import UsageError
from launch.cli import main
from launch.commands.flags import seeds
from launch.commands.run import asked, plan
from launch.run_folder import result
from supervised.datasets import catalog as data_sets


def _error(capsys, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_seeds_by_hand():
    assert seeds("0-4") == [0, 1, 2, 3, 4]
    assert seeds("3") == [3]
    assert seeds("7,1-2") == [7, 1, 2]
    for wrong in ("", "a", "1-", "2-1", "1,1", "-3"):
        with pytest.raises(UsageError, match="--seeds"):
            seeds(wrong)


def test_seeds_have_a_bound(capsys):
    assert seeds("1-10000") == list(range(1, 10_001))
    for many in ("0-10000", "0-999999999", "0-5000,6000-10999", f"0-{10**30}"):
        with pytest.raises(UsageError, match="more than 10,000 seeds; name fewer"):
            seeds(many)
    assert "more than 10,000" in _error(capsys, "q_cliff", "--seeds", "0-999999999")


def test_several_experiments_take_the_flags_they_have(tmp_path):
    flags = ["--workers", "1", "--fit.epochs", "3", "--seeds=4,6", "--out", str(tmp_path)]
    planned = plan(asked(["mlp_mnist_relu", "q_frozenlake", *flags]), flags)
    assert [(p.experiment, p.config.seed) for p in planned] == [
        ("mlp_mnist_relu", 4),
        ("mlp_mnist_relu", 6),
        ("q_frozenlake", 4),
        ("q_frozenlake", 6),
    ]
    assert planned[0].config.job.fit.epochs == 3
    assert planned[2].config.placement.workers == 1
    assert len({p.name for p in planned}) == 4


@pytest.mark.parametrize("experiment", ["q_frozenlake", "mlp_bank"])
def test_every_experiment_has_the_flags_of_all(capsys, experiment):
    with pytest.raises(SystemExit):
        main([experiment, "--help"])
    shown = capsys.readouterr().out
    for flag in ("--seeds 0-4", "--quiet", "--json-lines", "--workers", "--address"):
        assert flag in shown
    assert ("--data-dir" in shown) == (experiment == "mlp_bank")
    assert max(map(len, shown.splitlines())) <= 80


def test_a_program_can_read_along(capsys, tmp_path):
    folder = tmp_path / "run"
    command = ["linear_synthetic", "--local", "--run-dir", str(folder), "--json-lines"]
    assert main(command) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"folder", "activity", "end"} <= {event["event"] for event in events}
    end = events[-1]
    assert (end["event"], end["folder"], end["error"]) == ("end", str(folder), None)
    assert end["result"] == json.loads((folder / "result.json").read_text())


def test_quiet_tells_the_result_alone(capsys, tmp_path):
    folder = tmp_path / "run"
    assert main(["linear_synthetic", "--local", "--run-dir", str(folder), "--quiet"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("linear_synthetic, seed 0: finished after")


def test_what_cannot_be_run_together_is_said(capsys, tmp_path):
    several = ["mlp_mnist_relu", "q_frozenlake"]
    assert "--nonsense 3: no flag of mlp_mnist_relu" in _error(capsys, *several, "--nonsense", "3")
    assert "--epochs: called --fit.epochs here" in _error(capsys, *several, "--epochs", "3")
    assert "exclude each other" in _error(capsys, *several, "--quiet", "--json-lines")
    assert "use --out" in _error(capsys, *several, "--run-dir", str(tmp_path / "x"))
    assert "named twice" in _error(capsys, "tensors", "tensors")
    assert "exclude each other" in _error(capsys, "tensors", "--seed", "1", "--seeds", "0-1")
    assert "did you mean mlp_bank?" in _error(capsys, "tensors", "mlp_bnk")
    assert "exclude each other" in _error(capsys, "tensors", "--local", "--address", "auto")
    assert "--trials must be 1 or more, got 0" in _error(
        capsys, "tune", "mlp_bank", "--trials", "0"
    )
    assert "has no search space" in _error(capsys, "tune", "tensors", "--study", str(tmp_path))


def test_a_supervised_run_is_no_policy_and_the_other_way_round(capsys, tmp_path):
    folder = tmp_path / "run"
    assert main(["linear_synthetic", "--local", "--run-dir", str(folder)]) == 0
    capsys.readouterr()
    assert "is a supervised run, which has no such setting" in _error(
        capsys, "evaluate", str(folder), "--episodes", "3"
    )
    for flag in ("--learner-gpus", "--env-steps"):
        assert "has no such setting" in _error(capsys, "resume", str(folder), flag, "1")
    for flag, value in (("--epsilon", "0.1"), ("--env-kwargs", "a=1")):
        assert "has no such setting" in _error(capsys, "evaluate", str(folder), flag, value)
    finished = _error(capsys, "resume", str(folder))
    assert "has finished" in finished
    assert "--env-steps" not in finished
    starting = ("random_cartpole", "--run-dir", str(tmp_path / "no"), "--workers", "0")
    said = _error(capsys, *starting, "--init-from", str(folder))
    assert f"--init-from {folder}: a supervised run (linear_synthetic)" in said
    picture = tmp_path / "report.png"
    assert main(["report", str(folder), "--out", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    (row,) = json.loads(picture.with_suffix(".json").read_text())
    assert row["on"] == "synthetic data"
    assert row["ours"] == result.read(folder).claim.ours
    (folder / "model.keras").write_bytes(b"PK not a model")
    assert "model.keras" in _error(capsys, "predict", str(folder), "0.5")
    (folder / "model.keras").unlink()
    assert "no model.keras" in _error(capsys, "evaluate", str(folder))


def test_data_sets_are_listed_with_where_they_are(capsys, tmp_path):
    flags = ["--data-cache", str(tmp_path / "cache")]
    (tmp_path / "cache" / "airline").mkdir(parents=True)
    (tmp_path / "cache" / "airline" / "international-airline-passengers.csv").write_text("")
    assert main(["data", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    said = {line.split()[0]: line for line in lines if line}
    for info in data_sets.ALL:
        assert info.what in said[info.name]
        assert info.terms in said[info.name]
    states = {"mnist": "download", "houses": "sample", "frappe": "by hand", "airline": "yes"}
    assert all(said[name].endswith(f" {state}") for name, state in states.items())
    assert "no such folder" in _error(capsys, "data", "--data-dir", str(tmp_path / "nowhere"))


def test_one_data_set_tells_everything(capsys, tmp_path):
    flags = ["--data-cache", str(tmp_path)]
    assert main(["data", "frappe", *flags]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    text = " ".join(said.split())
    for part in (
        "source https://github.com/hexiangnan/neural_factorization_machine",
        "licence to be cited: He and Chua 2017",
        "files frappe.train.libfm",
        "into DIR/frappe/, with --data-dir DIR",
        "generated --data synthetic",
        "read by nfm_apps",
    ):
        assert part in text
    assert "did you mean mnist?" in _error(capsys, "data", "minst")
    assert main(["data", "--json", *flags]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == set(data_sets.BY_NAME)
    assert (found["mnist"]["state"], found["frappe"]["state"]) == ("download", "by hand")
    assert "lenet_mnist" in found["mnist"]["read_by"]


def test_no_command_imports_tensorflow_or_ray_to_say_what_there_is():
    import subprocess
    import sys

    code = (
        "import sys; from launch.cli import main\n"
        "main(['list']); main(['data']); main(['list', 'mlp_bank'])\n"
        "assert not {'tensorflow', 'keras', 'ray', 'optuna'} & set(sys.modules)"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""The command line as a user meets it, in processes of its own where that matters."""

import itertools
import json
import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from envs.randomness import Purpose
from launch.cli import main
from launch.commands.run import asked, plan
from launch.reports.compared import limits
from tests.launch.made_runs import unwrapped
from tests.processes import all_gone, descendants, spawn, wait_for_records
from training.evaluate import Evaluate
from training.evaluation import EvaluationResult, summarise

NEEDED = {
    *("experiment", "seed", "status", "env_steps", "updates", "wall_seconds"),
    *("steps_per_second", "evaluation", "final_evaluation", "training_return_last_100"),
    *("claim", "fingerprint"),
}


def _error(capsys, *arguments: str, code: int = 2) -> str:
    """The one line that a wrong command prints."""
    assert main(list(arguments)) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    lines = [line for line in captured.err.splitlines() if not line.startswith("starting ")]
    assert len(lines) == 1, captured.err
    return lines[0]


def test_unknown_experiment_suggests_the_nearest(capsys):
    assert "did you mean dqn_cartpole?" in _error(capsys, "dqn_cartpol")
    assert "launch list" in _error(capsys, "zzzzzz")


@pytest.mark.parametrize(
    ("typed", "meant"), [("lits", "list"), ("resum", "resume"), ("dqn_cart", "dqn_cartpole")]
)
def test_an_unknown_command_suggests_commands_and_experiments(capsys, typed, meant):
    assert f"unknown command or experiment '{typed}': did you mean {meant}?" in _error(
        capsys, typed
    )
    assert f"did you mean {meant}?" in _error(capsys, "help", typed)


@pytest.mark.parametrize("name", ["list", "dqn_cartpole"])
@pytest.mark.parametrize(
    "asked", ["-h {}", "--help {}", "help {}", "{} -h", "{} --help", "help {} -h"]
)
def test_help_of_a_command_wherever_it_is_asked_for(capsys, name, asked):
    with pytest.raises(SystemExit) as stopped:
        main(asked.format(name).split())
    assert stopped.value.code == 0
    assert f"usage: python -m launch {name} " in " ".join(capsys.readouterr().out.split())


def test_help_flows(capsys, monkeypatch):
    """Its lines break where the terminal ends, and not where those of the source do."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("text", "dqn_cartpole", "tune"):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        told = capsys.readouterr().out
        lines = [line.strip("│ ") for line in told.splitlines() if line.startswith("│")]
        for line, after in itertools.pairwise(lines):
            if not line.endswith((".", ")", "]", "}")) and not after.startswith("--"):
                assert len(line) + 1 + len(after.split()[0]) > 50, line


def test_help_of_everything(capsys):
    for words in ("-h", "--help", "help"):
        assert main([words]) == 0
        assert "python -m launch EXPERIMENT [FLAGS]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--workers", "-1"], "--workers must be 0 or more, got -1"),
        (["--env", "CartPol-v1"], "did you mean CartPole-v1?"),
        (["--env", "Pendulum-v1"], "actions that can be counted"),
        (["--agent.learning-rate", "-1"], "--agent.learning-rate must be positive, got -1"),
        (["--agent.epsilon.end", "2"], "--agent.epsilon.end must be in [0, 1], got 2"),
        (["--address", "127.0.0.1:1"], "nothing answers there"),
        (["--address", "somewhere"], "expected host:port"),
        (["--address", "127.0.0.1:99999"], "nothing answers there"),
        (["--workers", "0", "--learner-gpus", "1"], "TensorFlow finds no GPU"),
        (["--evaluation.episodes", "0"], "--evaluation.episodes must be 1 or more, got 0"),
    ],
)
def test_bad_flags_are_one_line(capsys, tmp_path, monkeypatch, flags, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    assert says in _error(capsys, "dqn_cartpole", *flags)
    assert os.listdir(tmp_path) == []


def test_malformed_flags_exit_with_2(capsys):
    for flags in (["--workers", "many"], ["--no-such-flag", "1"]):
        assert flags[0] in _error(capsys, "dqn_cartpole", *flags)


def test_run_folders_that_cannot_be_used(capsys, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    file = tmp_path / "file"
    file.write_text("")
    said = _error(capsys, "dqn_cartpole", "--run-dir", str(tmp_path / "taken"))
    assert "already exists" in said
    assert f"launch resume {tmp_path / 'taken'}" in said
    flags = ["--workers", "0"]
    said = _error(capsys, "dqn_cartpole", "--run-dir", str(file / "below"), *flags)
    assert "cannot be written" in said
    assert "--out" in _error(capsys, "dqn_cartpole", "--out", str(file), *flags)
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("verb", ["resume", "evaluate", "report"])
def test_a_folder_that_is_no_run(capsys, tmp_path, verb):
    assert str(tmp_path) in _error(capsys, verb, str(tmp_path))


def test_a_run_folder_is_complete(launch, tmp_path, capsys, monkeypatch):
    monkeypatch.undo()  # with its curve
    result = launch("dqn", "run", "--workers", "0")
    folder = tmp_path / "run"
    assert set(result) >= NEEDED
    assert result["status"] == "finished"
    assert result["env_steps"] == 3_000
    assert result["evaluation"]["episodes"] == 11
    claim = result["claim"]
    assert claim["metric"] == "mean_return"
    assert claim["optimum"] == 500.0
    assert 15 < claim["baseline"] < 35  # a random agent's pole falls after about 22 steps
    assert claim["ours"] == result["evaluation"]["mean_return"]
    assert (folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "policy.keras").exists()
    description = json.loads((folder / "config.json").read_text())
    assert description["config"]["agent"]["hidden_sizes"] == [32]
    assert description["versions"]["numpy"]
    command = (folder / "command.txt").read_text()
    assert command.startswith("python -m launch dqn_cartpole --env-steps 3000")
    said = capsys.readouterr().out
    assert result["fingerprint"] in said

    # The saved policy, played again on the run's own episodes, scores what the run says.
    assert main(["evaluate", str(folder), "--episodes", "11"]) == 0
    again = capsys.readouterr().out
    assert f"mean return {result['evaluation']['mean_return']:.4g} ±" in again
    film = tmp_path / "pole.gif"
    assert main(["evaluate", str(folder), "--episodes", "3", "--video", str(film)]) == 0
    assert film.read_bytes().startswith(b"GIF")
    assert "film" in capsys.readouterr().out
    assert ".avi" in _error(capsys, "evaluate", str(folder), "--video", str(tmp_path / "x.avi"))
    assert "does not exist" in _error(
        capsys, "evaluate", str(folder), "--video", str(tmp_path / "no" / "x.mp4")
    )
    assert "--episodes" in _error(capsys, "evaluate", str(folder), "--episodes", "0")
    (folder / "policy.npz").write_bytes(b"PK not a policy")
    assert "policy.npz" in _error(capsys, "evaluate", str(folder))
    assert "has finished" in _error(capsys, "resume", str(folder))


def test_the_last_weights_are_scored_beside_the_policy_kept(launch, monkeypatch):
    """Every evaluation says one less than the one before, so the first one's policy is kept."""
    played: list[tuple[Purpose, bytes]] = []

    def play(self, training, plan, weights, doing):
        played.append((plan.purpose, b"".join(array.tobytes() for array in weights.values())))
        returns = [100.0 - len(played)]
        return summarise("CartPole-v1", returns), EvaluationResult(returns=returns, faults=())

    monkeypatch.setattr(Evaluate, "_play", play)
    result = launch("dqn", "run", "--workers", "0")
    training = [weights for purpose, weights in played if purpose is Purpose.EVALUATION]
    final = [weights for purpose, weights in played if purpose is Purpose.FINAL_EVALUATION]
    assert final == [training[0], training[-1]]
    assert len(set(training)) == len(training) > 1
    assert result["policy_from_env_steps"] < result["env_steps"]
    kept, last = (result[n]["mean_return"] for n in ("evaluation", "final_evaluation"))
    assert (kept, last) == (100.0 - len(training) - 1, 100.0 - len(training) - 2)
    assert (result["claim"]["ours"], result["claim"]["final"]) == (kept, last)
    assert result["acting"] == "greedy"


def test_evaluations_with_a_share_of_random_actions_say_so(launch, tmp_path, capsys):
    few = ("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "5")
    result = launch("dqn", "run", "--workers", "0", "--evaluation.epsilon", "1", *few)
    assert result["acting"] == "ε-greedy 1"
    assert result["evaluation"]["mean_return"] < 40  # CartPole at random
    assert main(["evaluate", str(tmp_path / "run"), "--episodes", "5"]) == 0
    told = f"mean return {result['evaluation']['mean_return']:.4g}"
    assert told in capsys.readouterr().out


def test_a_table_prints_its_optimum_and_success_rate(launch, tmp_path, capsys):
    result = launch("table", "run", "--workers", "0")
    claim = result["claim"]
    assert claim["metric"] == "success_rate"
    assert claim["optimum"] == pytest.approx(0.740, abs=5e-4)
    assert claim["ours"] == result["evaluation"]["success_rate"]
    assert "optimum 0.7402" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "run"), "--episodes", "40"]) == 0
    assert f"success rate {claim['ours']:.4f}" in capsys.readouterr().out


@pytest.mark.seen
def test_the_random_agent_is_filmed(tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ["--workers", "0", "--film-steps", "20", "--evaluation.final-episodes", "50"]
    assert main(["random_cartpole", "--run-dir", str(folder), *flags]) == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["env_steps"] == 1_000
    assert 15 < result["evaluation"]["mean_return"] < 35
    assert (folder / "film.mp4").stat().st_size > 1_000
    assert main(["evaluate", str(folder), "--episodes", "5"]) == 0


def test_a_claim_does_not_follow_to_another_environment(tmp_path):
    folder = tmp_path / "run"
    flags = ["--env", "Acrobot-v1", "--env-steps", "500", "--evaluation.final-episodes", "2"]
    assert main(["dqn_cartpole", "--workers", "0", "--run-dir", str(folder), *flags]) == 0
    claim = json.loads((folder / "result.json").read_text())["claim"]
    assert claim["optimum"] is None
    assert claim["book"] is None


def test_until_solved_stops_early(launch):
    flags = ["--until-solved", "--solved-at", "8", "--workers", "0"]
    result = launch("dqn", "run", *flags)
    assert result["solved_at_env_steps"] == result["env_steps"] < 3_000
    assert result["status"] == "finished"


def test_runs_get_folders_of_their_own(tmp_path, monkeypatch):
    for _ in range(2):
        arguments = ["--workers", "0", "--out", str(tmp_path), "--env-steps", "50"]
        assert main(["random_cartpole", "--no-film", *arguments]) == 0
    folders = list((tmp_path / "random_cartpole").iterdir())
    assert len(folders) == 2
    assert all("-seed0" in folder.name for folder in folders)


def test_report_summarises_seeds(launch, tmp_path, capsys):
    results = [launch("table", f"s{n}", "--workers", "0", "--seed", str(n)) for n in range(3)]
    launch("dqn", "other", "--workers", "0")
    capsys.readouterr()
    folders = [str(tmp_path / name) for name in ("s0", "s1", "s2", "other")]
    picture = tmp_path / "reports" / "all.png"
    assert main(["report", *folders, "--out", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    rows = json.loads(picture.with_suffix(".json").read_text())
    assert [(row["experiment"], row["runs"]) for row in rows] == [
        ("q_frozenlake", 3),
        ("dqn_cartpole", 1),
    ]
    ours = [result["claim"]["ours"] for result in results]
    assert rows[0]["ours"] == pytest.approx(sum(ours) / 3)
    assert rows[0]["bounds"] == [0, 1]
    low = limits.banded(np.array(ours), (0.0, 1.0))[0]
    assert rows[0]["ours_low"] == pytest.approx(low)
    final = [result["final_evaluation"]["success_rate"] for result in results]
    assert rows[0]["final_values"] == final
    assert rows[0]["final_worst"] == min(final)
    assert rows[0]["training"] == pytest.approx(
        sum(result["training_return_last_100"] for result in results) / 3
    )
    assert rows[1]["final_low"] is None
    assert "q_frozenlake" in capsys.readouterr().out


def test_report_does_not_mix_configs_or_count_a_seed_twice(launch, tmp_path, capsys):
    launch("table", "a", "--workers", "0")
    launch("table", "b", "--workers", "0", "--agent.discount", "0.9")
    launch("table", "c", "--workers", "2")  # another place is the same config
    capsys.readouterr()
    picture = tmp_path / "report.png"
    folders = {name: str(tmp_path / name) for name in "abc"}
    assert main(["report", folders["a"], folders["b"], "--out", str(picture)]) == 0
    rows = json.loads(picture.with_suffix(".json").read_text())
    assert [row["runs"] for row in rows] == [1, 1]
    assert picture.with_suffix(".md").read_text().count("q_frozenlake") == 2
    assert main(["report", folders["c"], folders["a"], "--out", str(picture)]) == 0
    rows = json.loads(picture.with_suffix(".json").read_text())
    assert [row["runs"] for row in rows] == [1]
    told = unwrapped(capsys.readouterr().err)
    a, c = folders["a"], folders["c"]
    assert told == [f"left out: {a}: {c} has the same settings and seed and is newer"]
    assert main(["report", str(tmp_path), "--out", str(picture)]) == 0  # all that are in it
    rows = json.loads(picture.with_suffix(".json").read_text())
    assert [row["runs"] for row in rows] == [1, 1]
    capsys.readouterr()
    (tmp_path / "a" / "metrics.jsonl").write_text("nonsense\n")
    assert "metrics.jsonl" in _error(capsys, "report", folders["a"], "--out", str(picture))


def test_an_undiscounted_table_has_an_optimum_too(launch):
    claim = launch("table", "run", "--workers", "0", "--agent.discount", "1")["claim"]
    assert claim["optimum"] == pytest.approx(0.744, abs=5e-4)


def test_a_threshold_does_not_follow_to_another_environment(capsys):
    flags = ["--env", "tests.envs.toy:Fork-v0", "--until-solved"]
    assert "--solved-at" in _error(capsys, "dqn_cartpole", *flags)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("dqn", "--env", "LunarLander-v3"), "python -m launch dqn_lunarlander"),
        (("q", "--env", "FrozenLake8x8-v1"), "python -m launch q_frozenlake_8x8"),
        (("dqn_cartpole", "--env", "LunarLander-v3"), "python -m launch dqn_lunarlander"),
        (("dqn_cartpole",), None),
        (("dqn", "--env", "tests.envs.toy:Fork-v0"), None),
    ],
)
def test_settings_of_their_own_are_pointed_to(capsys, arguments, hint):
    plan(asked([*arguments]), arguments)
    said = capsys.readouterr().err
    assert ("settings made for" in said) == (hint is not None)
    assert hint is None or hint in said


def test_an_environment_without_a_time_limit_gets_one(tmp_path, capsys):
    flags = ["--env-steps", "2000", "--num-envs", "2", "--evaluation.final-episodes", "2"]
    run = ["q", "--env", "CliffWalking-v1", "--workers", "0", "--run-dir", str(tmp_path / "run")]
    assert main([*run, *flags, "--evaluation.every-env-steps", "0"]) == 0
    assert "cut after 1,000 steps; --max-episode-steps changes that" in capsys.readouterr().err


def test_resume_refuses_what_it_cannot_read(launch, tmp_path, capsys):
    launch("table", "run", "--workers", "0")
    folder = tmp_path / "run"
    (folder / "result.json").unlink()
    for checkpoint in (folder / "checkpoints").iterdir():
        (checkpoint / "manifest.json").write_text("{}")
    before = (folder / "metrics.jsonl").read_bytes()
    assert main(["resume", str(folder)]) == 2
    assert "checkpoints can be used; start a new run" in capsys.readouterr().err
    assert (folder / "metrics.jsonl").read_bytes() == before


def _start(folder: Path, *flags: str) -> subprocess.Popen[str]:
    return spawn("q_frozenlake_8x8", "--num-envs", "64", "--run-dir", str(folder), *flags)


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, "2"), (signal.SIGTERM, "0")])
def test_an_interrupt_saves_everything_and_leaves_no_process(tmp_path, number, workers):
    """With Ray started by the run itself, and without."""
    folder = tmp_path / "run"
    process = _start(folder, "--workers", workers)
    wait_for_records(folder, 20, process)
    below = descendants(process.pid)
    assert below, "processes were expected below the run"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"python -m launch resume {folder}" in out
    assert "Traceback" not in err
    assert list((folder / "checkpoints").glob("step_*"))
    assert all_gone(below)


def test_a_killed_process_resumes_from_its_last_checkpoint_to_the_same_bits(tmp_path):
    budget = ["--num-envs", "64", "--env-steps", "600000", "--evaluation.final-episodes", "100"]
    folder = tmp_path / "killed"
    process = _start(folder, "--workers", "0", "--checkpoint.every-seconds", "0.2", *budget[2:])
    wait_for_records(folder, 300, process)
    process.kill()
    process.wait()
    assert list((folder / "checkpoints").glob("step_*"))
    assert main(["resume", str(folder)]) == 0
    whole = tmp_path / "whole"
    assert main(["q_frozenlake_8x8", "--run-dir", str(whole), "--workers", "0", *budget]) == 0
    killed, undisturbed = (
        json.loads((path / "result.json").read_text()) for path in (folder, whole)
    )
    assert killed["fingerprint"] == undisturbed["fingerprint"]
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [record["env_steps"] for record in records if record["kind"] == "iteration"]
    assert steps == list(range(1_024, 600_001, 1_024)) + [600_000] * (600_000 % 1_024 > 0)


def test_plain_lines_where_there_is_no_terminal(tmp_path):
    process = _start(tmp_path / "run", "--workers", "0", "--env-steps", "20000")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "\x1b" not in out + err
    assert "success_rate  last" in out

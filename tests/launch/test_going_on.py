"""Runs that go on with another budget: their bits, and what they had come to before."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import actorlab
from launch.cli import main
from launch.config.execution import OutputConfig
from launch.config.serialization import identity
from launch.experiments import catalog
from launch.jobs.rl import execution
from launch.run_folder import description, location, saver
from launch.run_folder.ends import End
from launch.run_folder.metrics import read_metrics
from tests.launch.conftest import SHORT
from tests.launch.test_cli import _error
from tests.launch.test_determinism import _Interrupted

ENDED = ("--env-steps", "12096", "--workers", "0")  # 84 whole iterations of 9 * 16 steps
BUDGET = "24192"


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


@pytest.fixture
def whole(launch) -> dict:
    """The run that had the larger budget from its start; a table's rates know no budget."""
    return launch("table", "whole", "--env-steps", BUDGET, "--workers", "0")


@pytest.fixture
def folder(launch, tmp_path) -> Path:
    """A run that has finished."""
    launch("table", "run", *ENDED)
    return tmp_path / "run"


def _is_whole(folder: Path, whole: dict) -> bool:
    found = _result(folder)
    names = ("fingerprint", "evaluation", "final_evaluation", "env_steps", "updates", "episodes")
    steps = [r["env_steps"] for r in read_metrics(folder) if r["kind"] == "iteration"]
    return all(found[name] == whole[name] for name in names) and steps == [
        *range(144, int(BUDGET) + 1, 144)
    ]


def test_a_finished_run_goes_on_as_if_it_had_not_ended(folder, whole, capsys, tmp_path):
    ended = _result(folder)
    assert f"resume {folder} --env-steps N" in _error(capsys, "resume", str(folder))
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    assert _is_whole(folder, whole)
    assert "12,096 env steps of a budget of 12,096" in _result(folder)["notes"][0]
    assert identity(_config(folder)) == identity(_config(tmp_path / "whole"))
    end = folder / "ends" / "1"
    assert _result(end) == ended
    assert _config(end).env_steps == 12_096
    assert [r for r in read_metrics(end) if r["kind"] == "iteration"][-1]["env_steps"] == 12_096
    assert main(["evaluate", str(end), "--episodes", "40"]) == 0
    assert f"success rate {ended['evaluation']['success_rate']:.4f}" in capsys.readouterr().out


def _config(folder: Path):
    return description.read(folder)[1]


def test_reports_count_it_once_with_its_new_budget(folder, capsys, tmp_path):
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    picture = tmp_path / "report.png"
    rows = {}
    for name, runs in (("all", tmp_path), ("end", folder / "ends")):
        assert main(["report", str(runs), "--out", str(picture)]) == 0
        (row,) = json.loads(picture.with_suffix(".json").read_text())
        rows[name] = row["env_steps"]
    assert rows == {"all": 24_192, "end": 12_096}
    page = tmp_path / "ledger.md"
    assert main(["ledger", str(tmp_path), "--out", str(page)]) == 0
    assert "| 1/1 |" in page.read_text()


def test_ctrl_c_right_after_the_start_loses_nothing(folder, whole, monkeypatch):
    ended = _result(folder)
    policy = (folder / "policy.npz").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(0))
        assert main(["resume", str(folder), "--env-steps", BUDGET]) == 130
    assert _result(folder)["status"] == "interrupted"
    assert _result(folder)["env_steps"] == 12_096 + 144
    assert _result(folder / "ends" / "1") == ended
    assert (folder / "ends" / "1" / "policy.npz").read_bytes() == policy
    assert main(["resume", str(folder)]) == 0
    assert _is_whole(folder, whole)


def test_killed_before_its_first_checkpoint_it_goes_on_from_the_old_end(folder, whole, monkeypatch):
    def insist(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("training.evaluate.Evaluate.on_iteration", insist)
        assert main(["resume", str(folder), "--env-steps", "20000"]) == 1
    assert not (folder / "result.json").exists()
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    assert _is_whole(folder, whole)
    assert [end.settings["env_steps"] for end in description.ends(folder)] == [12_096, 20_000]
    assert [end.step for end in description.ends(folder)] == [12_096, 12_096]


def test_killed_between_two_files_it_still_has_its_end(folder, whole, monkeypatch):
    ended = _result(folder)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(description, "rewrite", die)
        assert main(["resume", str(folder), "--env-steps", BUDGET]) == 130
    assert main(["resume", str(folder)]) == 0  # comes to its old end again
    again = _result(folder)
    assert again["fingerprint"] == ended["fingerprint"]
    assert again["evaluation"] == ended["evaluation"]
    with monkeypatch.context() as patch:
        patch.setattr(description, "rewrite", die)
        assert main(["resume", str(folder), "--env-steps", BUDGET]) == 130
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    assert _is_whole(folder, whole)
    assert _result(folder / "ends" / "1")["fingerprint"] == ended["fingerprint"]


def test_an_unfinished_run_gets_another_budget_and_is_not_taken_for_one_that_had_it(
    whole, tmp_path, monkeypatch
):
    folder = tmp_path / "q_frozenlake" / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(5))
        assert main([*SHORT["table"], *ENDED, "--run-dir", str(folder)]) == 130
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(3))
        assert main(["resume", str(folder), "--env-steps", BUDGET]) == 130
    assert _result(folder / "ends" / "1")["status"] == "interrupted"
    output = OutputConfig(out=tmp_path)
    assert location.unfinished(output, "q_frozenlake", _config(folder)) is None
    assert main(["resume", str(folder)]) == 0
    assert _is_whole(folder, whole)


@pytest.mark.usefixtures("ray_cluster")
def test_any_number_of_workers_goes_on_to_the_same_bits(launch, tmp_path):
    launch("dqn", "a", "--workers", "0", "--env-steps", "1000")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for name, workers in (("a", "2"), ("b", "0")):
        folder = tmp_path / name
        assert main(["resume", str(folder), "--env-steps", "2000", "--workers", workers]) == 0
    assert _result(tmp_path / "a")["fingerprint"] == _result(tmp_path / "b")["fingerprint"]
    # The learning rate falls along a line over the updates of 2,000 steps, from where it is.
    agent = _config(tmp_path / "a").agent
    total = int((2_000 - agent.learning_starts) / agent.env_steps_per_update)
    last = [r for r in read_metrics(tmp_path / "a") if "learner/learning_rate" in r][-1]
    share = 1 - (last["updates"] - 1) / total
    assert last["learner/learning_rate"] == pytest.approx(agent.learning_rate * share, rel=1e-5)
    assert last["env_steps"] > 1_900


def test_what_until_solved_has_ended_goes_on_to_the_whole_budget(launch, tmp_path):
    flags = ("--until-solved", "--solved-at", "0.01", *ENDED)
    ended = launch("table", "run", *flags)
    assert ended["env_steps"] < 12_096
    folder = tmp_path / "run"
    assert main(["resume", str(folder), "--env-steps", "12096"]) == 0
    assert _result(folder)["env_steps"] == 12_096
    assert _result(folder)["solved_at_env_steps"] == ended["solved_at_env_steps"]
    assert not _config(folder).until_solved
    assert _config(folder / "ends" / "1").until_solved


@pytest.mark.parametrize("steps", ["12096", "1e2", "0", "-5"])
def test_a_budget_that_is_spent_is_refused_and_nothing_changes(folder, capsys, steps):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    said = _error(capsys, "resume", str(folder), "--env-steps", steps)
    assert "has taken 12,096 env steps already" in said
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert not (folder / "ends").exists()


def test_without_the_checkpoint_of_its_end_it_is_refused(launch, tmp_path, capsys):
    launch("table", "run", *ENDED)
    folder = tmp_path / "run"
    newest = folder / "checkpoints" / "step_000000012096"
    shutil.rmtree(newest)
    capsys.readouterr()
    said = _error(capsys, "resume", str(folder), "--env-steps", BUDGET)
    assert "it cannot go on from its end" in said
    assert not (folder / "ends").exists()


def test_a_run_goes_on_from_checkpoints_of_its_own_and_from_its_last_end():
    now = replace(catalog.get("q_frozenlake").config, env_steps=400)
    first, second = (replace(now, env_steps=steps) for steps in (200, 300))
    ends = tuple(
        End(step=step, settings={"env_steps": steps}) for step, steps in ((96, 200), (160, 300))
    )
    origin = saver.origin("q", now, ends)
    fits = {
        ("now", 170): saver.origin("q", now, ends),
        ("its last end", 160): saver.origin("q", second, ends[:1]),
        ("before its last end", 150): saver.origin("q", second, ends[:1]),
        ("its first end", 96): saver.origin("q", first),
        ("the first part, at a step of the last end", 160): saver.origin("q", first),
        ("a run that had the budget from the start", 170): saver.origin("q", now),
    }
    good = [name for (name, step), of in fits.items() if not origin.differences_of(of.run, step)]
    assert good == ["now", "its last end"]


def test_from_python(tmp_path):
    options = {"env_steps": 640, "evaluation": actorlab.EvaluationConfig(final_episodes=3)}
    agent = actorlab.QTable()
    run = actorlab.train("FrozenLake-v1", agent, **options, run_dir=tmp_path / "run")
    more = actorlab.resume(run.folder, env_steps=1_280)
    assert (run.result.env_steps, more.result.env_steps) == (640, 1_280)
    with pytest.raises(actorlab.UsageError, match="has taken 1,280 env steps already"):
        actorlab.resume(run.folder, env_steps=1_280)


def test_an_earlier_end_is_to_be_read_and_not_to_go_on(folder, capsys):
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    capsys.readouterr()
    end = folder / "ends" / "1"
    before = sorted(path.name for path in end.iterdir())
    for more in ((), ("--env-steps", "90000")):
        line = _error(capsys, "resume", str(end), *more)
        assert f"{end}: an earlier end of the run {folder}, kept to be read" in line
    assert sorted(path.name for path in end.iterdir()) == before


@pytest.mark.parametrize("high", ["1.5", "900"])
def test_returns_that_a_distribution_does_not_know_are_noted(launch, high):
    """Every episode of CartPole is longer than two steps, which are worth 1.995."""
    short = ("--workers", "0", "--env-steps", "256", "--evaluation.every-env-steps", "0")
    atoms = ("--agent.learning-starts", "64", "--agent.updates-per-call", "4")
    kind = ("--agent.distribution.kind", "c51", "--agent.distribution.high", high)
    notes = launch("dqn", "short", *short, *atoms, *kind)["notes"]
    assert len(notes) == (high == "1.5")
    if notes:
        assert "c51 knows those from -100 to 1.5 alone: give --agent.distribution.high " in notes[0]


def test_the_budget_that_an_unfinished_run_has_is_no_new_one(folder, whole, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(3))
        assert main(["resume", str(folder), "--env-steps", BUDGET]) == 130
    assert main(["resume", str(folder), "--env-steps", BUDGET]) == 0
    assert [path.name for path in (folder / "ends").iterdir()] == ["1"]
    assert _is_whole(folder, whole)


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("learning-starts", "256", "learning starts after 256 env steps (--agent.learning-starts)"),
        # 56 env steps after the first 200.
        (
            *("env-steps-per-update", "30"),
            "1 were due, and 16 are made together; give more --env-steps, or less "
            "--agent.updates-per-call or --agent.env-steps-per-update",
        ),
    ],
)
def test_a_run_that_ended_without_an_update_says_why(launch, setting, value, why):
    short = ("--workers", "0", "--env-steps", "256", "--evaluation.every-env-steps", "0")
    starts = ("--agent.learning-starts", "200", "--agent.updates-per-call", "16")
    found = launch("dqn", "short", *short, *starts, f"--agent.{setting}", value)
    assert found["updates"] == 0
    assert found["notes"] == [f"no update was made: {why}"]
    stored = actorlab.DQN(env_steps_per_update=0.5, updates_per_call=16).why_no_update(2_000)
    assert stored.startswith("nothing that can be learned from came into the replay")

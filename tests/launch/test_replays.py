"""Checkpoints with actions in place of the replay's observations."""

import json
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from launch.cli import main
from launch.jobs.rl import execution
from tests.envs import toy
from tests.launch.conftest import SHORT
from tests.launch.test_determinism import _Interrupted
from tests.processes import spawn

ACTIONS = ("--checkpoint.replay", "actions")


def _broken(how: str) -> tuple[str, ...]:
    return (
        *("dqn", "--env", f"tests.envs.broken:Broken-{how}-v0", "--on-fault", "drop"),
        *("--env-steps", "1500", "--num-envs", "4", "--agent.hidden-sizes", "8"),
        *("--agent.learning-starts", "200", "--agent.replay-capacity", "400"),
        *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "3"),
    )


SMALL = {  # whose replays forget, so that a rebuilt one begins in the middle of the run
    "dqn": (*SHORT["dqn"], "--agent.replay-capacity", "700", "--agent.n-step", "3"),
    "conv": (*SHORT["conv"], "--agent.replay-capacity", "500"),
    "r2d2": (*SHORT["r2d2"], "--agent.replay-capacity", "100"),
    "rainbow": (*SHORT["rainbow"], "--agent.replay-capacity", "800"),
    "transforms": (*SHORT["transforms"], "--agent.replay-capacity", "600"),
    "resets that fail": _broken("reset"),
    "steps that fail": _broken("raise"),
}


def _interrupted(arguments: tuple[str, ...], iterations: int, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(iterations))
        assert main([*arguments]) == 130


def _newest(folder: Path) -> tuple[dict, dict]:
    """State and arrays of the newest checkpoint."""
    path = max((folder / "checkpoints").glob("step_*"))
    with np.load(path / "arrays.npz") as arrays:
        return json.loads((path / "state.json").read_text()), dict(arrays)


def _fingerprint(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["fingerprint"]


@pytest.fixture
def short_parts(monkeypatch):
    """Parts of few observations, so that short runs have many of them."""
    monkeypatch.setattr("training.played._APART", 100)


@pytest.mark.slow
@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize(
    ("kind", "workers"),
    [*((kind, 0) for kind in SMALL), ("dqn", 2), ("conv", 2), ("steps that fail", 2)],
)
def test_a_replay_that_is_played_again_gives_the_same_bits(
    kind, workers, tmp_path, monkeypatch, request
):
    if workers:
        request.getfixturevalue("ray_cluster")
    flags = (*SMALL[kind], "--workers", str(workers))
    folder = tmp_path / "cut"
    _interrupted((*flags, *ACTIONS, "--run-dir", str(folder)), 13, monkeypatch)
    state, arrays = _newest(folder)
    assert "played" in state["pipeline"]
    assert not any(name.endswith("/observations") for name in arrays)
    assert state["pipeline"]["played"]["first"] > 0  # what came before is forgotten
    assert main(["resume", str(folder), "--workers", str(workers)]) == 0
    assert main([*flags, "--run-dir", str(tmp_path / "whole")]) == 0
    assert _fingerprint(folder) == _fingerprint(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.usefixtures("short_parts")
def test_a_run_changes_from_transitions_to_actions_and_back(tmp_path, monkeypatch):
    """As a run of before there were actions does whose replay is large."""
    whole, folder = tmp_path / "whole", tmp_path / "cut"
    flags = (*SMALL["conv"], "--workers", "0")
    assert main([*flags, "--run-dir", str(whole)]) == 0
    _interrupted((*flags, "--run-dir", str(folder)), 3, monkeypatch)
    has_actions = []
    for way, iterations in (("actions", 2), ("actions", 8), ("transitions", 3)):
        _set_way(folder, way)
        _interrupted(("resume", str(folder)), iterations, monkeypatch)
        has_actions.append("played" in _newest(folder)[0]["pipeline"])
    assert has_actions == [False, True, False]  # at first it holds what nothing tells of
    assert main(["resume", str(folder)]) == 0
    assert _fingerprint(folder) == _fingerprint(whole)


def _set_way(folder: Path, way: str) -> None:
    """Rewrites what the run's checkpoints are to keep."""
    config = json.loads((folder / "config.json").read_text())
    config["config"]["checkpoint"]["replay"] = way
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.usefixtures("short_parts")
def test_pictures_are_played_again_or_the_change_is_told(tmp_path, monkeypatch, capsys):
    folder, whole = tmp_path / "cut", tmp_path / "whole"
    flags = (*SMALL["conv"], "--env-steps", "1000", "--workers", "0")
    assert main([*flags, "--run-dir", str(whole)]) == 0
    _interrupted((*flags, *ACTIONS, "--run-dir", str(folder)), 9, monkeypatch)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    show = toy.Picture._show

    def brighter(self):
        observation = show(self)
        return observation if observation[0, 0, 0] else observation + 1

    with monkeypatch.context() as patch:
        patch.setattr(toy.Picture, "_show", brighter)
        capsys.readouterr()
        assert main(["resume", str(folder)]) == 1
    err = capsys.readouterr().err
    assert "the replay cannot be rebuilt from its actions: up to env step" in err
    assert "the environment gave other observations, rewards or ends than before" in err
    assert "Traceback" not in err
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before
    assert main(["resume", str(folder)]) == 0
    assert _fingerprint(folder) == _fingerprint(whole)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_is_killed_while_it_rebuilds_its_replay_does_it_again(tmp_path):
    flags = (*SHORT["dqn"], "--env-steps", "20000", "--workers", "0", *ACTIONS)
    whole, folder = tmp_path / "whole", tmp_path / "killed"
    assert main([*flags, "--run-dir", str(whole)]) == 0
    often = ("--checkpoint.every-seconds", "0.01")
    process = spawn(*flags, *often, "--run-dir", str(folder))
    while len(list((folder / "checkpoints").glob("step_*"))) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    _kill(process)
    process = spawn("resume", str(folder))
    assert process.stderr is not None
    assert any("rebuilding the replay" in line for line in process.stderr)
    _kill(process)
    assert main(["resume", str(folder)]) == 0
    assert _fingerprint(folder) == _fingerprint(whole)


def _kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("q_frozenlake", *ACTIONS), "QTable has no replay to play again"),
        (("dqn_cartpole", "--checkpoint.replay", "frames"), "--checkpoint.replay"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(flags, said, tmp_path, capsys):
    assert main([*flags, "--run-dir", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()

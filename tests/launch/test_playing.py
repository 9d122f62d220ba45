"""A run's policy played once more, as it was trained and otherwise."""

from pathlib import Path

import pytest

from launch.cli import main
from launch.jobs.rl import films, recording, recording_files, scoring
from tests.launch.test_cli import _error


@pytest.fixture
def folder(launch, tmp_path, capsys) -> Path:
    launch("table", "run", "--workers", "0")
    capsys.readouterr()
    return tmp_path / "run"


def _lines(capsys, folder: Path, *flags: str) -> list[str]:
    assert main(["evaluate", str(folder), "--episodes", "60", *flags]) == 0
    return capsys.readouterr().out.splitlines()


def test_random_actions_are_seeded_and_said(folder, capsys):
    greedy = _lines(capsys, folder)
    assert len(greedy) == 1
    played = {share: _lines(capsys, folder, "--epsilon", share) for share in ("0", "0.5", "1")}
    assert _lines(capsys, folder, "--epsilon", "0.5") == played["0.5"]
    assert [lines[0] for lines in played.values()] == [
        f"played with --epsilon {share}" for share in played
    ]
    assert played["0"][1] == greedy[0]  # no ties among this table's values
    rates = [float(lines[1].rpartition(" ")[2]) for lines in played.values()]
    assert rates[0] > rates[1] > rates[2]
    assert _lines(capsys, folder, "--epsilon", "0.5", "--seed", "3") != played["0.5"]


def test_a_runs_own_share_of_random_actions_is_taken_and_said(launch, tmp_path, capsys):
    share = ("--evaluation.epsilon", "0.5")
    launch("table", "run", "--workers", "0", *share, "--solved-at", "0")
    assert "env steps: ε-greedy 0.5 mean return" in capsys.readouterr().err
    said, scores = _lines(capsys, tmp_path / "run")
    assert said == "played ε-greedy 0.5, as in the run's own evaluations"
    assert _lines(capsys, tmp_path / "run", "--epsilon", "0.5")[1] == scores
    _, greedy = _lines(capsys, tmp_path / "run", "--epsilon", "0")
    assert float(greedy.rpartition(" ")[2]) > float(scores.rpartition(" ")[2])


def test_another_environment_of_the_same_kind(folder, capsys):
    """On ice that does not slip the policy walks the same way each time."""
    flags = ("--env-kwargs", "is_slippery=False")
    said, scores = _lines(capsys, folder, *flags)
    assert said == "played with --env-kwargs is_slippery=False"
    assert "± 0, " in scores
    said, scores = _lines(capsys, folder, *flags, "--max-episode-steps", "1")
    assert said == "played with --env-kwargs is_slippery=False --max-episode-steps 1"
    assert scores.endswith("success rate 0.0000")


def test_keywords_of_the_run_stay_where_they_are_not_given_anew(launch, tmp_path, capsys):
    launch("table", "run", "--workers", "0", "--env-kwargs", "is_slippery=False", "map_name=4x4")
    capsys.readouterr()
    _, scores = _lines(capsys, tmp_path / "run", "--env-kwargs", "map_name=4x4")
    assert "± 0, " in scores
    _, scores = _lines(capsys, tmp_path / "run", "--env-kwargs", "is_slippery=True")
    assert "± 0, " not in scores


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--epsilon", "1.5"), "--epsilon must be in [0, 1], got 1.5"),
        (("--epsilon", "nan"), "--epsilon must be in [0, 1], got nan"),
        (("--env-kwargs", "slippery"), "--env-kwargs slippery: expected name=value"),
        (("--env-kwargs", "colour=1"), "--env-kwargs colour: it has no such keyword; it takes "),
        (("--max-episode-steps", "-1"), "--max-episode-steps must be 0 or more, got -1"),
        (
            ("--env-kwargs", "map_name=8x8"),
            "--env-kwargs map_name=8x8: the observations are numbers below 64, and the policy was "
            "trained with numbers below 16",
        ),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(folder, capsys, flags, says):
    assert says in _error(capsys, "evaluate", str(folder), *flags)


def test_an_agent_that_acts_at_random_has_no_share_of_it(tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ("--env-steps", "100", "--workers", "0", "--evaluation.final-episodes", "2")
    assert main(["random_cartpole", *flags, "--run-dir", str(folder)]) == 0
    capsys.readouterr()
    said = _error(capsys, "evaluate", str(folder), "--epsilon", "0.1")
    assert said == "error: --epsilon: the run's agent acts at random anyway"
    said = _error(capsys, "random_cartpole", "--evaluation.epsilon", "0.1")
    assert said == "error: --evaluation.epsilon 0.1: the agent acts at random anyway"


def test_a_policy_that_was_deleted_is_made_again_and_not_resumed(launch, tmp_path, capsys):
    launch("table", "run", "--workers", "0")
    capsys.readouterr()
    folder = tmp_path / "run"
    (folder / "policy.npz").unlink()
    said = _error(capsys, "evaluate", str(folder))
    assert f"{folder}: no policy.npz, though the run has finished" in said
    assert said.endswith((folder / "command.txt").read_text().strip())


def _played(*_arguments, **_settings):
    raise AssertionError("it was played before its place was looked at")


@pytest.mark.parametrize(
    ("name", "why"), [("x" * 248 + ".mp4", "File name too long"), ("taken.gif", "Is a directory")]
)
def test_where_no_film_can_be_is_said_before_anything_is_played(
    folder, tmp_path, capsys, monkeypatch, name, why
):
    (tmp_path / "taken.gif").mkdir()
    monkeypatch.setattr(scoring, "evaluate_policy", _played)
    film = tmp_path / name
    said = _error(capsys, "evaluate", str(folder), "--video", str(film))
    assert said == f"error: --video {film}: cannot be written ({why}); choose another"


def test_trying_whether_a_film_can_be_leaves_the_old_one_and_nothing_else(tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"old")
    films.check_path(film)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_film_that_fails_takes_no_scores_with_it(folder, tmp_path, capsys, monkeypatch):
    scores = _lines(capsys, folder)

    def fail(*_arguments):
        raise OSError("no codec")

    monkeypatch.setattr(films, "record", fail)
    film = ("--video", str(tmp_path / "film.mp4"))
    assert main(["evaluate", str(folder), "--episodes", "60", *film]) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines() == scores
    assert "film.mp4: OSError: no codec; what films need is tried by" in captured.err


@pytest.mark.parametrize(
    ("name", "why"), [("file/recording", "Not a directory"), ("x" * 250, "File name too long")]
)
def test_where_no_recording_can_be_is_said_before_anything_is_played(
    folder, tmp_path, capsys, monkeypatch, name, why
):
    (tmp_path / "file").touch()
    monkeypatch.setattr(recording, "record", _played)
    out = tmp_path / name
    said = _error(capsys, "record", str(folder), "--env-steps", "16", "--out", str(out))
    assert said == f"error: --out {out}: cannot be written ({why}); choose another"


def test_trying_whether_a_recording_can_be_makes_no_folders(tmp_path):
    recording_files.check_new(tmp_path / "new" / "recording")
    assert list(tmp_path.iterdir()) == []

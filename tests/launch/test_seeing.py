"""Agents that are seen: films, captions, and policies that are watched."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import imageio.v3
import numpy as np
import pytest
from PIL import Image

import actorlab
from agents.q_table.config import QTable
from common.errors import RunError
from envs import naming
from envs.options import Transforms
from envs.sources import Configured
from launch.cli import main
from launch.jobs.rl import film_process, films
from launch.jobs.rl.captions import Captions, shown_actions
from launch.jobs.rl.moments import Moment
from launch.jobs.rl.strips import Kept
from launch.jobs.rl.watching import _told
from tests.envs.toy import Picture
from tests.launch.conftest import SHORT
from tests.launch.test_cli import _error
from training.evaluate import EvaluationConfig, final
from training.loop import Training

PICTURE = "tests.envs.toy:Picture-v0"

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Path:
    """A run of a table with a film of its agent, however long that takes."""
    folder = tmp_path_factory.mktemp("runs") / "lake"
    flags = ("--workers", "0", "--film-steps", "8", "--no-pictures", "--run-dir", str(folder))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(films, "_SECONDS", 60.0)
        assert main([*SHORT["table"], *flags]) == 0
    return folder


def _moment(**changes) -> Moment:
    said = Moment(
        frame=np.zeros((50, 33, 3), np.uint8),
        fps=4.0,
        episode=2,
        step=7,
        total=1.5,
        observation=np.zeros(4, np.float32),
        state={},
        values=np.array([0.0, 1.0]),
        action=1,
        reward=0.0,
        over=False,
    )
    return replace(said, **changes)


@pytest.mark.seen
def test_a_run_films_its_policy_and_the_film_changes_no_bit(lake, launch):
    assert len(imageio.v3.imread(lake / "film.mp4")) == 8
    unseen = launch("table", "unseen", "--workers", "0", "--no-film", "--no-pictures")
    assert json.loads((lake / "result.json").read_text())["fingerprint"] == unseen["fingerprint"]
    assert not (lake.parent / "unseen" / "film.mp4").exists()


@pytest.mark.seen
def test_what_cannot_be_filmed_is_said_and_the_run_goes_on(tmp_path, capsys):
    flags = ["--env", "tests.envs.toy:Corridor-v0", "--env-steps", "500", "--workers", "0"]
    assert main(["q", *flags, "--run-dir", str(tmp_path / "run")]) == 0
    assert "no film: tests.envs.toy:Corridor-v0 draws no pictures" in capsys.readouterr().err


@pytest.mark.seen
def test_a_film_that_cannot_be_written_ends_no_run(launch, tmp_path, monkeypatch, caplog):
    def broken(*_):
        raise OSError("no codec")

    monkeypatch.setattr("launch.jobs.rl.films._write_mp4", broken)
    result = launch("table", "run", "--workers", "0", "--no-pictures")
    assert result["status"] == "finished"
    assert "no film: OSError: no codec" in caplog.text
    assert not list((tmp_path / "run").glob("*film*"))


@pytest.mark.slow
def test_a_film_is_made_in_another_process_as_in_this_one(tmp_path):
    given = ("FrozenLake-v1", QTable(), {"q": np.eye(16, 4)}, final(3, 0, random=False))
    for make, name in ((films.record, "here.gif"), (film_process.record, "there.gif")):
        make(tmp_path / name, *given, steps=4, seconds=60.0)
    assert (tmp_path / "here.gif").read_bytes() == (tmp_path / "there.gif").read_bytes()
    env, agent, _, plan = given
    with pytest.raises(RunError, match=r"exit code 1: .*KeyError: 'q'"):
        film_process.record(tmp_path / "no.gif", env, agent, {}, plan, steps=4, seconds=60.0)


@pytest.mark.parametrize(("env", "made"), [(PICTURE, 1), (Picture, 0), ("CartPole-v1", 0)])
def test_beside_workers_others_environments_are_filmed_in_another_process(
    tmp_path, monkeypatch, env, made
):
    films_made, said = [], []
    monkeypatch.setattr(film_process, "record", lambda path, *_, **__: films_made.append(path))
    monkeypatch.setattr(films, "record", lambda *_, **__: None)
    film = films.Film(tmp_path / "film.mp4", 4, epsilon=0.0, workers=True, say=said.append)
    training = SimpleNamespace(
        env=env,
        agent=QTable(),
        seed=0,
        kept_weights={},
        tell=lambda *_: None,
        interrupted=lambda: False,
    )
    film.on_end(cast(Training, training), "finished")
    assert films_made == [tmp_path / "film.mp4"] * made
    no = "no film of tests.envs.toy:Picture beside workers: no other process can make it"
    assert said == ([no] if env is Picture else [])


def test_several_episodes_in_a_gif(lake, tmp_path, capsys):
    film = tmp_path / "lake.gif"
    flags = ("--episodes", "10", "--video", str(film), "--video-episodes", "2")
    flags = (*flags, "--max-episode-steps", "3")
    assert main(["evaluate", str(lake), *flags]) == 0
    assert "lake.gif: 2 episodes, mean return 0" in capsys.readouterr().out
    with Image.open(film) as gif:
        assert getattr(gif, "n_frames") in (4, 5, 6)  # noqa: B009 - equal frames are joined


def test_a_caption_has_a_bar_for_each_action_by_its_value():
    picture = Captions(("left", "right"))(_moment())
    assert picture.shape == (500 + 12 + 3 * 16, 330, 3)  # ten times as large, and three lines
    bars = picture[-22:, 84:-64]  # between names and numbers, of the second action
    blue = (bars == (0x1F, 0x5F, 0xA8)).all(axis=-1).sum(axis=1)
    assert blue.max() == 330 - 84 - 64 - 12 + 3  # the best action's bar is as long as can be
    without = Captions(("left", "right"))(_moment(values=None))
    assert without.shape == (500 + 12 + 2 * 16, 330, 3)


def test_of_many_actions_the_best_and_the_taken_one_are_shown():
    assert shown_actions(np.arange(9.0), 8) == [3, 4, 5, 6, 7, 8]
    assert shown_actions(np.arange(9.0), 0) == [0, 4, 5, 6, 7, 8]
    values = np.array([np.nan, 1, 2, 3, 4, 5, 6])
    assert shown_actions(values, 6) == [1, 2, 3, 4, 5, 6]


def test_a_film_that_fails_is_a_line_and_exit_code_1(lake, tmp_path, monkeypatch, capsys):
    def broken(*_):
        raise OSError("no codec")

    monkeypatch.setattr(films, "_write_mp4", broken)
    flags = ("--episodes", "1", "--video", str(tmp_path / "lake.mp4"))
    assert main(["evaluate", str(lake), *flags]) == 1
    assert "lake.mp4: OSError: no codec; what films need is tried by:" in capsys.readouterr().err
    assert not list(tmp_path.glob("*lake*"))


def test_a_strip_has_a_row_of_moments_for_each_episode(lake, tmp_path, capsys):
    strip = tmp_path / "lake.png"
    flags = ("--episodes", "10", "--video", str(strip), "--video-episodes", "2")
    assert main(["evaluate", str(lake), *flags, "--max-episode-steps", "3"]) == 0
    assert "lake.png: 2 episodes, mean return 0" in capsys.readouterr().out
    with Image.open(strip) as picture:
        assert picture.size in ((2 * 158 + 8, 2 * 192 + 8), (3 * 158 + 8, 2 * 192 + 8))


def test_moments_of_a_strip_are_evenly_spread_over_the_episode():
    kept = Kept()
    for step in range(1, 101):
        kept.add(_moment(step=step))
    assert len(kept.moments) <= 24  # however long the episode is
    assert [moment.step for moment in kept.shown()] == [1, 17, 41, 57, 81, 97]
    few = Kept([_moment(step=step) for step in (1, 2, 3)])
    assert [moment.step for moment in few.shown()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("film.avi", "film.avi: the name must end in one of .mp4, .gif, .png"),
        ("no/film.mp4", "no does not exist"),
    ],
)
def test_a_film_that_cannot_be_made_is_refused_before_anything_is_played(
    lake, tmp_path, capsys, name, says
):
    assert says in _error(capsys, "evaluate", str(lake), "--video", str(tmp_path / name))


def test_a_policy_is_watched_as_text(lake, capsys, monkeypatch):
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    assert main(["watch", str(lake), "--episodes", "2", "--fps", "0"]) == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    steps = [line for line in lines if line.startswith("episode ")]
    assert steps[0].startswith("episode 1, step 1, return 0: ")
    assert "(left " in steps[0]
    assert " ".join(text.split()).count("; over, return ") == 2
    assert len(lines) >= 6 * len(steps)  # the last action, four rows of the lake, a line on it
    assert max(map(len, lines)) <= 80


def test_what_is_told_of_a_step_has_lines_of_80_columns():
    names = ("pick up the passenger", "drop off the passenger", "drive to the north")
    values = np.array([-0.123456, 0.123456, 0.1])
    shown, said = _told(_moment(frame="+--+\n|  |", values=values, over=True), names)
    assert shown == "+--+\n|  |\n"
    assert said.splitlines() == [
        "episode 2, step 7, return 1.5: drop off the passenger  (pick up the passenger",
        "  -0.1235, drop off the passenger 0.1235, drive to the north 0.1); over, return",
        "  1.5",
    ]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--render", "human"), "there is no display here for a window; take --render ansi, or"),
        (("--fps", "-1"), "--fps must be 0 or more, got -1"),
        (("--epsilon", "2"), "--epsilon must be in [0, 1], got 2"),
    ],
)
def test_what_cannot_be_watched_is_said_in_a_line(lake, capsys, monkeypatch, flags, says):
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    assert says in _error(capsys, "watch", str(lake), *flags)


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ("FrozenLake-v1", ("left", "down", "right", "up")),
        ("CartPole-v1", ("left", "right")),
        ("actorlab/DeepSea-v0", ("0", "1")),
    ],
)
def test_actions_have_names(env, names):
    assert naming.action_names(env) == names


def test_numbers_of_observations_have_names():
    assert naming.observation_names("MountainCar-v0", 2) == ("position", "velocity")
    stacked = Configured("MountainCar-v0", transforms=Transforms(frame_stack=2))
    assert naming.observation_names(stacked, 4)[3] == "number 4 of the observation"
    assert naming.observation_names("Guess-v0", 1) == ("number 1 of the observation",)


@pytest.mark.seen
def test_python_has_the_switches_of_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(films, "_SECONDS", 60.0)
    few = EvaluationConfig(every_env_steps=0, final_episodes=2)
    for name, wanted in (("seen", True), ("unseen", False)):
        actorlab.train(
            "FrozenLake-v1",
            QTable(),
            env_steps=500,
            evaluation=few,
            film=wanted,
            film_steps=3,
            pictures=wanted,
            run_dir=tmp_path / name,
        )
    shown = ("film.mp4", "policy_map.png", "q_table.csv")
    assert all((tmp_path / "seen" / each).exists() for each in shown)
    assert not any((tmp_path / "unseen" / each).exists() for each in shown)
    assert len(imageio.v3.imread(tmp_path / "seen" / "film.mp4")) == 3

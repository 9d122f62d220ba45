"""Pictures of what agents have learned: which there are, and the numbers in them."""

import csv
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from launch.cli import main
from launch.jobs.rl.pictures import discounted
from launch.reports import curves
from launch.reports.curves import learning_curve
from launch.run_folder import result
from tests.launch.conftest import SHORT
from tests.launch.made_runs import made

pytestmark = pytest.mark.seen
PICTURES = {"policy_map.png", "value_map.png", "q_values.png"}


def _drawn(folder: Path, *command: str) -> set[str]:
    """The pictures that a run draws, each of which can be read."""
    assert main([*command, "--workers", "0", "--no-film", "--run-dir", str(folder)]) == 0
    found = PICTURES & {path.name for path in folder.iterdir()}
    for name in found:
        with Image.open(folder / name) as picture:
            assert picture.size > (200, 200)
    return found


def test_a_grid_has_a_policy_map_and_its_table(tmp_path):
    assert _drawn(tmp_path, *SHORT["table"]) == {"policy_map.png"}
    with open(tmp_path / "q_table.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16
    assert [*rows[6]] == ["state", "row", "column", "visits", "best", "left", "down", "right", "up"]
    assert (rows[6]["row"], rows[6]["column"]) == ("1", "2")
    assert sum(int(row["visits"]) for row in rows) == 12_006  # 9 environments, whole steps
    q = np.load(tmp_path / "policy.npz")["q"]
    assert float(rows[14]["right"]) == pytest.approx(q[14, 2], rel=1e-5)
    assert rows[14]["best"] == ("left", "down", "right", "up")[q[14].argmax()]


@pytest.mark.slow
def test_visits_go_on_after_a_resume(tmp_path):
    short, long = tmp_path / "short", tmp_path / "long"
    _drawn(short, *SHORT["SARSA"], "--env-steps", "1500")
    assert main(["resume", str(short), "--env-steps", "3000"]) == 0
    _drawn(long, *SHORT["SARSA"])
    assert (short / "q_table.csv").read_text() == (long / "q_table.csv").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "drawn"), [("MountainCar-v0", "value_map.png"), ("CartPole-v1", "q_values.png")]
)
def test_a_network_has_a_value_map_or_values_along_an_episode(tmp_path, env, drawn):
    flags = ("--env-steps", "600", "--num-envs", "3", "--agent.hidden-sizes", "8")
    flags = (*flags, "--agent.learning-starts", "100", "--evaluation.final-episodes", "1")
    flags = (*flags, "--evaluation.every-env-steps", "0")
    assert _drawn(tmp_path, "dqn", "--env", env, *flags) == {drawn}


def test_returns_to_come_are_discounted():
    assert discounted([1.0, 0.0, 2.0], 0.5).tolist() == [1.5, 1.0, 2.0]


def test_a_curve_says_how_its_evaluations_acted(tmp_path, monkeypatch):
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    monkeypatch.setattr(curves, "replacing", nullcontext)
    mixed = ("mixed", "--evaluation.epsilon", "0.25", "--max-episode-steps", "200")
    for name, *flags in (("greedy",), mixed):
        folder = made(tmp_path / name, "dqn_cartpole", 0, *flags)
        claim = result.read(folder).claim
        learning_curve(folder, claim, kept_from=100)
    labels = [figure.axes[0].get_legend_handles_labels()[1] for figure in drawn]
    assert "greedy evaluation, mean of 50" in labels[0]
    assert "ε-greedy 0.25 evaluation, mean of 50" in labels[1]
    titles = [figure.axes[0].get_title() for figure in drawn]
    assert titles[0] == "dqn_cartpole: CartPole-v1, seed 0"
    assert titles[1] == "dqn_cartpole: CartPole-v1 max_episode_steps=200, seed 0"

"""What TensorBoard shows of a run, as TensorBoard itself reads it."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.custom_scalar.custom_scalars_plugin import CustomScalarsPlugin
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.backend_context import Context

from launch.cli import main
from launch.jobs.rl import execution
from launch.reports import panels
from launch.run_folder import scores, summaries
from launch.run_folder.metrics import read_metrics
from tests.launch.conftest import SHORT
from tests.launch.test_determinism import _Interrupted
from tests.launch.test_result import SUPERVISED, TRAINING
from tests.launch.test_tracking import series

ARGUMENTS = (*SHORT["table"], "--workers", "0", "--run-dir")
SEEDS = "seeds/q_frozenlake FrozenLake-v1"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A folder of one run, with its picture."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("launch.reports.curves.learning_curve", _draw)
        assert main([*ARGUMENTS, str(folder / "one")]) == 0
    return folder


def _draw(folder: Path, claim, *, kept_from: int) -> None:
    Figure(figsize=(2, 1)).savefig(folder / "learning_curve.png", dpi=10)


def _served(runs: Path) -> MultiplexerDataProvider:
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(runs))
    multiplexer.Reload()
    return MultiplexerDataProvider(multiplexer, str(runs))


def test_the_hparams_tab_has_settings_and_scores(runs):
    context = Context(TBContext(data_provider=_served(runs)))
    request = RequestContext()
    tags = context.hparams_metadata(request, "")
    experiment = context.experiment_from_metadata(
        request, "", True, tags, context.hparams_from_data_provider(request, "", None)
    )
    names = {info.name for info in experiment.hparam_infos}
    assert {"experiment", "env", "agent", "agent.discount", "agent.epsilon.end", "seed"} <= names
    shown = {info.name.tag for info in experiment.metric_infos}
    assert {"score/kept_success_rate", "score/last_return"} <= shown
    (content,) = (of_run[metadata.SESSION_START_INFO_TAG] for of_run in tags.values())
    found = metadata.parse_session_start_info_plugin_data(content).hparams
    assert (found["num_envs"].number_value, found["agent"].string_value) == (9.0, "q_table")
    assert found["until_solved"].bool_value is False
    result = json.loads((runs / "one" / "result.json").read_text())
    for policy, name in (("kept", "evaluation"), ("last", "final_evaluation")):
        ((step, value),) = series(runs / "one", f"score/{policy}_success_rate")
        assert step == result["env_steps"]
        assert value == pytest.approx(result[name]["success_rate"])


def test_seeds_share_a_chart_and_others_have_none_of_it(runs):
    plugin = CustomScalarsPlugin(
        TBContext(data_provider=_served(runs), logdir=str(runs), plugin_name_to_instance={})
    )
    layout = plugin.layout_impl(RequestContext(), "")
    (category,) = json.loads(layout)["category"]
    assert category["title"] == "q_frozenlake FrozenLake-v1"
    assert category["chart"][0]["multiline"]["tag"] == [r"^seeds/q_frozenlake\ FrozenLake\-v1$"]
    evaluations = [r for r in read_metrics(runs / "one") if r["kind"] == "evaluation"]
    expected = [(r["env_steps"], pytest.approx(r["mean_return"])) for r in evaluations]
    assert series(runs / "one", SEEDS) == expected


def test_pictures_weights_and_episodes_are_shown(runs):
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(runs))
    multiplexer.Reload()
    tags = multiplexer.Runs()["one"]
    assert "learning_curve" in tags["tensors"] + tags.get("images", [])
    assert "weights/q" in tags["tensors"]
    rows = [row.split(",") for row in (runs / "one" / "episodes.csv").read_text().split()[1:]]
    shown = series(runs / "one", "episode/return")
    assert shown[:50] == [(int(row[4]), float(row[2])) for row in rows[:50]]
    result = json.loads((runs / "one" / "result.json").read_text())
    assert len(rows) == result["episodes"]
    last = [float(row[2]) for row in rows[-100:]]
    assert result["training_return_last_100"] == pytest.approx(np.mean(last))
    assert result["training_success_last_100"] == pytest.approx(np.mean(np.array(last) == 1))


def test_a_resumed_run_lists_and_shows_the_same(runs, tmp_path, monkeypatch):
    folder = tmp_path / "resumed"
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(20))
        assert main([*ARGUMENTS, str(folder)]) == 130
    assert main(["resume", str(folder)]) == 0
    whole = runs / "one"
    assert (folder / "episodes.csv").read_bytes() == (whole / "episodes.csv").read_bytes()
    for tag in ("episode/length", "iteration/return", "evaluation/q_start", SEEDS):
        assert series(folder, tag) == series(whole, tag)


def test_settings_are_named_as_flags_are():
    nested = {"agent": {"_type": "dqn", "sizes": [8, 4], "e": {"end": 0.5}}, "data": None}
    assert summaries.flat(nested) == {"agent": "dqn", "agent.sizes": "8, 4", "agent.e.end": 0.5}


def test_scores_of_both_kinds_of_runs():
    assert scores.of(TRAINING) == {
        "score/kept_return": 200.0,
        "score/last_return": 200.0,
        "score/training_return_last_100": 180.25,
    }
    expected = {f"score/{name}": value for name, value in SUPERVISED.metrics.items()}
    expected |= {f"score/validation_{name}": v for name, v in SUPERVISED.validation.items()}
    assert scores.of(SUPERVISED) == expected


def test_panels_are_drawn_of_what_was_measured_alone():
    found = panels.series(
        [
            {"kind": "iteration", "env_steps": 8, "agent/epsilon": 0.5, "learner/loss": 2.0},
            {"kind": "evaluation", "env_steps": 16, "mean_return": 3.0, "q_start": 1.5},
            {"kind": "fault", "env_steps": 16, "reason": "it broke"},
        ]
    )
    points = {name: [values.tolist() for values in line] for name, line in found.items()}
    assert points == {
        "agent/epsilon": [[8.0], [0.5]],
        "learner/loss": [[8.0], [2.0]],
        "evaluation/q_start": [[16.0], [1.5]],
    }
    figure = Figure(figsize=(8, 4.5))
    panels.below(figure, found)
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "loss", "value", "exploration"]
    assert panels.below(Figure(), {}).figure.axes != []  # the returns alone

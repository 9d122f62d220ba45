"""`compare`: what it finds, computes, prints and draws, of runs that nobody ran."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from launch.cli import main
from launch.reports.compared import comparison, found, pictures
from launch.reports.compared.names import in_lines
from tests.launch.compared.made_up import make_run
from tests.launch.made_runs import unwrapped

DRAW = pictures.draw
KEPT = [500.0, 480.0, 490.0, 470.0, 100.0, 450.0, 495.0, 485.0, 460.0, 475.0]
FINAL = [score - 10 for score in KEPT]
OTHER = [400.0, 410.0, 420.0, 430.0, 90.0, 440.0, 380.0, 390.0, 370.0, 360.0]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """Ten seeds of two agents on two environments, and much that cannot be compared."""
    root = tmp_path_factory.mktemp("made") / "runs"
    for seed, (kept, final, other) in enumerate(zip(KEPT, FINAL, OTHER, strict=True)):
        make_run(root / "deep" / "er" / f"{seed}", seed=seed, kept=kept, final=final, double=True)
        make_run(root / "single" / f"{seed}", seed=seed, kept=other, double=False)
        for double in (True, False):
            make_run(
                root / "acrobot" / f"{double}{seed}",
                seed=seed,
                kept=-100.0 - seed * (1 + double),
                env="Acrobot-v1",
                random=-500.0,
                evaluations=[(100, -300.0)],
                double=double,
            )
    return root


@pytest.fixture(scope="module", autouse=True)
def without_pictures():
    """Pictures take longer than everything else; one test has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "draw", lambda compared, folder: [])
        yield


@pytest.fixture(scope="module")
def told(runs, tmp_path_factory) -> tuple[str, Path]:
    """What it prints for a terminal of 80 columns, and where its files are."""
    out = tmp_path_factory.mktemp("compared")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main(["compare", str(runs), "--out", str(out)]) == 0
    return said.getvalue(), out


@pytest.fixture(scope="module")
def values(told) -> dict:
    return json.loads((told[1] / "compare.json").read_text())


def _experiment(values: dict, double: str, env: str) -> dict:
    name = f"dqn_cartpole agent.double={double}"
    (one,) = [
        each
        for each in values["experiments"]
        if (each["experiment"], each["environment"]) == (name, env)
    ]
    return one


def test_the_measures_are_scipys(values):
    found = _experiment(values, "true", "CartPole-v1")
    assert (found["runs"], found["seeds"]) == (10, list(range(10)))
    assert found["iqm"]["value"] == pytest.approx(stats.trim_mean(KEPT, 0.25))
    limits = stats.ttest_1samp(KEPT, 0).confidence_interval(0.99)
    assert found["mean"]["value"] == pytest.approx(np.mean(KEPT))
    assert found["mean"]["low"] == pytest.approx(limits.low)
    assert found["mean"]["high"] == 500.0  # no return is above it, as Student's limit is
    assert found["mean"]["method"] == "Student's t at 99 %"
    median = found["policies"]["kept"]["median"]
    assert (median["low"], median["value"], median["high"]) == (450.0, 477.5, 495.0)
    gap = found["policies"]["kept"]["optimality_gap"]["value"]
    assert gap == pytest.approx(np.mean([(500 - score) / 480 for score in KEPT]))


def test_the_last_weights_and_the_policy_kept_stand_apart(values, told):
    found = _experiment(values, "true", "CartPole-v1")
    assert found["final"]["value"] == pytest.approx(np.mean(FINAL))
    assert found["policies"]["final"]["mean"] == found["final"]
    assert found["policies"]["kept"]["mean"] == found["mean"]
    assert found["scores"] == {"final": FINAL, "kept": KEPT}
    assert told[0].count("last weights") == told[0].count("policy kept") > 4
    page = (told[1] / "compare.md").read_text()
    assert page.count("| last weights |") == page.count("| policy kept |") == 9


def test_every_figure_has_limits_or_says_why_not(values):
    def check(part) -> int:
        if isinstance(part, dict) and {"value", "low", "high"} <= part.keys():
            assert (part["low"] is None) == (part["why"] is not None) == (part["method"] is None)
            return 1
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        return sum(check(each) for each in inner)

    assert check(values) > 50


def test_two_agents_differ_by_welch(values):
    (found,) = [each for each in values["differences"] if each["environment"] == "CartPole-v1"]
    flipped = -1 if "false" in found["first"] else 1
    limits = stats.ttest_ind(KEPT, OTHER, equal_var=False).confidence_interval(0.98)
    mean = found["kept"]["mean"]
    assert sorted(flipped * mean[end] for end in ("low", "high")) == pytest.approx([*limits])
    assert mean["method"] == "Welch's t at 98 %"
    wins = stats.mannwhitneyu(KEPT, OTHER).statistic / 100
    improvement = found["kept"]["improvement"]["value"]
    assert improvement == pytest.approx(wins if flipped == 1 else 1 - wins)


def test_several_environments_are_normalised_by_random_and_the_anchor(values):
    overall = values["overall"]
    assert sorted(overall["environments"]) == ["Acrobot-v1", "CartPole-v1"]
    assert values["environments"]["Acrobot-v1"]["best_is"] == "solved mark"
    assert values["environments"]["CartPole-v1"]["best_is"] == "optimum"
    (one,) = [each for each in overall["agents"] if "true" in each["agent"]]
    normal = [(score - 20) / 480 for score in KEPT]
    normal += [(-100 - 2 * seed + 500) / 400 for seed in range(10)]
    assert one["kept"]["mean"]["value"] == pytest.approx(np.mean(normal))
    assert one["kept"]["iqm"]["value"] == pytest.approx(stats.trim_mean(normal, 0.25))


def test_of_several_optima_the_best_counts_whatever_agents_are_called(tmp_path):
    """Each is the best stationary policy's for the γ of its agent."""
    folders = [
        make_run(tmp_path / str(number), seed=0, kept=40.0, optimum=optimum)
        for number, optimum in enumerate((44.0, 74.0))
    ]
    for names in (("a", "b"), ("b", "a")):
        given = [f"{name}={folder}" for name, folder in zip(names, folders, strict=True)]
        compared = comparison.compare(*found.find(given))
        assert compared.environments["CartPole-v1"].best == 74.0


@pytest.mark.parametrize(
    ("env", "solved", "counts"),
    [
        ("CartPole-v1", 475.0, "the environment's 475 counts"),
        ("Pendulum-v1", None, "none counts"),
    ],
)
def test_of_several_marks_none_counts_whatever_agents_are_called(
    env, solved, counts, tmp_path, capsys
):
    marks = {"one": 20.0, "two": 300.0, "none": None}
    for name, mark in marks.items():
        make_run(tmp_path / name, seed=0, kept=40.0, env=env, solved_at=mark)
    for names in (("a", "b", "c"), ("b", "a", "c")):
        given = [f"{name}={tmp_path / run}" for name, run in zip(names, marks, strict=True)]
        assert main(["compare", *given, "--out", str(tmp_path / "out")]) == 0
        told = " ".join(capsys.readouterr().out.split())
        has = "20, 300, 475" if env == "CartPole-v1" else "20, 300"
        assert f"several solved marks ({has}): {counts}; --threshold gives" in told
        (held,) = json.loads((tmp_path / "out" / "compare.json").read_text())[
            "environments"
        ].values()
        assert held["solved"] == solved
    assert main(["compare", *given, "--threshold", "30", "--out", str(tmp_path / "out")]) == 0
    assert "several solved marks" not in capsys.readouterr().out


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_threshold_is_a_finite_number(value, tmp_path, capsys):
    for command in (["compare", "runs", "--threshold"], ["dqn_cartpole", "--solved-at"]):
        assert main([*command, value]) == 2
        assert f"{command[-1]} must be finite, got {value}" in capsys.readouterr().err


def test_a_threshold_of_returns_is_no_line_among_rates(tmp_path):
    folder = make_run(tmp_path / "a", seed=0, kept=0.9)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    rates = [{**json.loads(line), "success_rate": 0.95} for line in lines]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(rate) + "\n" for rate in rates))
    held = comparison.compare(*found.find([str(folder)])).environments["CartPole-v1"]
    assert held.solved == 475.0
    assert not held.solved_is_score


def test_the_threshold_is_looked_for_in_the_evaluations(values):
    times = _experiment(values, "true", "CartPole-v1")["threshold"]
    assert (times["threshold"], times["reached"], times["runs"]) == (475.0, 10, 10)
    assert (times["steps"]["value"], times["seconds"]["value"]) == (200.0, 2.0)
    never = _experiment(values, "true", "Acrobot-v1")["threshold"]
    assert (never["reached"], never["steps"]["value"], never["steps"]["high"]) == (
        0,
        "never",
        "never",
    )


def test_it_keeps_to_80_columns_and_names_the_methods(told):
    lines = told[0].splitlines()
    assert max(map(len, lines[:-1])) <= 80
    for method in ("Student's t at 99 %", "percentile bootstrap at 98 %", "order statistics"):
        assert method in " ".join(lines)


def test_the_same_runs_make_the_same_bytes(runs, told):
    read, left_out = found.find([str(runs)])
    again = comparison.to_json(comparison.compare(read, left_out))
    assert json.dumps(again, indent=2) + "\n" == (told[1] / "compare.json").read_text()


def test_what_cannot_be_compared_is_named_and_left_out(tmp_path):
    root = tmp_path / "runs"
    make_run(root / "good", seed=0, kept=500.0)
    make_run(root / "good" / "ends" / "1", seed=0, kept=100.0)  # before it went on
    make_run(root / "stopped", seed=1, kept=500.0, status="interrupted")
    broken = ("killed", "damaged", "unmeasured", "empty", "odd", "nan")
    for number, name in enumerate(broken, start=2):
        make_run(root / name, seed=number, kept=float("nan") if name == "nan" else 500.0)
    (root / "killed" / "result.json").unlink()
    (root / "damaged" / "result.json").write_text("{")
    (root / "unmeasured" / "metrics.jsonl").write_text('{"kind": "evaluation"}\n')
    (root / "empty" / "metrics.jsonl").write_text("")
    odd = (root / "odd" / "metrics.jsonl").read_text()
    (root / "odd" / "metrics.jsonl").write_text(odd.replace("480.0", "NaN"))
    make_run(root / "later", seed=0, kept=490.0)
    runs, left = found.find([str(root), str(root / "later"), str(tmp_path / "nowhere")])
    assert [run.folder.name for run in runs] == ["later"]
    reasons = {each.folder.name: each.why for each in left}
    assert reasons.pop("damaged").startswith("damaged, or of another version")
    assert reasons == {
        "good": f"a newer run has its settings and seed: {root / 'later'}",
        "stopped": "unfinished: interrupted",
        "killed": "unfinished: no result.json",
        "unmeasured": "broken: its metrics have no 'mean_return'",
        "empty": "broken: its metrics have no evaluation",
        "odd": "broken: its evaluations are not all numbers",
        "nan": "broken: its scores are nan",
        "nowhere": "No such file or directory",
    }


def test_if_nothing_is_left_it_is_one_line(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    code = main(["compare", str(tmp_path / "empty"), str(tmp_path / "no"), "--out", str(tmp_path)])
    assert code == 2
    empty, no = tmp_path / "empty", tmp_path / "no"
    assert unwrapped(capsys.readouterr().err) == [
        f"left out: {empty}: no run in it",
        f"left out: {no}: No such file or directory",
        f"error: {empty}, {no}: no finished run that can be read; give folders of runs, "
        "such as runs",
    ]
    assert main(["compare"]) == 2
    assert "compare needs run folders" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["a=", ""])
def test_a_word_without_a_folder_is_not_the_working_directory(word, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs/0", seed=0, kept=400.0)
    assert main(["compare", word]) == 2
    assert f"error: {word!r} names no folder; expected RUN or NAME=" in capsys.readouterr().err


def test_agents_can_be_named_and_few_runs_are_not_made_much_of(tmp_path, capsys):
    for seed in range(3):
        make_run(tmp_path / "a" / str(seed), seed=seed, kept=500.0, discount=0.9)
        make_run(tmp_path / "b" / str(seed), seed=seed, kept=400.0)
    given = [f"mine={tmp_path / 'a'}", f"theirs={tmp_path / 'b'}"]
    out = tmp_path / "out"
    assert main(["compare", *given, "--json", "--threshold", "490", "--out", str(out)]) == 0
    values = json.loads(capsys.readouterr().out)
    assert [each["experiment"] for each in values["experiments"]] == ["mine", "theirs"]
    mean = values["experiments"][0]["mean"]
    assert (mean["value"], mean["high"]) == (500.0, 500.0)
    # 0.7076 of the runs may fail unseen, and score 0.
    assert mean["low"] == pytest.approx(500 * (1 - stats.kstwo.ppf(0.95, 3)))
    assert values["experiments"][0]["policies"]["kept"]["median"]["low"] is None
    assert values["experiments"][0]["threshold"]["reached"] == 0


def test_report_has_the_interval_of_compare_and_evaluations_widen_none(tmp_path):
    """Taxi has no range of its own: it is from random to the optimum, or the best run's score."""
    for seed, kept in enumerate((7.7, 7.8, 7.9)):
        for double, extra in ((True, 0.0), (False, 0.3)):
            make_run(
                tmp_path / f"runs/{double}{seed}",
                seed=seed,
                kept=kept + extra,
                env="Taxi-v3",
                random=-200.0,
                optimum=8.0,
                evaluations=[(100, -800.0), (200, 9.0)],
                double=double,
            )
    words = [str(tmp_path / "runs"), "--out"]
    assert main(["compare", *words, str(tmp_path / "compared")]) == 0
    assert main(["report", *words, str(tmp_path / "report.png")]) == 0
    compared = json.loads((tmp_path / "compared/compare.json").read_text())
    rows = json.loads((tmp_path / "report.json").read_text())
    # 0.7076 of three runs may fail unseen: the worst score is random's, the best one 8.2 of a run.
    open_share = stats.kstwo.ppf(0.95, 3)
    low = open_share * -200 + (1 - open_share) * 7.7
    high = open_share * 8.2 + (1 - open_share) * 7.9
    mean = _experiment(compared, "true", "Taxi-v3")["mean"]
    (row,) = [each for each in rows if "double=true" in each["settings"]]
    assert (mean["low"], mean["high"]) == pytest.approx((low, high))
    assert (row["ours_low"], row["ours_high"]) == pytest.approx((low, high))


def test_the_pictures_have_seeds_bands_and_lines(tmp_path):
    for seed in range(20):
        make_run(tmp_path / str(seed), seed=seed, kept=400.0)
    compared = comparison.compare(*found.find([str(tmp_path)]))
    names = [path.name for path in DRAW(compared, tmp_path)]
    assert names == ["curves.png", "measures.png", "profiles.png"]
    for name in names:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    (axes,) = pictures.curves(compared).axes
    seeds = [line for line in axes.lines if line.get_linewidth() == 0.5]
    outlines = [line for line in axes.lines if line.get_linewidth() == 0.8]
    assert (len(seeds), len(outlines)) == (20, 2)
    (band,) = axes.collections
    assert band.get_zorder() < outlines[0].get_zorder() < seeds[0].get_zorder()
    legend = axes.get_legend()
    assert legend is not None
    named = {text.get_text().partition(",")[0] for text in legend.get_texts()}
    assert named == {"dqn_cartpole", "random", "solved", "optimum"}
    assert axes.get_xscale() == "linear"


def test_bands_that_would_cover_the_panel_are_left_out(tmp_path):
    make_run(tmp_path / "0", seed=0, kept=400.0)
    (axes,) = pictures.curves(comparison.compare(*found.find([str(tmp_path)]))).axes
    assert not axes.collections
    assert "bands" not in axes.get_title()


def _compared(folder, agents):
    """The comparison of a run for each name, of another seed."""
    given = []
    for seed, agent in enumerate(agents):
        make_run(folder / str(seed), seed=seed, kept=400.0)
        given.append(f"{agent}={folder / str(seed)}")
    return comparison.compare(*found.find(given))


def test_of_many_agents_each_has_a_colour_of_its_own(tmp_path):
    compared = _compared(tmp_path, [f"agent {number}" for number in range(12)])
    assert len(set(pictures._colours(compared).values())) == 12


@pytest.mark.parametrize(("agents", "banded"), [(6, True), (7, False)])
def test_bands_and_single_runs_of_many_agents_do_not_bury_the_means(tmp_path, agents, banded):
    compared = _compared(tmp_path, [f"agent {n % agents}" for n in range(10 * agents)])
    (axes,) = pictures.curves(compared).axes
    assert any(line.get_linewidth() == 0.5 for line in axes.lines) == banded
    assert sum(line.get_linewidth() == 2 for line in axes.lines) == agents
    profiles = pictures.profiles(compared)
    assert any(panel.collections for panel in profiles.axes) == banded
    assert (profiles.get_supxlabel() != "") == banded


def test_an_agent_is_named_by_what_most_of_the_others_have_not(tmp_path):
    agents: list[Any] = [
        {},
        {"double": True},
        {"n_step": 3},
        {"n_step": 3, "double": True},
    ]
    for seed, agent in enumerate([*agents, {"batch_size": 7}]):
        config: dict[str, Any] = {"seed": seed, "kept": 400.0, **agent}
        make_run(tmp_path / str(seed), **config)
    runs, _ = found.find([str(tmp_path)])
    assert found.labels(runs) == [
        "dqn_cartpole",
        "dqn_cartpole agent.double=true",
        "dqn_cartpole agent.n_step=3",
        "dqn_cartpole agent.double=true agent.n_step=3",
        "dqn_cartpole agent.batch_size=7",
    ]


def test_names_in_pictures_are_short_and_each_is_another_one():
    settings = " ".join(f"agent.distribution.high{n}={n}" for n in range(9))
    labels = ["dqn", f"dqn {settings} low=1", f"dqn {settings} low=2"]
    drawn = in_lines(labels)
    assert drawn["dqn"] == "dqn"
    assert len(set(drawn.values())) == 3
    lines = [line for name in drawn.values() for line in name.split("\n")]
    assert max(map(len, lines)) <= 38
    assert drawn[labels[2]].endswith("… (agent 3)")


@pytest.mark.filterwarnings("error")
def test_pictures_of_many_agents_with_long_names_can_be_read(tmp_path):
    """Legends stand beside the panels, and no panel loses its room to them."""
    long = "with many settings " * 9
    compared = _compared(tmp_path, [f"agent {number} {long}" for number in range(24)])
    DRAW(compared, tmp_path)
    for figure in (pictures.curves(compared), pictures.profiles(compared)):
        figure.draw_without_rendering()
        legend = figure.axes[-1].get_legend()
        assert legend is not None
        box, page = legend.get_window_extent(), figure.bbox
        assert all(axes.bbox.x1 < box.x0 and axes.bbox.width > 200 for axes in figure.axes)
        assert 0 <= box.y0 < box.y1 <= page.y1
        assert box.x1 <= page.x1


def test_a_keyword_that_an_environment_has_anyway_makes_no_other_environment(tmp_path):
    for seed, words in enumerate(((), ("is_slippery=True",), ("is_slippery=False",))):
        run = tmp_path / str(seed)
        make_run(run, seed=seed, kept=0.5, env="FrozenLake-v1", keywords=words)
    runs, _ = found.find([str(tmp_path)])
    own, changed = "FrozenLake-v1", "FrozenLake-v1 is_slippery=False"
    assert [run.environment for run in runs] == [own, own, changed]


def test_a_profile_has_room_where_every_score_is_that_of_random_actions(tmp_path, recwarn):
    for seed in range(2):
        run = tmp_path / str(seed)
        make_run(run, seed=seed, kept=0.0, random=0.0, evaluations=[(100, 0.0)], env="Acrobot-v1")
    compared = comparison.compare(*found.find([str(tmp_path)]))
    axes = pictures.profiles(compared).axes[0]
    assert axes.get_xlim()[0] < 0 < axes.get_xlim()[1]
    drawn = axes.lines[0]
    assert set(np.asarray(drawn.get_ydata())) == {0.0, 1.0}
    assert not recwarn.list


def test_a_profile_shows_where_runs_are_if_that_is_a_small_part_of_all_scores():
    shown = pictures.seen((-500.0, -60.0), np.array([-90.0, -70.0]))
    assert shown == pytest.approx((-101.0, -59.0))  # a fortieth of 440 to both sides
    assert pictures.seen((0.0, 500.0), np.array([100.0, 500.0])) == pytest.approx((-12.5, 512.5))

"""The ledger: rows by hand, with controls, sampling errors, fingerprints and commands."""

import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from common.intervals import share_interval
from launch.cli import main
from launch.experiments import catalog, studies
from launch.reports import seed_means
from launch.reports.again import ranges
from launch.reports.groups import gather
from launch.reports.ledger_rows import AGENTS, RUNS, SCORES, agents, runs, scores, strongest
from launch.run_folder import description
from launch.run_folder.ends import End
from tests.launch.made_runs import made
from tests.launch.test_result import CLAIM, KEPT

BANK = {"metric": "accuracy", "book": 0.889, "book_note": "the majority", "comparable": True}
BANK |= {"baseline": 0.8875, "optimum": None}
MESSAGES = {"controls": {"naive Bayes": 0.98, "ridge": 0.95}, "test_rows": 100}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def _bank(name: str, seed: int, ours: float | None, *flags: str, **changes) -> Path:
    claim = {**BANK, "ours": ours, **changes.pop("claim", {})}
    metrics = {"accuracy": ours, "roc_auc": 0.9} if ours is not None else {}
    changes = {"wall_seconds": 20.0 + seed, "metrics": metrics, **changes}
    return made(Path("runs") / name, "mlp_bank", seed, *flags, claim=claim, **changes)


def _row(cells: dict[str, str], columns: tuple[str, ...]) -> list[str]:
    assert tuple(cells) == columns
    return list(cells.values())


def _group():
    (group,), _ = gather([Path("runs")])
    return group


def test_the_page_has_scores_runs_other_metrics_and_notes(capsys):
    for seed, ours in enumerate((0.91, 0.92, 0.93)):
        _bank(str(seed), seed, ours, fingerprint=f"{seed}abcdef0123", claim=MESSAGES)
    _bank("failed", 3, None, status="failed", peak_memory_mb=None)
    assert main(["ledger", "runs", "--out", "results.md"]) == 0
    told = capsys.readouterr()
    assert told.out == "1 row in results.md\n"
    assert told.err.startswith("left out: runs/failed: failed")
    text = Path("results.md").read_text()
    found = [line for line in text.splitlines() if line.startswith("| mlp_bank")]
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in found] == [
        [
            *("mlp_bank", "real", "accuracy", "0.889", "0.8875", "0.98 naive Bayes", "-"),
            # Of three runs 0.7076 may be anywhere: 0.2924 * 0.91, and 0.7076 + 0.2924 * 0.93.
            "0.92 [0.8627, 0.9773] t, 0.91 to 0.93, **below the control**",
            # Wilson: z² = 3.8415; (0.92 + 0.0192 ± 1.96 * sqrt(0.0736 + 0.0096) / 10) / 1.0384
            "0.85 to 0.9589, 100 rows",
        ],
        [
            *("mlp_bank", "3/4", "0-2", "0abcdef0 1abcdef0 2abcdef0", "21", "800"),
            "`python -m launch mlp_bank --seeds 0-2`",
        ],
    ]
    assert "| alexnet_predict |" in text
    assert "bc_cartpole" not in text  # its recording is no data set of the supervised half
    assert "| not measured: needs bvlc_alexnet.npy |" in text
    assert "- **mlp_bank**: roc_auc 0.9 (all 0.9)." in text
    assert "- **mlp_bank**: the majority. a note." in text


def test_runs_from_before_the_new_columns_say_so():
    folder = _bank("old", 0, 0.91)
    text = (folder / "result.json").read_text()
    for name in ("controls", "test_rows", "sampling_error"):
        text = text.replace(f'"{name}": null,', "").replace(f',\n    "{name}": null', "")
    assert "controls" not in text
    (folder / "result.json").write_text(text)
    cells = scores(_group(), {})
    assert (cells["strongest control"], cells["test set"]) == ("not written down", "-")
    assert cells["ours"] == "0.91"


def test_a_job_without_controls_says_none_measured():
    _bank("a", 0, 0.91, claim={"controls": {}, "test_rows": 100})
    assert scores(_group(), {})["strongest control"] == "none measured"


def test_a_score_of_another_job_on_the_same_rows_is_a_control():
    def run(experiment: str, rows: int, **changes) -> None:
        claim = {"metric": "accuracy", "ours": 0.96, "controls": {}, "test_rows": rows}
        folder = Path("runs") / f"{experiment}_{rows}"
        made(folder, experiment, 0, claim=claim, **changes)

    run("softmax_mnist", 100)
    run("explore_mnist", 90, metrics={"neighbours_accuracy": 0.99})
    main(["ledger", "runs", "--out", "results.md"])
    assert (
        "| not written down | - | 0.96 |" in Path("results.md").read_text()
    )  # its rows are others
    shutil.rmtree(Path("runs", "explore_mnist_90"))
    run("explore_mnist", 100, metrics={"neighbours_accuracy": 0.97})
    main(["ledger", "runs", "--out", "results.md"])
    (row,) = [
        line
        for line in Path("results.md").read_text().splitlines()
        if line.startswith("| softmax_mnist | real")
    ]
    assert "| 0.97 3 nearest neighbours on 50 principal components, of explore_mnist |" in row
    assert "0.96, **below the control**" in row


def test_of_an_error_the_smallest_control_is_the_strongest():
    claims = [
        replace(CLAIM, metric="rmse", ours=2.0, controls={"ridge": 1.0, "last year": 4.0}),
        replace(CLAIM, metric="rmse", ours=2.0, controls={"ridge": 2.0, "last year": 1.2}),
    ]
    assert strongest(claims) == ("ridge", 1.5)
    assert strongest([replace(claim, metric="accuracy") for claim in claims]) == ("last year", 2.6)
    assert strongest([CLAIM]) is None


@pytest.mark.parametrize(
    ("metric", "ours", "control", "below"),
    [
        ("rmse", 2.0, 1.9, True),
        ("rmse", 2.0, 2.1, False),
        ("accuracy", 0.8, 0.9, True),
        ("accuracy", 0.8, 0.7, False),
        ("mse", 27.1731, 27.17309, False),  # the same to the last digit that is shown
    ],
)
def test_a_row_says_where_ours_loses(metric, ours, control, below):
    claim = {"metric": metric, "controls": {"ridge": control}}
    _bank("a", 0, ours, claim=claim)
    assert ("below the control" in scores(_group(), {})["ours"]) == below


def test_an_error_row_by_row_stands_as_an_interval():
    _bank("a", 0, 2.0, claim={"metric": "rmse", "test_rows": 36, "sampling_error": 0.1})
    assert scores(_group(), {})["test set"] == "1.804 to 2.196, 36 rows"
    _bank("a2", 0, 2.0, claim={"metric": "rmse", "test_rows": 36})
    assert scores(_group(), {})["test set"] == "36 rows"


def test_agents_have_random_optimum_final_and_kept_apart():
    for seed, final in enumerate((90.0, 100.0, 110.0)):
        claim = {"ours": 200.0, "final": final}
        last = replace(KEPT, episodes=100, std_return=50.0)
        made(Path("runs") / str(seed), "dqn_cartpole", seed, claim=claim, final_evaluation=last)
    # Between 0 and 500: 0.2924 * 90, and 0.7076 * 500 + 0.2924 * 110; 1.96 * 50 / sqrt(100).
    group = _group()
    assert _row(agents(group, *seed_means.scales([group])), AGENTS) == [
        *("dqn_cartpole", "CartPole-v0", "mean_return", "-", "22.5", "500"),
        *("100 [26.32, 386] k, 90 to 110", "200 [58.48, 412.3] k, all 200", "± 9.8 of 100"),
    ]
    assert main(["ledger", "runs"]) == 0
    text = Path("reports/ledger.md").read_text()
    assert "## Agents" in text
    assert "strongest control" not in text  # no supervised run, no such table


def test_the_command_makes_all_seeds_again_and_names_no_folder_of_ours():
    flags = ("--data-dir", "/home/me/data", "--fit.epochs", "3", "--out=mine", "--run-dir", "r/2")
    for seed in (0, 1, 2, 5):
        _bank(str(seed), seed, 0.9, "--fit.epochs", "3")
        words = ["python", "-m", "launch", "rnn_spam", "mlp_bank", *flags, "--seeds", "0-2,5"]
        (Path("runs") / str(seed) / "command.txt").write_text(" ".join(words) + "\n")
    cells = _row(runs(_group()), RUNS)
    command = "python -m launch mlp_bank --seeds 0-2,5 --data-dir DATA_DIR --fit.epochs 3"
    assert cells[-1] == f"`{command}`"
    words = ["python", "-m", "launch", "mlp_bank", "--vary", "fit.epochs=3,4", "--seeds", "0-2,5"]
    for seed in (0, 1, 2, 5):
        (Path("runs") / str(seed) / "command.txt").write_text(" ".join(words) + "\n")
    cells = _row(runs(_group()), RUNS)
    assert re.fullmatch(r"`python -m launch --config runs/\d/config.json --seeds 0-2,5`", cells[-1])
    (Path("runs") / "5" / "command.txt").write_text("from Python\n")
    assert ranges([7]) == "7"


LAKE = (
    *("--workers", "0", "--num-envs", "2", "--env-steps", "400", "--evaluation.every-env-steps"),
    *("200", "--evaluation.episodes", "2", "--evaluation.final-episodes", "4"),
)


def _made_again(command: str) -> str:
    """Runs the commands of a row; gives the fingerprint of the run that they make."""
    first, *later = re.findall("`([^`]+)`", command)
    assert main([*shlex.split(first)[3:], "--run-dir", "again"]) == 0
    for each in later:
        assert main(shlex.split(each.replace("RUN", "again"))[3:]) == 0
    made_again = json.loads(Path("again/result.json").read_text())["fingerprint"]
    shutil.rmtree("again")
    return made_again


def _rows() -> list[dict[str, str]]:
    groups, _ = gather([Path("runs")])
    return [{**runs(group), "whole": group.results[0].fingerprint or ""} for group in groups]


def test_the_commands_of_a_study_and_of_several_experiments_make_the_same_runs(monkeypatch):
    study = replace(catalog.STUDIES["sarsa_against_q"], seeds="0")
    monkeypatch.setitem(studies.STUDIES, "sarsa_against_q", study)
    assert main(["sarsa_against_q", *LAKE]) == 0
    several = ["q_frozenlake", "plan_frozenlake", *LAKE, "--agent.initial-value", "0.5"]
    assert main([*several, "--agent.discount", "0.9"]) == 0
    rows = _rows()
    config = r"`python -m launch --config runs/\S+/config.json --seed 0`"
    told = [row["command"] for row in rows if "--config" in row["command"]]
    assert len(told) == 3  # two variants of the study, and the plan, which has no initial value
    assert all(re.fullmatch(config, each) for each in told)
    assert [_made_again(row["command"]) for row in rows] == [row["whole"] for row in rows]


def test_the_commands_of_a_run_that_went_on_go_on_as_well():
    assert main(["q_frozenlake", *LAKE, "--run-dir", "runs/a"]) == 0
    assert main(["--config", "runs/a", "--agent.discount", "0.9", "--run-dir", "runs/b"]) == 0
    for run in ("runs/a", "runs/b"):
        for steps in ("600", "800"):
            assert main(["resume", run, "--env-steps", steps]) == 0
    a, b = _rows()
    then = "".join(f", then `python -m launch resume RUN --env-steps {n}`" for n in (600, 800))
    assert a["command"] == f"`python -m launch q_frozenlake --seed 0 {' '.join(LAKE)}`{then}"
    first = "`python -m launch --config runs/b/ends/1/config.json --seed 0`"
    assert b["command"] == first + then
    assert [_made_again(row["command"]) for row in (a, b)] == [a["whole"], b["whole"]]


def test_the_commands_say_where_a_run_was_stopped_that_got_another_budget():
    run = made(Path("runs/a"), "q_frozenlake", 0, "--env-steps", "1000")
    ends = [
        End(step=500, settings={"env_steps": 2000, "until_solved": False}),
        End(step=700, settings={"env_steps": 3000, "until_solved": True}),  # it was solved
    ]
    description.rewrite(run, description.read(run)[1], ends)
    command = runs(_group())["command"]
    assert "`, stopped at 500 env steps, then `python -m launch resume RUN --env-steps 3" in command
    assert command.endswith(
        " --env-steps 3000`, then `python -m launch resume RUN --env-steps 1000`"
    )


def test_groups_of_one_experiment_are_told_apart_in_the_row():
    _bank("a", 0, 0.9)
    _bank("b", 0, 0.9, "--fit.epochs", "3")
    groups, _ = gather([Path("runs")])
    assert [scores(group, {})["experiment"] for group in groups] == [
        "mlp_bank `fit.epochs=20`",
        "mlp_bank `fit.epochs=3`",
    ]
    assert tuple(scores(groups[0], {})) == SCORES


def test_wilsons_interval():
    # By hand for 8 of 10 at z = 1.96: (0.8 + 0.192 ± 1.96 * 0.1597) / 1.384.
    assert share_interval(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(1.0, 30)[1] == pytest.approx(1.0)
    assert share_interval(1.0, 30)[0] == pytest.approx(30 / (30 + 3.8415), abs=1e-4)


def test_it_replaces_no_file_but_a_page_of_its_own(capsys):
    made(Path("runs/0"), "dqn_cartpole", 0)
    precious = Path("precious.md")
    precious.write_text("# Results\n\nBy hand.\n")
    assert main(["ledger", "runs", "--out", str(precious)]) == 2
    assert "error: --out: precious.md was not written by ledger; cho" in capsys.readouterr().err
    assert precious.read_text() == "# Results\n\nBy hand.\n"
    precious.write_text("")
    for _ in range(2):  # into an empty file, and over its own page
        assert main(["ledger", "runs", "--out", str(precious)]) == 0
    assert precious.read_text().startswith("# Results\n\nWritten by `")

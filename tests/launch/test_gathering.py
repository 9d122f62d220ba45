"""`report` and `ledger` on an ordinary folder of runs: what counts, and what is left out."""

import json
import shutil
from pathlib import Path

import pytest

from common.errors import UsageError
from launch.cli import main
from launch.reports.finding import find
from launch.reports.groups import gather
from launch.reports.ledger import BEGINS
from tests.launch.made_runs import made, unwrapped


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


RUNS = Path("runs")


def _ordinary() -> None:
    """Two seeds, one of them twice, other settings, and six folders that are broken."""
    made(RUNS / "q" / "a", "dqn_cartpole", 0, at=1, fingerprint="11")
    made(RUNS / "q" / "b", "dqn_cartpole", 0, at=2, fingerprint="22")
    made(RUNS / "q" / "c", "dqn_cartpole", 1)
    made(RUNS / "deep" / "er" / "d", "dqn_cartpole", 0, "--agent.n-step", "3")
    made(RUNS / "e", "dqn_cartpole", 2, status="interrupted")
    (made(RUNS / "f", "dqn_cartpole", 3) / "result.json").unlink()
    (made(RUNS / "g", "dqn_cartpole", 4) / "result.json").write_text('{"kind": "rl", "se')
    (made(RUNS / "h", "dqn_cartpole", 5) / "config.json").write_text("[1, 2]")
    (made(RUNS / "i", "dqn_cartpole", 6) / "config.json").unlink()
    (RUNS / "model").mkdir()
    (RUNS / "model" / "config.json").write_text('{"architectures": ["Bert"], "config": "none"}')


def test_runs_that_went_on_are_apart_from_those_that_had_the_budget_from_the_start():
    for seed in (0, 1):
        made(RUNS / str(seed), "dqn_cartpole", seed)
    path = RUNS / "1" / "config.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "ends": [{"step": 1000, "settings": {"env_steps": 1000}}]}))
    groups, left_out = gather([RUNS])
    assert not left_out
    assert [(len(group.runs), group.differs) for group in groups] == [
        (1, ""),
        (1, "went_on_at=[1000]"),
    ]


NAMED = {
    "a": "runs/q/a: runs/q/b has the same settings and seed and is newer; their fingerprints",
    "e": "runs/e: interrupted at 150,000 env steps; resume it: python -m launch resume runs/e",
    "f": "runs/f: no result.json; the run has not ended: python -m launch resume runs/f",
    "g": "runs/g/result.json: damaged, or of another version: ",
    "h": "runs/h/config.json: not a config this version can read: ",
    "i": "runs/i: not a run folder (config.json: No such file or directory); ",
    "model": "runs/model/config.json: not a config this version can read: ",
}


@pytest.mark.parametrize("command", ["report", "ledger"])
def test_an_ordinary_folder_is_read_and_all_that_is_left_out_is_named(command, capsys):
    _ordinary()
    assert main([command, "runs"]) == 0
    said = capsys.readouterr().err
    told = unwrapped(said)
    assert len(told) == len(NAMED)
    assert all(len(line) <= 80 for line in said.splitlines())
    for reason in NAMED.values():
        assert sum(line.startswith(f"left out: {reason}") for line in told) == 1, reason


def test_runs_are_told_apart_by_the_settings_that_differ():
    _ordinary()
    groups, _ = gather([RUNS])
    about = {
        group.differs: ([str(path) for path, _ in group.runs], group.unfinished) for group in groups
    }
    assert about == {
        "agent.n_step=1": (["runs/q/b", "runs/q/c"], 3),  # seeds 2, 3 and 4 came to no end
        "agent.n_step=3": (["runs/deep/er/d"], 0),
    }
    assert main(["report", "runs"]) == 0
    rows = json.loads(Path("reports/report.json").read_text())
    assert [(row["settings"], row["finished"], row["runs"]) for row in rows] == [
        ("agent.n_step=3", 1, 1),
        ("agent.n_step=1", 2, 5),
    ]


def test_a_newer_run_without_its_series_takes_no_place_in_a_report(capsys):
    made(RUNS / "a", "dqn_cartpole", at=1)
    (made(RUNS / "b", "dqn_cartpole", at=2) / "metrics.jsonl").unlink()
    assert main(["report", "runs"]) == 0
    (row,) = json.loads(Path("reports/report.json").read_text())
    assert (row["finished"], row["runs"]) == (1, 1)
    (told,) = unwrapped(capsys.readouterr().err)
    assert told.startswith("left out: runs/b")
    ((ledgers,),) = ([path for path, _ in group.runs] for group in gather([RUNS])[0])
    assert ledgers == RUNS / "b"  # a ledger draws no series


def test_a_run_counts_once_however_often_it_is_found():
    made(RUNS / "a", "dqn_cartpole")
    (group,), left_out = gather([RUNS, RUNS / "a", RUNS / "..", Path.cwd() / "runs"])
    assert (len(group.runs), group.differs, left_out) == (1, "", [])


def test_real_and_sample_data_are_no_seeds_of_each_other():
    made(RUNS / "a", "mlp_bank", 0)
    made(RUNS / "b", "mlp_bank", 0, data="sample")
    groups, left_out = gather([RUNS])
    assert [group.results[0].data_kind for group in groups] == ["real", "sample"]
    assert left_out == []


def test_of_many_folders_ten_are_named(capsys):
    made(RUNS / "a", "dqn_cartpole")
    for number in range(22):
        (RUNS / f"empty{number:02}").mkdir()
        (RUNS / f"empty{number:02}" / "config.json").write_text("")
    assert main(["report", "runs"]) == 0
    told = unwrapped(capsys.readouterr().err)
    assert len(told) == 11
    assert told[-1] == "left out: and 12 more"


def test_a_folder_without_rights_is_named(monkeypatch):
    made(RUNS / "a", "dqn_cartpole")
    (RUNS / "private").mkdir()
    scandir = find.__globals__["os"].scandir

    def refusing(folder):
        if str(folder).endswith("private"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("os.scandir", refusing)
    _, left_out = gather([RUNS])
    assert [str(each) for each in left_out] == ["runs/private: Permission denied"]


@pytest.mark.parametrize("text", ["nonsense\n", "[1]\n", '{"kind": "iteration"}\n'])
def test_a_run_whose_series_are_damaged_is_left_out_of_the_report(text, capsys):
    made(RUNS / "a", "dqn_cartpole", 0)
    (made(RUNS / "b", "dqn_cartpole", 1) / "metrics.jsonl").write_text(text)
    assert main(["report", "runs"]) == 0
    (told,) = unwrapped(capsys.readouterr().err)
    assert told.startswith("left out: runs/b/metrics.jsonl: ")
    (row,) = json.loads(Path("reports/report.json").read_text())
    assert row["finished"] == 1


@pytest.mark.parametrize("command", ["report", "ledger"])
def test_where_nothing_is_left_one_line_says_so(command, capsys):
    RUNS.mkdir()
    assert main([command, "runs"]) == 2
    assert "runs: no result.json in it or below" in capsys.readouterr().err
    assert main([command, "nowhere"]) == 2
    assert "nowhere: No such file or directory" in capsys.readouterr().err
    made(RUNS / "a", "dqn_cartpole", status="failed")
    assert main([command, "runs"]) == 2
    assert "error: runs/a: failed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "ledger"])
@pytest.mark.parametrize("experiment", ["dqn_cartpole", "mlp_bank"])
def test_a_run_whose_scores_are_no_numbers_is_left_out(command, experiment, capsys):
    made(RUNS / "a", experiment, 0)
    made(RUNS / "b", experiment, 1, claim={"ours": float("nan")})
    assert main([command, "runs"]) == 0
    (told,) = unwrapped(capsys.readouterr().err)
    assert told.startswith("left out: runs/b: broken: its scores are ")
    if command == "ledger":
        assert "| 1/2 |" in Path("reports/ledger.md").read_text()
        assert "nan" not in Path("reports/ledger.md").read_text()


def test_what_is_no_number_is_null_in_the_report():
    made(RUNS / "a", "dqn_cartpole", 0, claim={"baseline": float("nan")})
    assert main(["report", "runs"]) == 0
    (row,) = json.loads(Path("reports/report.json").read_text(), parse_constant=pytest.fail)
    assert row["baseline"] is None
    assert row["ours"] == 200.0


def test_any_json_in_a_run_folder_is_named_and_stops_nothing():
    """Each value of config.json and of result.json in turn is something else."""
    made(RUNS / "whole", "mlp_bank", 0)
    number = 0
    for file in ("config.json", "result.json"):
        text = json.loads((RUNS / "whole" / file).read_text())
        for name, inner in (*((None, key) for key in text), *_inner(text)):
            for wrong in (None, [], {}, "x", -1):
                folder = RUNS / f"broken{number}"
                number += 1
                shutil.copytree(RUNS / "whole", folder)
                changed = json.loads((folder / file).read_text())
                (changed if name is None else changed[name])[inner] = wrong
                (folder / file).write_text(json.dumps(changed))
    groups, left_out = gather([RUNS])
    assert "mlp_bank" in {group.experiment for group in groups}
    assert len(left_out) > number / 2


def _inner(text: dict) -> list[tuple[str, str]]:
    return [(name, key) for name in ("config", "claim") for key in text.get(name, ())]


def test_the_report_stays_within_80_columns_in_a_pipe(capsys):
    made(RUNS / "a", "dqn_cartpole", 0, "--agent.n-step", "3", "--agent.hidden-sizes", "64", "32")
    made(RUNS / "b", "dqn_cartpole", 1, "--agent.discount", "0.95")
    assert main(["report", "runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("agent.n_step=3" in line for line in lines)


@pytest.mark.parametrize("command", ["report", "ledger"])
def test_the_default_never_writes_into_docs(command):
    made(RUNS / "a", "dqn_cartpole")
    Path("docs").mkdir()
    Path("docs/results.md").write_text("published")
    assert main([command, "runs"]) == 0
    assert Path("docs/results.md").read_text() == "published"
    assert {path.name for path in Path("docs").iterdir()} == {"results.md"}


@pytest.mark.parametrize("name", ["config", "result"])
def test_no_page_goes_over_what_tells_of_a_run(name, capsys):
    run = made(RUNS / "a", "dqn_cartpole")
    before = [(run / file).read_bytes() for file in ("config.json", "result.json")]
    for command, suffix in (("report", ".png"), ("report", ".md"), ("ledger", ".json")):
        assert main([command, "runs", "--out", str(run / f"{name}{suffix}")]) == 2
        assert f"runs/a/{name}.json would go over" in unwrapped(capsys.readouterr().err)[-1]
    assert [(run / file).read_bytes() for file in ("config.json", "result.json")] == before
    assert main(["report", "runs", "--out", f"{name}.png"]) == 0  # beside no run


def test_a_full_disk_leaves_the_old_page(monkeypatch, capsys):
    made(RUNS / "a", "dqn_cartpole")
    old = [Path("out") / name for name in ("report.json", "report.md", "report.png", "ledger.md")]
    old += [Path("out") / name for name in ("compare.json", "compare.md", "curves.png")]
    Path("out").mkdir()
    for path in old:
        path.write_text(BEGINS)  # a page that is not its own is not replaced anyway

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for command, out in (("report", "report.png"), ("ledger", "ledger.md"), ("compare", "")):
        assert main([command, "runs", "--out", f"out/{out}"]) == 2
        assert "No space left on device" in capsys.readouterr().err
    assert {path.read_text() for path in old} == {BEGINS}
    assert sorted(Path("out").iterdir()) == sorted(old)


def test_a_page_behind_a_link_leaves_the_link(tmp_path):
    made(RUNS / "a", "dqn_cartpole")
    Path("kept.md").write_text(f"{BEGINS}old")
    Path("page.md").symlink_to("kept.md")
    assert main(["ledger", "runs", "--out", "page.md"]) == 0
    assert Path("page.md").is_symlink()
    assert Path("kept.md").read_text().startswith(BEGINS)
    assert "dqn_cartpole" in Path("kept.md").read_text()


def test_runs_behind_links_are_found_and_none_twice():
    elsewhere = made(Path("elsewhere") / "a", "dqn_cartpole", 0)
    made(RUNS / "b", "dqn_cartpole", 1)
    (RUNS / "linked").symlink_to(elsewhere.parent.resolve())
    (RUNS / "again").symlink_to(elsewhere.resolve())
    (RUNS / "b2").symlink_to("b")
    (RUNS / "loop").symlink_to(".")
    (RUNS / "gone").symlink_to("nowhere")
    for given in ([RUNS], [RUNS, RUNS / "linked", elsewhere, RUNS / "b2"]):
        folders, refused = find(given)
        assert {each.resolve() for each in folders} == {
            elsewhere.resolve(),
            (RUNS / "b").resolve(),
        }
        assert len(folders) == 2
        assert not refused


def test_a_file_is_no_folder():
    Path("notes.txt").write_text("")
    with pytest.raises(UsageError, match=r"notes.txt: Not a directory"):
        gather([Path("notes.txt")])

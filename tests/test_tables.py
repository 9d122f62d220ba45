"""What benchmarks keep of the runs of their tables."""

import argparse
import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import agents_results, kept_runs, results, table_runs
from launch.cli import main
from launch.reports.compared import found

STEPS = (
    "--env-steps",
    "4096",
    "--evaluation.every-env-steps",
    "1024",
    "--no-film",
    "--no-pictures",
)


class Cell(table_runs.Cell):
    @property
    def place(self) -> Path:
        return self.runs / self.env / f"seed_{self.seed}"

    def words(self):
        yield from ("q", "--env", self.env, *STEPS)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A run that is kept, and another library's result beside it."""
    monkeypatch.setattr(kept_runs, "KEPT", tmp_path / "kept")
    cell = Cell(agent="q", env="FrozenLake-v1", seed=3, runs=tmp_path / "runs")
    flags = ["--seed", "3", "--workers", "0", "--run-dir", str(cell.place)]
    assert main([*cell.words(), *flags]) == 0
    other = tmp_path / "runs" / "other" / "seed_3.json"
    other.parent.mkdir()
    other.write_text('{"final": 0.5}\n')
    kept_runs.pack("lakes", cell.runs, [cell.place, other])
    return cell


def test_a_run_that_is_kept_is_read_like_the_run_itself(kept, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    kept_runs.unpack("lakes", elsewhere)
    (before,), _ = found.find([str(kept.place)])
    (after,), _ = found.find([str(elsewhere / "FrozenLake-v1" / "seed_3")])
    np.testing.assert_array_equal(before.evaluations, after.evaluations)
    assert len(after.evaluations) == 4
    assert (after.result, after.settings) == (before.result, before.settings)
    assert json.loads((elsewhere / "other" / "seed_3.json").read_text()) == {"final": 0.5}


def test_what_is_kept_once_more_takes_the_place_of_what_was_and_nothing_else_goes(kept):
    other = kept.runs / "other" / "seed_3.json"
    other.write_text('{"final": 0.75}\n')
    kept_runs.pack("lakes", kept.runs, [other])
    for path in (other, kept.place / "result.json"):
        path.unlink()
    kept.place.rename(kept.place.with_name("away"))
    kept_runs.unpack("lakes", kept.runs)
    assert json.loads(other.read_text()) == {"final": 0.75}
    assert kept.done


def test_runs_that_are_there_are_left_alone(kept):
    (kept.place / "result.json").write_text("mine")
    kept_runs.unpack("lakes", kept.runs)
    assert (kept.place / "result.json").read_text() == "mine"


def test_a_run_is_verified_by_making_it_again(kept, capsys):
    given = argparse.Namespace(verify=1)
    table_runs.make("lakes", [kept], given)
    assert "the same bits" in capsys.readouterr().out
    path = kept_runs.KEPT / "lakes.jsonl.xz"
    changed = json.loads((kept.place / "result.json").read_text()) | {"fingerprint": "0" * 64}
    (kept.place / "result.json").write_text(json.dumps(changed))
    kept_runs.pack("lakes", kept.runs, [kept.place])
    with pytest.raises(SystemExit, match="other bits than those kept"):
        table_runs.make("lakes", [kept], given)
    path.unlink()
    assert kept_runs.fingerprint("lakes", kept.runs, kept.place) is None


def test_a_run_of_other_settings_than_the_command_has_by_now_is_made_again(kept, capsys):
    @dataclass(frozen=True, kw_only=True)
    class Shorter(Cell):
        def words(self):
            yield from ("q", "--env", self.env, *STEPS, "--env-steps", "2048")

    changed = Shorter(agent="q", env=kept.env, seed=3, runs=kept.runs)
    assert kept.done
    assert not changed.done
    given = argparse.Namespace(verify=None, hours=1, table_only=False, jobs=1)
    table_runs.make("lakes", [changed], given)
    assert "1 of other settings" in capsys.readouterr().out
    assert changed.done
    assert not kept.done
    (changed.place / "config.json").write_text("{")
    assert changed.is_outdated


def test_tables_that_are_made_at_once_keep_the_runs_of_both(kept):
    """As two commands do: each reads what is kept, and replaces it."""
    places = [kept.runs / "other" / f"seed_{number}.json" for number in range(4, 12)]
    for place in places:
        place.write_text("{}")
    with ThreadPoolExecutor(len(places)) as pool:
        list(pool.map(lambda place: kept_runs.pack("lakes", kept.runs, [place]), places))
    found = [entry["place"] for entry in kept_runs.entries("lakes")]
    assert found == sorted(
        ["FrozenLake-v1/seed_3", *(f"other/seed_{number}.json" for number in range(3, 12))]
    )


def test_what_a_run_costs_is_measured_and_kept(kept, tmp_path):
    assert kept.core_seconds is None  # made by hand
    again = replace(kept, runs=tmp_path / "again")
    assert again.run().startswith("FrozenLake-v1 q seed 3: ")
    assert again.core_seconds is not None
    assert again.core_seconds > 0.1  # to start Python takes as much
    kept_runs.pack("lakes", again.runs, [again.place])
    kept_runs.unpack("lakes", tmp_path / "elsewhere")
    elsewhere = replace(kept, runs=tmp_path / "elsewhere")
    assert elsewhere.core_seconds == again.core_seconds


def test_a_run_that_fails_says_why(tmp_path):
    cell = Cell(agent="q", env="Nowhere-v1", seed=0, runs=tmp_path)
    assert "failed: " in cell.run()
    assert "Nowhere" in cell.run()
    assert not cell.done


def test_only_known_names_are_chosen(capsys):
    parser = table_runs.flags("A table.\n\nMore.", "0-2")
    table_runs.add_choice(parser, "--games", ("Pong", "Boxing"))
    assert parser.parse_args(["--games", "Boxing"]).games == ["Boxing"]
    assert parser.parse_args([]).games == ["Pong", "Boxing"]
    with pytest.raises(SystemExit):
        parser.parse_args(["--games", "Pong,Chess"])
    assert "'Chess' is none of Pong, Boxing" in capsys.readouterr().err


def test_what_other_libraries_runs_were_made_with_is_told(kept, tmp_path):
    """Older results have no version: that is said, and not passed over."""
    told = ({}, {}, {"made_with": "stable-baselines3 2.9.0"})
    for number, each in enumerate(told):
        (tmp_path / f"{number}.json").write_text(json.dumps(each))
    said = table_runs.made_with(sorted(tmp_path.glob("?.json")))
    rivals = said.partition(" Of other libraries: ")[2]
    assert (
        rivals == "a version that was not written down (2 runs), stable-baselines3 2.9.0 (1 runs)."
    )


ROWS = [(name, row) for name, rows in agents_results.TABLES.items() for row in rows]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[row for _, row in ROWS])
def test_the_page_of_results_has_the_commands_that_make_its_runs(name, row):
    """The commands are those that users type, and no two rows are the same run."""
    words = agents_results.TABLES[name][row].words
    assert f"python -m launch {words} --workers 0 --seeds" in agents_results.PAGE.read_text()
    keys = [
        table_runs.run_key(tuple(shlex.split(each.words)), 0)
        for rows in agents_results.TABLES.values()
        for each in rows.values()
    ]
    assert keys.count(table_runs.run_key(tuple(shlex.split(words)), 0)) == 1


def test_text_goes_between_the_lines_that_name_it(tmp_path):
    page = tmp_path / "page.md"
    first, second = "<!-- one -->\nold\n<!-- end of one -->", "<!-- two -->\n<!-- end of two -->"
    page.write_text(f"a\n{first}\nb\n{second}\n")
    results.put(page, "one", "new")
    results.put(page, "two", "more")
    once = page.read_text()
    assert once.splitlines() == [
        *("a", "<!-- one -->", "", "new", "<!-- end of one -->"),
        *("b", "<!-- two -->", "", "more", "<!-- end of two -->"),
    ]
    results.put(page, "one", "new")
    assert page.read_text() == once
    with pytest.raises(SystemExit, match="<!-- three -->"):
        results.put(page, "three", "text")
    assert page.read_text() == once

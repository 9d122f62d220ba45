"""docs/chapter10.md: that what its rows name exists, and that the page is written from them."""

from pathlib import Path

import pytest

from benchmarks import chapter10, studies
from launch.commands.names import COMMANDS
from launch.experiments import catalog
from tests.test_docs import ROOT, wrong_in

ROWS = chapter10.rows()
PAGE = """# Studies

## exploration

A summary. Claim: what is claimed.

**The first figures say so.**

![A summary](images/exploration.png)

## replay

**And the second ones not.**
"""


def test_every_row_of_the_chapter_is_there_once():
    assert len({row["book"] for row in ROWS}) == len(ROWS) == 21


@pytest.mark.parametrize("row", ROWS, ids=[row["book"] for row in ROWS])
def test_what_a_row_names_exists(row):
    for command in row["commands"]:
        words = command.split()
        assert words[0] in {*COMMANDS, *catalog.EXPERIMENTS, *catalog.STUDIES}
        assert wrong_in(words) == []
    for document in row["documents"]:
        assert (ROOT / "docs" / document).exists()
    assert row.get("study", "exploration") in catalog.STUDIES
    assert row.get("result", "dqn_cartpole") in catalog.EXPERIMENTS
    assert row["where"].endswith(".")


def test_the_page_is_the_one_that_is_written_from_its_rows(tmp_path, monkeypatch):
    written = chapter10.PAGE.read_text()
    monkeypatch.setattr(chapter10, "PAGE", tmp_path / "chapter10.md")
    chapter10.main([])
    assert (tmp_path / "chapter10.md").read_text() == written


def test_the_page_of_studies_begins_as_it_is_written_and_says_what_an_optimum_is():
    assert studies.PAGE.read_text().startswith(studies._INTRODUCTION)
    assert "best for the agent's own discount" in studies._INTRODUCTION


def test_sentences_are_read_by_the_names_of_their_studies():
    assert studies.shown(PAGE) == {
        "exploration": "The first figures say so.",
        "replay": "And the second ones not.",
    }


def test_what_is_elsewhere_is_said_not_to_be_here():
    lacking = [row["book"] for row in ROWS if "not here yet" in row.get("missing", "")]
    assert lacking == ["Reinforcement learning announced for real-life data"]


def test_pictures_of_studies_are_small():
    drawn = [Path(ROOT / "docs" / "images" / f"{name}.png") for name in catalog.STUDIES]
    assert all(path.stat().st_size < 120_000 for path in drawn if path.exists())

"""Answers of a recommender as a terminal shows them, and as a file keeps them."""

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

from launch.cli import main
from launch.commands import printing
from launch.jobs.supervised import recommending

_TITLES = (
    "Seven Samurai (The Magnificent Seven) (Shichinin no samurai) (1954)",
    "Heat (1995)",
    "七人の侍 黒澤明監督作品 完全版 ある村の七人の侍たちの物語 (1954)",
)


class _Films:
    """Answers everybody with the same films."""

    def __init__(self, titles=_TITLES, number=1):
        self._table = pd.DataFrame(
            {
                "movie": [f"{number:d}"] * len(titles),
                "title": titles,
                "genres": "Action|Adventure|Animation|Children's",
                "rating": 4.123456,
                "by": "factors",
            }
        )

    def person(self, given):
        return given

    def knows(self, person):
        return True

    def top(self, user, k):
        return self._table.head(k)


@pytest.fixture
def terminal(monkeypatch):
    def of(width):
        monkeypatch.setattr(printing, "stdout", lambda: Console(force_terminal=True, width=width))

    return of


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_terminal_shows_each_answer_in_a_line(width, terminal, monkeypatch, tmp_path, capsys):
    out = tmp_path / "top.csv"
    monkeypatch.setattr(recommending, "of_run", lambda folder: _Films())
    terminal(width)
    assert main(["recommend", "RUN", "--user", "7", "--out", str(out)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["movie", "title", "genres", "rating", "by"]
    assert len(lines) == len(_TITLES)
    widths = {cell_len(line) for line in (header, *lines)}
    assert len(widths) == 1  # wide letters too are below each other
    assert width - 2 < max(widths) <= width
    assert "Seven Samurai (" in lines[0]
    assert "…" in lines[0]
    assert "Heat (1995)" in lines[1]  # what is short stays whole
    assert all(line.endswith(" 4.123 factors") for line in lines)
    assert pd.read_csv(out)["title"].tolist() == [*_TITLES]


def test_a_pipe_gets_whole_titles(monkeypatch, capsys):
    monkeypatch.setattr(recommending, "of_run", lambda folder: _Films())
    assert main(["recommend", "RUN", "--user", "7"]) == 0
    said = capsys.readouterr().out
    assert all(title in said for title in _TITLES)
    assert "…" not in said


def test_numbers_are_cut_only_where_titles_are_not_enough(terminal):
    terminal(80)
    whole = printing.rows(_Films(number=10**25).top("7", 3), first=("title", "genres"))
    assert f"{10**25:d}" in whole
    terminal(50)
    short = printing.rows(_Films(number=10**25).top("7", 3), first=("title", "genres"))
    assert f"{10**25:d}" not in short
    assert max(map(cell_len, short.splitlines())) <= 50


def test_a_table_that_fits_stays_as_it_is(terminal):
    table = _Films(titles=("Heat (1995)",)).top("7", 1)
    terminal(80)
    shown = printing.rows(table, first=("title", "genres"))
    assert "Heat (1995) Action|Adventure|Animation|Children's" in shown
    assert printing.rows(table.head(0), first=("title",))


def test_who_is_not_known_is_told_in_a_line(monkeypatch, capsys):
    monkeypatch.setattr(_Films, "knows", lambda self, person: False)
    monkeypatch.setattr(recommending, "of_run", lambda folder: _Films())
    assert main(["recommend", "RUN", "--user", "123456"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "123456: nobody of whom there are ratings to go by: the most popular"

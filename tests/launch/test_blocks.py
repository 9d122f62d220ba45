"""Blocks of names and texts."""

from launch.terminal.blocks import block


def test_texts_stand_below_each_other_and_go_on_below_themselves():
    rows = [("a", "one two three four"), ("empty", ""), ("longer", "five")]
    assert block("title", rows, width=20) == [
        "title",
        "  a       one two",
        "          three four",
        "  longer  five",
    ]


def test_nothing_is_cut():
    path = "runs/" + 30 * "x"
    assert block("title", [("folder", path)], width=20) == ["title", f"  folder  {path}"]


def test_a_title_can_stand_alone():
    assert block("title", []) == ["title"]

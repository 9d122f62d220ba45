"""Benchmarks as programs: what they do with words that they do not know, and what they leave."""

import importlib
import subprocess
from pathlib import Path

import pytest

from benchmarks import results

HERE = Path(results.__file__).parent
PROGRAMS = [
    path for path in sorted(HERE.glob("*.py")) if '__name__ == "__main__"' in path.read_text()
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_benchmark_reads_its_words(path):
    """None starts the long measurement, or writes its page, without a look at them."""
    source = path.read_text()
    reads = ("parse_args(", "repeats(", "flags(", "measuring.arguments(")
    assert any(word in source for word in reads)


@pytest.mark.parametrize("name", ["checkpoints", "profile", "chapter10", "coverage", "searches"])
@pytest.mark.parametrize("flag", ["--foo", "--repeats=x"])
def test_an_unknown_flag_is_a_usage_line(name, flag, capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f"benchmarks.{name}").main([flag])
    assert stop.value.code == 2
    assert "usage: " in capsys.readouterr().err


def test_searches_without_a_study_say_what_they_need(capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module("benchmarks.searches").main([])
    assert stop.value.code == 2
    assert "STUDY" in capsys.readouterr().err


def test_what_a_killed_benchmark_leaves_is_ignored_by_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with results.temporary_folder() as place:
        (Path(place) / "file").touch()
        found = subprocess.run(["git", "check-ignore", "-q", place], cwd=HERE, check=False)
    assert found.returncode == 0
    assert not list(tmp_path.iterdir())
    assert "dir=os.getcwd()" not in "".join(path.read_text() for path in PROGRAMS)

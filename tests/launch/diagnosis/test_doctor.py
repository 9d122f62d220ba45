"""The command doctor: its lines, its summary, its exit code."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from common.findings import Finding, fail, ok, warn
from launch import cli
from launch.commands import doctor
from launch.diagnosis import (
    lines,
)
from launch.diagnosis.finding import Group

GROUPS = (
    *("Python", "packages", "processor", "memory and disks", "TensorFlow", "Ray", "ports"),
    *("curves and films", "data sets"),
)
Usage = namedtuple("Usage", "total free")


def _lines(*findings: Finding) -> list[str]:
    return [line.plain for each in findings for line in lines.of_finding(each)]


def test_lines_have_80_columns_and_say_all():
    words = "several plain words and a path " * 6
    path = "/a/very/long/path" * 12
    found = fail("a-very-long-package-name", words + path, f"pip install {path}")
    said = _lines(found, ok("x", ""), ok("x", "y"))
    assert max(map(len, said)) <= 80
    text = "".join(line.strip() for line in said).replace(" ", "")
    assert f"{words}{path}".replace(" ", "") in text
    assert f"mend:pipinstall{path}" in text
    assert said[-1] == "  ok    x              y"


def test_the_mend_stands_under_what_is_wrong():
    assert _lines(warn("cache", "is full", "free it")) == [
        "  warn  cache          is full",
        "        mend: free it",
    ]


def test_the_summary_counts():
    good, bad, worse = ok("a", "b"), warn("a", "b", "c"), fail("a", "b", "c")
    said = [
        lines.of_summary(each).plain
        for each in ([good], [good, bad, bad], [bad, worse], [worse, worse])
    ]
    assert said == [
        "all that training needs works here",
        "all that training needs works here; 2 warnings",
        "a training cannot run here: 1 failure; 1 warning",
        "a training cannot run here: 2 failures",
    ]


def _broken() -> Finding:
    raise OSError("no such\n  device")


def test_a_check_that_breaks_is_a_finding_and_the_others_are_made():
    checks = {"disk": _broken, "cores": lambda: [ok("cores", "2")]}
    broken, cores = Group(name="machine", checks=checks).findings()
    assert (broken.item, broken.state) == ("disk", "fail")
    assert broken.found == "the check itself broke: OSError: no such device"
    assert cores.state == "ok"


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_exit_code_says_whether_a_training_can_run(flags, monkeypatch, capsys):
    def examined(*findings: Finding) -> int:
        group = Group(name="machine", checks={"all": lambda: findings})
        monkeypatch.setattr(doctor, "groups", lambda **_: [group])
        return cli.main(["doctor", *flags])

    assert examined(ok("a", "b"), warn("a", "b", "c")) == 0
    assert examined(ok("a", "b"), fail("a", "b", "c")) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_folder_for_runs_that_cannot_be_written_is_exit_code_1(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")
    assert cli.main(["doctor", "--quick", "--out", str(file), "--data-cache", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "mend: another place: --out DIR" in said
    assert said.splitlines()[-1].startswith("a training cannot run here: 1 failure")


def _doctor(tmp_path: Path, *flags: str) -> str:
    out = ["--out", str(tmp_path / "runs"), "--data-cache", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "launch", "doctor", "--quick", *out, *flags]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    return done.stdout


def test_a_quick_look_at_this_machine(tmp_path):
    said = _doctor(tmp_path).splitlines()
    assert max(map(len, said)) <= 80
    assert tuple(line for line in said if line and line[0] != " ")[:-1] == GROUPS
    assert said[-1].startswith("all that training needs works here")
    assert said[-1].endswith("3 left out")


def test_a_look_as_json(tmp_path):
    found = json.loads(_doctor(tmp_path, "--json"))
    assert tuple(dict.fromkeys(each["group"] for each in found)) == GROUPS
    for each in found:
        assert set(each) == {"group", "item", "state", "found", "mend"}
        assert (each["mend"] is None) == (each["state"] in ("ok", "skip"))


def test_a_package_without_which_nothing_starts_is_named():
    code = (
        "import runpy, sys; sys.modules['tyro'] = None\n"
        "runpy.run_module('launch', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: Python's package 'tyro' is not installed")

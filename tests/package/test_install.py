"""How `make setup` installs: by uv, told of pip's index, and by pip where uv is no use."""

import os
import shutil
import subprocess

import pytest

from tests.package.conftest import ROOT

_PYTHON = """#!/bin/sh
case "$*" in
  *"config get global.index-url"*) echo "$OF_PIP"; exit ;;
esac
echo "python $*" >> "$CALLS"
"""
_UV = """#!/bin/sh
echo "uv $* of ${UV_DEFAULT_INDEX:-its own index}" >> "$CALLS"
exit "$UV_ENDS"
"""


@pytest.fixture
def calls(tmp_path):
    """Runs the script with a Python and a uv that only note how they are called."""
    venv = tmp_path / "venv"

    def run(*, has_uv: bool = True, uv_ends: int = 0, of_pip: str = "", **more: str) -> list[str]:
        for name, text in {"python": _PYTHON, "uv": _UV}.items():
            program = (tmp_path / "bin" if name == "uv" else venv / "bin") / name
            program.parent.mkdir(parents=True)
            if has_uv or name != "uv":
                program.write_text(text)
                program.chmod(0o755)
        noted = tmp_path / "calls"
        ours = {"CALLS": noted, "UV_ENDS": uv_ends, "OF_PIP": of_pip, **more}
        hidden = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
        variables = {name: value for name, value in os.environ.items() if name not in hidden}
        variables |= {name: str(value) for name, value in ours.items()}
        variables["PATH"] = str(tmp_path / "bin")  # a uv of the machine is none of ours
        bash, script = shutil.which("bash"), ROOT / "requirements" / "install.sh"
        subprocess.run([str(bash), str(script), str(venv), "-r", "pins"], env=variables, check=True)
        return noted.read_text().replace(str(venv), "VENV").splitlines()

    return run


_BY_UV = "uv pip install --quiet --python VENV/bin/python --compile-bytecode -r pins"
_BY_PIP = "python -m pip --disable-pip-version-check install --quiet --compile -r pins"


def test_uv_installs_and_nothing_else_happens(calls):
    assert calls() == [f"{_BY_UV} of its own index"]


@pytest.mark.parametrize(
    ("settings", "index"),
    [
        ({"of_pip": "file:///mirror"}, "file:///mirror"),
        ({"of_pip": "file:///mirror", "PIP_INDEX_URL": "file:///other"}, "file:///other"),
        ({"of_pip": "file:///mirror", "UV_DEFAULT_INDEX": "file:///uvs"}, "file:///uvs"),
    ],
)
def test_uv_is_told_of_the_index_that_pip_would_take(calls, settings, index):
    assert calls(**settings) == [f"{_BY_UV} of {index}"]


def test_pip_installs_what_uv_cannot(calls):
    assert calls(uv_ends=1) == [f"{_BY_UV} of its own index", _BY_PIP]


def test_pip_brings_uv_or_installs_by_itself(calls):
    brought, then = calls(has_uv=False)
    assert brought.startswith("python -m pip --disable-pip-version-check install -qq uv")
    assert then == _BY_PIP


def test_every_target_tells_what_it_is_for():
    text = (ROOT / "Makefile").read_text()
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (phony,) = [line for line in text.splitlines() if line.startswith(".PHONY: ")]
    parts = {"quick-lint", "quick-tests"}
    for target in set(phony.split()[1:]) - parts:
        assert f"  make {target} " in said
    assert max(map(len, said.splitlines())) <= 100

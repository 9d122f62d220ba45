"""The wheel in an environment that has nothing else, and in a folder that has nothing at all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.conftest import ROOT
from tests.package.test_metadata import ROOMS
from tests.processes import wait_for_records

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_TOPS = """
import importlib.metadata as metadata
print(*sorted({str(file).partition("/")[0] for file in metadata.files("actorlab")}))
"""


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """An environment with the wheel, and of the pins only what the wheel asks for."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pins = ["--constraint", str(ROOT / "requirements" / "cpu.txt")]
    install = [str(ROOT / "requirements" / "install.sh"), str(folder), f"{wheel}[cpu]", *pins]
    subprocess.run(install, check=True)
    return folder / "bin"


@pytest.fixture
def start(environment, tmp_path):
    """Starts a program of the environment in an empty folder, without our Python path."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}

    def started(program: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(environment / program), *arguments],
            cwd=tmp_path,
            env=variables,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return started


@pytest.fixture
def ended(start):
    """Runs a program to its end; gives its exit code and all that it said."""

    def run(program: str, *arguments: str) -> tuple[int, str]:
        process = start(program, *arguments)
        out, err = process.communicate(timeout=300)
        return process.returncode, out + err

    return run


def test_an_agent_trains_stops_goes_on_and_is_reported(start, ended, tmp_path):
    run = tmp_path / "run"
    command = ["q_frozenlake", "--workers", "0", "--env-steps", "8000000", "--run-dir", "run"]
    process = start("actorlab", *command)
    wait_for_records(run, 3, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130, process.communicate()
    assert json.loads((run / "result.json").read_text())["status"] == "interrupted"
    code, said = ended("actorlab", "resume", "run")
    assert code == 0, said
    assert json.loads((run / "result.json").read_text())["status"] == "finished"
    left = {path.name for path in run.iterdir()}
    assert {"config.json", "metrics.jsonl", "policy.npz", "learning_curve.png"} <= left
    code, said = ended("actorlab", "report", "run", "--out", "report.png")
    assert code == 0, said
    assert (tmp_path / "report.png").stat().st_size > 10_000


def test_a_network_trains_on_ray(ended, tmp_path):
    command = ["dqn_cartpole", "--workers", "2", "--env-steps", "5000", "--run-dir", "run"]
    code, said = ended("actorlab", *command)
    assert code == 0, said
    assert (tmp_path / "run" / "policy.keras").exists()


def test_a_sample_asks_for_its_extra_from_a_worker_on_ray(ended):
    code, said = ended("actorlab", "linear_boston", "--data", "sample")
    assert code == 2, said
    assert said.splitlines()[-1].endswith('pip install "actorlab[samples]"')
    assert "Traceback" not in said


def test_the_packages_are_ours_and_extras_are_asked_for(ended):
    code, said = ended("python", "-c", _TOPS)
    assert code == 0, said
    ours = {name for name in said.split() if name.isidentifier()}
    assert ours == ROOMS
    code, said = ended("actorlab", "tune", "mlp_bank")
    assert (code, said.count("\n")) == (2, 1), said
    assert 'pip install "actorlab[tune]"' in said

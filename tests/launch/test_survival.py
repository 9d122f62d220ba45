"""Whole runs and the machine around them: ports, processes, Ray's own troubles."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch.cli import main
from tests.chaos.__main__ import Case, attempt
from tests.launch.conftest import SHORT
from tests.processes import LOOPBACK, all_gone, descendants, listening, spawn

_LONG = (
    *("q_frozenlake_8x8", "--workers", "2", "--num-envs", "64"),
    *("--evaluation.final-episodes", "50"),
)


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_lost_node_leaves_no_trace(tmp_path):
    """One of the faults of `make chaos`; the others' quick twins strike inside this process."""
    case = Case(number=1, seed=0, kind="a node lost", agent="table", workers=2, when=0.3)
    verdict = attempt(case, tmp_path)
    assert not verdict.problem
    assert verdict.equal
    assert verdict.clean


def test_a_process_that_dies_on_the_spot_leaves_its_last_words():
    code = (
        "import os; from launch.terminal.last_words import last_words\n"
        "with last_words('go on so'):\n    {}"
    )
    for end, words in (("os.kill(os.getpid(), 9)", "go on so\n"), ("os._exit(1)", "go on so\n")):
        run = [sys.executable, "-c", code.format(end)]
        died = subprocess.run(run, capture_output=True, text=True, timeout=30)
        assert died.stderr == words
    for end in ("pass", "raise SystemExit(3)"):
        run = [sys.executable, "-c", code.format(end)]
        assert subprocess.run(run, capture_output=True, text=True, timeout=30).stderr == ""


@pytest.mark.slow
def test_nothing_is_left_after_a_failure(tmp_path):
    env = ["--env", "tests.envs.broken:Broken-raise-v0", "--num-envs", "4"]
    process = spawn("dqn", *env, "--workers", "2", "--run-dir", str(tmp_path / "run"))
    below: set[int] = set()
    while process.poll() is None:
        below |= set(descendants(process.pid))
        time.sleep(0.1)
    _, err = process.communicate()
    assert process.returncode == 1
    assert "the motor is on fire" in err
    assert "Traceback" not in err
    assert below
    assert all_gone(list(below))


def _wait_for_imports(pid: int) -> None:
    """Returns once a process imports what ours needs; before that, an interrupt is Python's."""
    end = time.monotonic() + 30
    while "numpy" not in Path(f"/proc/{pid}/maps").read_text():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("after", [0.0, pytest.param(3.0, marks=pytest.mark.slow)])
def test_an_interrupt_while_ray_starts_leaves_nothing(tmp_path, after):
    """As a terminal sends it: to the whole process group."""
    folder = tmp_path / "run"
    process = spawn(*_LONG, "--run-dir", str(folder), start_new_session=True)
    below: set[int] = set()
    _wait_for_imports(process.pid)
    end = time.monotonic() + after
    while time.monotonic() < end:
        below |= set(descendants(process.pid))
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert all_gone(list(below))
    if folder.exists():  # it had begun: it goes on
        assert list((folder / "checkpoints").glob("step_*"))


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short path, as Ray's sockets need."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="lab"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def stale(short: Path) -> Path:
    """Ray's folder after a session that died without a word: its address lies around in a file."""
    (short / "ray").mkdir()
    (short / "ray" / "ray_current_cluster").write_text("127.0.0.1:1")
    return short


@pytest.mark.slow
def test_two_runs_at_once_listen_on_loopback_and_leave_nothing(tmp_path, stale):
    """Each beside another run that knows nothing of it, one in the remains of a dead session."""
    flags = ["--workers", "2", "--out", str(tmp_path), "--unfinished", "new"]
    run = [
        "q_frozenlake_8x8",
        "--num-envs",
        "64",
        "--env-steps",
        "300000",
        "--evaluation.final-episodes",
        "50",
    ]
    both = [spawn(*run, *flags, env={"RAY_TMPDIR": str(stale)}), spawn(*run, *flags)]
    addresses: set[str] = set()
    below: set[int] = set()
    while any(process.poll() is None for process in both):
        processes = [process.pid for process in both if process.poll() is None]
        below |= set(itertools.chain(*(descendants(pid) for pid in processes)))
        addresses |= set(listening([*processes, *below]))
        time.sleep(0.2)
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert addresses, "Ray was expected to listen somewhere"
    assert addresses <= set(LOOPBACK)
    assert all_gone(list(below))
    folders = list((tmp_path / "q_frozenlake_8x8").iterdir())
    assert len(folders) == 2
    assert main([*run, "--workers", "0", "--run-dir", str(tmp_path / "alone")]) == 0
    fingerprints = {_result(folder)["fingerprint"] for folder in [*folders, tmp_path / "alone"]}
    assert len(fingerprints) == 1


@pytest.mark.parametrize("asked_by", ["--address auto", "RAY_ADDRESS"])
def test_a_stale_ray_session_is_said_where_it_is_asked_for(
    tmp_path, stale, monkeypatch, capsys, asked_by
):
    monkeypatch.setenv("RAY_TMPDIR", str(stale))
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.setattr("ray._private.services.find_gcs_addresses", lambda: set())
    flags = ["--workers", "1", "--run-dir", str(tmp_path / "run")]
    if asked_by == "RAY_ADDRESS":
        monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    else:
        flags += ["--address", "auto"]
    assert main([*SHORT["table"], *flags]) == 2
    assert "--address 127.0.0.1:1: nothing answers there" in capsys.readouterr().err


_FULL_STORE = """
import sys
import numpy as np
import ray
from launch.cli import main
from ray.exceptions import OutOfDiskError

ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False,
         configure_logging=False, object_store_memory=80_000_000, _temp_dir=sys.argv[1],
         _system_config={"automatic_object_spilling_enabled": False})
held = []
for size in (4_000_000, 50_000, 500):
    try:
        while True:
            held.append(ray.put(np.zeros(size, np.uint8)))
    except OutOfDiskError:
        pass
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
def test_a_full_object_store_is_said_and_the_run_can_be_resumed(tmp_path, short):
    """Ray falls back to the disk; so the disk must be full, too."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(short)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs a privilege")
    folder = tmp_path / "run"
    try:
        command = [sys.executable, "-c", _FULL_STORE, str(short), *SHORT["dqn"], "--workers", "1"]
        run = subprocess.run(
            [*command, "--run-dir", str(folder)], capture_output=True, text=True, timeout=120
        )
    finally:
        subprocess.run(["umount", "-l", str(short)], check=True)
    assert run.returncode == 1, run.stderr
    (error,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert "Ray's object store takes nothing more" in error
    assert f"python -m launch resume {folder}" in error
    assert main(["resume", str(folder), "--workers", "0"]) == 0
    assert main([*SHORT["dqn"], "--workers", "0", "--run-dir", str(tmp_path / "whole")]) == 0
    assert _result(folder)["fingerprint"] == _result(tmp_path / "whole")["fingerprint"]

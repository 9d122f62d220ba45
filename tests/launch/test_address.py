"""Joining a cluster that somebody else started."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launch.conftest import SHORT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A head node that these tests share, ended by its process id."""
    tmp_path = tmp_path_factory.mktemp("head")
    port = _free_port()
    while 10_000 <= port < 20_000:  # Ray's own workers take these
        port = _free_port()
    command = [Path(sys.executable).parent / "ray", "start", "--head", "--block", "--num-cpus", "2"]
    log = open(tmp_path / "head.log", "w")
    head = subprocess.Popen(
        [*command, "--port", str(port), "--include-dashboard", "false", "--disable-usage-stats"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        end = time.monotonic() + 60
        while "Ray runtime started" not in (tmp_path / "head.log").read_text():
            assert head.poll() is None, (tmp_path / "head.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()
        head.wait(60)
        log.close()


def test_a_cluster_is_joined_by_flag_or_environment_and_left_running(address, tmp_path, launch):
    """Somewhere else, so that the workers find our packages only where the run ships them."""
    here = launch("table", "here", "--workers", "0")
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    name, *flags = [*SHORT["table"], "--workers", "2"]
    ways = {
        "flag": ([name, *flags, "--address", address], environment),
        # Beside a supervised job.
        "environment": (
            [name, "linear_synthetic", *flags],
            {**environment, "RAY_ADDRESS": address},
        ),
    }
    for way, (arguments, variables) in ways.items():
        run = subprocess.run(
            [sys.executable, "-m", "launch", *arguments, "--out", str(tmp_path / way)],
            env=variables,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert run.returncode == 0, run.stderr
        (result,) = (tmp_path / way).glob(f"{name}/*/result.json")
        assert json.loads(result.read_text())["fingerprint"] == here["fingerprint"]
    (result,) = (tmp_path / "environment").glob("linear_synthetic/*/result.json")
    assert json.loads(result.read_text())["status"] == "finished"
    host, port = address.split(":")
    socket.create_connection((host, int(port)), timeout=5).close()


def test_more_gpus_than_the_cluster_has_are_refused_there(address, tmp_path):
    command = [sys.executable, "-m", "launch", *SHORT["table"], "--workers", "2"]
    flags = ["--address", address, "--worker-gpus", "1", "--run-dir", str(tmp_path / "run")]
    run = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=120)
    assert run.returncode == 2
    assert "asks for 2 GPUs" in run.stderr
    assert "do not fit on the cluster's 0" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 2  # the first says that Ray starts

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


@pytest.mark.parametrize("way", [pytest.param("flag", marks=pytest.mark.slow), "environment"])
def test_a_cluster_is_joined_and_left_running(address, tmp_path, launch, way):
    """Somewhere else, so that the workers find our packages only where the run ships them."""
    here = launch("table", "here", "--workers", "0")
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    name, *flags = [*SHORT["table"], "--workers", "2"]
    if way == "flag":
        arguments = [name, *flags, "--address", address]
    else:
        arguments = [name, "linear_synthetic", *flags]  # beside a supervised job
        environment |= {"RAY_ADDRESS": address}
    run = subprocess.run(
        [sys.executable, "-m", "launch", *arguments, "--out", str(tmp_path / way)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr
    (result,) = (tmp_path / way).glob(f"{name}/*/result.json")
    assert json.loads(result.read_text())["fingerprint"] == here["fingerprint"]
    if way == "environment":
        (result,) = (tmp_path / way).glob("linear_synthetic/*/result.json")
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

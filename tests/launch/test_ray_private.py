"""What we use of Ray beyond its public interface: there, and doing what we use it for."""

import ipaddress
import tomllib
from pathlib import Path

import ray
from ray._private import ray_constants, services, worker
from ray._private.ray_logging import stdout_deduplicator

from launch.cluster import ray_private


def test_ray_is_bounded_from_above():
    """Any later version may have moved these names."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    (wanted,) = [name for name in project["project"]["dependencies"] if name.startswith("ray[")]
    major, minor = ray.__version__.split(".")[:2]
    assert wanted == f"ray[default]>={major}.{minor},<{major}.{int(minor) + 1}"


def test_loopback_is_for_the_time_of_a_start_only(monkeypatch):
    # Another test of this process may have joined the cluster, whose address is then told.
    monkeypatch.setattr(worker, "_global_node", None)
    before = ray_constants.ENABLE_RAY_CLUSTER
    with ray_private.on_loopback():
        assert services.get_node_ip_address() == "127.0.0.1"
    assert before == ray_constants.ENABLE_RAY_CLUSTER


def test_this_machine_has_an_address():
    assert ipaddress.ip_address(ray_private.outward_address())


def test_a_running_cluster_is_an_address_or_nothing(monkeypatch):
    monkeypatch.setattr(
        services, "get_ray_address_from_environment", lambda address, folder: "10.0.0.1:6379"
    )
    assert ray_private.running_cluster() == "10.0.0.1:6379"

    def nowhere(address, folder):
        raise ConnectionError

    for none in (lambda address, folder: "local", nowhere):
        monkeypatch.setattr(services, "get_ray_address_from_environment", none)
        assert ray_private.running_cluster() is None


def test_the_raylet_is_silenced(monkeypatch):
    monkeypatch.setattr(stdout_deduplicator, "skip_re", None)
    ray_private.silence_raylet()
    pattern = stdout_deduplicator.skip_re
    assert pattern is not None
    assert pattern.match("(raylet) A worker died or was killed")


def test_a_token_may_be_missing():
    ray_private.use_token()

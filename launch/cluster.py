"""Starting or joining Ray, and what a job may ask of it."""

import logging
import os
import re
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ray
from ray._common.network_utils import node_ip_address_from_perspective  # pyright: ignore
from ray._private import ray_constants, services
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.ray_logging import stdout_deduplicator

from common.errors import RunError, UsageError
from launch.configs import PlacementConfig, ResourceConfig

_OURS = ("actorlab", "agents", "common", "envs", "launch", "supervised", "training")
_PROBE_SECONDS = 3.0
PLACEMENT_SECONDS = 120.0
"""How long a worker or learner may wait for its place."""


@contextmanager
def connected(asked: str | None, modules: Collection[str] = ()) -> Iterator[None]:
    """Ray for the time of a command: a local instance, the cluster asked for, or the one we are in.

    A local instance has no dashboard, keeps token authentication on, and listens on loopback only.
    Whatever this started or joined is left again at the end, also after an error.

    Args:
        asked: The cluster's address; None takes RAY_ADDRESS, or starts a local instance.
        modules: Modules that are not ours and that a cluster's nodes need.

    Raises:
        UsageError: Nothing answers at the address.
    """
    if ray.is_initialized():
        yield
        return
    address = asked or os.environ.get("RAY_ADDRESS") or "local"
    logging.getLogger("ray").setLevel(logging.ERROR)
    # The raylet's long words about dead workers go past logging; we say them in a line of our own.
    stdout_deduplicator.skip_re = re.compile("")
    options: dict[str, Any] = {"include_dashboard": False}
    if address == "auto":
        address = _found()
    if address != "local":
        _probe(address)
        options = _join_options(modules)
        # `ray start` turns authentication on where a token lies ready; `ray.init` that joins does
        # not look for the token by itself, and is turned away after 20 seconds.
        maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    try:
        with _on_loopback() if _is_on_loopback(address) else nullcontext():
            ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **options,
            )
    except (OSError, ValueError, RuntimeError) as error:  # a ConnectionError is an OSError
        first = str(error).strip().splitlines()[0]
        if address == "local":
            raise RunError(
                f"Ray cannot start on this machine: {first}; --workers 0 or --local do without"
            ) from None
        raise UsageError(
            f"--address {address}: cannot join a Ray cluster: {first} "
            "(a cluster with a token needs it in RAY_AUTH_TOKEN or ~/.ray/auth_token here)"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Has a Ray that is started inside take 127.0.0.1 for its node's address.

    Ray turns a loopback address that it is given into the machine's outward one, and its servers
    then listen on all interfaces; this switch, meant for laptops, is what it has against that.
    """
    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def worker_cpus(workers: int) -> float:
    """CPUs to reserve for each worker so that all of them fit on the cluster's nodes.

    A worker gets one CPU where there are enough; beyond that workers share cores equally.

    Raises:
        UsageError: No node of the cluster has a CPU.
    """
    nodes = [node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"]]
    return cpu_share(nodes, workers)


def cpu_share(node_cpus: list[float], workers: int) -> float:
    """The largest share of at most one CPU at which `workers` fit, each within one node."""
    shares = {1.0} | {cpus / k for cpus in node_cpus for k in range(1, workers + 1)}
    for share in sorted(shares, reverse=True):
        # Ray counts in ten-thousandths of a CPU: round down so that the shares of a node still fit.
        share = int(share * 1e4) / 1e4
        if 0 < share <= 1 and sum(int(cpus / share + 1e-9) for cpus in node_cpus) >= workers:
            return share
    raise UsageError(f"--workers {workers}: the cluster has no CPU to place them on")


def _join_options(modules: Collection[str]) -> dict[str, Any]:
    """Ships packages to the cluster's nodes, unless a submitted job has shipped them."""
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ:
        return {}
    root = Path(__file__).parent.parent
    ours = [str(root / name) for name in _OURS]
    return {"runtime_env": {"py_modules": [*ours, *_sources(modules)]}}


def _sources(modules: Collection[str]) -> list[str]:
    """The files or packages of modules that are neither ours nor installed, to be shipped."""
    tops = sorted({module.partition(".")[0] for module in modules} - {*_OURS, "__main__"})
    found = []
    for top in tops:
        spec = find_spec(top)
        if spec is None or spec.origin is None:
            continue
        place = Path(spec.origin)
        place = place.parent if spec.submodule_search_locations else place
        if "site-packages" not in place.parts:
            found.append(str(place))
    return found


def fits(node_gpus: list[float], wanted: list[float]) -> bool:
    """Whether each request fits on one node beside the others, the largest placed first."""
    return _placed([{"GPU": gpus} for gpus in node_gpus], [{"GPU": gpus} for gpus in wanted])


def check_gpus(placement: PlacementConfig) -> None:
    """Makes sure that a run's GPUs fit on the cluster.

    Raises:
        UsageError: They never will.
    """
    gpus = [node["Resources"].get("GPU", 0.0) for node in ray.nodes() if node["Alive"]]
    wanted = [placement.learner_gpus, *[placement.worker_gpus] * placement.workers]
    if not fits(gpus, wanted):
        raise UsageError(
            f"the job asks for {sum(wanted):g} GPUs (--learner-gpus {placement.learner_gpus:g}, "
            f"{placement.workers} x --worker-gpus {placement.worker_gpus:g}), which do not fit on "
            f"the cluster's {sum(gpus):g}: ask for less, or join a larger one with --address"
        )


def shared_bundles(resources: ResourceConfig) -> list[dict[str, float]]:
    """What a supervised job needs together with its workers, a place each; the first is its own.

    While its workers compute, the job itself and its parameter servers do little: they have memory
    reserved, and no CPU.
    """
    if not resources.workers:
        return []
    memory = {"memory": float(int(resources.memory_gb * 1e9))}
    worker = {"CPU": worker_cpus(resources.workers), "GPU": resources.gpus, **memory}
    worker = {name: amount for name, amount in worker.items() if amount}
    return [dict(memory), *(dict(worker) for _ in range(resources.workers))]


def check_resources(experiment: str, resources: ResourceConfig) -> None:
    """Makes sure that a job fits on the cluster: on some node, and so do its workers.

    Raises:
        UsageError: It never will.
    """
    wanted = {"CPU": resources.cpus, "GPU": resources.gpus, "memory": resources.memory_gb * 1e9}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if not any(all(n.get(k, 0.0) >= v for k, v in wanted.items()) for n in nodes):
        largest = {k: max(n.get(k, 0.0) for n in nodes) for k in wanted}
        raise UsageError(
            f"{experiment} asks for {resources.cpus} CPUs, {resources.gpus:g} GPUs and "
            f"{resources.memory_gb:g} GB on one node (--cpus, --gpus, --memory-gb); the largest "
            f"here have {largest['CPU']:g}, {largest['GPU']:g} and {largest['memory'] / 1e9:.1f} GB"
        )
    bundles = shared_bundles(resources)
    if not _placed([dict(node) for node in nodes], bundles):
        have = {k: sum(n.get(k, 0.0) for n in nodes) for k in wanted}
        raise UsageError(
            f"{experiment}: --workers {resources.workers} do not fit on the cluster: each takes "
            f"{_told(bundles[-1])}, the job {resources.memory_gb:g} GB, and all nodes have "
            f"{_told(have)} together; ask for fewer, or for less --memory-gb or --gpus"
        )


def _placed(nodes: list[dict[str, float]], bundles: list[dict[str, float]]) -> bool:
    """Whether each bundle fits on one node beside the others, the largest placed first."""
    for bundle in sorted(bundles, key=lambda b: (b.get("GPU", 0), b.get("CPU", 0)), reverse=True):
        node = next(
            (n for n in nodes if all(n.get(k, 0.0) >= v - 1e-9 for k, v in bundle.items())), None
        )
        if node is None:
            return False
        for kind, amount in bundle.items():
            node[kind] -= amount
    return True


def _told(amounts: Mapping[str, float]) -> str:
    told = [f"{amounts[kind]:g} {kind}" for kind in ("CPU", "GPU") if amounts.get(kind)]
    return ", ".join([*told, f"{amounts.get('memory', 0.0) / 1e9:.1f} GB"])


def _is_on_loopback(address: str) -> bool:
    """Whether a Ray is to be started, or one joined that can be reached on loopback alone."""
    if address == "local":
        return True
    host, port = _parts(address)
    if host not in ("localhost", "127.0.0.1", "::1"):
        return False
    try:
        _connect(node_ip_address_from_perspective(None), port)
    except OSError:
        return True
    return False


def _found() -> str:
    """The address of the cluster that runs on this machine, or ran: it is in a file that stays."""
    try:
        found = services.get_ray_address_from_environment("auto", None)
    except ConnectionError:
        found = None
    if found in (None, "auto", "local"):
        raise UsageError(
            "--address auto: no Ray cluster runs on this machine; start one with `ray start "
            "--head`, or leave --address out"
        )
    return found


def _parts(address: str) -> tuple[str, str]:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    return host.strip("[]"), port


def _connect(host: str, port: str) -> None:
    socket.create_connection((host, int(port)), timeout=_PROBE_SECONDS).close()


def _probe(address: str) -> None:
    host, port = _parts(address)
    if not host or not port.isdigit():
        raise UsageError(f"--address {address}: expected host:port, ray://host:port or auto")
    try:
        _connect(host, port)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"--address {address}: nothing answers there ({error}); start a cluster with "
            "`ray start --head`, or leave --address out to run on this machine"
        ) from None

"""Starting or joining Ray."""

import logging
import os
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import ray

from common.errors import RunError, UsageError
from launch.cluster import ray_private
from launch.cluster.shipping import join_options

_PROBE_SECONDS = 3.0


@contextmanager
def connected(asked: str | None, modules: Collection[str] = ()) -> Iterator[None]:
    """Connects to Ray while a command runs: to a new local instance, or to a running cluster.

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
    ray_private.silence_raylet()
    options: dict[str, Any] = {"include_dashboard": False}
    if address == "auto":
        address = _found()
    if address != "local":
        _probe(address)
        options = join_options(modules)
        ray_private.use_token()
    try:
        with ray_private.on_loopback() if _is_on_loopback(address) else nullcontext():
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


def _is_on_loopback(address: str) -> bool:
    """Whether a Ray is to be started, or one joined that can be reached on loopback alone."""
    if address == "local":
        return True
    host, port = _parts(address)
    if host not in ("localhost", "127.0.0.1", "::1"):
        return False
    try:
        _connect(ray_private.outward_address(), port)
    except OSError:
        return True
    return False


def _found() -> str:
    """The address of the cluster on this machine, from a file that also an ended one leaves.

    Raises:
        UsageError: There is none.
    """
    found = ray_private.running_cluster()
    if found is None:
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

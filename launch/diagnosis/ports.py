"""Ports of this machine that programs of a run listen on."""

import os
import socket

from common.findings import Finding, fail, ok, warn
from launch.diagnosis.finding import Check

_LOOPBACK = "127.0.0.1"
_DASHBOARD, _TENSORBOARD = 8265, 6006


def checks() -> dict[str, Check]:
    """The checks of this group."""
    return {
        "loopback": loopback,
        "Ray dashboard": lambda: port(
            "Ray dashboard", _DASHBOARD, "ray start --head --dashboard-port 8266"
        ),
        "TensorBoard": lambda: port(
            "TensorBoard", _TENSORBOARD, "tensorboard --logdir runs --port 6007"
        ),
    }


def loopback(host: str = _LOOPBACK) -> Finding:
    """Whether a process can listen where only this machine hears it, as Ray's do."""
    try:
        socket.create_server((host, 0)).close()
    except OSError as error:
        found = f"nothing can listen on {host} ({_reason(error)})"
        mend = "allow it in the sandbox; until then --workers 0 trains without Ray"
        return fail("loopback", found, mend)
    return ok("loopback", f"programs can listen on {host}")


def port(item: str, number: int, mend: str) -> Finding:
    """Whether a port is free.

    Args:
        item: What listens there.
        number: The port.
        mend: How to use another one.
    """
    try:
        socket.create_server((_LOOPBACK, number)).close()
    except OSError as error:
        return warn(item, f"port {number} cannot be had ({_reason(error)})", mend)
    return ok(item, f"port {number} is free")


def _reason(error: OSError) -> str:
    """The system's own words; Python adds the address to them."""
    return os.strerror(error.errno) if error.errno else str(error)

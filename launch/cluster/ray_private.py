"""Everything that we use of Ray beyond its public interface, each with what it is for.

Ray may move these names in any version, so `pyproject.toml` bounds Ray's version from above, and
a test imports this module.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from ray._common.network_utils import node_ip_address_from_perspective  # pyright: ignore
from ray._private import ray_constants, services
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.ray_logging import stdout_deduplicator


@contextmanager
def on_loopback() -> Iterator[None]:
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


def outward_address() -> str:
    """This machine's address as other machines see it."""
    return node_ip_address_from_perspective(None)


def running_cluster() -> str | None:
    """The address of the cluster on this machine, from a file that also an ended one leaves."""
    try:
        found = services.get_ray_address_from_environment("auto", None)
    except ConnectionError:
        return None
    return None if found in ("auto", "local") else found


def silence_raylet() -> None:
    """Hides the raylet's long words about dead workers, which go past Python's logging."""
    stdout_deduplicator.skip_re = re.compile("")


def use_token() -> None:
    """Turns token authentication on where a token lies ready.

    `ray start` does so; `ray.init` that joins a cluster does not look for the token by itself, and
    is turned away after 20 seconds.
    """
    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)

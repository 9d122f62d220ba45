"""A cluster of several nodes on loopback, for as long as standard input stays open.

    python -m tests.chaos.cluster [--gpus] CPUS [CPUS ...]

With --gpus the last node pretends to have one.

Prints one line of JSON: its address, and the process id of each node's raylet, the head's first.
"""

import json
import sys

from ray._private import ray_constants
from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray.cluster_utils import Cluster

_QUICK = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 300,
    "health_check_timeout_ms": 1_000,
    "health_check_failure_threshold": 3,
}
"""Ray takes about 15 seconds to notice a lost node; a test need not wait that long."""


def main(arguments: list[str]) -> None:
    """Runs the cluster."""
    cpus = [float(count) for count in arguments if count != "--gpus"]
    gpus = [0.0] * (len(cpus) - 1) + [float("--gpus" in arguments)]
    ray_constants.ENABLE_RAY_CLUSTER = False  # listen on loopback only, as launch/cluster.py does
    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)  # as `ray start` does
    cluster = Cluster()
    nodes = []
    for cpu, gpu in zip(cpus, gpus, strict=True):
        # Settings are the head's to give.
        settings = {} if nodes else {"_system_config": _QUICK}
        node = cluster.add_node(num_cpus=cpu, num_gpus=gpu, include_dashboard=False, **settings)
        nodes.append(node)
    raylets = [node.all_processes["raylet"][0].process.pid for node in nodes]
    print(json.dumps({"address": cluster.address, "raylets": raylets}), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])

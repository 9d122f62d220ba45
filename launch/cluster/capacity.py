"""What a run may ask of a cluster, and what fits on it."""

from collections.abc import Mapping

import ray

from common.errors import UsageError
from launch.config.execution import PlacementConfig, ResourceConfig

PLACEMENT_SECONDS = 120.0
"""Seconds that a worker or a learner may wait for its place."""


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
    """The resources of a supervised job and of each of its workers; the job's come first.

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
    """Makes sure that a job and its workers fit on the nodes of the cluster.

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

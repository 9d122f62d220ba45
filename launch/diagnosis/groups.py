"""All checks, in the order in which a reader needs them."""

from collections.abc import Mapping
from pathlib import Path

from launch.diagnosis import (
    data_sets,
    packages,
    pictures,
    ports,
    processor,
    python,
    ray,
    storage,
    tensorflow,
)
from launch.diagnosis.finding import Group
from supervised.datasets.source import Source


def groups(
    *, environment: Mapping[str, str], out: Path, source: Source, quick: bool
) -> list[Group]:
    """All groups of checks.

    Args:
        environment: The process's environment.
        out: Where the folders of runs go.
        source: Where data sets are looked for.
        quick: Whether to leave out what takes more than a second.
    """
    installed = packages.ThisPython()
    folder = ray.temporary_folder(environment)
    found = {
        "Python": python.checks(environment),
        "packages": packages.checks(installed),
        "processor": processor.checks(environment),
        "memory and disks": storage.checks(out=out, cache=source.cache, ray=folder),
        "TensorFlow": tensorflow.checks(environment, quick=quick),
        "Ray": ray.checks(environment, installed, quick=quick),
        "ports": ports.checks(),
        "curves and films": pictures.checks(),
        "data sets": data_sets.checks(source),
    }
    return [Group(name=name, checks=checks) for name, checks in found.items()]

"""Packages that the nodes of a running cluster need, shipped when it is joined."""

import os
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from launch.shadowing import ROOMS

_OURS = (*ROOMS, "launch")


def join_options(modules: Collection[str]) -> dict[str, Any]:
    """Ray's options that ship our packages, unless a submitted job has shipped them already.

    Args:
        modules: Modules that are not ours and that a cluster's nodes need.
    """
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ:
        return {}
    root = Path(__file__).parents[2]
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

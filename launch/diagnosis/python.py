"""Python itself, and which Actorlab it runs."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.specifiers import SpecifierSet

from common.findings import Finding, fail, ok, warn
from launch.diagnosis.finding import Check
from launch.diagnosis.packages import OURS
from launch.shadowing import shadowed

_HOME = Path(__file__).resolve().parents[2]
_SLOW_TO_COMPILE = "tensorflow"


def checks(environment: Mapping[str, str]) -> dict[str, Check]:
    """The checks of this group."""
    return {
        "version": lambda: version(platform.python_version(), _wanted()),
        "program": lambda: program(sys.executable, in_environment=sys.prefix != sys.base_prefix),
        "actorlab": lambda: ours(_HOME, _installed()),
        "own code": lambda: rooms(shadowed()),
        "bytecode": lambda: bytecode(_package(_SLOW_TO_COMPILE), environment),
    }


def version(found: str, wanted: str) -> Finding:
    """Whether Actorlab runs on this version of Python."""
    if SpecifierSet(wanted).contains(found, prereleases=True):
        return ok("version", f"{found} (wanted: {wanted})")
    return fail("version", f"{found}, but wanted {wanted}", "make setup PYTHON=python3.11")


def program(executable: str, *, in_environment: bool) -> Finding:
    """Where Python is."""
    kind = "a virtual environment" if in_environment else "no virtual environment"
    return ok("program", f"{executable}, {kind}")


def ours(home: Path, installed: metadata.Distribution | None) -> Finding:
    """Whether the code that runs is the one that is installed.

    Args:
        home: The folder that the running code is in.
        installed: What pip knows of Actorlab; None where it is not installed.
    """
    mend = f"pip install --no-deps --editable {home}"
    if installed is None:
        return warn("actorlab", f"runs from the folder {home}, and is not installed", mend)
    folder = _editable_folder(installed)
    if folder == home:
        return ok("actorlab", f"{installed.version}, the folder {home} (editable)")
    place = folder or Path(str(installed.locate_file(""))).resolve()
    if place == home:
        return ok("actorlab", f"{installed.version}, a wheel in {home}")
    return warn("actorlab", f"{home} runs, but another is installed: {place}", mend)


def rooms(trouble: str | None) -> Finding:
    """Whether another project's packages stand in the way of ours."""
    if trouble is None:
        return ok("own code", "Python finds Actorlab's own packages, and no others of their names")
    return fail("own code", trouble, "python -m venv .venv, and install Actorlab alone there")


def bytecode(package: Path | None, environment: Mapping[str, str]) -> Finding:
    """Whether Python can keep what it compiles of the largest package.

    Args:
        package: The package's folder; None where it is not installed.
        environment: The process's environment.
    """
    item = "bytecode"
    if package is None:
        return ok(item, f"{_SLOW_TO_COMPILE} is not installed")
    if Path(cache_from_source(str(package / "__init__.py"))).exists():
        return ok(item, f"{_SLOW_TO_COMPILE} is compiled")
    if environment.get("PYTHONDONTWRITEBYTECODE"):
        why = "PYTHONDONTWRITEBYTECODE is set"
    elif not os.access(package, os.W_OK):
        why = "its folder cannot be written"
    else:
        return ok(item, f"{_SLOW_TO_COMPILE} is compiled at its first import")
    return warn(
        item,
        f"{_SLOW_TO_COMPILE} is compiled anew by every process, as {why}: "
        "a start takes three times as long",
        f"python -m compileall -q -j 0 {package}",
    )


def _wanted() -> str:
    installed = _installed()
    return (installed.metadata["Requires-Python"] if installed else None) or ">=3.11"


def _installed() -> metadata.Distribution | None:
    try:
        return metadata.distribution(OURS)
    except metadata.PackageNotFoundError:
        return None


def _editable_folder(installed: metadata.Distribution) -> Path | None:
    """The folder that an editable installation points to; None for a wheel."""
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(origin["url"]).path)).resolve()


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None

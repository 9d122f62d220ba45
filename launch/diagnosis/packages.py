"""Installed packages against what Actorlab's own metadata asks for."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Protocol

from packaging.requirements import Requirement

from common.findings import Finding, fail, ok, warn
from launch.diagnosis.finding import Check

OURS = "actorlab"
_TENSORFLOW = ("tensorflow", "tensorflow-cpu")  # the same files: one of them at a time
_FOR_DEVELOPERS = "dev"


class Installed(Protocol):
    """What is known of packages without importing them."""

    def version(self, package: str) -> str | None:
        """The version of a package; None where it is not installed."""
        ...

    def requires(self, package: str) -> Sequence[str]:
        """What an installed package asks for, with its markers."""
        ...

    def extras(self, package: str) -> Sequence[str]:
        """The extras of an installed package."""
        ...


class ThisPython:
    """The packages that this Python can import."""

    def version(self, package: str) -> str | None:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None

    def requires(self, package: str) -> Sequence[str]:
        return metadata.requires(package) or ()

    def extras(self, package: str) -> Sequence[str]:
        return metadata.metadata(package).get_all("Provides-Extra") or ()


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A requirement that is not met.

    Attributes:
        requirement: The package and the versions that are wanted.
        version: The version that is installed; None where there is none.
    """

    requirement: Requirement
    version: str | None

    @property
    def found(self) -> str:
        wanted = self.requirement.specifier
        return f"{self.version}, but wanted {wanted}" if self.version else "not installed"

    @property
    def mend(self) -> str:
        return install(self.requirement)


def install(*requirements: Requirement) -> str:
    """The command that installs packages."""
    wanted = (f"{r.name}{_extras(r)}{r.specifier}" for r in requirements)
    return " ".join(["pip install", *(f"'{each}'" for each in wanted)])


def required(installed: Installed, extra: str = "", package: str = OURS) -> list[Requirement]:
    """What a package asks for on this machine: always, or for one of its extras alone."""
    asked = [Requirement(line) for line in installed.requires(package)]
    if not extra:
        return [r for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})]
    only = [r for r in asked if r.marker is not None and not r.marker.evaluate({"extra": ""})]
    return [r for r in only if r.marker is not None and r.marker.evaluate({"extra": extra})]


def unmet(requirement: Requirement, installed: Installed) -> Iterator[Unmet]:
    """What is missing of a requirement, its extras included."""
    version = installed.version(requirement.name)
    if version is None or not requirement.specifier.contains(version, prereleases=True):
        yield Unmet(requirement=requirement, version=version)
        return
    for extra in sorted(requirement.extras):
        for needed in required(installed, extra, requirement.name):
            yield from unmet(needed, installed)


def all_required(installed: Installed) -> list[Finding]:
    """Every package that Actorlab cannot do without: one line, and one for each that is wrong."""
    if installed.version(OURS) is None:
        return [
            warn(
                "required",
                "Actorlab is not installed, so what it needs is not known",
                "pip install --editable '.[cpu]'",
            )
        ]
    asked = required(installed)
    wrong = {r.name: list(unmet(r, installed)) for r in asked}
    missing = [
        fail(each.requirement.name, each.found, each.mend)
        for found in wrong.values()
        for each in found
    ]
    if not missing:
        return [ok("required", f"all {len(asked)} packages are here, in versions that fit")]
    fitting = sum(not found for found in wrong.values())
    return [ok("required", f"{fitting} of {len(asked)} packages are here and fit"), *missing]


def tensorflow(installed: Installed, *, has_driver: bool) -> Finding:
    """The one TensorFlow that Actorlab needs beside its other packages."""
    item = "TensorFlow"
    found = {name: version for name in _TENSORFLOW if (version := installed.version(name))}
    if len(found) > 1:
        return warn(
            item,
            f"{' and '.join(found)} are both installed, and overwrite each other's files",
            f"pip uninstall --yes {' '.join(found)}; then make setup",
        )
    if not found:
        extra = "gpu" if has_driver else "cpu"
        wanted = required(installed, extra)
        return fail(item, "not installed", install(*wanted) if wanted else "make setup")
    ((name, version),) = found.items()
    wanted = [
        r for extra in _kinds(installed) for r in required(installed, extra) if r.name == name
    ]
    for requirement in wanted:
        if not requirement.specifier.contains(version, prereleases=True):
            return fail(
                item, f"{version}, but wanted {requirement.specifier}", install(requirement)
            )
    return ok(item, f"{name} {version}")


def extras(installed: Installed) -> list[Finding]:
    """What is optional: a line of those that are here, and one for each that is not."""
    if installed.version(OURS) is None:
        return []
    here, missing = [], []
    for extra in sorted(set(installed.extras(OURS)) - set(_kinds(installed))):
        lacking = [each for r in required(installed, extra) for each in unmet(r, installed)]
        if not lacking:
            here.append(extra)
        elif extra != _FOR_DEVELOPERS:
            found = ", ".join(f"{each.requirement.name} {each.found}" for each in lacking)
            mend = install(*(each.requirement for each in lacking))
            missing.append(warn(f"extra {extra}", found, mend))
    return [ok("extras here", ", ".join(here) or "none"), *missing]


def checks(installed: Installed) -> dict[str, Check]:
    """The checks of this group."""
    has_driver = shutil.which("nvidia-smi") is not None
    return {
        "required": lambda: all_required(installed),
        "TensorFlow": lambda: tensorflow(installed, has_driver=has_driver),
        "extras": lambda: extras(installed),
    }


def _kinds(installed: Installed) -> list[str]:
    """The extras that are only there to choose a TensorFlow."""
    if installed.version(OURS) is None:
        return []
    return [
        extra
        for extra in installed.extras(OURS)
        if any(r.name in _TENSORFLOW for r in required(installed, extra))
    ]


def _extras(requirement: Requirement) -> str:
    return f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""

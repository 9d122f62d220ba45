"""The processor, and variables that change what it computes."""

import os
import platform
from collections.abc import Collection, Mapping
from pathlib import Path

import psutil

from common.findings import Finding, fail, ok, warn
from launch.diagnosis import container
from launch.diagnosis.finding import Check

_CPU_INFO = Path("/proc/cpuinfo")
_WANTED = ("avx2", "fma", "avx512f")  # what TensorFlow's and NumPy's fast loops are written for
_OURS = ("TF_ENABLE_ONEDNN_OPTS", "0")  # a run sets it by itself
_SPEED, _BITS = "changes the speed", "can change the last bits of results"
_VARIABLES = {
    **dict.fromkeys(
        (
            *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
            *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
        ),
        _SPEED,
    ),
    **dict.fromkeys(
        (
            *("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "MKL_CBWR"),
            *("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS"),
        ),
        _BITS,
    ),
}


def checks(environment: Mapping[str, str]) -> dict[str, Check]:
    """The checks of this group."""
    return {
        "model": lambda: ok("model", _told("model name") or platform.processor() or "not told"),
        "cores": lambda: cores(_usable(), os.cpu_count() or 1, container.cpu_quota()),
        "instructions": lambda: instructions(platform.machine(), _told("flags").split()),
        "variables": lambda: variables(environment),
    }


def cores(usable: int, machine: int, quota: float | None) -> Finding:
    """How many cores this process may use.

    Args:
        usable: Cores that the process may be put on.
        machine: Cores of the machine.
        quota: CPUs that its container may use at a time; None where nothing limits them.
    """
    text = f"{usable} of the machine's {machine} can be used"
    if quota is not None and quota < usable:
        text += f", for the time of {quota:g} (the container's quota)"
    return ok("cores", text)


def instructions(machine: str, flags: Collection[str]) -> Finding:
    """Which fast instructions the processor has."""
    item = "instructions"
    if machine.lower() not in ("x86_64", "amd64"):
        return ok(item, f"those of {machine}")
    if not flags:
        return ok(item, "the system does not tell them")
    if "avx" not in flags:
        return fail(item, "no avx, without which TensorFlow ends", "use a processor with avx")
    here = ", ".join(flag for flag in _WANTED if flag in flags)
    missing = ", ".join(flag for flag in _WANTED if flag not in flags)
    parts = [here, f"no {missing}, which is slower" if missing else ""]
    return ok(item, "; ".join(part for part in parts if part))


def variables(environment: Mapping[str, str]) -> list[Finding]:
    """Variables that change how fast, or to which last bits, a training computes."""
    found = [
        warn("variable", f"{name}={environment[name]} {effect}", f"unset {name}")
        for name, effect in _VARIABLES.items()
        if name in environment and (name, environment[name]) != _OURS
    ]
    return found or [ok("variables", "none is set that changes speed or bits")]


def _usable() -> int:
    try:
        return len(psutil.Process().cpu_affinity() or ())
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _told(name: str) -> str:
    """What Linux tells of the first core; nothing on other systems."""
    try:
        lines = _CPU_INFO.read_text().splitlines()
    except OSError:
        return ""
    named = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in named if key.strip() == name), "")

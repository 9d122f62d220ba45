"""TensorFlow, imported in a process of its own, and the devices it sees."""

import shutil
import subprocess
from collections.abc import Mapping

from common.findings import Finding, fail, ok, skipped, warn
from launch.diagnosis import probe
from launch.diagnosis.finding import Check
from launch.diagnosis.probe import Outcome

_SECONDS = 180.0
_SLOW = 20.0  # seconds that an import takes on a slow disk, or without compiled files
_CODE = """
import json, time
from common.backend import prepare_tensorflow
began = time.monotonic()
gpus = prepare_tensorflow(1, hide_gpus=False)
import tensorflow as tf
took = time.monotonic() - began
print(json.dumps({"version": tf.__version__, "gpus": gpus, "seconds": took}))
"""


def checks(environment: Mapping[str, str], *, quick: bool) -> dict[str, Check]:
    """The checks of this group."""
    if quick:
        return {"import": lambda: [skipped("import"), skipped("GPU")]}
    return {"import": lambda: _imported(environment)}


def imported(outcome: Outcome) -> Finding:
    """Whether TensorFlow can be imported."""
    if outcome.value is None:
        return fail("import", outcome.error, "make setup")
    text = f"{outcome.value['version']}, imported in {outcome.value['seconds']:.1f} s"
    if outcome.value["seconds"] > _SLOW:
        found = f"{text}, which is slow: a slow disk, or a busy machine"
        return warn("import", found, "put the virtual environment on a disk of this machine")
    return ok("import", text)


def gpu(seen: int, driver: int | None, environment: Mapping[str, str]) -> Finding:
    """Whether TensorFlow sees the GPUs that the driver sees.

    Args:
        seen: GPUs that TensorFlow sees.
        driver: GPUs that NVIDIA's driver sees; None where there is no driver.
        environment: The process's environment.
    """
    if seen:
        return ok("GPU", f"TensorFlow sees {seen}")
    if not driver:
        found = "no NVIDIA driver" if driver is None else "the driver sees no GPU"
        return ok("GPU", f"none ({found}): everything is trained on CPUs")
    found = f"the driver sees {driver}, but TensorFlow sees none"
    hidden = environment.get("CUDA_VISIBLE_DEVICES")
    if hidden in ("", "-1"):
        return warn("GPU", f"{found}: they are hidden", "unset CUDA_VISIBLE_DEVICES")
    return warn("GPU", found, "make setup PLATFORM=gpu")


def _imported(environment: Mapping[str, str]) -> list[Finding]:
    outcome = probe.attempt(_CODE, seconds=_SECONDS)
    found = [imported(outcome)]
    if outcome.value is not None:
        found.append(gpu(outcome.value["gpus"], _gpus_of_driver(), environment))
    return found


def _gpus_of_driver() -> int | None:
    """GPUs that NVIDIA's driver lists; None where there is no driver, or it does not answer."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        listed = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return listed.stdout.count("GPU ")

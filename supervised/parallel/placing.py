"""Computes A^n + B^n with one placement, in its own process: a process cannot change its devices.

Run it as `python -m supervised.parallel.placing SETTINGS`; settings and answer are JSON.
"""

import dataclasses
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

from supervised.parallel.configs import DevicesConfig


@dataclass(frozen=True, kw_only=True)
class Placing:
    """What is computed on which device.

    Attributes:
        first: Device of A^n, such as CPU:0.
        second: Device of B^n.
        sum: Device of the sum.
        devices: Logical devices that a single CPU is cut into.
        soft: Whether another device may take the place of one that does not exist.
        seed: Seed of the matrices.
        config: The job's settings.
    """

    first: str
    second: str
    sum: str
    devices: int
    soft: bool
    seed: int
    config: DevicesConfig


def prepare(placing: Placing) -> list[str]:
    """Sets devices, memory and placement; returns the names of the logical devices.

    It must run before TensorFlow computes anything in this process.
    """
    import tensorflow as tf

    # A thread for each device in use: what is gained by two of them is then theirs.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(len({placing.first, placing.second}))
    growth, limit = placing.config.memory_growth, placing.config.memory_limit_mb
    for gpu in tf.config.list_physical_devices("GPU"):
        if limit:
            limited = tf.config.LogicalDeviceConfiguration(memory_limit=limit)
            tf.config.set_logical_device_configuration(gpu, [limited])
        else:
            tf.config.experimental.set_memory_growth(gpu, growth)
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration() for _ in range(placing.devices)]
    tf.config.set_logical_device_configuration(cpu, parts)
    tf.config.set_soft_device_placement(placing.soft)
    tf.debugging.set_log_device_placement(True)
    return [device.name for device in tf.config.list_logical_devices()]


def measure(placing: Placing) -> dict[str, Any]:
    """Times the sum and says where its parts were computed.

    Returns:
        `devices`, `seconds` (the median), `mean` and `finite` of the sum, and by part the device in
        `placed`; or `error`, TensorFlow's message about a device that does not exist.
    """
    devices = prepare(placing)
    import tensorflow as tf

    rng = tf.random.Generator.from_seed(placing.seed)
    # The largest eigenvalue of such a matrix is near size / 2: powers of this stay as they are.
    size, power = placing.config.size, placing.config.power
    a, b = (rng.uniform((size, size)) / (size / 2) for _ in range(2))

    @tf.function
    def both() -> Any:
        with tf.device(placing.first):
            left = _power(a, power)
        with tf.device(placing.second):
            right = _power(b, power)
        with tf.device(placing.sum):
            return left + right

    try:
        with tf.device(placing.first):
            placed = {"A^n": (a @ a).device}
        with tf.device(placing.second):
            placed["B^n"] = (b @ b).device
        total = both()
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        return {"devices": devices, "error": str(error).splitlines()[0]}
    seconds = []
    for _ in range(placing.config.repeats):
        began = time.monotonic()
        total = both().numpy()
        seconds.append(time.monotonic() - began)
    return {
        "devices": devices,
        "seconds": statistics.median(seconds),
        "mean": float(total.mean(dtype="float64")),
        "finite": bool(tf.reduce_all(tf.math.is_finite(total))),
        "placed": placed,
    }


def _power(matrix: Any, n: int) -> Any:
    found = matrix
    for _ in range(n - 1):
        found = found @ matrix
    return found


def main() -> None:
    """Reads settings from the command line, and prints what was measured."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"  # the placement log
    given = json.loads(sys.argv[1])
    print(json.dumps(measure(Placing(**given | {"config": DevicesConfig(**given["config"])}))))


def settings(placing: Placing) -> str:
    """The settings as the command line's argument."""
    return json.dumps(dataclasses.asdict(placing))


if __name__ == "__main__":
    main()

"""Several devices and mixed precision, on logical devices of this CPU: processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_TWO_DEVICES = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
halves = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
tf.config.set_logical_device_configuration(cpu, halves)
listed = tf.config.list_logical_devices
tf.config.list_logical_devices = lambda kind=None: listed("CPU" if kind == "GPU" else kind)
made = tf.distribute.MirroredStrategy
def told(devices):
    strategy = made(devices)
    print("replicas", strategy.num_replicas_in_sync)
    return strategy
tf.distribute.MirroredStrategy = told
from launch.cli import main
sys.exit(main(sys.argv[1:]))
"""
_JOB = (
    *("mlp_mnist_relu", "--local", "--data", "synthetic", "--fit.epochs", "2"),
    *("--network.hidden-sizes", "16"),
)


def _run(folder: Path, *flags: str) -> tuple[dict, str]:
    command = [sys.executable, "-c", _TWO_DEVICES, *_JOB, "--run-dir", str(folder), *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "result.json").read_text()), done.stdout


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> dict:
    """A run on one device in full precision."""
    found, said = _run(tmp_path_factory.mktemp("devices") / "one")
    assert "replicas" not in said
    return found


@pytest.mark.slow
def test_two_devices_train_one_model(one, tmp_path):
    """Each takes half of every batch: the same mathematics, rounded otherwise."""
    two, said = _run(tmp_path / "two", "--gpus", "2")
    assert "replicas 2" in said
    for name in ("accuracy", "log_loss"):
        assert two["validation"][name] == pytest.approx(one["validation"][name], rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "float64"])
def test_precision_is_part_of_the_bits(one, tmp_path, precision):
    other, _ = _run(tmp_path / "other", "--precision", precision)
    assert other["fingerprint"] != one["fingerprint"]
    assert other["metrics"]["accuracy"] > 0.9

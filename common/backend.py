"""TensorFlow with our settings, which must be made before anything else imports it."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from common import optional
from common.memory import keep_freed_memory

_LOG = logging.getLogger(__name__)
_IMPORTING = threading.Lock()  # the environment is everybody's


def prepare_tensorflow(threads: int, *, hide_gpus: bool) -> int:
    """Imports TensorFlow with our settings; the environment must be set before the first import.

    Args:
        threads: CPU threads of an operation.
        hide_gpus: Whether this process must not see a GPU.

    Returns:
        The number of GPUs TensorFlow found; their memory grows as needed.

    Raises:
        UsageError: TensorFlow is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # oneDNN says at import that it may round differently from run to run: bits come first here.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    keep_freed_memory()
    with _IMPORTING, uncollected(), _without_keras(), optional.imported("tensorflow"):
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns of each model that a job compiles anew
    if hide_gpus and tf.config.list_physical_devices("GPU"):
        # Not through CUDA_VISIBLE_DEVICES: a local Ray started by this process would lose them too.
        tf.config.set_visible_devices([], "GPU")
    devices = tf.config.get_visible_devices("GPU")
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:  # a notebook that has computed something before
            _LOG.warning(
                "TensorFlow was used in this process before: it keeps its own number of threads, "
                "and the last bits may differ from those of a fresh process"
            )
    for device in devices:
        tf.config.experimental.set_memory_growth(device, True)
    return len(devices)


def prepare_deterministic(threads: int, *, hide_gpus: bool) -> int:
    """Imports TensorFlow and Keras so that every operation repeats its bits, or refuses to run."""
    found = prepare_tensorflow(threads, hide_gpus=hide_gpus)
    import tensorflow as tf

    with uncollected():
        import keras  # noqa: F401

    tf.config.experimental.enable_op_determinism()
    return found


def prepare_job(threads: int, gpus: float, who: str) -> str:
    """Imports TensorFlow and Keras for a process of a job, with repeatable operations.

    Args:
        threads: CPU threads of an operation.
        gpus: That are reserved for it; without any it sees none.
        who: It, for the warning.

    Returns:
        A warning where its GPUs are not there, or nothing.
    """
    if not prepare_deterministic(threads, hide_gpus=not gpus) and gpus:
        return f"{who} asks for {gpus:g} GPU, but TensorFlow finds none there"
    return ""


def set_precision(precision: str) -> None:
    """Has models that are made from here on compute with such numbers: a Keras dtype policy."""
    import keras

    # Losses, metrics and last layers take this one; in mixed precision they need all digits.
    keras.config.set_floatx("float64" if precision == "float64" else "float32")
    keras.config.set_dtype_policy(precision)


def mirrored(gpus: float) -> AbstractContextManager[Any]:
    """Where models made inside are trained on all of this process's GPUs, if it wants several.

    Each GPU gets its share of every batch, and all have the same weights (Keras' own way, through
    `tf.distribute.MirroredStrategy`).
    """
    if gpus < 2:
        return nullcontext()
    import tensorflow as tf

    devices = tf.config.list_logical_devices("GPU")
    if len(devices) < 2:
        return nullcontext()
    return tf.distribute.MirroredStrategy([device.name for device in devices]).scope()


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports without a search for garbage, which would take a quarter of their time.

    What there is afterwards stays for good, and no later search has to look through it.
    """
    known = len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:
            gc.freeze()
        gc.enable()


@contextmanager
def _without_keras() -> Iterator[None]:
    """Imports TensorFlow without Keras, which it would load at once, and with it all of SciPy.

    Agents learn without it. Whoever needs Keras imports it by its own name; only `tf.keras`, which
    nobody here uses, stays away.
    """
    name = "TF_USE_LEGACY_KERAS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before

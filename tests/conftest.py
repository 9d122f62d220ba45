import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# As in a job with one CPU; and two test processes with two threads each wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import logging
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from common.backend import prepare_tensorflow

# A busy machine takes longer than the 200 ms that an example may take.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")

# A shell has its background jobs ignore Ctrl-C, and nohup has them ignore a hang-up; so would every
# run that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def tensorflow_as_in_runs() -> None:
    """TensorFlow takes its threads once per process: whichever test is first, they are a run's."""
    prepare_tensorflow(1, hide_gpus=True)
    import tensorflow as tf

    tf.config.list_logical_devices()  # which starts it: no test can have other threads any more


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """The one cluster that all tests share: 4 CPUs and 2 pretended GPUs."""
    import ray

    ray.init(
        "local",
        num_cpus=4,
        num_gpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    yield
    ray.shutdown()

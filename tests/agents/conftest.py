import pytest

from launch.backend import prepare_tensorflow


@pytest.fixture(scope="session", autouse=True)
def tensorflow_as_in_runs() -> None:
    """TensorFlow takes its threads once per process: learners here run as they do in a run."""
    prepare_tensorflow(1, hide_gpus=True)

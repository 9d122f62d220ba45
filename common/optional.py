"""Packages that only extras bring: what to say where one that is needed is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from common.errors import UsageError

EXTRAS = {
    "Box2D": "box2d",
    "ale_py": "atari",
    "highway_env": "envs",
    "minigrid": "envs",
    "mlxtend": "samples",
    "onnxruntime": "export",
    "optuna": "tune",
    "pyarrow": "parquet",
    "tensorflow": "cpu",
    "tf2onnx": "export",
}
"""The extra that brings a package."""
_PACKAGES = {
    "Box2D": "box2d",
    "ale_py": "ale-py",
    "highway_env": "highway-env",
    "tensorflow": "TensorFlow",
}


def is_missing(module: str) -> bool:
    """Whether a package of an extra is not installed; it is looked for and not imported."""
    return find_spec(module) is None


def way_out(module: str) -> str:
    """The package that is missing, and the command that installs it."""
    package, extra = _PACKAGES.get(module, module), EXTRAS[module]
    or_gpu = ', or "actorlab[gpu]" for an NVIDIA GPU' if extra == "cpu" else ""
    return f'{package} is not installed: pip install "actorlab[{extra}]"{or_gpu}'


@contextmanager
def imported(module: str, error: type[Exception] = UsageError) -> Iterator[None]:
    """Around the import of a package of an extra.

    Args:
        module: The module that is imported, or one of whose parts is.
        error: What is raised where it is missing; it takes the message.

    Raises:
        UsageError: It is missing, if `error` says nothing else.
    """
    try:
        yield
    except ModuleNotFoundError:
        if not is_missing(module):  # it is itself without something
            raise
        raise error(way_out(module)) from None


def check(module: str) -> None:
    """Looks for a package of an extra before the seconds that it takes to need it.

    Raises:
        UsageError: It is missing.
    """
    if is_missing(module):
        raise UsageError(way_out(module))

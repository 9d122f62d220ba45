"""What the end of a run needs, imported while it trains."""

import importlib
import threading

from launch.acting.learners import needs_tensorflow
from launch.backend import uncollected
from launch.configs import TrainingConfig


def import_ahead(config: TrainingConfig) -> None:
    """Starts importing Matplotlib, and Keras where there is a policy to export.

    In another thread: compiled updates leave Python alone, and a core may be free.
    """
    names = ["launch.reporting.curves"]
    if needs_tensorflow(config):
        names.append("agents.exporting")

    def load() -> None:
        with uncollected():
            for name in names:
                importlib.import_module(name)

    threading.Thread(target=load, daemon=True).start()

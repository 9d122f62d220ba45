"""Imports that the end of a run needs, made while it trains."""

import importlib
import threading

from common.backend import uncollected
from training.callbacks import Callback
from training.loop import Training


class ImportAhead(Callback):
    """Imports Matplotlib, and Keras where there is a policy to export, in another thread.

    Compiled updates leave Python alone, and a core may be free.
    """

    def on_start(self, training: Training) -> None:
        names = ["launch.reports.curves"]
        if training.agent.needs_tensorflow:
            names.append("keras")

        def load() -> None:
            with uncollected():
                for name in names:
                    importlib.import_module(name)

        threading.Thread(target=load, daemon=True).start()

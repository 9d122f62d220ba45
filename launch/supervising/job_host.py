"""A supervised job where it runs: in a Ray task, or in the process that was asked for it."""

import dataclasses
import gc
import logging
import os
import queue
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from common.backend import mirrored, prepare_job, set_precision
from launch.configs import SupervisedConfig
from launch.supervising.context import JobContext, Send
from launch.supervising.recording import Ending
from supervised.core.job import module_of

_LOG = logging.getLogger(__name__)

Message = tuple[str, tuple[Any, ...]]
"""A method of `Recording` and its arguments."""

_PROC = Path("/proc/self")


def execute(
    config: SupervisedConfig, restored: Mapping[str, Any], send: Send, group: Any = None
) -> None:
    """Does a job from its last checkpoint to its end.

    Args:
        config: The run's config.
        restored: What `Recording.restored` gave.
        send: Takes the messages, in order.
        group: Ray's placement group, where the job has workers.

    Raises:
        Exception: Whatever the job raises.
    """
    send("begins")
    resources = config.resources
    gpus = 0.0 if resources.workers else resources.gpus  # they are the workers'
    if warning := prepare_job(resources.cpus, gpus, "the job"):
        _LOG.warning(warning)
    import keras

    keras.utils.clear_session()  # what an earlier job of this process left behind
    gc.collect()
    _reset_peak_memory()
    context = JobContext(config, restored, send, group)
    set_precision(resources.precision)
    job = module_of(config.job)
    # Ray sets these threads for its workers; a sum over more of them has other bits.
    with threadpool_limits(resources.cpus), mirrored(gpus):
        result = job.run(config.job, context)
    plain = dataclasses.asdict(result)
    send("ended", Ending(result=plain, peak_memory_mb=_peak_memory_mb()))


def stream(config: SupervisedConfig, restored: Mapping[str, Any]) -> Iterator[list[Message]]:
    """The job as a Ray generator: yields its messages as they come, a few at a time."""
    from ray.util import get_current_placement_group

    group = get_current_placement_group()  # which Ray knows in this thread only
    messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    failure: list[Exception] = []

    def work() -> None:
        try:
            execute(
                config, restored, lambda kind, *arguments: messages.put((kind, arguments)), group
            )
        except Exception as error:
            failure.append(error)
        finally:
            messages.put(None)

    warnings = _Warnings(messages)
    logging.getLogger().addHandler(warnings)
    threading.Thread(target=work, daemon=True).start()
    over = False
    while not over:
        waiting = [messages.get()]
        while not messages.empty():
            waiting.append(messages.get())
        over = waiting[-1] is None
        yield [message for message in waiting if message is not None]
    logging.getLogger().removeHandler(warnings)
    if failure:
        raise failure[0]


class _Warnings(logging.Handler):
    """Sends our warnings to the person who watches: what a worker prints nobody sees."""

    def __init__(self, messages: "queue.SimpleQueue[Message | None]"):
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in ("launch", "supervised"):
            line = f"{record.levelname.lower()}: {self.format(record)}"
            self._messages.put(("say", (line,)))


def _reset_peak_memory() -> None:
    """Forgets how much memory earlier jobs of this process took."""
    try:
        (_PROC / "clear_refs").write_text("5")
    except OSError:
        return  # not Linux, or not allowed: the peak is then that of the process


def _peak_memory_mb() -> float:
    try:
        for line in (_PROC / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    import resource

    scale = 1024 if os.uname().sysname == "Linux" else 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale

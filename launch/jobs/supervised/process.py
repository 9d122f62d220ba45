"""The process of a supervised job: a Ray task, or the process that was asked for the job."""

import dataclasses
import gc
import logging
import os
import queue
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from common.backend import mirrored, prepare_job, set_precision
from common.errors import RunError
from common.text import one_line
from launch.config.supervised import SupervisedConfig
from launch.jobs.supervised.context import JobContext, Send
from launch.run_folder.events import Activity, Began, Ended, Event, Said
from supervised.core.job import module_of

_LOG = logging.getLogger(__name__)

_PROC = Path("/proc/self")


def execute(
    config: SupervisedConfig, restored: Mapping[str, Any], send: Send, group: Any = None
) -> None:
    """Does a job from its last checkpoint to its end.

    Args:
        config: The run's config.
        restored: The state of its last checkpoint; empty without one.
        send: Takes its events, in their order.
        group: Ray's placement group, where the job has workers.

    Raises:
        Exception: Whatever the job raises.
    """
    send(Began())
    send(Activity("starting TensorFlow"))
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
    plain["notes"] = [*result.notes, *(f"{name}: {note}" for name, note in context.notes.items())]
    send(Ended(plain, _peak_memory_mb(), context.fingerprint(plain["metrics"])))


def stream(config: SupervisedConfig, restored: Mapping[str, Any]) -> Iterator[list[Event]]:
    """The job as a Ray generator: yields its events as they come, a few at a time."""
    from ray.util import get_current_placement_group

    group = get_current_placement_group()  # which Ray knows in this thread only
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    failure: list[Exception] = []

    def work() -> None:
        try:
            execute(config, restored, events.put, group)
        except SystemExit as error:  # in a task it would end Ray's worker without a word
            failure.append(RunError(f"SystemExit: {one_line(error)}", traceback.format_exc()))
        except Exception as error:
            failure.append(error)
        finally:
            events.put(None)

    warnings = _Warnings(events)
    logging.getLogger().addHandler(warnings)
    threading.Thread(target=work, daemon=True).start()
    over = False
    while not over:
        waiting = [events.get()]
        while not events.empty():
            waiting.append(events.get())
        over = waiting[-1] is None
        yield [event for event in waiting if event is not None]
    logging.getLogger().removeHandler(warnings)
    if failure:
        raise failure[0]


class _Warnings(logging.Handler):
    """Sends our warnings to the person who watches: what a worker prints nobody sees."""

    def __init__(self, events: "queue.SimpleQueue[Event | None]"):
        super().__init__(logging.WARNING)
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in ("launch", "supervised"):
            line = f"{record.levelname.lower()}: {self.format(record)}"
            self._events.put(Said(line))


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

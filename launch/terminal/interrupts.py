"""Ctrl-C, SIGTERM and a closed terminal: noted, so that a run can ask between two iterations."""

import os
import signal
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

_ANSWER = b"\nstopping, and saving everything; once more stops at once\n"
_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes the first Ctrl-C, SIGTERM or hang-up; the second one raises `KeyboardInterrupt`.

    Outside the main thread, where Python delivers no signals, it never notes any.
    """

    def __init__(self) -> None:
        self._received = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.listen()
        return self

    def listen(self) -> None:
        """Takes the signals, again where somebody else has taken them meanwhile."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _NUMBERS:
            handler = signal.getsignal(number)
            nohup = number == signal.SIGHUP and handler is signal.SIG_IGN
            if handler != self._note and not nohup:
                signal.signal(number, self._note)
                self._previous.setdefault(number, handler)

    def __call__(self) -> bool:
        """Whether there was one."""
        return self._received

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
            outer = getattr(handler, "__self__", None)
            if self._received and isinstance(outer, Interrupts):  # it asks between two runs
                outer._received = True

    def _note(self, number: int, _: Any) -> None:
        if self._received:
            raise KeyboardInterrupt
        self._received = True
        with suppress(OSError, ValueError):  # nobody may be there to read it
            # Past Python's buffers, in the middle of whose work the signal may have come.
            os.write(sys.stderr.fileno(), _ANSWER)

"""Faults of environments: which call failed, and what becomes of the episode after it."""

import time
import traceback
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, NamedTuple

from envs.randomness import Purpose
from envs.remarks import Remarks

OnFault = Literal["fail", "drop"]
DROPS_IN_A_ROW = 10
"""Episodes of one environment that may be dropped one after another; the next fault is raised."""


class Place(NamedTuple):
    """One call of one environment.

    Attributes:
        purpose: The `envs.randomness.Purpose` of the environment.
        env_index: The environment's number within the run.
        episode: The episode's number within the environment, from 0.
        step: The step's number within the episode, from 1; 0 is the reset.
        action: The action, counted from 0; None in a reset.
    """

    purpose: int
    env_index: int
    episode: int
    step: int
    action: int | None

    def __str__(self) -> str:
        kind = "" if self.purpose == Purpose.EPISODES else "evaluation "
        call = "reset" if self.action is None else f"step {self.step}, action {self.action}"
        return f"{kind}environment {self.env_index}, episode {self.episode}, {call}"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What went wrong in a call.

    Attributes:
        place: The call.
        reason: What happened, in one line.
        trace: The traceback, for the author of the environment; empty where there is none.
    """

    place: Place
    reason: str
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class EnvironmentFault(Exception):
    """A fault that ends the run."""

    def __init__(self, fault: Fault):
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return str(self.fault)


class Nonsense(ValueError):
    """An environment returned what its spaces do not allow."""


class _KnownToHang(Exception):
    """A call that is not made, because it would not return."""


class Guard:
    """Watches the environment calls of a process, and decides what a fault leads to.

    It knows the current call, so that another thread can find out that it hangs, and keeps the
    contained faults until `take_faults` is called.

    Attributes:
        remarks: What environments do that they should not, and that no fault is made of.
    """

    def __init__(self, on_fault: OnFault = "fail", known_hangs: Collection[Place] = ()):
        """Makes a guard.

        Args:
            on_fault: `fail` raises `EnvironmentFault`; `drop` lets the episode be abandoned.
            known_hangs: Calls that are known to hang: they are not made, and count as faults.
        """
        self._on_fault = on_fault
        self._known_hangs = frozenset(known_hangs)
        self._current_call: tuple[Place, float] | None = None
        self._faults: list[Fault] = []
        self.remarks = Remarks()

    def listening(self) -> AbstractContextManager[None]:
        """Has what environments print and warn of in calls go where it belongs."""
        return self.remarks.listening(lambda: self._current_call is not None)

    def enter(self, place: Place) -> None:
        """Notes that a call begins.

        Raises:
            Exception: The call is known to hang, and must not be made.
        """
        if self._known_hangs and place in self._known_hangs:
            raise _KnownToHang("it hung when it was called before")
        self._current_call = (place, time.monotonic())

    def leave(self) -> None:
        """Notes that the current call has returned."""
        self._current_call = None

    def current_call(self) -> tuple[Place, float] | None:
        """The call that has not returned yet and its age in seconds, or None."""
        call = self._current_call
        return None if call is None else (call[0], time.monotonic() - call[1])

    def contain(self, place: Place, error: BaseException, dropped: int) -> None:
        """Keeps a fault, so that its episode can be dropped.

        Args:
            place: The call that failed.
            error: What it raised.
            dropped: Episodes of the environment that were dropped in a row just before.

        Raises:
            EnvironmentFault: `on_fault` is `fail`, or too many episodes were dropped in a row.
        """
        self.leave()
        reason, trace = " ".join(str(error).split()), ""
        if not isinstance(error, Nonsense | _KnownToHang):
            reason = ": ".join(filter(None, (type(error).__name__, reason)))
            trace = "".join(traceback.format_exception(error))
        if self._on_fault == "drop" and dropped >= DROPS_IN_A_ROW:
            reason += f" (after {dropped} dropped episodes in a row)"
        fault = Fault(place=place, reason=reason, trace=trace)
        if self._on_fault == "fail" or dropped >= DROPS_IN_A_ROW:
            raise EnvironmentFault(fault) from None
        self._faults.append(fault)

    def last_fault(self) -> Fault:
        """The newest contained fault that `take_faults` has not returned yet."""
        return self._faults[-1]

    def take_faults(self, purpose: int) -> tuple[Fault, ...]:
        """Contained faults of a purpose since the last call, by environment, episode and step."""
        taken = [fault for fault in self._faults if fault.place.purpose == purpose]
        self._faults = [fault for fault in self._faults if fault.place.purpose != purpose]
        return tuple(sorted(taken, key=lambda fault: fault.place[:4]))

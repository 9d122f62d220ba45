"""Accumulators: they form the windows of steps that a replay stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from agents.replay.observed import Array, Bools, Observe, Observed
from agents.rollout import Rollout


class Accumulator(Protocol):
    """Turns the rollouts of the same environments, in order, into windows."""

    @property
    def oldest(self) -> int | None:
        """The smallest observation id, of those given so far, that a later window may contain.

        None if later windows contain none of them. Observations from this id on are kept.
        """
        ...

    def add(self, rollout: Rollout, observe: Observe) -> dict[str, Array]:
        """Takes a rollout's steps in and returns the windows that are complete now.

        Args:
            rollout: [T, B, ...] the next steps of the same environments.
            observe: Stores observations.

        Returns:
            Columns [N, ...], in an order that follows from the rollouts alone. The ones called
            s_tm1 and s_t are ids.
        """
        ...

    def get_state(self) -> dict[str, Any]:
        """Nested dictionaries of arrays and numbers: everything a resumed run needs."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Steps:
    """L steps of B environments in time order; every array is [L, B, ...].

    Attributes:
        columns: s_tm1 and s_t (ids), a_tm1, r_t and discount_t (float64), mask_t where there is
            one, and the extras.
        over_t: The episode ended with the step, or the step was dropped.
        dropped_t: The step was dropped.
        open_tm1: The window that starts with the step is still to be handed out.
    """

    columns: dict[str, Array]
    over_t: Bools
    dropped_t: Bools
    open_tm1: Bools


class NStep:
    """Windows of n steps (Watkins 1989; Sutton 1988), or of fewer where an episode ends.

    A window's value is bootstrapped from its last successor, except at a termination. A truncation
    and a dropped step only cut it: nothing is known of what would have followed. A dropped step
    itself is in no window. With n = 1 the windows are the transitions.

    Each observation is stored once: a step's successor is what the next step acts on.
    """

    def __init__(self, n: int, discount: float):
        """Makes an accumulator without any steps.

        Args:
            n: Steps of a window, at least 1.
            discount: γ per step, in [0, 1].
        """
        self._n = n
        self._discount = discount
        self._pending: _Steps | None = None  # the last n - 1 steps at most
        self._observed = Observed()

    @property
    def oldest(self) -> int | None:
        """The smallest id that a later window may contain, see `Accumulator`."""
        ids = self._observed.to_come  # [B - fresh]
        if self._pending is not None:
            # A window's first id is its smallest: ids increase along an environment.
            starts = self._pending.columns["s_tm1"][self._pending.open_tm1]
            ids = np.concatenate([ids, starts])
        return int(ids.min()) if ids.size else None

    def add(self, rollout: Rollout, observe: Observe) -> dict[str, Array]:
        """Takes a rollout's steps in and returns the windows that are complete now.

        Args:
            rollout: [T, B, ...] the next steps of the same environments.
            observe: Stores observations; called for each of them once.

        Returns:
            Columns [N, ...] of the windows, ordered by start time and then by environment:

            s_tm1: int64, id of the observation that the window starts with.
            a_tm1: int32, the action taken there.
            r_t: float32, the sum of γ^i r over the window's steps i.
            discount_t: float32, γ^k after k steps, or 0 where the last one terminated.
            s_t: int64, id of the successor after the last step.
            mask_t: bool [N, A], the actions legal in s_t; only where the environments mask actions.

            And each extra of the window's first step, under its own name.
        """
        steps = self._steps(rollout, observe)
        if self._pending is not None:
            steps = _join(self._pending, steps)
        columns, complete = self._windows(steps)
        if self._n > 1:
            self._pending = _last(self._n - 1, steps, steps.open_tm1 & ~complete)
        columns = _selected(columns, complete)
        for name in ("r_t", "discount_t"):
            columns[name] = columns[name].astype(np.float32)  # [N]
        return columns

    def _steps(self, rollout: Rollout, observe: Observe) -> _Steps:
        """The steps of a rollout, their observations stored."""
        dropped_t = rollout.dropped_t  # [T, B]
        over_t = rollout.terminated_t | rollout.truncated_t | dropped_t  # [T, B]
        s_tm1, s_t = self._observed.add(rollout, over_t, observe)
        return _Steps(
            columns={
                "s_tm1": s_tm1,
                "a_tm1": rollout.a_tm1.astype(np.int32, copy=False),
                "r_t": rollout.r_t,
                "discount_t": rollout.discounts(self._discount),
                "s_t": s_t,
                **({} if rollout.mask_t is None else {"mask_t": rollout.mask_t}),
                **rollout.extras,
            },
            over_t=over_t,
            dropped_t=dropped_t,
            open_tm1=~dropped_t,
        )

    def _windows(self, steps: _Steps) -> tuple[dict[str, Array], Bools]:
        """The windows [L, B] that start with each step, and which of them to hand out now."""
        if self._n == 1:
            return steps.columns, steps.open_tm1
        length = len(steps.over_t)
        each = steps.columns
        r_t, discount_t = each["r_t"].copy(), each["discount_t"].copy()
        successors = {name: each[name].copy() for name in ("s_t", "mask_t") if name in each}
        cut_t = steps.over_t.copy()  # [L, B]
        cut_t[:-1] |= steps.dropped_t[1:]
        goes_on = ~cut_t  # [L, B] whether the window has a next step, as far as is known
        for i in range(1, min(self._n, length)):
            on = goes_on[:-i]  # [L - i, B], and so all below
            np.add(r_t[:-i], discount_t[:-i] * each["r_t"][i:], out=r_t[:-i], where=on)
            np.multiply(discount_t[:-i], each["discount_t"][i:], out=discount_t[:-i], where=on)
            for name, of_last in successors.items():
                which = on[..., None] if of_last.ndim > on.ndim else on
                np.copyto(of_last[:-i], each[name][i:], where=which)
            on &= ~cut_t[i:]
        complete = steps.open_tm1.copy()  # [L, B]
        short = max(0, length - self._n + 1)  # from here on fewer than n steps are known
        complete[short:] &= ~goes_on[short:]
        return {**each, "r_t": r_t, "discount_t": discount_t, **successors}, complete

    def get_state(self) -> dict[str, Any]:
        """The steps of open windows, and the last successor of each environment."""
        state = self._observed.get_state()
        if self._pending is not None:
            state["pending"] = vars(self._pending).copy()
        return state

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._observed.set_state(state)
        self._pending = _Steps(**state["pending"]) if "pending" in state else None


def _join(before: _Steps, after: _Steps) -> _Steps:
    """The steps [L + T, B] of both, one after the other."""

    def joined(first: Array, second: Array) -> Array:
        return np.concatenate([first, second])

    return _Steps(
        columns={name: joined(before.columns[name], c) for name, c in after.columns.items()},
        over_t=joined(before.over_t, after.over_t),
        dropped_t=joined(before.dropped_t, after.dropped_t),
        open_tm1=joined(before.open_tm1, after.open_tm1),
    )


def _last(count: int, steps: _Steps, open_tm1: Bools) -> _Steps:
    """Copies of the last `count` steps at most, with what is open [L, B] now."""
    return _Steps(
        columns={name: column[-count:].copy() for name, column in steps.columns.items()},
        over_t=steps.over_t[-count:].copy(),
        dropped_t=steps.dropped_t[-count:].copy(),
        open_tm1=open_tm1[-count:].copy(),
    )


def _selected(columns: Mapping[str, Array], chosen: Bools) -> dict[str, Array]:
    """The chosen [L, B] entries of columns [L, B, ...], flat: [N, ...]."""
    flat = {name: column.reshape(-1, *column.shape[2:]) for name, column in columns.items()}
    if chosen.all():
        return flat
    places = np.flatnonzero(chosen)  # [N]
    return {name: column.take(places, axis=0) for name, column in flat.items()}

"""Rollouts written down as text, and their windows put together one by one."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from agents.rollout import Rollout

ENDS = ".TUx"
"""A step goes on, is terminated, is truncated, is dropped."""


def play(*scripts: str) -> Rollout:
    """A rollout of B environments, from scripts of T letters from `ENDS` each.

    Observations are numbers, each a new one: environment b counts from 1000 b on. What a dropped
    step gives is -1 and 99. Step t's reward is t + 1, its action 10 b + t, its extra 100 times the
    action; of two actions those are legal whose number divides the successor plus 1 by 2 and 3.
    """
    length = len(scripts[0])
    s_tm1, s_t = np.zeros((2, length, len(scripts)), np.int64)  # [T, B]
    for b, ends in enumerate(scripts):
        number = 1000 * b
        for t, end in enumerate(ends):
            s_tm1[t, b] = number
            s_t[t, b] = -1 if end == "x" else number + 1
            number += 1 if end == "." else 2
    marks = np.array([list(ends) for ends in scripts]).T  # [T, B]
    a_tm1 = np.arange(length)[:, None] + 10 * np.arange(len(scripts))  # [T, B]
    rewards = np.tile(np.arange(1.0, length + 1)[:, None], len(scripts))  # [T, B]
    return Rollout(
        s_tm1=s_tm1,
        a_tm1=a_tm1.astype(np.int32),
        r_t=np.where(marks == "x", 99.0, rewards),
        terminated_t=marks == "T",
        truncated_t=marks == "U",
        s_t=s_t,
        dropped_t=marks == "x",
        mask_t=_mask(s_t),
        extras={"logits": np.stack([100 * a_tm1, -a_tm1], axis=-1)},  # [T, B, 2]
    )


def _mask(s_t: np.ndarray) -> np.ndarray:
    """Which of two actions [..., 2] are legal in successors."""
    return np.stack([(s_t + 1) % 2 == 0, (s_t + 1) % 3 == 0], axis=-1)


def cut(rollout: Rollout, bounds: list[int]) -> list[Rollout]:
    """The parts [bounds[i], bounds[i + 1]) of a rollout."""
    extras = rollout.extras
    arrays = {
        name: array
        for name, array in vars(rollout).items()
        if name != "extras" and array is not None
    }
    return [
        Rollout(
            **{name: array[first:last] for name, array in arrays.items()},
            extras={name: array[first:last] for name, array in extras.items()},
        )
        for first, last in pairwise(bounds)
    ]


class Window(NamedTuple):
    """A window as a list of transitions would give it.

    Attributes:
        known_at: The step that completed it.
        start: The step t and the environment b that it starts with.
        values: Its s_tm1, a_tm1, r_t, discount_t and s_t, logits of the first step, and the mask
            of its successor.
    """

    known_at: int
    start: tuple[int, int]
    values: tuple[float, ...]


def windows(rollout: Rollout, n: int, discount: float) -> list[Window]:
    """All complete windows, step by step, ordered by start."""
    found = []
    for t, b in np.ndindex(*rollout.a_tm1.shape):
        r_t, discount_t, s_t, known_at = 0.0, 1.0, None, None
        for i in range(t, len(rollout.a_tm1)):
            if rollout.dropped_t[i, b]:
                known_at = i
                break
            r_t += discount_t * rollout.r_t[i, b]
            discount_t *= 0.0 if rollout.terminated_t[i, b] else discount
            s_t = rollout.s_t[i, b]
            if rollout.terminated_t[i, b] or rollout.truncated_t[i, b] or i - t == n - 1:
                known_at = i
                break
        if known_at is None or s_t is None:
            continue
        values = (rollout.s_tm1[t, b], rollout.a_tm1[t, b], r_t, discount_t, s_t)
        values = np.array([*values, *rollout.extras["logits"][t, b], *_mask(s_t)], np.float32)
        found.append(Window(known_at, (t, b), tuple(values.tolist())))
    return found


def in_rounds(found: list[Window], bounds: list[int]) -> list[list[Window]]:
    """Which windows each rollout completes, in the order in which they are handed out."""
    return [
        [window for window in found if first <= window.known_at < last]
        for first, last in pairwise(bounds)
    ]


def rows_of(columns: dict[str, np.ndarray]) -> list[tuple[float, ...]]:
    """Columns [N, ...] as N tuples like `Window.values`."""
    names = ("s_tm1", "a_tm1", "r_t", "discount_t", "s_t")
    parts = [columns[name][:, None] for name in names]  # [N, 1] each
    joined = np.concatenate([*parts, columns["logits"], columns["mask_t"]], axis=1)  # [N, 9]
    return [tuple(row) for row in joined.astype(np.float32).tolist()]

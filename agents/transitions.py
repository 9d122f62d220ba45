"""Rollouts as workers send them and transitions as learners read them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray


@dataclass(frozen=True, kw_only=True)
class Transitions:
    """N transitions, ordered by time and then by stream.

    Attributes:
        s_tm1: [N, ...] observations acted on.
        a_tm1: [N] int32 actions.
        r_t: [N] float32 rewards.
        discount_t: [N] float32, the discount γ, or 0 where the successor is terminal. A truncated
            step keeps γ: its successor's value counts, only the watching stopped.
        s_t: [N, ...] successors.
    """

    s_tm1: Array
    a_tm1: npt.NDArray[np.int32]
    r_t: npt.NDArray[np.float32]
    discount_t: npt.NDArray[np.float32]
    s_t: Array


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """T steps of B streams under one set of weights; every array is [T, B, ...].

    Attributes:
        s_tm1: Observations acted on.
        a_tm1: int32 actions.
        r_t: float64 rewards.
        terminated_t: bool, a terminal state was reached.
        truncated_t: bool, a limit cut the episode.
        s_t: True successors, also where an episode ended.
        dropped_t: bool, the environment failed in this step: it is counted, but is no transition.
    """

    s_tm1: Array
    a_tm1: npt.NDArray[np.int32]
    r_t: npt.NDArray[np.float64]
    terminated_t: npt.NDArray[np.bool_]
    truncated_t: npt.NDArray[np.bool_]
    s_t: Array
    dropped_t: npt.NDArray[np.bool_]

    @property
    def env_steps(self) -> int:
        """Environment steps taken, over all streams."""
        return self.a_tm1.size

    @classmethod
    def merge(cls, parts: Sequence[Self]) -> Self:
        """Joins the blocks of several workers side by side, in the order given."""
        if len(parts) == 1:
            return parts[0]
        names = [field.name for field in fields(cls)]
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts], axis=1) for n in names})

    def transitions(self, discount: float) -> Transitions:
        """Flattens the rollout to N transitions with γ = `discount`; N is T * B without drops."""
        kept = ~self.dropped_t.reshape(-1)  # [T * B]
        all_kept = bool(kept.all())

        def flat(array: Array) -> Array:
            rows = array.reshape(-1, *array.shape[2:])
            return rows if all_kept else rows[kept]

        return Transitions(
            s_tm1=flat(self.s_tm1),
            a_tm1=flat(self.a_tm1),
            r_t=flat(self.r_t).astype(np.float32),
            discount_t=np.where(flat(self.terminated_t), 0.0, discount).astype(np.float32),
            s_t=flat(self.s_t),
        )

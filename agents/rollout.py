"""Rollouts: the steps that actors take and learners learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """T steps of B environments under one set of weights; every array is [T, B, ...].

    Attributes:
        s_tm1: Observations acted on. Where the step before neither ended the episode nor was
            dropped, it is that step's `s_t`.
        a_tm1: int32 actions.
        r_t: float64 rewards.
        terminated_t: bool, a terminal state was reached.
        truncated_t: bool, a limit cut the episode.
        s_t: True successors, also where an episode ended.
        dropped_t: bool, the environment failed in this step: it is counted, but is no transition.
        mask_t: [T, B, A] bool, the actions that are legal in s_t; all of them where it is terminal.
            None where the environments mask no actions.
        life_lost_t: bool, a life was lost: nothing that follows counts for the step, though the
            episode goes on. None where that is not learned from.
        extras: The actor's extra arrays for the learner, by name; no name is one of the above.
    """

    s_tm1: Array
    a_tm1: npt.NDArray[np.int32]
    r_t: npt.NDArray[np.float64]
    terminated_t: npt.NDArray[np.bool_]
    truncated_t: npt.NDArray[np.bool_]
    s_t: Array
    dropped_t: npt.NDArray[np.bool_]
    mask_t: npt.NDArray[np.bool_] | None = None
    life_lost_t: npt.NDArray[np.bool_] | None = None
    extras: Mapping[str, Array] = field(default_factory=dict)

    @property
    def env_steps(self) -> int:
        """Environment steps taken, over all environments."""
        return self.a_tm1.size

    @classmethod
    def merge(cls, parts: Sequence[Self]) -> Self:
        """Joins the blocks of several workers side by side, in the order given.

        Args:
            parts: Rollouts [T, B, ...] of as many steps and with the same extras; at least one.

        Raises:
            ValueError: Some of the environments mask actions or tell of lives, and others do not.
        """
        if len(parts) == 1:
            return parts[0]

        def joined(arrays: Sequence[Array]) -> Array:
            return np.concatenate(arrays, axis=1)

        for name, what in (("mask_t", "give an action_mask"), ("life_lost_t", "tell of lives")):
            given = [getattr(part, name) is not None for part in parts]
            if any(given) != all(given):
                raise ValueError(f"some environments {what}, and others do not")
        names = [
            name
            for name in (f.name for f in fields(cls) if f.name != "extras")
            if getattr(parts[0], name) is not None
        ]
        return cls(
            **{name: joined([getattr(part, name) for part in parts]) for name in names},
            extras={name: joined([p.extras[name] for p in parts]) for name in parts[0].extras},
        )

    def discounts(self, discount: float) -> npt.NDArray[np.float64]:
        """The factors [T, B] that the values of the successors are multiplied by.

        Args:
            discount: γ per step, in [0, 1].

        Returns:
            γ, or 0 where the successor is terminal or a life was lost. A truncated step keeps γ:
            the episode could have gone on, so its successor has a value.
        """
        over_t = self.terminated_t
        if self.life_lost_t is not None:
            over_t = over_t | self.life_lost_t
        return np.where(over_t, 0.0, discount)  # [T, B]

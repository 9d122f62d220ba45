"""Sequences: windows of many steps in their order, for recurrent networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from agents.replay.observed import Array, Bools, Observe, Observed
from agents.rollout import Rollout
from common.settings import require
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class SequenceConfig(Settings):
    """How episodes are cut into sequences (Kapturowski et al. 2019)."""

    PART: ClassVar[str] = "agent.sequence"

    length: int = 16
    """Steps of a sequence that are learned from."""
    burn_in: int = 8
    """Steps before them that only bring the recurrent state up to date, at most: fewer where the
    episode begins."""
    stride: int = 8
    """Steps from one sequence of an episode to its next, at most --agent.sequence.length: below
    that they overlap."""

    def __post_init__(self) -> None:
        require(self.length >= 1, "agent.sequence.length", "must be positive", self.length)
        require(self.burn_in >= 0, "agent.sequence.burn_in", "must be 0 or more", self.burn_in)
        rule = f"must be from 1 to --agent.sequence.length, {self.length}"
        require(1 <= self.stride <= self.length, "agent.sequence.stride", rule, self.stride)


@dataclass(kw_only=True)
class _Open:
    """The episode that an environment is in.

    Attributes:
        columns: [K, ...] its newest K steps, as far as a sequence to come may have them.
        first: Number of the first of them in the episode.
        next: Number of the step from which the next sequence is learned.
        reached: Number of the first step from which none was learned yet.
    """

    columns: dict[str, Array]
    first: int = 0
    next: int = 0
    reached: int = 0

    @property
    def known(self) -> int:
        """Steps of the episode so far."""
        return self.first + len(self.columns["s_tm1"])


class _Found(NamedTuple):
    """A sequence.

    Attributes:
        columns: [K, ...] its steps, those of the burn-in first.
        burn_in: How many those are.
    """

    columns: dict[str, Array]
    burn_in: int


class Sequences:
    """Sequences of one episode each: a burn-in, and steps that are learned from.

    The latter begin at the episode's start, and then every `stride` steps, as long as some are left
    that none of the sequences before has. No sequence crosses an episode's end: what is stored at
    its start is all that the steps before it left behind, a truncation needs no successor of its
    own, and the last value of an episode is never one of the next. The price is padding, where an
    episode ends within a sequence, and where it begins within a burn-in. A dropped step cuts an
    episode as a truncation does. Each observation is stored once.
    """

    def __init__(self, config: SequenceConfig, discount: float):
        """Makes an accumulator without any steps.

        Args:
            config: How episodes are cut.
            discount: γ per step, in [0, 1].
        """
        self._config, self._discount = config, discount
        self._observed = Observed()
        self._open: list[_Open] = []  # of each environment

    @property
    def oldest(self) -> int | None:
        """The smallest id that a later sequence may contain, see `Accumulator`."""
        # A sequence's first id is its smallest: ids increase along an environment.
        starts = [
            int(each.columns["s_tm1"][0]) for each in self._open if len(each.columns["s_tm1"])
        ]
        return min([*self._observed.to_come.tolist(), *starts], default=None)

    def add(self, rollout: Rollout, observe: Observe) -> dict[str, Array]:
        """Takes a rollout's steps in and returns the sequences that are complete now.

        Args:
            rollout: [T, B, ...] the next steps of the same environments.
            observe: Stores observations; called for each of them once.

        Returns:
            Columns of N sequences of L = `burn_in` + `length` steps, by environment and then by
            time. Where the episode begins within the burn-in or ends within the rest, steps are
            padded: with zeros, and with the observation that is next to them.

            s_tm1: int64 [N, L], ids of the observations acted on.
            a_tm1: int32 [N, L], the actions.
            r_t: float32 [N, L], the rewards.
            discount_t: float32 [N, L], γ, or 0 where the step terminated.
            s_t: int64 [N], id of the successor after the last step.
            played: bool [N, L], whether a step is one of the episode's.
            mask_t: bool [N, L, A], the actions legal in each step's successor; only where the
                environments mask actions.

            And each extra of the first step that is no padding, under its own name.
        """
        dropped_t = rollout.dropped_t  # [T, B]
        over_t = rollout.terminated_t | rollout.truncated_t | dropped_t  # [T, B]
        s_tm1, s_t = self._observed.add(rollout, over_t, observe)
        columns = {
            "s_tm1": s_tm1,
            "a_tm1": rollout.a_tm1.astype(np.int32, copy=False),
            "r_t": rollout.r_t.astype(np.float32),
            "discount_t": rollout.discounts(self._discount).astype(np.float32),
            "s_t": s_t,
            **({} if rollout.mask_t is None else {"mask_t": rollout.mask_t}),
            **rollout.extras,
        }
        if not self._open:
            self._open = [_Open(columns=_part(columns, b, 0, 0)) for b in range(over_t.shape[1])]
        found: list[_Found] = []
        for b in range(over_t.shape[1]):
            found += self._of_environment(b, columns, over_t[:, b], dropped_t[:, b])
        return self._padded(found, _part(columns, 0, 0, 0), rollout.extras)

    def _of_environment(
        self, b: int, columns: Mapping[str, Array], over_t: Bools, dropped_t: Bools
    ) -> list[_Found]:
        """The sequences that the steps [T, ...] of environment b complete."""
        found, first = [], 0
        for last in np.flatnonzero(over_t).tolist():
            found += self._cut(b, _part(columns, b, first, last + 1 - int(dropped_t[last])), True)
            self._open[b] = _Open(columns=_part(columns, b, 0, 0))
            first = last + 1
        return found + self._cut(b, _part(columns, b, first, len(over_t)), False)

    def _cut(self, b: int, steps: dict[str, Array], ends: bool) -> list[_Found]:
        """The sequences that further steps [K, ...] of an episode complete."""
        config, episode, found = self._config, self._open[b], []
        episode.columns = {
            name: np.concatenate([before, steps[name]]) for name, before in episode.columns.items()
        }
        known = episode.known
        while known >= episode.next + config.length or (ends and known > episode.reached):
            episode.reached = min(episode.next + config.length, known)
            begins = max(0, episode.next - config.burn_in)
            part = slice(begins - episode.first, episode.reached - episode.first)
            taken = {name: column[part] for name, column in episode.columns.items()}
            found.append(_Found(taken, episode.next - begins))
            episode.next += config.stride
        unneeded = max(0, min(episode.next - config.burn_in, known) - episode.first)
        episode.columns = {name: each[unneeded:].copy() for name, each in episode.columns.items()}
        episode.first += unneeded
        return found

    def _padded(
        self, found: list[_Found], none: Mapping[str, Array], extras: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Sequences as columns [N, ...]; `none` has no steps [0, ...] of each name."""
        count, burn_in = len(found), self._config.burn_in
        length = burn_in + self._config.length
        columns: dict[str, Array] = {
            name: np.zeros((count, length, *like.shape[1:]), like.dtype)
            for name, like in none.items()
            if name != "s_t" and name not in extras
        }
        columns["s_t"] = np.zeros(count, np.int64)
        columns["played"] = np.zeros((count, length), np.bool_)
        for name in extras:
            columns[name] = np.zeros((count, *none[name].shape[1:]), none[name].dtype)
        if "mask_t" in columns:
            columns["mask_t"][:] = True
        for n, (steps, before) in enumerate(found):
            start = burn_in - before
            end = start + len(steps["s_t"])
            columns["s_tm1"][n, :start] = steps["s_tm1"][0]
            columns["s_tm1"][n, end:] = columns["s_t"][n] = steps["s_t"][-1]
            columns["played"][n, start:end] = True
            for name, values in steps.items():
                if name in extras:
                    columns[name][n] = values[0]
                elif name != "s_t":
                    columns[name][n, start:end] = values
        return columns

    def get_state(self) -> dict[str, Any]:
        """The steps of open episodes, and the last successor of each environment."""
        return {
            "observed": self._observed.get_state(),
            "open": [vars(o).copy() for o in self._open],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._observed.set_state(state["observed"])
        self._open = [_Open(**each) for each in state["open"]]


def _part(columns: Mapping[str, Array], b: int, first: int, last: int) -> dict[str, Array]:
    """Steps [first, last) of environment b of columns [T, B, ...]."""
    return {name: column[first:last, b] for name, column in columns.items()}

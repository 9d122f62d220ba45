"""Taking known actions again: what a worker does where a replay is rebuilt."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agents.rollout import Array, Rollout
from envs.faults import Fault, Guard, Place
from envs.randomness import Purpose
from envs.vector_env import VectorEnv
from training.unroll import Positions, StepResult, stacked


@dataclass(frozen=True, kw_only=True)
class Known:
    """What B environments did in some rollouts in a row.

    Attributes:
        step: Steps that each environment had taken before them.
        positions: Where the environments were then.
        actions: [T, B] int32 each, the actions of each rollout.
        failed: Calls that failed, and are not made again.
        last: Whether nothing comes after them.
    """

    step: int
    positions: Positions
    actions: Sequence[npt.NDArray[np.int32]]
    failed: frozenset[Place]
    last: bool

    def block(self, rows: range) -> "Known":
        """What some of the environments did."""
        return Known(
            step=self.step,
            positions=self.positions.block(rows),
            actions=[taken[:, rows.start : rows.stop] for taken in self.actions],
            failed=self.failed,
            last=self.last,
        )


class Replayed(NamedTuple):
    """What came of a rollout that was made again.

    Attributes:
        rollout: The steps, without what actors add to them.
        episodes: [B] number of the episode that each environment is in after it.
        faults: Environments that failed in it.
    """

    rollout: Rollout
    episodes: npt.NDArray[np.int64]
    faults: tuple[Fault, ...]

    @classmethod
    def merge(cls, parts: Sequence["Replayed"]) -> "Replayed":
        """Joins the blocks of several workers, in the order of the environments."""
        return cls(
            rollout=Rollout.merge([part.rollout for part in parts]),
            episodes=np.concatenate([part.episodes for part in parts]),
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
        )


class Replayer:
    """Makes rollouts again, in environments of their own."""

    def __init__(self, make: Callable[[Guard], VectorEnv], failed: frozenset[Place]):
        """Takes what makes the environments; the first rollouts do.

        Args:
            make: Makes the environments.
            failed: Calls that failed: they are not made, and their episodes are dropped again.
        """
        self.guard = Guard("drop" if failed else "fail", failed)
        self._make = make
        self._envs: VectorEnv | None = None
        self._observation: Array | None = None  # [B, ...]
        self._step = 0

    def replay(self, known: Known) -> list[Replayed]:
        """Makes some rollouts again.

        The environments stay where they are for the next ones; those of a worker that has replaced
        another one are put where they have to be.

        Raises:
            ValueError, EnvironmentFault: As `VectorEnv.restore`.
        """
        made = []
        with self.guard.listening():
            envs = self._at(known)
            for actions in known.actions:
                rollout = stacked([self._take(envs, taken) for taken in actions])
                faults = self.guard.take_faults(Purpose.EPISODES)
                made.append(Replayed(rollout, envs.episodes, faults))
                self._step += len(actions)
        self.guard.remarks.take()  # they were told when they were made
        return made

    def close(self) -> None:
        """Frees what the environments hold."""
        if self._envs is not None:
            self._envs.close()
        self._envs = None

    def _at(self, known: Known) -> VectorEnv:
        """The environments, after the steps that come before the known ones."""
        if self._envs is None or self._step != known.step:
            self.close()
            self._envs = self._make(self.guard)
            positions = known.positions
            self._observation = self._envs.restore(positions.episodes, positions.actions)
            self._step = known.step
        return self._envs

    def _take(self, envs: VectorEnv, actions: Array) -> StepResult:
        s_tm1 = self._observation
        assert s_tm1 is not None
        step = envs.step(actions)
        self._observation = step.observation
        return StepResult(s_tm1=s_tm1, a_tm1=actions, extras={}, env_step=step)

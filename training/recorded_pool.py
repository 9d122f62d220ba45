"""The pool of a training that learns from recorded transitions."""

from collections import deque
from collections.abc import Callable

import numpy as np

from agents.weights import Weights
from training.evaluation import Evaluation, EvaluationResult, Watch, unwatched
from training.pool import Pool
from training.recording import Recording
from training.replaying import Known, Replayed
from training.worker import RolloutResult


class RecordedPool:
    """Reads from a recording the steps that other pools take; evaluations are played as ever.

    Environment b stands for a place in the recording, which begins at b of B equal parts, moves on
    with each step, and goes on at the beginning after the end. So B places read all N transitions
    once in N / B steps, and what is read in a step depends on the step's number alone.
    """

    def __init__(self, recording: Recording, num_envs: int, players: Pool):
        """Takes the parts.

        Args:
            recording: What is read.
            num_envs: Number of places B.
            players: Plays the evaluations; it is owned by this pool from here on.
        """
        self._recording, self._players = recording, players
        self._first = np.arange(num_envs) * len(recording) // num_envs  # [B]
        self._begun: deque[tuple[int, int]] = deque()

    @property
    def restarts(self) -> int:
        return self._players.restarts

    @restarts.setter
    def restarts(self, value: int) -> None:
        self._players.restarts = value

    def wait_until_ready(self) -> None:
        self._players.wait_until_ready()

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        self._begun.append((first_step, steps))

    def answered(self) -> bool:
        return True

    def fetch(self, over: Callable[[], bool]) -> None:
        pass

    def end(self) -> RolloutResult:
        first_step, steps = self._begun.popleft()
        taken = first_step + np.arange(steps)[:, None]  # [T, 1]
        transitions = (self._first + taken) % len(self._recording)  # [T, B]
        return RolloutResult(
            rollout=self._recording.rollout(transitions),
            episodes=np.zeros(len(self._first), np.int64),  # nothing is rebuilt from them
            state={},
            faults=(),
            remarks=(),
        )

    def replay(self, known: Known) -> list[Replayed]:
        return self._players.replay(known)

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, watch: Watch = unwatched
    ) -> EvaluationResult:
        return self._players.evaluate(evaluation, weights, watch)

    def close(self) -> None:
        self._players.close()

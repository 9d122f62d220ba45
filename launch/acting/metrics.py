"""What is measured of a run, round by round and evaluation by evaluation."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.text import reason
from envs.faults import Fault
from launch.acting.evaluation import Summary
from launch.acting.training import Round
from launch.errors import RunError
from launch.tracking import Tracker

_LOG = logging.getLogger(__name__)


class Metrics:
    """Turns rounds and evaluations into series and records; see docs/architecture.md for them."""

    def __init__(
        self,
        folder: Path,
        resume: Mapping[str, Any] | None,
        *,
        env_steps: int,
        updates: int,
        training_seconds: float,
    ):
        """Opens the run's files.

        Args:
            folder: The run's folder.
            resume: What `get_state` gave at the checkpoint to continue from; None for a new run.
            env_steps: Environment steps before the first round.
            updates: Updates before the first round.
            training_seconds: Wall seconds of the rounds before.

        Raises:
            RunError: They cannot be written.
        """
        try:
            self._tracker = Tracker(folder, resume)
        except OSError as error:
            raise RunError(f"{folder}: metrics cannot be written: {reason(error)}") from None
        self._env_steps, self._updates = env_steps, updates
        self._began = time.monotonic()
        self.training_seconds = training_seconds

    def round_begins(self) -> None:
        """Starts the clock of a round."""
        self._began = time.monotonic()

    def round(self, done: Round, *, restarts: int, dropped: int) -> None:
        """Notes a round.

        Args:
            done: What it came to.
            restarts: Workers replaced so far.
            dropped: Episodes dropped so far.

        Raises:
            RunError: The run's folder is gone.
        """
        seconds = time.monotonic() - self._began
        self.training_seconds += seconds
        steps, updates = done.env_steps - self._env_steps, done.updates - self._updates
        self._env_steps, self._updates = done.env_steps, done.updates
        scalars = {
            "agent/epsilon": done.epsilon,
            "speed/env_steps_per_second": steps / seconds,
            "speed/updates_per_second": updates / seconds,
            **{f"learner/{name}": value for name, value in done.figures.items()},
        }
        if len(done.episodes):
            scalars["episode/return"] = float(done.episodes.returns.mean())
            scalars["episode/length"] = float(done.episodes.lengths.mean())
        if restarts:
            scalars["workers/restarts"] = restarts
        if dropped:
            scalars["episode/dropped"] = dropped
        self._tracker.scalars(done.env_steps, scalars)
        self.faults(done.env_steps, done.faults)
        self._tracker.record(
            {
                "kind": "round",
                "env_steps": done.env_steps,
                "updates": done.updates,
                "training_seconds": round(self.training_seconds, 6),
                **scalars,
                "episode_returns": done.episodes.returns.tolist(),
                "episode_lengths": done.episodes.lengths.tolist(),
            }
        )
        self._tracker.hand_over()

    def evaluation(self, env_steps: int, summary: Summary) -> None:
        """Notes an evaluation during training."""
        scalars = {"evaluation/return": summary.mean_return}
        if summary.success_rate is not None:
            scalars["evaluation/success_rate"] = summary.success_rate
        self._tracker.scalars(env_steps, scalars)
        self._tracker.record({"kind": "evaluation", "env_steps": env_steps, **summary.to_json()})

    def faults(self, env_steps: int, faults: Sequence[Fault]) -> None:
        """Notes environments that failed, and says the first of them."""
        for fault in faults:
            place = fault.place._asdict()
            self._tracker.record(
                {"kind": "fault", "env_steps": env_steps, **place, "reason": fault.reason}
            )
        if faults:
            more = f", and {len(faults) - 1} more at the same time" if len(faults) > 1 else ""
            _LOG.warning("episode dropped: %s%s", faults[0], more)

    def in_place(self) -> bool:
        """Whether the run's folder is still where it was."""
        return self._tracker.in_place()

    def flush(self) -> None:
        """Writes everything out.

        Raises:
            OSError: The disk takes nothing.
        """
        self._tracker.flush()

    def get_state(self) -> dict[str, Any]:
        """What a resumed run needs.

        Raises:
            OSError: The metrics so far cannot be made durable.
        """
        return self._tracker.get_state(self._env_steps)

    def close(self) -> None:
        """Closes the files."""
        self._tracker.close()

"""Where a second of training goes: benchmarks/profile.md.

    python -m benchmarks.profile

Clocks around the functions of one process, without workers; what a function calls that has a clock
of its own is not counted twice. The threads work side by side: the main one plays, "learner" draws
batches, "updates" is inside compiled code.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents import exploration
from agents.networks.forward import Forward
from agents.q_table import config as q_table
from agents.replay.replay import Replay
from benchmarks import ours
from benchmarks.results import HERE, flags, table
from common.backend import prepare_tensorflow
from envs.vector_env import VectorEnv
from launch.config.execution import OutputConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.jobs.rl import execution
from launch.jobs.rl.metrics import Metrics
from training.episodes import EpisodeTracker
from training.evaluate import EvaluationConfig
from training.worker import RolloutWorker


class _Clocks:
    """Seconds that threads spend in functions, without those of their callees with clocks."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = {}  # by thread and label
        self._of_thread = threading.local()

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Puts a clock around a function.

        Args:
            owner: The class, object or module that it is looked up in when it is called.
            name: Its name there.
            label: Of its row.
        """
        function = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            inside = self._of_thread.__dict__.setdefault("inside", [])
            inside.append(0.0)
            began = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                took = time.perf_counter() - began
                key = _thread(), label
                self.seconds[key] = self.seconds.get(key, 0.0) + took - inside.pop()
                if inside:
                    inside[-1] += took

        setattr(owner, name, timed)


def _thread() -> str:
    """The name of this thread, without the number that a pool adds."""
    name = threading.current_thread().name
    return "main" if name == "MainThread" else name.rsplit("_", 1)[0]


def main(arguments: Sequence[str]) -> None:
    flags(__doc__).parse_args(arguments)
    prepare_tensorflow(1, hide_gpus=True)
    from agents.q_table.learner import QTableLearner
    from agents.replayed.learner import ReplayLearner

    clocks = _Clocks()
    clocks.watch(ReplayLearner, "learn", "learner: everything around it")
    clocks.watch(Replay, "sample", "replay: sampling")
    clocks.watch(Replay, "add", "replay: adding")
    clocks.watch(QTableLearner, "learn", "learner: table updates")
    clocks.watch(RolloutWorker, "rollout", "acting: everything around it")
    clocks.watch(Forward, "__call__", "acting: network")
    clocks.watch(q_table, "look_up", "acting: table")
    clocks.watch(exploration, "epsilon_greedy", "acting: choice")
    clocks.watch(VectorEnv, "step", "environment steps")
    clocks.watch(EpisodeTracker, "update", "episodes")
    clocks.watch(Metrics, "on_iteration", "metrics")
    clocks.watch(Future, "result", "waiting for the thread below")
    make = ReplayLearner.__init__

    def with_clock(self: Any, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        clocks.watch(self, "_compiled", "learner: compiled updates")

    ReplayLearner.__init__ = with_clock  # type: ignore[method-assign]
    lake = catalog.get("q_frozenlake").config
    assert isinstance(lake, TrainingConfig)
    lake = replace(lake, num_envs=4_096, env_steps=8_000_000)
    parts = [
        "# Where a second goes",
        f"`python -m benchmarks.profile`. {__doc__.split(chr(10))[0]}",
    ]
    for title, config in {
        "DQN on CartPole, one update per environment step": ours.config(50_000, 1),
        "DQN on CartPole, one update per ten": ours.config(300_000, 10),
        "Q-table on FrozenLake, 4,096 environments": lake,
    }.items():
        parts.append(f"## {title}\n\n{_profile(clocks, config)}")
    (HERE / "profile.md").write_text("\n\n".join(parts) + "\n")
    print(HERE / "profile.md")


def _profile(clocks: _Clocks, config: TrainingConfig) -> str:
    _run(config)  # compiles, and imports what is imported beside
    clocks.seconds.clear()
    seconds = _run(config)
    shares = dict(clocks.seconds)
    shares["main", "everything else"] = seconds - sum(
        spent for (thread, _), spent in shares.items() if thread == "main"
    )
    rows = [
        [thread, label, f"{spent / seconds:.1%}", f"{1e6 * spent / config.env_steps:.2f}"]
        for (thread, label), spent in sorted(shares.items(), key=_order)
    ]
    rate = f"{config.env_steps / seconds:,.0f} environment steps/s."
    head = ("thread", "", "share of the time", "us per environment step")
    return f"{rate}\n\n{table(head, rows)}"


def _order(clock: tuple[tuple[str, str], float]) -> tuple[int, float]:
    """By thread, each waiting for the next, and then the largest first."""
    (thread, _), spent = clock
    return ("main", "learner", "updates").index(thread), -spent


def _run(config: TrainingConfig) -> float:
    """Seconds of a whole run's iterations."""
    with tempfile.TemporaryDirectory() as folder:
        here = replace(
            config,
            placement=replace(config.placement, workers=0),
            evaluation=EvaluationConfig(every_env_steps=0, final_episodes=1),
            output=OutputConfig(run_dir=Path(folder) / "run"),
        )
        began = time.perf_counter()
        execution.train("dqn_cartpole", here, ["benchmark"])
        return time.perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])

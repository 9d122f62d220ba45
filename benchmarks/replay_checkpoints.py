"""What a checkpoint of a replay of pictures takes by its transitions, and by its actions.

Random actions fill a replay. Then the state of the training is written both ways, and read until a
fresh learner is as the first one was: by actions the environments play everything once more, in
this process.

    python -m benchmarks.replay_checkpoints MinAtar/Breakout-v1
    python -m benchmarks.replay_checkpoints ALE/Pong-v5 --env-kwargs obs_type=grayscale
"""

import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.agent import Learner
from agents.random.config import Random
from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.storage import Storage
from benchmarks.results import flags, temporary_folder
from benchmarks.running import arrays
from envs import registry
from envs.options import EnvOptions
from envs.sources import Configured
from launch.run_folder import checkpoints
from launch.run_folder.checkpoints import Origin
from training.episodes import EpisodeTracker
from training.pipeline import Budget, Pipeline
from training.played import Played, smallest
from training.pool import LocalPool
from training.rebuilding import rebuild
from training.rollout_config import RolloutConfig
from training.unroll import Positions

_ORIGIN = Origin(run={}, versions={})
_NUM_ENVS = 16


class _Keeping(Learner):
    """Fills a replay, and learns nothing."""

    def __init__(self, capacity: int):
        sampler = Uniform(np.random.default_rng(0))
        self._replay = Replay(NStep(1, 0.99), Storage(capacity), sampler)
        self.begin_again = self._replay.begin_again
        self.observe_again = self._replay.observe_again
        self.get_state_without_observations = self._replay.get_state_without_observations

    @property
    def held(self):
        return self._replay.held

    def learn(self, rollout):
        self._replay.add(rollout)
        return {}

    def weights(self):
        return {}

    def get_state(self):
        return self._replay.get_state()

    def set_state(self, state):
        self._replay.set_state(state)


class _Run:
    """A training that acts at random."""

    def __init__(self, config: RolloutConfig, transitions: int, *, by_actions: bool):
        self.episodes = EpisodeTracker(config.num_envs)
        self.pool = LocalPool(config, None, self.episodes.positions)
        self.learner = _Keeping(transitions)
        _, actions = registry.spaces(config.env)
        played = Played(config.num_envs, smallest(int(actions.n))) if by_actions else None
        # More than fit, so that some are forgotten, as in the middle of a run.
        budget = Budget(env_steps=transitions + transitions // 5, num_envs=config.num_envs)
        self.pipeline = Pipeline(
            *(config.agent, budget),
            pool=self.pool,
            learner=self.learner,
            episodes=self.episodes,
            played=played,
        )

    def play(self) -> None:
        for _ in self.pipeline.iterations():
            pass


def main() -> None:
    parser = flags(__doc__)
    parser.add_argument("env", help="the environment")
    parser.add_argument("--env-kwargs", nargs="*", default=(), help="keywords of the environment")
    parser.add_argument("--transitions", type=int, default=100_000, help="of the replay")
    given = parser.parse_args()
    options = EnvOptions(env_kwargs=tuple(given.env_kwargs))
    env = Configured(given.env, options)
    config = RolloutConfig(env=env, agent=Random(), num_envs=_NUM_ENVS)
    table = Table(title=f"{given.env}, {given.transitions:,} transitions")
    for column in ("way", "MB", "seconds to write", "seconds to read", "env steps/s", "the same"):
        table.add_column(column, justify="left" if column == "way" else "right")
    kept = {}
    for way in ("transitions", "actions"):
        run = _Run(config, given.transitions, by_actions=way == "actions")
        began = time.perf_counter()
        run.play()
        speed = run.pipeline.env_steps / (time.perf_counter() - began)
        with temporary_folder() as place:
            folder = Path(place) / "checkpoints"
            wrote = _seconds(lambda r=run, f=folder: _save(f, r.pipeline.get_state()))
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            kept[way] = _digest(run.learner)
            run.pool.close()
            del run
            again = _Keeping(given.transitions)
            read = _seconds(lambda f=folder, a=again: _restore(f, a, config))
        same = _digest(again) == kept["transitions"]
        del again
        row = (f"{size / 1e6:.1f}", f"{wrote:.2f}", f"{read:.1f}", f"{speed:,.0f}")
        table.add_row(way, *row, "yes" if same else "NO")
    Console().print(table)


def _save(folder: Path, state: Mapping[str, Any]) -> None:
    checkpoints.save(folder, 1, state, keep=1, origin=_ORIGIN)


def _restore(folder: Path, learner: Learner, config: RolloutConfig) -> None:
    state = checkpoints.load_newest(folder, _ORIGIN)
    assert state is not None
    if "played" in state:
        pool = LocalPool(config, None, lambda: Positions.at_the_start(_NUM_ENVS))
        rebuild(state, learner, pool, lambda done, total: None)
        pool.close()
    else:
        learner.set_state(state["learner"])


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _digest(learner: Learner) -> list[int]:
    """Checksums of all that a learner holds."""
    return [zlib.crc32(array.tobytes()) for array in arrays(learner.get_state())]


if __name__ == "__main__":
    main()

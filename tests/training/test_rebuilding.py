"""Replays that are rebuilt from the actions of their environments."""

from itertools import islice

import numpy as np
import pytest

from agents.agent import Learner
from agents.random.config import Random
from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.sequences import SequenceConfig, Sequences
from agents.replay.storage import Held, Storage
from agents.rollout import Rollout
from common.errors import RunError
from common.stacks import Stack
from envs import registry
from envs.faults import Fault, Place
from envs.options import EnvOptions, Transforms
from envs.randomness import Purpose
from envs.sources import Configured
from tests.envs import toy
from training import played as played_module
from training import rebuilding
from training.episodes import EpisodeTracker
from training.faults import FaultConfig
from training.pipeline import Budget, Pipeline
from training.played import Played, lengths, smallest
from training.pool import LocalPool
from training.rebuilding import rebuild
from training.replaying import Replayed
from training.rollout_config import RolloutConfig
from training.unroll import Positions
from training.worker import RolloutWorker

BYTE = smallest(2)
NUM_ENVS = 3
SOURCES = {
    "stack": Configured("tests.envs.toy:Picture-v0", EnvOptions(), Transforms(frame_stack=3))
}


class Keeping(Learner):
    """Keeps what it is given in a replay, and learns nothing."""

    def __init__(self, env: str, capacity: int, n: int):
        space, _ = registry.spaces(SOURCES.get(env, env))
        stack = space if isinstance(space, Stack) else None
        windows = NStep(n, 0.9) if n else Sequences(SequenceConfig(), 0.9)
        rng = np.random.default_rng(0)
        self.replay = Replay(windows, Storage(capacity, stack), Uniform(rng))

    def learn(self, rollout):
        self.replay.add(rollout)
        return {}

    def weights(self):
        return {}

    @property
    def held(self):
        return self.replay.held

    def begin_again(self, begins, first):
        self.replay.begin_again(begins, first)

    def observe_again(self, rollout):
        self.replay.observe_again(rollout)

    def get_state(self):
        return self.replay.get_state()

    def get_state_without_observations(self):
        return self.replay.get_state_without_observations()

    def set_state(self, state):
        self.replay.set_state(state)


class Run:
    """A run of random actions that keeps the newest of what it sees."""

    def __init__(self, env: str, capacity: int, n: int, length: int, state=None):
        drops = FaultConfig(on_fault="drop")
        source = SOURCES.get(env, env)
        config = RolloutConfig(env=source, agent=Random(), num_envs=NUM_ENVS, faults=drops)
        budget = Budget(env_steps=10**6, num_envs=NUM_ENVS, rollout_length=length)
        episodes, positions = EpisodeTracker(NUM_ENVS), None
        if state:
            episodes.set_state(state["episodes"])
            positions = episodes.positions()
        self.pool = LocalPool(config, positions, episodes.positions)
        self.learner = Keeping(env, capacity, n)
        self.told: list[tuple[int, int]] = []
        actions = Played(NUM_ENVS, BYTE)
        if state:
            actions = rebuild(state, self.learner, self.pool, lambda *told: self.told.append(told))
        self.pipeline = Pipeline(
            Random(),
            budget,
            pool=self.pool,
            learner=self.learner,
            episodes=episodes,
            played=actions,
        )
        if state:
            self.pipeline.set_state(state)
        self._iterations = self.pipeline.iterations()

    def go(self, iterations: int) -> None:
        list(islice(self._iterations, iterations))

    def close(self) -> None:
        self._iterations.close()
        self.pool.close()


def _require_same(state, other, path=""):
    assert type(state) is type(other), path
    if isinstance(state, dict):
        assert state.keys() == other.keys(), path
        for name, value in state.items():
            _require_same(value, other[name], f"{path}/{name}")
    elif isinstance(state, list):
        assert len(state) == len(other), path
        for number, (value, another) in enumerate(zip(state, other, strict=True)):
            _require_same(value, another, f"{path}/{number}")
    else:
        np.testing.assert_array_equal(state, other, path)


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    """Parts of few observations, so that short runs have many of them."""
    monkeypatch.setattr(played_module, "_APART", 20)


@pytest.mark.parametrize(
    ("env", "capacity", "n", "length"),
    [
        ("CartPole-v1", 90, 1, 5),
        ("CartPole-v1", 7, 3, 16),  # smaller than a rollout
        ("CartPole-v1", 1_000, 2, 1),  # nothing is forgotten
        ("tests.envs.toy:Picture-v0", 60, 2, 4),
        ("tests.envs.toy:Corridor-v0", 60, 1, 4),
        ("tests.envs.toy:Picture-v0", 8, 0, 6),  # sequences
        ("stack", 60, 2, 4),
        ("stack", 5, 1, 7),
        ("tests.envs.broken:Broken-reset-v0", 80, 1, 4),
        ("tests.envs.broken:Broken-raise-v0", 80, 3, 5),
    ],
)
def test_it_holds_what_it_held(env, capacity, n, length):
    whole = Run(env, capacity, n, length)
    whole.go(30)
    state = whole.pipeline.get_state()
    kept = state["played"]
    assert "observations" not in state["learner"]["storage"]
    assert "back" not in state["learner"]["storage"].get("frames", {})
    assert kept["actions"].dtype == np.uint8
    rebuilt = Run(env, capacity, n, length, state)
    _require_same(rebuilt.learner.get_state(), whole.learner.get_state())
    assert rebuilt.told[-1] == (len(kept["actions"]) * NUM_ENVS,) * 2
    for run in (whole, rebuilt):
        run.go(13)
    again = rebuilt.pipeline.get_state()
    _require_same(again, whole.pipeline.get_state())
    third = Run(env, capacity, n, length, again)
    _require_same(third.learner.get_state(), whole.learner.get_state())
    for run in (whole, rebuilt, third):
        run.close()


class Dying:
    """Two workers that die after each call: others take their places."""

    def __init__(self, env: str):
        drops = FaultConfig(on_fault="drop")
        self._config = RolloutConfig(env=env, agent=Random(), num_envs=NUM_ENVS, faults=drops)
        self.calls = 0

    def replay(self, known):
        self.calls += 1
        parts = []
        for block in (range(2), range(2, NUM_ENVS)):
            worker = RolloutWorker(
                **self._config.worker(block, set()), positions=None, hide_gpus=False
            )
            parts.append(worker.replay(known.block(block)))
            worker.close()
        return [Replayed.merge(both) for both in zip(*parts, strict=True)]


@pytest.mark.parametrize(
    "env", ["tests.envs.toy:Picture-v0", "CartPole-v1", "tests.envs.broken:Broken-reset-v0"]
)
def test_workers_share_it_and_may_die(env, monkeypatch):
    monkeypatch.setattr(rebuilding, "_BYTES", 2_000)
    whole = Run(env, 90, 2, 4)
    whole.go(30)
    state, learner, pool = whole.pipeline.get_state(), Keeping(env, 90, 2), Dying(env)
    rebuild(state, learner, pool, lambda *_: None)
    _require_same(learner.get_state(), whole.learner.get_state())
    assert pool.calls > 2
    whole.close()


def test_a_change_of_one_pixel_is_noticed(monkeypatch):
    run = Run("tests.envs.toy:Picture-v0", 60, 1, 4)
    run.go(30)
    state = run.pipeline.get_state()
    show = toy.Picture._show

    def other(self):
        observation = show(self)
        observation[0, 0, 1] ^= self._row == 3
        return observation

    monkeypatch.setattr(toy.Picture, "_show", other)
    with pytest.raises(RunError, match=r"up to env step 3.. the environment gave other obs"):
        Run("tests.envs.toy:Picture-v0", 60, 1, 4, state)
    run.close()


def test_an_episode_that_ends_elsewhere_is_told(monkeypatch):
    run = Run("tests.envs.toy:Corridor-v0", 200, 1, 4)
    run.go(30)
    state = run.pipeline.get_state()
    state["played"]["actions"][:] = 1  # each walks to the end, where some went back before
    with pytest.raises(RunError, match="the replay cannot be rebuilt from its actions"):
        Run("tests.envs.toy:Corridor-v0", 200, 1, 4, state)
    run.close()


def _rollout(actions, ended=()) -> Rollout:
    """Steps [T, 1], of which those of the numbers in `ended` end an episode."""
    shape = (len(actions), 1)
    over = np.isin(np.arange(len(actions))[:, None], ended)
    never = np.zeros(shape, np.bool_)
    return Rollout(
        s_tm1=np.zeros((*shape, 2)),
        a_tm1=np.array(actions, np.int32)[:, None],
        r_t=np.zeros(shape),
        terminated_t=over,
        truncated_t=never,
        s_t=np.zeros((*shape, 2)),
        dropped_t=never,
    )


def test_by_hand():
    """Parts of 20 observations: rollouts of 15 steps, an episode of 20 steps and one of 30."""
    record = Played(1, BYTE)
    record.add(_rollout([0] * 15), np.array([0]), (), Held(0, 0))  # ids 0 to 15
    record.add(_rollout([1] * 15, [4]), np.array([1]), (), Held(0, 16))  # 16 to 31
    fault = Fault(place=Place(Purpose.EPISODES, 0, 1, 16, 1), reason="")
    record.add(_rollout([0] * 15), np.array([1]), (fault,), Held(3, 32))  # a part of its own
    assert record.positions().actions[0].tolist() == [1] * 10 + [0] * 15
    assert record.reaches(Held(3, 47))
    everything = record.get_state(Held(3, 47))
    assert everything["actions"][:, 0].tolist() == [0] * 15 + [1] * 15 + [0] * 15
    assert lengths(everything) == [15, 15, 15]
    assert everything["lengths"].tolist() == [[15, 3]]
    assert [everything[name] for name in ("start", "first", "next")] == [0, 0, 47]
    assert everything["failed"] == [[Purpose.EPISODES, 0, 1, 16, 1]]
    # From observation 32 on: that of the episode which began at step 20, of which 10 were taken.
    late = record.get_state(Held(32, 47))
    assert late["actions"][:, 0].tolist() == [1] * 10 + [0] * 15
    assert [late[name] for name in ("start", "first", "next")] == [10, 32, 47]
    assert (late["episodes"].tolist(), late["began"].tolist()) == ([1], [0])
    assert (len(late["checks"]), late["ends"].tolist()) == (1, [25])


def test_a_record_that_begins_late_reaches_what_comes_after():
    before = Positions(episodes=np.array([7]), actions=[np.array([1, 1, 0])], state={})
    record = Played.from_here(before, BYTE)
    assert not record.reaches(Held(5, 90))
    # What was dropped just before is not known, and so no part begins here.
    record.add(_rollout([0, 1]), np.array([7]), (), Held(5, 90))
    assert not record.reaches(Held(90, 92))
    record.add(_rollout([1]), np.array([7]), (), Held(5, 92))
    assert not record.reaches(Held(91, 93))
    assert record.reaches(Held(92, 93))
    state = record.get_state(Held(92, 93))
    assert state["actions"][:, 0].tolist() == [1, 1, 0, 0, 1, 1]
    assert [state[name] for name in ("start", "first")] == [5, 92]


def test_no_part_begins_where_a_step_was_just_dropped():
    record, dropped = Played(1, BYTE), _rollout([0] * 30)
    dropped.dropped_t[-1] = True
    record.add(dropped, np.array([1]), (), Held(0, 0))
    record.add(_rollout([0] * 30), np.array([1]), (), Held(0, 30))
    assert not record.reaches(Held(-1, 60))
    assert record.get_state(Held(30, 60))["first"] == 0
    record.add(_rollout([0] * 30), np.array([1]), (), Held(0, 60))
    assert record.get_state(Held(60, 90))["first"] == 60


def test_an_action_takes_a_byte_where_there_are_256_at_most():
    assert [smallest(n).itemsize for n in (1, 2, 18, 256, 257, 65_536, 65_537)] == [
        *(1, 1, 1, 1),
        *(2, 2, 4),
    ]

import dataclasses
import signal
import time

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from common.errors import RunError
from envs.randomness import Purpose
from tests.envs.broken import HANG_SECONDS, Broken
from tests.training.fakes import MixingAgent
from training.episodes import EpisodeTracker
from training.evaluation import Evaluation
from training.faults import FaultConfig
from training.pool import LocalPool
from training.rollout_config import RolloutConfig
from training.worker import RolloutWorker

WEIGHTS = {"w": np.array(0.25)}
NUM_ENVS, STEPS = 3, 8
DROP = FaultConfig(on_fault="drop", hang_seconds=0.25)
PLAN = Evaluation(purpose=Purpose.EVALUATION, episodes=4, seed=3)


@pytest.fixture
def pools():
    """Makes pools, with the trackers of their environments' positions, and closes them."""
    made = []

    def make(env, faults=FaultConfig(), positions=None, seed=3) -> tuple[LocalPool, EpisodeTracker]:
        env = f"tests.envs.{env}" if isinstance(env, str) else env
        config = RolloutConfig(
            env=env, agent=MixingAgent(), seed=seed, num_envs=NUM_ENVS, faults=faults
        )
        tracker = EpisodeTracker(NUM_ENVS)
        made.append(LocalPool(config, positions, tracker.positions))
        return made[-1], tracker

    yield make
    for pool in reversed(made):  # each puts back the signal handler that it found
        pool.close()


def _iterations(pool, tracker, count, first=0):
    """Plays iterations and records them."""
    iterations = []
    for number in range(first, first + count):
        pool.begin(WEIGHTS, number * STEPS, STEPS)
        iterations.append(pool.end())
        tracker.update(iterations[-1])
    return iterations


def _same(left, right) -> None:
    for name in ("s_tm1", "a_tm1", "r_t", "terminated_t", "truncated_t", "dropped_t"):
        np.testing.assert_array_equal(getattr(left.rollout, name), getattr(right.rollout, name))
    np.testing.assert_array_equal(left.rollout.extras["mixed"], right.rollout.extras["mixed"])
    np.testing.assert_array_equal(left.state["mixed"], right.state["mixed"])
    np.testing.assert_array_equal(left.episodes, right.episodes)
    assert [fault.place for fault in left.faults] == [fault.place for fault in right.faults]


def test_it_plays_what_one_worker_of_all_environments_plays(pools):
    pool, tracker = pools("toy:Guess-v0")
    pool.wait_until_ready()
    assert pool.answered()
    worker = RolloutWorker(
        env="tests.envs.toy:Guess-v0",
        agent=MixingAgent(),
        seed=3,
        num_envs=NUM_ENVS,
        block=range(NUM_ENVS),
        positions=None,
        hide_gpus=False,
    )
    for number, done in enumerate(_iterations(pool, tracker, 3)):
        _same(done, worker.rollout(WEIGHTS, number * STEPS, STEPS))
    assert pool.evaluate(PLAN, WEIGHTS) == worker.evaluate(PLAN, WEIGHTS, PLAN.env_indices)
    assert pool.restarts == 0


def test_it_goes_on_at_positions(pools):
    pool, tracker = pools("toy:Guess-v0")
    whole = _iterations(pool, tracker, 2)
    positions = tracker.positions()
    whole += _iterations(pool, tracker, 2, first=2)
    again, other = pools("toy:Guess-v0", positions=positions)
    for left, right in zip(_iterations(again, other, 2, first=2), whole[2:], strict=True):
        _same(left, right)


@pytest.mark.parametrize("how", ["raise", "nan"])
def test_an_environment_that_fails_ends_the_run(pools, how):
    pool, tracker = pools(f"broken:Broken-{how}-v0")
    with pytest.raises(
        RunError, match=r"the environment failed: environment \d, episode"
    ) as caught:
        _iterations(pool, tracker, 30)
    assert "--on-fault drop would drop the episode and go on" in str(caught.value)
    assert ("the motor is on fire" in caught.value.trace) == (how == "raise")


def test_an_environment_that_fails_in_an_evaluation_ends_the_run(pools):
    pool, _ = pools("broken:Broken-raise-v0")
    with pytest.raises(RunError, match="evaluation environment"):
        pool.evaluate(dataclasses.replace(PLAN, episodes=40), WEIGHTS)


def test_an_environment_that_cannot_be_reset_ends_the_run_before_it_begins(pools):
    pool, _ = pools("broken:Broken-reset-v0", seed=4)
    with pytest.raises(RunError, match=r"episode 0, reset: OSError: the door is stuck"):
        pool.wait_until_ready()


@pytest.mark.parametrize("how", ["raise", "reset"])
def test_failing_episodes_are_dropped_and_counted(pools, how):
    pool, tracker = pools(f"broken:Broken-{how}-v0", DROP)
    iterations = _iterations(pool, tracker, 12)
    faults = [fault for done in iterations for fault in done.faults]
    dropped = sum(int(done.rollout.dropped_t.sum()) for done in iterations)
    assert tracker.dropped == len(faults) >= 2
    assert dropped == (len(faults) if how == "raise" else 0)
    assert pool.restarts == 0


def test_an_environment_that_never_works_ends_the_run_also_where_episodes_are_dropped(pools):
    pool, tracker = pools("broken:AlwaysBroken-v0", DROP)
    with pytest.raises(RunError, match="10 dropped episodes in a row"):
        _iterations(pool, tracker, 3)


def test_a_hanging_environment_ends_the_run(pools):
    pool, tracker = pools("broken:Broken-hang-v0", FaultConfig(hang_seconds=0.25))
    says = r"hangs: environment \d, episode \d+, step \d+, action \d: no answer within"
    with pytest.raises(RunError, match=says + r" 0\.25 s; --on-fault drop"):
        _iterations(pool, tracker, 30)
    time.sleep(0.5)  # whoever writes a last checkpoint is not interrupted
    assert pool.restarts == 0


def test_a_hanging_call_is_interrupted_and_not_made_again(pools):
    """What it leaves is what one leaves that raises in the same step: to the bit."""
    raising, its = pools("broken:Broken-raise-v0", DROP)
    expected = _iterations(raising, its, 8)
    faults = [fault for done in expected for fault in done.faults]
    assert len(faults) >= 2
    hanging, ours = pools("broken:Broken-hang-v0", DROP)
    iterations = _iterations(hanging, ours, 8)
    for left, right in zip(iterations, expected, strict=True):
        _same(left, right)
    assert hanging.restarts == len(faults)
    for done in iterations:
        assert all("it hung when it was called before" in fault.reason for fault in done.faults)


@pytest.mark.slow
def test_a_hanging_call_is_interrupted_once_however_long_its_replacement_takes(pools, monkeypatch):
    """As on a busy machine, where the call that was interrupted is overdue meanwhile."""
    make = LocalPool._make

    def slowly(self, positions):
        time.sleep(2 * DROP.hang_seconds)
        return make(self, positions)

    monkeypatch.setattr(LocalPool, "_make", slowly)
    pool, tracker = pools("broken:Broken-hang-v0", DROP)
    iterations = _iterations(pool, tracker, 4)
    assert pool.restarts == len([fault for done in iterations for fault in done.faults]) >= 1


def test_a_reset_that_hangs_before_the_first_iteration_is_skipped(pools):
    class Stuck(Broken):
        """Its `reset` hangs where the one of `Broken-reset-v0` raises."""

        def __init__(self):
            super().__init__("none")

        def reset(self, *, seed=None, options=None):
            answer = super().reset(seed=seed)
            if self._until_broken <= 10:
                time.sleep(HANG_SECONDS)
            return answer

    def env():
        return TimeLimit(Stuck(), 10)

    failing, its = pools("broken:Broken-reset-v0", DROP, seed=4)
    expected = _iterations(failing, its, 2)
    assert expected[0].faults
    hanging, ours = pools(env, DROP, seed=4)
    hanging.wait_until_ready()
    assert hanging.restarts >= 1
    for left, right in zip(_iterations(hanging, ours, 2), expected, strict=True):
        _same(left, right)


@pytest.mark.slow
def test_a_hang_in_an_evaluation_leaves_the_iteration_under_way(pools):
    raising, its = pools("broken:Broken-raise-v0", DROP)
    hanging, ours = pools("broken:Broken-hang-v0", DROP)
    plan = dataclasses.replace(PLAN, episodes=12)
    outcomes = []
    for pool, tracker in ((raising, its), (hanging, ours)):
        iterations = _iterations(pool, tracker, 2)
        pool.begin(WEIGHTS, 2 * STEPS, STEPS)  # as with lag 1: begun, not recorded
        before = pool.restarts
        evaluated = pool.evaluate(plan, WEIGHTS)
        if pool is hanging:
            assert pool.restarts > before
        iterations.append(pool.end())
        tracker.update(iterations[-1])
        iterations += _iterations(pool, tracker, 2, first=3)
        outcomes.append((iterations, evaluated))
    (expected, judged), (iterations, evaluated) = outcomes
    assert evaluated.returns == judged.returns
    assert [fault.place for fault in evaluated.faults] == [f.place for f in judged.faults]
    for left, right in zip(iterations, expected, strict=True):
        _same(left, right)


def test_the_limit_of_restarts_ends_the_run(pools):
    faults = dataclasses.replace(DROP, max_restarts=1)
    pool, tracker = pools("broken:Broken-hang-v0", faults)
    with pytest.raises(RunError, match="--max-restarts 1 is used up"):
        _iterations(pool, tracker, 30)
    assert pool.restarts == 1


def test_a_limit_of_no_restarts_is_not_told_as_one_of_many():
    with pytest.raises(RunError, match=r"^--max-restarts 0 has none replaced$"):
        dataclasses.replace(DROP, max_restarts=0).one_more(0)


def test_restarts_of_an_earlier_life_count(pools):
    pool, tracker = pools("broken:Broken-hang-v0", dataclasses.replace(DROP, max_restarts=5))
    pool.restarts = 5
    with pytest.raises(RunError, match="--max-restarts 5 is used up"):
        _iterations(pool, tracker, 30)


def test_a_slow_call_is_not_a_hanging_one(pools):
    class Slow(Broken):
        def __init__(self):
            super().__init__("none")

        def step(self, action):
            time.sleep(0.02)
            return super().step(action)

    pool, tracker = pools(Slow, DROP)
    _iterations(pool, tracker, 1)  # 24 calls take half a second together
    assert (pool.restarts, tracker.dropped) == (0, 0)


def test_closing_frees_the_environments_and_the_signal(pools):
    before = signal.getsignal(signal.SIGUSR1)
    closed = []

    class Watched(Broken):
        def __init__(self):
            super().__init__("none")

        def close(self):
            closed.append(self)

    config = RolloutConfig(env=Watched, agent=MixingAgent(), num_envs=NUM_ENVS)
    pool = LocalPool(config, None, EpisodeTracker(NUM_ENVS).positions)
    assert signal.getsignal(signal.SIGUSR1) != before
    pool.wait_until_ready()
    pool.close()
    assert len(closed) == NUM_ENVS
    assert signal.getsignal(signal.SIGUSR1) == before


@pytest.mark.parametrize(
    ("wrong", "named"), [({"hang_seconds": 0.0}, "hang-seconds"), ({"max_restarts": -1}, "max-")]
)
def test_impossible_settings_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        FaultConfig(**wrong)

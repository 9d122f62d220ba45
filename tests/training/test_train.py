import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import gymnasium
import numpy as np
import pytest

from agents.q_table.config import QTable
from agents.random.config import Random
from agents.schedules import EpsilonSchedule
from common.errors import RunError
from envs.registry import UnusableEnvironment
from tests.envs.broken import Broken
from tests.envs.toy import Corridor, Guess
from tests.training.fakes import CountingAgent, CountingLearner, MixingAgent, ten_actions
from training.callbacks import Callback
from training.evaluate import Evaluate, EvaluationConfig
from training.events import Kept
from training.faults import FaultConfig
from training.train import check, train

TABLE = QTable(epsilon=EpsilonSchedule(end=0.1, decay_steps=400))
CORRIDOR = "tests.envs.toy:Corridor-v0"
SHORT = {"env_steps": 800, "num_envs": 4, "rollout_length": 4}


def _walked(policy, env) -> list[int]:
    """The cells of the corridor that a policy goes through, as the environment numbers them."""
    observation, _ = env.reset(seed=0)
    policy.reset()
    cells, over = [observation], False
    while not over and len(cells) < 10:
        observation, _, over, _, _ = env.step(policy.act(observation))
        cells.append(observation)
    return cells


def test_a_table_learns_the_corridor_and_acts_in_the_environments_own_numbers():
    trained = train(TABLE, CORRIDOR, **SHORT)
    assert (trained.status, trained.env_steps) == ("finished", 800)
    assert trained.updates == 200  # time steps of all environments
    assert _walked(trained.policy, Corridor()) == [1, 2, 3, 4, 5]
    assert trained.policy.act(np.int64(3)) == 11


def test_a_table_learns_frozen_lake_where_nothing_slips():
    env = "FrozenLake-v1"
    gymnasium.register(
        "StraightLake-v0",
        gymnasium.spec(env).entry_point,
        max_episode_steps=100,
        kwargs={"map_name": "4x4", "is_slippery": False},
    )
    agent = dataclasses.replace(TABLE, epsilon=EpsilonSchedule(end=0.2, decay_steps=10_000))
    callback = Evaluate(EvaluationConfig(every_env_steps=0, final_episodes=5))
    trained = train(agent, "StraightLake-v0", env_steps=20_000, callbacks=[callback])
    assert callback.scores.success_rate == 1.0
    single = gymnasium.make("StraightLake-v0")
    observation, _ = single.reset(seed=0)
    for _ in range(6):  # the shortest way
        observation, reward, over, _, _ = single.step(trained.policy.act(observation))
    assert (observation, reward, over) == (15, 1.0, True)


def test_the_same_seed_gives_the_same_training():
    first, second = (train(TABLE, CORRIDOR, **SHORT, seed=1) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 64
    np.testing.assert_array_equal(first.policy.weights["q"], second.policy.weights["q"])
    others = [
        train(TABLE, CORRIDOR, **SHORT, seed=2),
        train(TABLE, CORRIDOR, **SHORT, seed=1, lag=0),
        train(TABLE, CORRIDOR, **{**SHORT, "rollout_length": 5}, seed=1),
    ]
    prints = [first.fingerprint, *(other.fingerprint for other in others)]
    assert len(set(prints)) == 4


def test_an_environment_may_be_a_function_and_is_then_limited():
    limited = train(TABLE, lambda: gymnasium.wrappers.TimeLimit(Corridor(), 20), **SHORT, seed=1)
    named = train(TABLE, CORRIDOR, **SHORT, seed=1)
    assert limited.fingerprint == named.fingerprint
    assert _walked(limited.policy, Corridor()) == [1, 2, 3, 4, 5]

    endings = []

    class Lengths(Callback):
        def on_iteration(self, training, done):
            endings.extend(done.episodes.lengths.tolist())

    class Endless(Guess):
        """Has no end of its own."""

    train(Random(), Endless, env_steps=2_002, num_envs=2, rollout_length=100, callbacks=[Lengths()])
    assert endings == [1_000, 1_000]


def test_a_callback_can_stop_it():
    class Stop(Callback):
        def on_iteration(self, training, done):
            if done.env_steps >= 100:
                training.stop("interrupted")

    trained = train(TABLE, CORRIDOR, **SHORT, callbacks=[Stop()])
    assert (trained.status, trained.env_steps) == ("interrupted", 112)
    assert trained.policy.act(1) in (10, 11)


def test_the_policy_is_the_one_that_was_kept():
    class Keep(Callback):
        def on_iteration(self, training, done):
            if done.env_steps == 160:
                weights = training.learner.weights()
                training.kept = Kept(env_steps=160, mean_return=1.0, weights=weights)

    env = ten_actions
    kept = train(CountingAgent(), env, **SHORT, callbacks=[Keep()])
    assert kept.policy.weights == {"iterations": 10}
    assert train(CountingAgent(), env, **SHORT).policy.weights == {"iterations": 50}


def test_the_policy_is_the_latest_of_the_best():
    callback = Evaluate(EvaluationConfig(every_env_steps=100, episodes=2, final_episodes=4))
    trained = train(TABLE, CORRIDOR, **SHORT, callbacks=[callback])
    newest = train(TABLE, CORRIDOR, **SHORT)
    assert trained.fingerprint == newest.fingerprint
    np.testing.assert_array_equal(trained.policy.weights["q"], newest.policy.weights["q"])
    assert callback.scores.mean_return == 1.0


def test_a_policy_remembers_until_it_is_reset():
    policy = train(CountingAgent(), ten_actions, **SHORT).policy
    observation = np.zeros(2, np.uint8)
    assert [policy.act(observation) for _ in range(4)] == [0, 1, 2, 3]
    policy.reset()
    assert policy.act(observation) == 0


def test_it_ends_once_it_is_solved():
    config = EvaluationConfig(every_env_steps=40, episodes=2, final_episodes=4)
    callback = Evaluate(config, solved_at=1.0, until_solved=True)
    trained = train(TABLE, CORRIDOR, **SHORT, callbacks=[callback])
    assert trained.status == "finished"
    assert trained.env_steps == callback.solved_at < 800
    assert callback.scores.mean_return == 1.0


def test_callbacks_and_learner_are_closed_whatever_happens():
    learner, closed = CountingLearner(diverges_in=2), []

    @dataclass(frozen=True, kw_only=True)
    class Diverging(CountingAgent):
        def learner(self, observation_space, action_space, **options):
            return learner

    class Closing(Callback):
        def close(self):
            closed.append(self)

    with pytest.raises(ArithmeticError, match="it diverged"):
        train(Diverging(), ten_actions, **SHORT, callbacks=[Closing()])
    assert learner.closed
    assert len(closed) == 1


def test_a_failing_environment_ends_it_or_has_its_episodes_dropped():
    def env():
        return gymnasium.wrappers.TimeLimit(Broken("raise"), 10)

    with pytest.raises(RunError, match="the motor is on fire"):
        train(Random(), env, **SHORT)
    faults = []

    class Listening(Callback):
        def on_iteration(self, training, done):
            faults.extend(done.faults)
            assert training.episodes.dropped == len(faults)

    dropping = FaultConfig(on_fault="drop")
    trained = train(Random(), env, **SHORT, faults=dropping, callbacks=[Listening()])
    assert trained.status == "finished"
    assert len(faults) > 5


def test_what_cannot_be_learned_is_said_before_anything_is_made():
    with pytest.raises(ValueError, match=r"--env CartPole-v1: a Q-table needs discrete obs"):
        train(TABLE, "CartPole-v1", **SHORT)
    with pytest.raises(ValueError, match=r"--env .*Guess: a Q-table needs discrete observations"):
        check(TABLE, Guess, 1)
    with pytest.raises(UnusableEnvironment, match="did you mean FrozenLake-v1"):
        check(TABLE, "FrozenLak-v1", 1)
    with pytest.raises(UnusableEnvironment, match=r"FileNotFoundError: no motor\.cfg"):
        check(TABLE, "tests.envs.broken:Unmakable-v0", 1)
    check(TABLE, CORRIDOR, 0)
    check(TABLE, CORRIDOR, 1)


def test_an_agent_says_with_which_lag_it_learns():
    @dataclass(frozen=True, kw_only=True)
    class OnlyAhead(CountingAgent):
        lags: ClassVar[tuple[int, ...]] = (1,)

    env = "tests.envs.toy:Guess-v0"
    with pytest.raises(ValueError, match=r"--lag 1: MixingAgent learns with lag 0$"):
        train(MixingAgent(), env, **SHORT)
    with pytest.raises(ValueError, match=r"--lag 0: OnlyAhead learns with lag 1$"):
        check(OnlyAhead(), env, 0)
    with pytest.raises(ValueError, match=r"--lag 2: QTable learns with lag 0 or 1$"):
        check(TABLE, CORRIDOR, 2)


def test_a_table_needs_no_tensorflow():
    program = f"""
import sys
from agents.q_table.config import QTable
from training.train import train
trained = train(QTable(), {CORRIDOR!r}, env_steps=64, num_envs=4)
assert trained.policy.act(1) in (10, 11)
loaded = [name for name in ("tensorflow", "keras", "ray") if name in sys.modules]
sys.exit(f"loaded {{loaded}}" if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_an_environment_should_not_do_is_told_without_a_run_folder(caplog):
    class Shouting(Corridor):
        def step(self, action):
            observation, reward, *rest = super().step(action)
            return [observation], reward, *rest

    train(TABLE, Shouting, **SHORT)
    (message,) = caplog.messages
    assert message.endswith(
        "Shouting: observation is of type list, the space says Discrete(5, start=1): it is "
        "converted"
    )

import itertools
import pickle
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor, ActorOutput
from agents.dqn.config import DQN
from agents.dqn.distribution import MunchausenConfig
from agents.q_table.config import QTable
from agents.random.config import Random
from agents.random.mixed import MixedActor
from agents.schedules import EpsilonSchedule
from common.settings import InvalidSetting
from envs import registry
from envs.faults import EnvironmentFault, Guard
from envs.options import EnvOptions, Transforms
from envs.randomness import Purpose, derive, uniform
from envs.sources import Configured
from tests.envs.broken import Broken
from tests.envs.toy import Guess
from tests.training.fakes import FakePool, MixingAgent, StubTraining
from training import evaluate as evaluate_module
from training import evaluation, learners
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.evaluate import Evaluate, EvaluationConfig, baseline, final
from training.evaluation import (
    Evaluation,
    EvaluationResult,
    Interrupted,
    evaluate_policy,
    summarise,
)
from training.events import Kept
from training.loop import Training
from training.pipeline import Budget
from training.pool import LocalPool
from training.rollout_config import RolloutConfig

GUESS, CORRIDOR = "tests.envs.toy:Guess-v0", "tests.envs.toy:Corridor-v0"
EVERY_10 = EvaluationConfig(every_env_steps=10, episodes=2, final_episodes=3)
TABLE = QTable(epsilon=EpsilonSchedule(end=0.1, decay_steps=200), learning_rate_power=0.0)


def _stub(means=(), **options) -> StubTraining:
    pool = FakePool(4)
    pool.means = list(means)
    return StubTraining(pool, **options)


def _played(training: StubTraining, callback: Evaluate, env_steps) -> list[int]:
    """Iterations that end after `env_steps`; returns after which of them evaluations were made."""
    for steps in env_steps:
        training.env_steps = steps
        callback.on_iteration(training, None)
    return [done.env_steps for event, done in training.told if event == "on_evaluation"]


def test_an_evaluation_is_due_with_the_iteration_that_reaches_a_multiple():
    training, callback = _stub(), Evaluate(EVERY_10)
    callback.on_started(training)
    assert _played(training, callback, range(4, 36, 4)) == [12, 20, 32]
    plans = [plan for plan, _ in training.pool.plans]
    assert [plan.number for plan in plans] == [0, 1, 2]
    assert {(plan.purpose, plan.episodes, plan.seed) for plan in plans} == {
        (Purpose.EVALUATION, 2, 7)
    }
    assert not any(plan.random for plan in plans)
    assert [int(weights["made_at"]) for _, weights in training.pool.plans] == [12, 20, 32]


def test_an_iteration_that_leaps_over_several_is_evaluated_once():
    training = _stub()
    assert _played(training, Evaluate(EVERY_10), [9, 35, 39, 40]) == [35, 40]


@pytest.mark.parametrize("at_start", [False, True])
def test_one_that_is_interrupted_ends_the_training_and_is_played_again_by_a_resumed_one(at_start):
    training, callback = _stub(), Evaluate(EVERY_10)
    before, training.interrupted = callback.get_state(), lambda: True
    training.env_steps = 10
    if at_start:
        callback.on_started(training)
    else:
        callback.on_iteration(training, None)
    assert training.was_interrupted
    assert (callback.get_state(), training.kept, _evaluations(training)) == (before, None, [])
    again, after = _stub(), Evaluate(EVERY_10)
    after.set_state(before)
    again.env_steps = 10
    after.on_started(again)
    assert [(plan.number, plan.purpose) for plan, _ in again.pool.plans] == [
        (0, Purpose.EVALUATION)
    ]


@pytest.mark.parametrize("plays", [1, 2, 3, 4])
def test_scores_that_are_interrupted_are_all_missing(plays):
    training, callback = _stub(means=[9, 1]), Evaluate(EVERY_10)
    _played(training, callback, [10])
    training.env_steps = 19  # the last weights are evaluated, and the kept ones are others
    asked: list[int] = []
    training.interrupted = lambda: asked.append(1) or len(asked) == plays
    callback.on_end(training, "finished")
    assert training.was_interrupted
    assert (callback.scores, callback.last_scores) == (None, None)


def test_an_evaluation_is_stopped_in_the_middle_of_an_episode():
    """Of endless episodes no step would ever be the last."""
    asked: list[tuple[int, int]] = []

    def watch(episodes, env_steps):
        asked.append((episodes, env_steps))
        if len(asked) == 50:
            raise Interrupted

    config = RolloutConfig(env=CORRIDOR, agent=Random(), seed=0, num_envs=1)
    with closing(LocalPool(config, None, lambda: None)) as pool, pytest.raises(Interrupted):
        pool.evaluate(baseline(1_000, 0), {}, watch)
    assert asked[:2] == [(0, 0), (0, 100)]
    assert asked[-1][0] > 0
    assert asked[-1][1] == 4_900


def test_a_long_one_says_now_and_then_how_far_it_is(monkeypatch):
    now = itertools.count(0.0, 4.0)
    monkeypatch.setattr(evaluate_module, "time", SimpleNamespace(monotonic=lambda: next(now)))
    training = _stub()
    watch = evaluate_module._Watch(training, "evaluating 2 episodes")
    for step in range(8):
        watch(step // 4, 1_000 * step)
    assert training.told == [
        ("on_activity", "evaluating 2 episodes: 0 done, 2,000 env steps"),
        ("on_activity", "evaluating 2 episodes: 1 done, 5,000 env steps"),
        ("on_activity", "evaluating 2 episodes: 1 done, 7,000 env steps"),
    ]


def test_without_a_period_there_is_one_at_the_end():
    training, callback = _stub(), Evaluate(EvaluationConfig(every_env_steps=0))
    assert _played(training, callback, [100, 5_000, 10_000]) == []
    callback.on_end(training, "finished")
    assert [plan.purpose for plan, _ in training.pool.plans] == [
        Purpose.EVALUATION,
        Purpose.FINAL_EVALUATION,
        Purpose.BASELINE,
    ]


def _evaluations(training):
    return [done for event, done in training.told if event == "on_evaluation"]


@pytest.mark.parametrize(
    ("stands_at", "expected"),
    [
        (16, [20, 32]),  # saved in an iteration without one
        (20, [20, 32]),  # stopped in the middle of the one of 20
        (12, [20, 32]),  # saved right after one
    ],
)
def test_resumed_it_evaluates_what_is_due_and_nothing_twice(stands_at, expected):
    before = Evaluate(EVERY_10)
    _played(_stub(), before, [4, 8, 12])
    training, after = _stub(), Evaluate(EVERY_10)
    after.set_state(pickle.loads(pickle.dumps(before.get_state())))
    training.env_steps = stands_at
    after.on_started(training)
    assert _played(training, after, range(stands_at + 4, 36, 4)) == expected
    assert [plan.number for plan, _ in training.pool.plans] == [1, 2]


def test_the_latest_of_the_best_is_kept():
    training, callback = _stub(means=[1, 3, 3, 2]), Evaluate(EVERY_10)
    kept = []
    for steps in (10, 20, 30, 40):
        _played(training, callback, [steps])
        kept.append((training.kept.env_steps, training.kept.mean_return))
    assert kept == [(10, 1), (20, 3), (30, 3), (30, 3)]
    assert training.kept.weights == {"made_at": np.array(30)}
    told = _evaluations(training)
    assert [done.is_best for done in told] == [True, True, False, False]
    assert [done.summary.mean_return for done in told] == [1, 3, 3, 2]
    assert [done.summary.std_return for done in told] == [1, 1, 1, 1]


def test_it_is_solved_by_the_first_that_reaches_the_threshold():
    training, callback = _stub(means=[1, 3, 2, 5]), Evaluate(EVERY_10, solved_at=3.0)
    _played(training, callback, [10, 20, 30, 40])
    assert callback.solved_at == 20
    assert [done.solves for done in _evaluations(training)] == [False, True, False, False]
    assert training.stops == 0


def test_without_a_threshold_nothing_is_solved():
    training, callback = _stub(means=[100]), Evaluate(EVERY_10, until_solved=True)
    _played(training, callback, [10])
    assert (callback.solved_at, training.stops) == (None, 0)


def test_until_solved_the_one_that_reaches_the_threshold_stops_the_training():
    callback = Evaluate(EVERY_10, solved_at=3.0, until_solved=True)
    training = _stub(means=[2.9, 3.0])
    callback.on_started(training)
    _played(training, callback, [10])
    assert training.stops == 0
    _played(training, callback, [20])
    assert training.stops == 1


@pytest.mark.parametrize("random", [False, True])
def test_at_the_end_the_kept_and_the_last_policy_are_scored_on_other_episodes(random):
    training = _stub(means=[5, 1, 60, 70, 80], random=random)
    callback = Evaluate(EVERY_10)
    _played(training, callback, [10, 20])
    callback.on_end(training, "finished")
    plans = training.pool.plans[2:]
    assert [(plan.purpose, plan.episodes, plan.random) for plan, _ in plans] == [
        (Purpose.FINAL_EVALUATION, 3, random),
        (Purpose.FINAL_EVALUATION, 3, random),
        (Purpose.BASELINE, 3, True),
    ]
    assert [int(weights["made_at"]) for _, weights in plans[:2]] == [10, 20]
    assert plans[0][0] == plans[1][0]
    means = [callback.scores, callback.last_scores, callback.random_scores]
    assert [summary.mean_return for summary in means] == [60, 70, 80]
    assert len(_evaluations(training)) == 2  # the scores are no evaluations of a training under way


def test_a_kept_policy_that_is_the_last_is_scored_once():
    training, callback = _stub(means=[5, 60, 80]), Evaluate(EVERY_10)
    _played(training, callback, [10])
    callback.on_end(training, "finished")
    assert len(training.pool.plans) == 3
    assert callback.last_scores == callback.scores
    assert callback.scores.mean_return == 60


def test_weights_that_no_evaluation_saw_are_evaluated_before_the_scores():
    training, callback = _stub(means=[5, 9]), Evaluate(EVERY_10)
    _played(training, callback, [10, 14])
    callback.on_end(training, "finished")
    assert [done.env_steps for done in _evaluations(training)] == [10, 14]
    assert training.kept.env_steps == 14


def test_an_interrupted_training_is_not_scored():
    training, callback = _stub(), Evaluate(EVERY_10)
    callback.on_end(training, "interrupted")
    assert training.pool.plans == []
    assert callback.scores is None


def test_state_round_trip():
    training, callback = _stub(means=[5, 9, 1]), Evaluate(EVERY_10, solved_at=6.0)
    _played(training, callback, [10, 20, 30])
    state = pickle.loads(pickle.dumps(callback.get_state()))
    assert state == {"made": 3, "evaluated_at": 30, "solved_at": 20}
    other = Evaluate(EVERY_10, solved_at=6.0)
    other.set_state(state)
    assert other.get_state() == state
    # It was solved before: a later one that reaches the threshold solves nothing.
    training.pool.means = [9]
    _played(training, other, [40])
    assert other.solved_at == 20
    assert not _evaluations(training)[-1].solves


def test_a_training_that_had_kept_a_policy_before_measures_later_ones_against_it():
    training, callback = _stub(means=[8, 9]), Evaluate(EVERY_10)
    training.kept = Kept(env_steps=5, mean_return=9.0, weights={})
    _played(training, callback, [10])
    assert training.kept.env_steps == 5
    _played(training, callback, [20])
    assert training.kept.env_steps == 20
    assert not any(done.is_best for done in _evaluations(training))


class _StopsAfter(Callback):
    def __init__(self, env_steps):
        self._env_steps = env_steps

    def on_iteration(self, training, done):
        if done.env_steps >= self._env_steps:
            training.stop("interrupted")


def _training(callbacks, state=None) -> Training:
    config = RolloutConfig(env=CORRIDOR, agent=TABLE, seed=1, num_envs=4)
    episodes = EpisodeTracker(4)
    positions = None
    if state:
        episodes.set_state(state["pipeline"]["episodes"])
        positions = episodes.positions()
    return Training(
        config,
        Budget(env_steps=BUDGET, num_envs=4, rollout_length=4, lag=0),
        pool=LocalPool(config, positions, episodes.positions),
        learner=learners.make(TABLE, CORRIDOR, seed=1, env_steps=BUDGET),
        episodes=episodes,
        callbacks=callbacks,
        state=state,
    )


BUDGET = 480
REAL = EvaluationConfig(every_env_steps=40, episodes=3, final_episodes=5)


def test_a_table_that_learned_the_corridor_scores_one():
    callback = Evaluate(REAL, solved_at=1.0)
    with closing(_training([callback])) as training:
        assert training.run() == "finished"
        training.pool.close()
    assert callback.scores.mean_return == callback.last_scores.mean_return == 1.0
    assert callback.scores.episodes == callback.random_scores.episodes == 5
    assert callback.random_scores.mean_return < 1.0
    assert 0 < callback.solved_at < 480
    assert training.kept_from == 480  # the latest of those that reach the end


def test_until_solved_one_that_was_killed_before_its_scores_is_not_trained_any_more():
    solved = {"solved_at": 1.0, "until_solved": True}
    with closing(_training([Evaluate(REAL, **solved)])) as training:
        training.run()
        training.pool.close()
    assert training.env_steps < BUDGET
    state, callback = pickle.loads(pickle.dumps(training.get_state())), Evaluate(REAL, **solved)
    with closing(_training([callback], state)) as again:
        assert again.run() == "finished"
        again.pool.close()
    assert again.env_steps == training.env_steps
    assert callback.get_state()["made"] == state["callbacks"]["evaluate"]["made"]
    assert callback.scores.mean_return == 1.0


def _resumed(stops_after: int):
    """The state after so many steps, and a training that continues from it."""
    training = _training([Evaluate(REAL), _StopsAfter(stops_after)])
    training.run()
    state = pickle.loads(pickle.dumps(training.get_state()))
    training.pool.close()
    again = Evaluate(REAL)
    return state, again, _training([again], state)


@pytest.mark.parametrize("stops_after", [40, 200, 216])
def test_a_training_that_resumes_ends_like_one_that_was_never_stopped(stops_after):
    straight = Evaluate(REAL)
    whole = _training([straight])
    whole.run()
    whole.pool.close()
    _, again, resumed = _resumed(stops_after)
    resumed.run()
    resumed.pool.close()
    assert again.get_state() == straight.get_state()
    assert (again.scores, again.last_scores) == (straight.scores, straight.last_scores)
    assert resumed.kept_from == whole.kept_from
    np.testing.assert_array_equal(resumed.kept_weights["q"], whole.kept_weights["q"])


def test_a_training_that_resumes_still_has_the_policy_that_was_kept():
    state, _, training = _resumed(216)
    training.pool.close()
    assert training.env_steps == 224  # the iteration in which 216 were reached
    assert training.kept_from == state["kept"]["env_steps"] <= 208
    np.testing.assert_array_equal(training.kept_weights["q"], state["kept"]["weights"]["q"])


@pytest.mark.parametrize("name", ["episodes", "final_episodes"])
def test_impossible_settings_are_named(name):
    with pytest.raises(InvalidSetting, match="--evaluation." + name.replace("_", "-")):
        EvaluationConfig(**{name: 0})
    with pytest.raises(InvalidSetting, match=r"--evaluation\.every-env-steps"):
        EvaluationConfig(every_env_steps=-1)


# Which episodes an evaluation plays, and what comes of them.

MIXED = {"w": np.array(0.5)}


def _plan(episodes=7, **options) -> Evaluation:
    return Evaluation(**{"purpose": Purpose.EVALUATION, "seed": 5, **options}, episodes=episodes)


def _outcome(
    plan, env_indices, *, env=GUESS, agent=None, weights=MIXED, guard=None
) -> EvaluationResult:
    agent = agent or MixingAgent()
    return evaluate_policy(env, agent, plan, weights, env_indices, guard or Guard())


@pytest.mark.parametrize(
    ("episodes", "number", "env_indices", "quotas"),
    [
        (7, 0, range(7), [1] * 7),
        (7, 2, range(14, 21), [1] * 7),
        (100, 1, range(100, 200), [1] * 100),
        (250, 1, range(100, 200), [3] * 50 + [2] * 50),
    ],
)
def test_environments_share_the_episodes(episodes, number, env_indices, quotas):
    plan = _plan(episodes, number=number)
    assert plan.env_indices == env_indices
    assert [plan.quota(index) for index in plan.env_indices] == quotas
    assert sum(quotas) == episodes


@pytest.mark.parametrize("random", [False, True])
@pytest.mark.parametrize("env", [GUESS, "CartPole-v1"])
def test_how_environments_are_split_does_not_matter(monkeypatch, env, random):
    monkeypatch.setattr(evaluation, "MAX_EVALUATION_ENVS", 4)
    plan = _plan(9, number=3, random=random)  # quotas 3, 2, 2, 2
    assert plan.env_indices == range(12, 16)
    whole = _outcome(plan, plan.env_indices, env=env)
    assert len(whole.returns) == 9
    assert len(set(whole.returns)) > 1
    for cuts in ([12, 14, 16], [12, 13, 14, 15, 16], [12, 15, 16]):
        blocks = [range(*cut) for cut in itertools.pairwise(cuts)]
        assert EvaluationResult.merge([_outcome(plan, block, env=env) for block in blocks]) == whole


def test_returns_are_those_of_the_first_episodes_of_each_environment(monkeypatch):
    """A greedy table walks the corridor to its end, or into the wall until it is cut at 20."""
    monkeypatch.setattr(evaluation, "MAX_EVALUATION_ENVS", 2)
    right, left = ({"q": np.tile(row, (5, 1))} for row in ([0.0, 1.0], [1.0, 0.0]))
    plan = _plan(5)
    for weights, value in ((right, 1.0), (left, 0.0)):
        outcome = _outcome(plan, plan.env_indices, env=CORRIDOR, agent=TABLE, weights=weights)
        # Four steps to the right, discounted by 0.99 each but the first; the table expects 1 of
        # both ways. Each of the two environments is asked at the start of its first episode.
        assert outcome == EvaluationResult(
            returns=[value] * 5,
            faults=(),
            discounted_returns=pytest.approx([value * 0.99**3] * 2),
            expected_returns=[1.0] * 2,
        )


def test_nothing_is_expected_of_what_values_are_not_of():
    """Random actions are among the greedy ones, or entropy is in the values."""
    right = {"q": np.tile([0.0, 1.0], (5, 1))}
    plan = _plan(3, epsilon=1e-12)
    outcome = _outcome(plan, plan.env_indices, env=CORRIDOR, agent=TABLE, weights=right)
    assert outcome.discounted_returns == pytest.approx([0.99**3] * 3)
    assert outcome.expected_returns == []
    for scale, compares in ((0.0, True), (0.9, False)):
        agent = DQN(munchausen=MunchausenConfig(scale=scale))
        actor = agent.actor(Box(-1, 1, (2,)), Discrete(2), [0])
        assert actor.values_returns is agent.values_returns is compares


@pytest.mark.parametrize("life_loss", [False, True])
def test_a_value_that_ends_with_a_life_is_not_compared(life_loss):
    pytest.importorskip("ale_py")

    class Hopeful(Actor):
        def values(self, weights, observations, state):
            return np.ones((len(observations), 3))

        def act(self, weights, observations, state, exploration=None):
            return ActorOutput(np.zeros(len(observations), np.int32))

    class Gambler(Random):
        acts_randomly = False

        def actor(self, observation_space, action_space, env_indices):
            return Hopeful()

    options, transforms = EnvOptions(max_episode_steps=3), Transforms(life_loss=life_loss)
    game = Configured("ALE/Breakout-v5", options, transforms)
    outcome = _outcome(_plan(1), [0], env=game, agent=Gambler(), weights={})
    assert outcome.returns == [0.0]
    found = (outcome.discounted_returns, outcome.expected_returns)
    assert found == (([], []) if life_loss else ([0.0], [1.0]))


def test_other_purposes_and_numbers_play_other_episodes():
    seeds: list[int] = []

    class Watched(Guess):
        def reset(self, *, seed=None, options=None):
            seeds.append(seed)
            return super().reset(seed=seed)

    def limited():
        return gymnasium.wrappers.TimeLimit(Watched(), 3)

    played = []
    for plan in (_plan(number=0), _plan(number=1), final(7, 5), baseline(7, 5), _plan(seed=6)):
        seeds.clear()
        _outcome(plan, plan.env_indices, env=limited)
        played.append(set(seeds))
        assert len(played[-1]) >= 7
    for i, ours in enumerate(played):
        for theirs in played[:i]:
            assert not ours & theirs


@pytest.mark.parametrize("weights", [{}, {"q": np.tile([1.0, 0.0], (5, 1))}])
def test_random_actions_do_not_depend_on_the_agent(weights):
    plan = baseline(40, 5)
    agents = [TABLE, Random(), MixingAgent()]
    returns = [
        _outcome(plan, plan.env_indices, env=CORRIDOR, agent=agent, weights=weights).returns
        for agent in agents
    ]
    assert returns[0] == returns[1] == returns[2]
    assert 0 < np.mean(returns[0]) < 1


def test_a_random_agent_has_no_greedy_policy_to_evaluate():
    with pytest.raises(ValueError, match="no greedy policy"):
        _outcome(_plan(), range(7), agent=Random(), weights={})


def test_dropped_episodes_are_replaced_by_the_next(monkeypatch):
    monkeypatch.setattr(evaluation, "MAX_EVALUATION_ENVS", 3)
    plan = _plan(30)
    env = "tests.envs.broken:Broken-raise-v0"
    outcome = _outcome(plan, plan.env_indices, env=env, guard=Guard("drop"))
    assert len(outcome.returns) == 30
    assert outcome.faults
    assert {fault.place.purpose for fault in outcome.faults} == {Purpose.EVALUATION}
    parts = [_outcome(plan, block, env=env, guard=Guard("drop")) for block in ([0], [1, 2])]
    assert EvaluationResult.merge(parts).returns == outcome.returns
    with pytest.raises(EnvironmentFault, match="the motor is on fire"):
        _outcome(plan, plan.env_indices, env=env)


def test_what_a_dropped_episode_had_earned_is_forgotten():
    class Paying(Broken):
        def step(self, action):
            observation, _, _, truncated, info = super().step(action)
            return observation, 1.0, False, truncated, info

    def env():
        return gymnasium.wrappers.TimeLimit(Paying("raise"), 10)

    outcome = _outcome(_plan(40), range(40), env=env, guard=Guard("drop"))
    assert any(fault.place.step > 1 for fault in outcome.faults)
    assert outcome.returns == [10.0] * 40


def test_a_summary_by_hand():
    summary = summarise(GUESS, [1.0, 3.0, 5.0, 7.0])
    assert (summary.episodes, summary.mean_return) == (4, 4.0)
    assert (summary.min_return, summary.max_return) == (1.0, 7.0)
    assert summary.std_return == pytest.approx(np.sqrt(5))
    assert summary.success_rate is None
    assert summary.score() == 4.0
    assert "success_rate" not in summary.to_json()
    lake = summarise("FrozenLake-v1", [0.0, 1.0, 1.0, 0.0, 1.0])
    assert lake.success_rate == lake.score() == pytest.approx(0.6)
    assert lake.to_json()["success_rate"] == pytest.approx(0.6)


def test_what_it_does_is_told():
    training, callback = _stub(means=[5, 1, 60, 70, 80]), Evaluate(EVERY_10)
    _played(training, callback, [10, 20])
    callback.on_end(training, "finished")
    assert [words for event, words in training.told if event == "on_activity"] == [
        *["evaluating 2 episodes"] * 2,
        *["scoring 3 fresh episodes"] * 3,
    ]


# Evaluations that explore.


def test_exploration_in_an_evaluation_by_hand():
    """Two draws a step of an environment: whether to act at random, and which action."""
    plan = _plan(3, epsilon=0.25, purpose=Purpose.FINAL_EVALUATION)
    always_right = {"q": np.tile([0.0, 1.0], (5, 1))}
    envs = registry.make(CORRIDOR, seed=5, purpose=plan.purpose, env_indices=[1, 2])
    keys = derive(5, Purpose.FINAL_EVALUATION, Purpose.EXPLORATION, np.array([1, 2]))
    with closing(envs):
        unroll = plan.unroll(TABLE, envs, [1, 2])
        unroll.start()
        explorations = itertools.islice(plan.explorations(unroll, [1, 2]), 500)
        for step, exploration in enumerate(explorations):
            random = uniform(keys, 2 * step) < 0.25
            drawn = np.floor(2 * uniform(keys, 2 * step + 1))
            taken = unroll.step(always_right, exploration).a_tm1
            np.testing.assert_array_equal(taken, np.where(random, drawn, 1))


@pytest.mark.parametrize(("epsilon", "low", "high"), [(0.0, 1.0, 1.0), (1.0, 0.0, 0.9)])
def test_a_share_of_random_actions_shows_in_the_returns(epsilon, low, high):
    right = {"q": np.tile([0.0, 1.0], (5, 1))}
    plan = _plan(60, epsilon=epsilon)
    whole = _outcome(plan, plan.env_indices, env=CORRIDOR, agent=TABLE, weights=right)
    assert low <= np.mean(whole.returns) <= high
    blocks = [
        _outcome(plan, block, env=CORRIDOR, agent=TABLE, weights=right)
        for block in (range(7), range(7, 60))
    ]
    assert EvaluationResult.merge(blocks) == whole


def test_random_actions_are_legal_and_leave_what_the_actor_remembers_alone():
    class Remembering(Actor):
        respects_masks = True

        def initial_state(self):
            return {"seen": np.zeros(2)}

        def act(self, weights, observations, state, exploration=None, action_mask=None):
            assert exploration is None
            return ActorOutput(
                np.zeros(2, np.int32), {"seen": state["seen"] + 1}, {"x": np.ones(2)}
            )

    actor, mask = MixedActor(Remembering(), 0.5, 4), np.array([[1, 0, 0, 1]] * 2, np.bool_)
    chance = np.array([[0.4, 0.6], [0.9, 0.9]])  # of the first a random action, the last legal one
    output = actor.act({}, np.zeros(2), actor.initial_state(), chance, action_mask=mask)
    assert output.actions.tolist() == [3, 0]
    assert output.actions.dtype == np.int32
    assert (output.state["seen"].tolist(), output.extras["x"].tolist()) == ([1, 1], [1, 1])


def test_a_share_that_is_none_is_refused():
    with pytest.raises(InvalidSetting, match=r"--evaluation.epsilon must be in \[0, 1\]"):
        EvaluationConfig(epsilon=1.1)


def test_every_evaluation_of_a_training_has_its_share_of_random_actions():
    training, callback = _stub(), Evaluate(replace(EVERY_10, epsilon=0.1))
    _played(training, callback, [10])
    callback.on_end(training, "finished")
    assert [(plan.epsilon, plan.random) for plan, _ in training.pool.plans] == [
        *[(0.1, False)] * 2,
        (0.0, True),
    ]

import dataclasses

import pytest

from common.errors import RunError
from tests.training.fakes import CountingAgent, CountingLearner, FakePool
from training.episodes import EpisodeTracker
from training.pipeline import Budget, Pipeline

NUM_ENVS = 8
# 40 + 40 + 24 steps: the last iteration has 3 steps, and is 4 steps longer than was asked for.
BUDGET = Budget(env_steps=100, num_envs=NUM_ENVS, rollout_length=5, lag=1)
SIX = {"env_steps": 6 * 40, "num_envs": NUM_ENVS, "rollout_length": 5}


def _pipeline(budget: Budget, pool: FakePool, learner: CountingLearner | None = None) -> Pipeline:
    return Pipeline(
        CountingAgent(),
        budget,
        pool=pool,
        learner=learner or CountingLearner(),
        episodes=EpisodeTracker(budget.num_envs),
    )


def _begun(pool: FakePool) -> list[tuple[int, int, int]]:
    """The (iterations in the weights, first step, steps) of the iterations that were begun."""
    return [call[1:] for call in pool.calls if call[0] == "begin"]


def _names(pool: FakePool) -> list[str]:
    """The calls in order, each with its iteration's number."""
    return [
        f"{name} {(call[1] if name == 'begin' else call[0]) // 5}" for name, *call in pool.calls
    ]


@pytest.mark.parametrize(
    ("env_steps", "expected"), [(0, 5), (40, 5), (79, 3), (80, 3), (99, 1), (100, 0), (104, 0)]
)
def test_the_last_iteration_is_as_short_as_the_budget_asks(env_steps, expected):
    assert BUDGET.steps(env_steps) == expected


def test_iterations_are_handed_their_first_step_and_their_steps():
    pool = FakePool(NUM_ENVS)
    iterations = list(_pipeline(BUDGET, pool).iterations())
    assert [(first, steps) for _, first, steps in _begun(pool)] == [(0, 5), (5, 5), (10, 3)]
    assert [done.env_steps for done in iterations] == [40, 80, 104]
    assert [done.updates for done in iterations] == [10, 20, 30]
    assert [done.metrics["loss"] for done in iterations] == [1.0, 1 / 2, 1 / 3]


@pytest.mark.parametrize("slow", ["learner", "pool", "nobody"])
@pytest.mark.parametrize(("lag", "learned"), [(0, [0, 1, 2, 3, 4, 5]), (1, [0, 0, 1, 2, 3, 4])])
def test_an_iteration_acts_with_what_was_learned_up_to_lag_iterations_before(lag, learned, slow):
    pool = FakePool(NUM_ENVS, answered=slow != "pool")
    learner = CountingLearner(seconds=0.01 * (slow == "learner"))
    list(_pipeline(Budget(**SIX, lag=lag), pool, learner).iterations())
    assert [weights for weights, _, _ in _begun(pool)] == learned
    # Each was learned from once, in order.
    assert [seen[0, 0] for seen in learner.learned] == [0, 5, 10, 15, 20, 25]


def test_an_iteration_is_begun_while_the_one_before_is_learned_from():
    pool = FakePool(NUM_ENVS)
    list(_pipeline(BUDGET, pool).iterations())
    assert _names(pool) == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]


def test_an_iteration_is_begun_before_the_one_before_is_in_where_acting_takes_longer():
    pool = FakePool(NUM_ENVS, answered=False)
    list(_pipeline(BUDGET, pool).iterations())
    assert _names(pool) == ["begin 0", "begin 1", "end 0", "begin 2", "end 1", "end 2"]


def test_without_lag_an_iteration_is_begun_after_its_predecessor_was_handed_out():
    for answered in (True, False):
        pool = FakePool(NUM_ENVS, answered=answered)
        iterations = _pipeline(Budget(**SIX, lag=0), pool).iterations()
        for number in range(3):
            next(iterations)
            expected = [f"{name} {n}" for n in range(number + 1) for name in ("begin", "end")]
            assert _names(pool) == expected
        iterations.close()


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("lag", [0, 1])
def test_an_iteration_that_cannot_be_begun_fails_at_its_turn(lag, answered):
    pool = FakePool(NUM_ENVS, answered=answered, fails_at=2 * 5)
    learner = CountingLearner()
    pipeline = _pipeline(Budget(**SIX, lag=lag), pool, learner)
    iterations = pipeline.iterations()
    for env_steps in (40, 80):
        assert next(iterations).env_steps == env_steps
        assert pipeline.whole
    with pytest.raises(RunError, match="no workers"):
        next(iterations)
    assert learner.iterations == 2
    assert pipeline.whole
    assert pipeline.env_steps == 80


def test_the_first_iteration_may_fail():
    pipeline = _pipeline(BUDGET, FakePool(NUM_ENVS, fails_at=0))
    with pytest.raises(RunError, match="no workers"):
        next(pipeline.iterations())
    assert pipeline.whole


@pytest.mark.parametrize("lag", [0, 1])
def test_a_learner_that_fails_leaves_no_whole_state(lag):
    pipeline = _pipeline(Budget(**SIX, lag=lag), FakePool(NUM_ENVS), CountingLearner(diverges_in=2))
    iterations = pipeline.iterations()
    for env_steps in (40, 80):
        assert next(iterations).env_steps == env_steps
        assert pipeline.whole
    with pytest.raises(ArithmeticError, match="it diverged"):
        next(iterations)
    assert not pipeline.whole


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("after", [1, 2, 5])
@pytest.mark.parametrize("lag", [0, 1])
def test_resumed_it_goes_on_as_if_it_had_never_stopped(lag, after, answered):
    budget = Budget(**SIX, lag=lag)
    whole_pool = FakePool(NUM_ENVS)
    whole = list(_pipeline(budget, whole_pool).iterations())

    first = _pipeline(budget, FakePool(NUM_ENVS, answered=answered))
    running = first.iterations()
    for _ in range(after):
        next(running)
    state = first.get_state()
    running.close()
    assert state["env_steps"] == after * 40
    # With lag 1 the iteration that comes next was acted without the last one learned.
    assert int(state["acting_weights"]["iterations"]) == after - lag
    assert state["learner"] == {"iterations": after, "updates": 10 * after}

    pool = FakePool(NUM_ENVS, answered=answered)
    resumed = _pipeline(budget, pool)
    resumed.set_state(state)
    rest = list(resumed.iterations())
    assert _begun(pool) == _begun(whole_pool)[after:]
    for ours, theirs in zip(rest, whole[after:], strict=True):
        assert (ours.env_steps, ours.updates) == (theirs.env_steps, theirs.updates)
        assert (ours.metrics, ours.exploration) == (theirs.metrics, theirs.exploration)


def test_environments_that_resume_are_those_that_stopped():
    first = _pipeline(BUDGET, FakePool(NUM_ENVS))
    running = first.iterations()
    next(running)
    state = first.get_state()
    running.close()
    tracker = EpisodeTracker(NUM_ENVS)
    tracker.set_state(state["episodes"])
    assert [len(actions) for actions in tracker.positions().actions] == [5] * NUM_ENVS


@pytest.mark.parametrize("lag", [0, 1])
def test_exploration_is_that_of_the_iterations_last_step(lag):
    budget = Budget(env_steps=100, num_envs=NUM_ENVS, rollout_length=5, lag=lag)
    done = list(_pipeline(budget, FakePool(NUM_ENVS)).iterations())
    # Before the fifth, tenth and thirteenth step of eight environments.
    assert [each.exploration for each in done] == [{"taken": 32}, {"taken": 72}, {"taken": 96}]


def test_a_budget_that_is_spent_begins_nothing():
    pool = FakePool(NUM_ENVS)
    pipeline = _pipeline(BUDGET, pool)
    list(pipeline.iterations())
    pool.calls.clear()
    assert list(pipeline.iterations()) == []
    assert pool.calls == []


@pytest.mark.parametrize(("lag", "acts_next"), [(0, [1, 2, 3]), (1, [0, 1, 2])])
def test_a_state_keeps_the_weights_that_the_next_iteration_acts_with(lag, acts_next):
    pipeline = _pipeline(dataclasses.replace(BUDGET, lag=lag), FakePool(NUM_ENVS))
    states = [pipeline.get_state() for _ in pipeline.iterations()]
    assert [int(state["acting_weights"]["iterations"]) for state in states] == acts_next

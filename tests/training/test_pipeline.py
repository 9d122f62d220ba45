import dataclasses

import pytest

from common.errors import RunError
from tests.training.fakes import CountingAgent, CountingLearner, FakePool
from training.episodes import EpisodeTracker
from training.pipeline import Pipeline, Rounds

STREAMS = 8
# 40 + 40 + 24 steps: in the last round each stream takes 3 steps, 4 more in all than were asked for
ROUNDS = Rounds(env_steps=100, streams=STREAMS, round_steps=5, lag=1)
SIX = {"env_steps": 6 * 40, "streams": STREAMS, "round_steps": 5}


def _pipeline(rounds: Rounds, pool: FakePool, learner: CountingLearner | None = None) -> Pipeline:
    return Pipeline(
        CountingAgent(),
        rounds,
        pool=pool,
        learner=learner or CountingLearner(),
        episodes=EpisodeTracker(rounds.streams),
    )


def _begun(pool: FakePool) -> list[tuple[int, int, int]]:
    """The (rounds in the weights, first step, steps) of the rounds that were begun."""
    return [call[1:] for call in pool.calls if call[0] == "begin"]


def _names(pool: FakePool) -> list[str]:
    """The calls in order, each with its round's number."""
    return [
        f"{name} {(call[1] if name == 'begin' else call[0]) // 5}" for name, *call in pool.calls
    ]


@pytest.mark.parametrize(
    ("env_steps", "expected"), [(0, 5), (40, 5), (79, 3), (80, 3), (99, 1), (100, 0), (104, 0)]
)
def test_the_last_round_is_as_short_as_the_budget_asks(env_steps, expected):
    assert ROUNDS.steps(env_steps) == expected


def test_rounds_are_handed_their_first_step_and_their_steps():
    pool = FakePool(STREAMS)
    rounds = list(_pipeline(ROUNDS, pool).rounds())
    assert [(first, steps) for _, first, steps in _begun(pool)] == [(0, 5), (5, 5), (10, 3)]
    assert [done.env_steps for done in rounds] == [40, 80, 104]
    assert [done.updates for done in rounds] == [10, 20, 30]
    assert [done.metrics for done in rounds] == [{"loss": 1.0}, {"loss": 1 / 2}, {"loss": 1 / 3}]


@pytest.mark.parametrize("slow", ["learner", "pool", "nobody"])
@pytest.mark.parametrize(("lag", "learned"), [(0, [0, 1, 2, 3, 4, 5]), (1, [0, 0, 1, 2, 3, 4])])
def test_a_round_acts_with_what_was_learned_up_to_lag_rounds_before(lag, learned, slow):
    pool = FakePool(STREAMS, answered=slow != "pool")
    learner = CountingLearner(seconds=0.01 * (slow == "learner"))
    list(_pipeline(Rounds(**SIX, lag=lag), pool, learner).rounds())
    assert [weights for weights, _, _ in _begun(pool)] == learned
    # Each was learned from once, in order.
    assert [seen[0, 0] for seen in learner.learned] == [0, 5, 10, 15, 20, 25]


def test_a_round_is_begun_while_the_one_before_is_learned_from():
    pool = FakePool(STREAMS)
    list(_pipeline(ROUNDS, pool).rounds())
    assert _names(pool) == ["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]


def test_a_round_is_begun_before_the_one_before_is_in_where_acting_takes_longer():
    pool = FakePool(STREAMS, answered=False)
    list(_pipeline(ROUNDS, pool).rounds())
    assert _names(pool) == ["begin 0", "begin 1", "end 0", "begin 2", "end 1", "end 2"]


def test_without_lag_a_round_is_begun_after_its_predecessor_was_handed_out():
    for answered in (True, False):
        pool = FakePool(STREAMS, answered=answered)
        rounds = _pipeline(Rounds(**SIX, lag=0), pool).rounds()
        for number in range(3):
            next(rounds)
            expected = [f"{name} {n}" for n in range(number + 1) for name in ("begin", "end")]
            assert _names(pool) == expected
        rounds.close()


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("lag", [0, 1])
def test_a_round_that_cannot_be_begun_fails_at_its_turn(lag, answered):
    pool = FakePool(STREAMS, answered=answered, fails_at=2 * 5)
    learner = CountingLearner()
    pipeline = _pipeline(Rounds(**SIX, lag=lag), pool, learner)
    rounds = pipeline.rounds()
    for env_steps in (40, 80):
        assert next(rounds).env_steps == env_steps
        assert pipeline.whole
    with pytest.raises(RunError, match="no workers"):
        next(rounds)
    assert learner.rounds == 2
    assert pipeline.whole
    assert pipeline.env_steps == 80


def test_the_first_round_may_fail():
    pipeline = _pipeline(ROUNDS, FakePool(STREAMS, fails_at=0))
    with pytest.raises(RunError, match="no workers"):
        next(pipeline.rounds())
    assert pipeline.whole


@pytest.mark.parametrize("lag", [0, 1])
def test_a_learner_that_fails_leaves_no_whole_state(lag):
    pipeline = _pipeline(Rounds(**SIX, lag=lag), FakePool(STREAMS), CountingLearner(diverges_in=2))
    rounds = pipeline.rounds()
    for env_steps in (40, 80):
        assert next(rounds).env_steps == env_steps
        assert pipeline.whole
    with pytest.raises(ArithmeticError, match="it diverged"):
        next(rounds)
    assert not pipeline.whole


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("after", [1, 2, 5])
@pytest.mark.parametrize("lag", [0, 1])
def test_resumed_it_goes_on_as_if_it_had_never_stopped(lag, after, answered):
    rounds = Rounds(**SIX, lag=lag)
    whole_pool = FakePool(STREAMS)
    whole = list(_pipeline(rounds, whole_pool).rounds())

    first = _pipeline(rounds, FakePool(STREAMS, answered=answered))
    under_way = first.rounds()
    for _ in range(after):
        next(under_way)
    state = first.get_state()
    under_way.close()
    assert state["env_steps"] == after * 40
    # With lag 1 the round that comes next was acted without the last one learned.
    assert int(state["acting_weights"]["rounds"]) == after - lag
    assert state["learner"] == {"rounds": after, "updates": 10 * after}

    pool = FakePool(STREAMS, answered=answered)
    resumed = _pipeline(rounds, pool)
    resumed.set_state(state)
    rest = list(resumed.rounds())
    assert _begun(pool) == _begun(whole_pool)[after:]
    for ours, theirs in zip(rest, whole[after:], strict=True):
        assert (ours.env_steps, ours.updates) == (theirs.env_steps, theirs.updates)
        assert (ours.metrics, ours.exploration) == (theirs.metrics, theirs.exploration)


def test_streams_that_resume_are_those_that_stopped():
    first = _pipeline(ROUNDS, FakePool(STREAMS))
    under_way = first.rounds()
    next(under_way)
    state = first.get_state()
    under_way.close()
    tracker = EpisodeTracker(STREAMS)
    tracker.set_state(state["episodes"])
    assert [len(actions) for actions in tracker.positions().actions] == [5] * STREAMS


@pytest.mark.parametrize("lag", [0, 1])
def test_exploration_is_that_of_the_rounds_last_step(lag):
    rounds = Rounds(env_steps=100, streams=STREAMS, round_steps=5, lag=lag)
    done = list(_pipeline(rounds, FakePool(STREAMS)).rounds())
    # Before the fifth, tenth and thirteenth step of eight streams.
    assert [each.exploration for each in done] == [{"taken": 32}, {"taken": 72}, {"taken": 96}]


def test_a_budget_that_is_spent_begins_nothing():
    pool = FakePool(STREAMS)
    pipeline = _pipeline(ROUNDS, pool)
    list(pipeline.rounds())
    pool.calls.clear()
    assert list(pipeline.rounds()) == []
    assert pool.calls == []


@pytest.mark.parametrize(("lag", "acts_next"), [(0, [1, 2, 3]), (1, [0, 1, 2])])
def test_a_state_keeps_the_weights_that_the_next_round_acts_with(lag, acts_next):
    pipeline = _pipeline(dataclasses.replace(ROUNDS, lag=lag), FakePool(STREAMS))
    states = [pipeline.get_state() for _ in pipeline.rounds()]
    assert [int(state["acting_weights"]["rounds"]) for state in states] == acts_next

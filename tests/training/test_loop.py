from contextlib import closing

import numpy as np
import pytest

from common.errors import UsageError
from tests.training.fakes import CountingAgent, CountingLearner, FakePool
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.events import Kept
from training.loop import Training
from training.pipeline import Budget
from training.rollout_config import RolloutConfig

NUM_ENVS = 4


class Witness(Callback):
    """Writes down what it is told; stops the training in an iteration of its choice."""

    def __init__(self, who, log, *, name="", stops_in=None, status="finished", at_start=False):
        self.who, self.log, self.name = who, log, name
        self._stops_in, self._status, self._at_start = stops_in, status, at_start
        self.seen = 0

    def _note(self, event):
        self.log.append(f"{self.who} {event}")

    def on_start(self, training):
        self._note("start")
        if self._at_start:
            training.stop(self._status)

    def on_iteration_begin(self, training):
        self._note("begin")

    def on_iteration(self, training, done):
        self.seen += 1
        self._note(f"iteration {done.env_steps}")
        if self.seen == self._stops_in:
            training.stop(self._status)

    def on_training_end(self, training, status):
        assert training.pipeline.whole
        self._note(f"training end {status}")

    def on_end(self, training, status):
        self._note(f"end {status}")

    def close(self):
        self._note("close")

    def get_state(self):
        return {"seen": self.seen}

    def set_state(self, state):
        self.seen = state["seen"]


def _training(
    callbacks=(), *, budget=3 * 8, state=None, pool=None, learner=None, **options
) -> Training:
    return Training(
        RolloutConfig(
            env="tests.envs.toy:Guess-v0", agent=CountingAgent(), seed=9, num_envs=NUM_ENVS
        ),
        Budget(env_steps=budget, num_envs=NUM_ENVS, rollout_length=2),
        pool=pool or FakePool(NUM_ENVS),
        learner=learner or CountingLearner(),
        episodes=EpisodeTracker(NUM_ENVS),
        callbacks=callbacks,
        state=state,
        **options,
    )


def _both(event: str) -> list[str]:
    return [f"a {event}", f"b {event}"]


def _without_the_last_beginning(log: list[str]) -> list[str]:
    """What was told; of beginnings only those that an iteration came after."""
    return [
        event
        for i, event in enumerate(log)
        if not event.endswith("begin") or any("iteration" in later for later in log[i:])
    ]


def test_callbacks_are_told_of_everything_in_their_order():
    log = []
    training = _training([Witness("a", log), Witness("b", log)])
    assert training.run() == "finished"
    assert _without_the_last_beginning(log) == [
        *_both("start"),
        *_both("begin"),
        *_both("iteration 8"),
        *_both("begin"),
        *_both("iteration 16"),
        *_both("begin"),
        *_both("iteration 24"),
        *_both("training end finished"),
        *_both("end finished"),
    ]
    assert training.env_steps == 24


def test_as_many_iterations_begin_as_are_played():
    log = []
    _training([Witness("a", log)]).run()
    assert log.count("a begin") == 3


@pytest.mark.parametrize("status", ["finished", "interrupted"])
def test_every_callback_hears_the_iteration_that_one_of_them_stops_it_in(status):
    log = []
    callbacks = [
        Witness("a", log),
        Witness("b", log, stops_in=2, status=status),
        Witness("c", log),
    ]
    training = _training(callbacks)
    assert training.run() == status
    assert [event for event in log if event.startswith("c")] == [
        "c start",
        "c begin",
        "c iteration 8",
        "c begin",
        "c iteration 16",
        f"c training end {status}",
        f"c end {status}",
    ]
    assert log[-6:-3] == [f"{who} training end {status}" for who in "abc"]
    assert training.env_steps == 16


def test_it_ends_with_the_iteration_in_which_somebody_asks_for_an_end():
    log, asked = [], []
    callbacks = [Witness("a", log), Witness("b", log)]
    training = _training(callbacks, interrupted=lambda: asked.append(1) or len(asked) == 2)
    assert training.run() == "interrupted"
    assert training.was_interrupted
    assert [training.env_steps, len(asked)] == [16, 2]
    assert log[-6:] == [
        *_both("iteration 16"),
        *_both("training end interrupted"),
        *_both("end interrupted"),
    ]


def test_whoever_is_interrupted_at_the_end_tells_those_after_it():
    class Cut(Witness):
        def on_end(self, training, status):
            super().on_end(training, status)
            training.interrupt()

    log = []
    training = _training([Cut("a", log), Witness("b", log)])
    assert training.run() == "interrupted"
    assert log[-4:] == [*_both("training end finished"), "a end finished", "b end interrupted"]


def test_the_first_who_stops_it_says_how_it_ended():
    training = _training()
    training.stop("interrupted")
    training.stop("finished")
    assert training.run() == "interrupted"


def test_an_end_of_another_kind_is_refused():
    training = _training()
    with pytest.raises(ValueError, match=r"stop\('over'\): expected 'finished' or 'interrupted'"):
        training.stop("over")


def test_callbacks_whose_states_have_one_name_are_refused():
    log = []
    named = [Witness("a", log, name="a"), Witness("b", log, name="a"), Witness("c", log)]
    with pytest.raises(UsageError, match="callbacks: 2 have the name 'a'"):
        _training(named)


def test_stopped_at_its_start_it_plays_nothing():
    log, pool = [], FakePool(NUM_ENVS)
    training = _training([Witness("a", log, at_start=True), Witness("b", log)], pool=pool)
    assert training.run() == "finished"
    assert log == [*_both("start"), *_both("training end finished"), *_both("end finished")]
    assert pool.calls == []


def test_closing_is_the_callers():
    log = []
    with closing(_training([Witness("a", log), Witness("b", log)])) as training:
        training.run()
        assert "a close" not in log
    assert log[-2:] == _both("close")


def test_callbacks_are_closed_also_where_it_fails():
    log = []
    training = _training([Witness("a", log)], learner=CountingLearner(diverges_in=1))
    with pytest.raises(ArithmeticError, match="it diverged"), closing(training):
        training.run()
    assert log[-1] == "a close"
    assert not any("end" in event for event in log)


def test_states_of_named_callbacks_are_saved_and_come_back():
    log = []
    stopping = Witness("a", log, name="one", stops_in=2, status="interrupted")
    training = _training([stopping, Witness("b", log), Callback()])
    training.run()
    training.pool.restarts = 3
    state = training.get_state()
    assert state["callbacks"] == {"one": {"seen": 2}}
    assert state["restarts"] == 3

    resumed = [Witness("a", log, name="one"), Witness("b", log)]
    pool, learner = FakePool(NUM_ENVS), CountingLearner()
    pool.restarts = 1
    log.clear()
    again = _training(resumed, state=state, pool=pool, learner=learner)
    assert again.env_steps == 16
    assert again.pool.restarts == 4
    assert (resumed[0].seen, resumed[1].seen) == (2, 0)
    assert learner.iterations == 2
    assert again.run() == "finished"
    assert [event for event in log if "iteration" in event] == ["a iteration 24", "b iteration 24"]
    # With lag 1 the last iteration is not in the weights.
    assert pool.calls[0] == ("begin", 1, 4, 2)


def _ended_twice() -> Training:
    """A training that a callback stops in its second iteration, and that is interrupted after."""

    class Cut(Callback):
        def on_training_end(self, training, status):
            training.interrupt()

    training = _training([Witness("a", [], stops_in=2), Cut()])
    assert training.run() == "interrupted"
    return training


def test_who_wished_for_an_end_has_it_after_an_interruption_as_well():
    state = _ended_twice().get_state()
    log: list[str] = []
    again = _training([Witness("b", log)], state=state)
    assert again.run() == "finished"
    assert again.env_steps == 16
    assert log == ["b start", "b training end finished", "b end finished"]
    assert again.get_state()["ended"]


@pytest.mark.parametrize("ended", [None, False])
def test_without_such_a_wish_it_goes_on(ended):
    state = _ended_twice().get_state()
    del state["ended"]  # of an older version
    again = _training(state=state if ended is None else {**state, "ended": ended})
    assert again.run() == "finished"
    assert again.env_steps == 24


def test_an_interruption_is_no_wish_for_an_end():
    training = _training([Witness("a", [], stops_in=2, status="interrupted")])
    training.run()
    assert not training.get_state()["ended"]


def test_all_have_heard_of_the_start_before_anything_is_made_of_it():
    told = []

    class Starting(Callback):
        def on_start(self, training):
            told.append("start")

        def on_started(self, training):
            told.append("started")

    _training([Starting(), Starting()]).run()
    assert told == ["start", "start", "started", "started"]


def test_the_state_of_a_callback_that_is_not_there_is_kept_for_one_that_is():
    first = _training([Witness("a", [], name="one", stops_in=1, status="interrupted")])
    first.run()
    second = _training([Witness("b", [], name="two")], state=first.get_state())
    assert second.absent == {"one": {"seen": 1}}
    second.run()
    state = second.get_state()
    assert state["callbacks"] == {"one": {"seen": 1}, "two": {"seen": 2}}
    one = Witness("a", [], name="one")
    assert _training([one, Witness("b", [], name="two")], state=state).absent == {}
    assert one.seen == 1


@pytest.mark.parametrize("state", [None, {}])
def test_without_a_state_it_begins(state):
    training = _training(state=state)
    assert training.env_steps == 0
    training.run()
    assert training.env_steps == 24


def test_the_newest_weights_are_kept_until_an_evaluation_chooses():
    training = _training()
    training.run()
    assert training.kept_weights == {"iterations": np.array(3)}
    assert training.kept_from == 24
    training.kept = Kept(env_steps=8, mean_return=1.0, weights={"iterations": np.array(1)})
    assert training.kept_weights == {"iterations": np.array(1)}
    assert training.kept_from == 8


def test_any_event_can_be_told():
    told = []

    class Listening(Callback):
        def on_evaluation(self, training, done):
            told.append((training, done))

    training = _training([Listening(), Callback(), Listening()])
    training.tell("on_evaluation", "done")
    assert told == [(training, "done")] * 2

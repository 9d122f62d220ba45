import logging
from types import SimpleNamespace

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from common.errors import RunError
from envs.faults import Fault, Place
from envs.randomness import Purpose
from launch.config.execution import CheckpointConfig
from launch.jobs.rl import metrics
from launch.jobs.rl.metrics import Metrics
from launch.run_folder import checkpoints
from launch.run_folder.checkpoints import Origin
from launch.run_folder.metrics import read_metrics
from launch.run_folder.writer import RunWriter
from tests.training.fakes import StubTraining
from training.episodes import FinishedEpisodes
from training.evaluation import Summary
from training.events import EvaluationDone
from training.pipeline import Iteration

NONE = np.zeros(0, np.int64)
EMPTY = FinishedEpisodes(
    before=2, env_indices=NONE, numbers=NONE, returns=np.zeros(0), lengths=NONE, ends=NONE
)
TWO = FinishedEpisodes(
    before=0,
    env_indices=np.array([3, 1]),
    numbers=np.array([0, 4]),
    returns=np.array([2.0, 5.0]),
    lengths=np.array([10, 11]),
    ends=np.array([16, 40]),
)
FAULTS = tuple(
    Fault(
        place=Place(purpose=Purpose.EPISODES, env_index=env_index, episode=2, step=3, action=1),
        reason="it broke",
    )
    for env_index in (0, 4)
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(metrics, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


@pytest.fixture
def training():
    return StubTraining(SimpleNamespace(restarts=0))


def _iteration(env_steps, updates, episodes=EMPTY, faults=(), **named) -> Iteration:
    return Iteration(
        env_steps=env_steps,
        updates=updates,
        exploration=named.get("exploration", {}),
        metrics=named.get("metrics", {}),
        episodes=episodes,
        faults=faults,
        remarks=named.get("remarks", ()),
        rollout=named.get("rollout"),
    )


ORIGIN = Origin(run={}, versions={})
TASK = "dqn_cartpole CartPole-v1"


def _writer(folder, state=None) -> RunWriter:
    return RunWriter(folder, ORIGIN, CheckpointConfig(), state, has_episodes=True)


def _play(tracking, training, clock, done, seconds=2.0):
    tracking.on_iteration_begin(training)
    clock.seconds += seconds
    tracking.on_iteration(training, done)
    clock.seconds += 50.0  # an evaluation, or a checkpoint: not training


def _summary(**changes) -> Summary:
    values = {"mean_return": 1.5, "std_return": 0.5, "min_return": 1.0, "max_return": 2.0}
    return Summary(**{"episodes": 2, "success_rate": None, **values, **changes})


def _series(folder) -> dict[str, list[tuple[int, float]]]:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return {
        tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def test_an_iteration_becomes_scalars_and_a_record(tmp_path, training, clock):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    done = _iteration(
        64,
        8,
        TWO,
        exploration={"epsilon": 0.75, "temperature": 2.0},
        metrics={"loss": 0.5, "mean_q": 1.25},
    )
    _play(tracking, training, clock, done)
    _play(tracking, training, clock, _iteration(160, 12), seconds=4.0)
    writer.close()
    first, second = read_metrics(tmp_path)
    assert first == {
        "kind": "iteration",
        "env_steps": 64,
        "updates": 8,
        "training_seconds": 2.0,
        "agent/epsilon": 0.75,
        "agent/temperature": 2.0,
        "speed/env_steps_per_second": 32.0,
        "speed/updates_per_second": 4.0,
        "learner/loss": 0.5,
        "learner/mean_q": 1.25,
        "iteration/return": 3.5,
        "iteration/length": 10.5,
        "episode_returns": [2.0, 5.0],
        "episode_lengths": [10, 11],
    }
    assert second == {
        "kind": "iteration",
        "env_steps": 160,
        "updates": 12,
        "training_seconds": 6.0,  # without what is between iterations
        "speed/env_steps_per_second": 24.0,
        "speed/updates_per_second": 1.0,
        "episode_returns": [],
        "episode_lengths": [],
    }
    series = _series(tmp_path)
    not_scalars = {"kind", "env_steps", "updates", "training_seconds"}
    names = {name for name in first if not name.startswith("episode_")} - not_scalars
    assert set(series) == names | {"episode/return", "episode/length"}
    assert series["agent/epsilon"] == [(64, 0.75)]
    assert series["learner/loss"] == [(64, 0.5)]
    assert series["iteration/return"] == [(64, 3.5)]
    assert series["episode/return"] == [(16, 2.0), (40, 5.0)]  # each where it ended
    assert series["episode/length"] == [(16, 10.0), (40, 11.0)]
    assert (tmp_path / "episodes.csv").read_text() == (
        "env,episode,return,length,env_step\n3,0,2.0,10,16\n1,4,5.0,11,40\n"
    )
    assert series["speed/env_steps_per_second"] == [(64, 32.0), (160, 24.0)]


def test_of_more_episodes_one_of_ten_is_kept_and_then_one_of_a_hundred():
    numbers = np.arange(10_000)
    expected = [*range(10), *range(10, 100, 10), *range(100, 1000, 100), *range(1000, 10_000, 1000)]
    assert numbers[metrics.kept(numbers, 10)].tolist() == expected
    assert metrics.kept(np.array([99_999, 100_000, 100_001, 999_990]), 100_000).tolist() == [
        *(True, True, False, True)
    ]


def test_restarts_and_dropped_episodes_are_there_from_the_first_on(tmp_path, training, clock):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    _play(tracking, training, clock, _iteration(10, 0))
    training.pool.restarts = 1
    _play(tracking, training, clock, _iteration(20, 0))
    training.episodes.dropped = 2
    _play(tracking, training, clock, _iteration(30, 0, faults=FAULTS))
    _play(tracking, training, clock, _iteration(40, 0))
    writer.close()
    records = [record for record in read_metrics(tmp_path) if record["kind"] == "iteration"]
    assert [record.get("workers/restarts") for record in records] == [None, 1, 1, 1]
    assert [record.get("episode/dropped") for record in records] == [None, None, 2, 2]
    series = _series(tmp_path)
    assert series["workers/restarts"] == [(20, 1.0), (30, 1.0), (40, 1.0)]
    assert series["episode/dropped"] == [(30, 2.0), (40, 2.0)]


def test_faults_are_recorded_and_the_first_of_them_is_said(tmp_path, training, clock, caplog):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    with caplog.at_level(logging.WARNING):
        _play(tracking, training, clock, _iteration(10, 0, faults=FAULTS))
        tracking.faults(10, FAULTS[:1])
        tracking.faults(10, ())
        writer.commit()
    writer.close()
    *records, last = read_metrics(tmp_path)
    assert records[0] == {
        "kind": "fault",
        "env_steps": 10,
        "purpose": 1,
        "env_index": 0,
        "episode": 2,
        "step": 3,
        "action": 1,
        "reason": "it broke",
    }
    assert [record["kind"] for record in records] == ["fault", "fault", "iteration"]
    assert last["env_index"] == 0
    place = "episode dropped: environment 0, episode 2, step 3, action 1: it broke"
    assert caplog.messages == [f"{place}, and 1 more at the same time", place]


@pytest.mark.parametrize("rate", [None, 0.25])
def test_an_evaluation_becomes_scalars_and_a_record(tmp_path, training, clock, rate):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    done = EvaluationDone(
        env_steps=50,
        summary=_summary(success_rate=rate, discounted_return=1.25, q_start=1.75),
        weights={"kernel": np.array([[1.0, 2.0], [3.0, 3.0]]), "none": np.zeros(0)},
        faults=FAULTS[:1],
        is_best=True,
        solves=False,
    )
    tracking.on_evaluation(training, done)
    writer.close()
    fault, record = read_metrics(tmp_path)
    assert fault["kind"] == "fault"
    succeeded = {} if rate is None else {"success_rate": rate}
    assert record == {
        "kind": "evaluation",
        "env_steps": 50,
        "episodes": 2,
        "mean_return": 1.5,
        "std_return": 0.5,
        "min_return": 1.0,
        "max_return": 2.0,
        "discounted_return": 1.25,
        "q_start": 1.75,
        **succeeded,
    }
    expected = {
        "evaluation/return": [(50, 1.5)],
        "evaluation/discounted_return": [(50, 1.25)],
        "evaluation/q_start": [(50, 1.75)],
        f"seeds/{TASK}": [(50, 1.5)],
    }
    if rate is not None:
        expected["evaluation/success_rate"] = [(50, rate)]
    assert _series(tmp_path) == expected
    accumulator = EventAccumulator(str(tmp_path)).Reload()
    assert accumulator.Tags()["histograms"] == ["weights/kernel"]
    (event,) = accumulator.Histograms("weights/kernel")
    found = event.histogram_value
    assert (event.step, found.min, found.max, found.num, found.sum) == (50, 1.0, 3.0, 4.0, 9.0)


def test_speeds_of_a_resumed_run_begin_where_it_was(tmp_path, training, clock):
    (tmp_path / "checkpoints").mkdir()
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    _play(tracking, training, clock, _iteration(64, 8))
    assert writer.checkpoint(64, lambda: {"own": tracking.get_state()})
    _play(tracking, training, clock, _iteration(128, 16))  # lost with the process
    writer.close()

    state = checkpoints.load_newest(tmp_path / "checkpoints", ORIGIN)
    assert state is not None
    writer = _writer(tmp_path, state)
    again = Metrics(writer, TASK)
    again.set_state(state["own"])
    training.env_steps, training.learner.updates = 64, 8
    again.on_start(training)
    _play(again, training, clock, _iteration(128, 24))
    writer.close()
    first, second = read_metrics(tmp_path)
    assert (first["env_steps"], first["updates"]) == (64, 8)
    assert (second["env_steps"], second["updates"]) == (128, 24)
    assert second["speed/env_steps_per_second"] == 32.0
    assert second["speed/updates_per_second"] == 8.0
    assert second["training_seconds"] == again.training_seconds == 4.0
    assert _series(tmp_path)["speed/updates_per_second"] == [(64, 4.0), (128, 8.0)]


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_its_metrics_again(
    tmp_path, training, clock
):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    _play(tracking, training, clock, _iteration(64, 8))
    writer.close()
    writer = _writer(tmp_path, {})
    again = Metrics(writer, TASK)
    again.on_start(training)
    _play(again, training, clock, _iteration(32, 4))
    writer.close()
    assert [record["env_steps"] for record in read_metrics(tmp_path)] == [32]
    assert again.training_seconds == 2.0


def test_metrics_can_be_read_after_every_iteration(tmp_path, training, clock):
    writer = _writer(tmp_path)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    for number in range(1, 4):
        _play(tracking, training, clock, _iteration(10 * number, 0))
        assert len(read_metrics(tmp_path)) == number
    writer.close()


def test_a_folder_that_is_gone_ends_the_run(tmp_path, training, clock):
    folder = tmp_path / "run"
    folder.mkdir()
    writer = _writer(folder)
    tracking = Metrics(writer, TASK)
    tracking.on_start(training)
    assert writer.in_place()
    folder.rename(tmp_path / "elsewhere")
    assert not writer.in_place()
    with pytest.raises(RunError, match="was deleted or moved under the run"):
        _play(tracking, training, clock, _iteration(10, 0))
    writer.close()
    with pytest.raises(RunError, match="metrics cannot be written"):
        _writer(folder)

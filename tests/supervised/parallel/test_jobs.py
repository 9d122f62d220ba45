"""The chapter's jobs, with worker groups in this process and devices in one of their own."""

from dataclasses import replace

import pytest
import tensorflow as tf

from common.backend import set_precision
from common.errors import Diverged
from launch.experiments import catalog
from supervised.core.job import InputError
from supervised.core.settings import OptimizerConfig
from supervised.core.sharing.group import ResultLost
from supervised.core.variables import assign, largest_difference, values
from supervised.parallel import cluster_toy, data_parallel, devices, model_parallel, placing, ways
from supervised.parallel.configs import DevicesConfig, ToyConfig
from supervised.parallel.ways import Alone, compiled
from tests.supervised.core.sharing.contexts import Shared
from tests.supervised.recorder import Recorder, Stopped

MOMENTUM = OptimizerConfig(name="momentum", learning_rate=0.05)
TOO_LARGE = OptimizerConfig(name="sgd", learning_rate=1e38)


def _job(name: str, **changes):
    return replace(catalog.get(name).config.job, **changes)


def _teams(**changes):
    """Six updates of softmax regression, looked at twice, without TensorFlow's own strategy."""
    small = {"networks": ("softmax",), "updates": 6, "look_every": 3, "batch_size": 50}
    return _job("data_parallel", **{**small, "replicas": 0, **changes})


def _stages(**changes):
    """Four updates, looked at twice."""
    return _job("model_parallel", **{"updates": 4, "look_every": 2, "batch_size": 40, **changes})


def test_the_books_two_products():
    result = cluster_toy.run(ToyConfig(), Shared(2))
    assert result.metrics == {"first": 12.0, "second": 40.0}
    with pytest.raises(InputError, match="two workers"):
        cluster_toy.run(ToyConfig(), Shared(1))


@pytest.mark.parametrize("killed", [0, 1, 2])
def test_a_lost_server_of_two_numbers_is_told_them_again(killed):
    context = Shared(2, parameter_server=(killed,))
    assert cluster_toy.run(ToyConfig(), context).metrics == {"first": 12.0, "second": 40.0}
    assert context.groups[0].restarts == 1


def test_teams_learn_as_one_process_does_and_async_gradients_are_stale():
    config, context = _teams(), Shared(3)
    result = data_parallel.run(config, context)
    assert result.metrics["other_bits"] == 0
    assert result.metrics["largest_difference"] < 1e-5
    assert result.metrics["softmax_difference_at_the_end"] < 1e-5  # after six updates
    table = context.tables["trainings"]
    assert table[table["way"] == "synchronous"]["workers"].tolist() == [1, 2, 3]
    assert not table[table["way"] == "synchronous"]["mean_staleness"].any()
    stale = table[table["way"] == "asynchronous"].set_index("workers")["mean_staleness"]
    assert stale[1] == 0 < stale[2] < stale[3]
    assert len(context.tables["points"]) == 2 * 7
    assert {"training", "speed"} <= set(context.figures)
    again = Shared(3)
    again.phases = context.phases  # all trainings are done: none is made again
    assert data_parallel.run(config, again).metrics == result.metrics
    assert again.groups == []


@pytest.mark.slow
def test_a_struck_team_learns_the_same_and_asynchronous_ones_go_on():
    """Calls are counted in each group: its warm-up, two looks of three updates, the metrics."""
    context = Shared(2, worker=(9, 14), parameter_server=(6, 10))
    result = data_parallel.run(_teams(), context)
    assert result.metrics["other_bits"] == 0
    assert result.metrics["softmax_difference_at_the_end"] < 1e-5
    assert all(group.restarts for group in context.groups)
    assert len(context.tables["points"]) == 2 * 5


class _Trainer:
    """What `MirroredTrainer` is to others, on one device."""

    def __init__(self, build, config, examples, order):
        self._model = build()
        compiled(self._model, config)
        self._model.optimizer.build(self._model.trainable_variables)
        self._alone, self._ready = Alone(self._model, examples, order), False

    def devices(self):
        return "2 of them"

    def put(self, weights, state):
        self._model.set_weights(weights)
        assign(self._model.optimizer.variables, state)
        self._ready = True

    def advance(self, first, updates):
        if not self._ready:
            raise ResultLost("its process died")
        metrics = self._alone.advance(first, updates).metrics
        return metrics, self._model.get_weights(), values(self._model.optimizer.variables)


@pytest.mark.parametrize("killed", [(), (3,), (5,)])
def test_a_lost_strategy_goes_back_to_the_last_look(monkeypatch, killed):
    """Its calls: devices, put, the warm-up, put, and two looks."""
    monkeypatch.setattr(ways, "MirroredTrainer", _Trainer)
    context = Shared(1, strategy=killed)
    metrics = data_parallel.run(_teams(replicas=2, optimizer=MOMENTUM), context).metrics
    assert metrics["softmax_mirrored_2_log_loss"] == metrics["softmax_alone_1_log_loss"]
    assert context.groups[-1].restarts == len(killed)


@pytest.mark.parametrize(
    ("job", "config"),
    [
        (data_parallel, _teams(optimizer=TOO_LARGE)),
        (model_parallel, _stages(hidden_sizes=(16,), micro_batches=(1,), optimizer=TOO_LARGE)),
    ],
)
def test_a_step_that_is_too_large_is_named(job, config):
    with pytest.raises(Diverged, match="no longer finite"):
        job.run(config, Shared(2))


@pytest.fixture
def float64():
    set_precision("float64")
    yield
    set_precision("float32")


def test_what_tells_a_team_from_one_process_is_rounding(float64):
    result = data_parallel.run(_teams(updates=20, look_every=20), Shared(2))
    assert 0 < result.metrics["softmax_difference_at_the_end"] < 1e-12  # in float32: 1e-7


def test_workers_that_a_batch_has_no_parts_for_are_named():
    for workers in (0, 9):
        with pytest.raises(InputError, match=f"--workers {workers}: expected 1 to 8"):
            data_parallel.run(_job("data_parallel"), Shared(workers))
    with pytest.raises(InputError, match="--workers 6: expected 2 to 5"):
        model_parallel.run(_job("model_parallel"), Shared(6))


def test_more_micro_batches_are_the_same_training():
    context = Shared(2)
    result = model_parallel.run(_stages(hidden_sizes=(16, 16), micro_batches=(1, 4)), context)
    assert result.metrics["largest_difference"] < 1e-4
    assert result.metrics["theory_4"] == pytest.approx(0.2)
    assert 0 < result.metrics["idle_1"] < 1
    assert {"idle", "timeline"} <= set(context.figures)


@pytest.mark.parametrize("looks", [pytest.param(1, marks=pytest.mark.slow), 5])
def test_a_team_that_is_stopped_goes_on_where_it_was(looks):
    """At a look of the first training, and between the second's last one and its end."""
    config = _teams(optimizer=MOMENTUM)
    whole, stopped = Shared(1), Shared(1)
    expected = data_parallel.run(config, whole)
    assert len(whole.points) == 2 * 3  # one process, a worker in step and one that is not
    stopped.stop_after = looks
    with pytest.raises(Stopped):
        data_parallel.run(config, stopped)
    stopped.stop_after = None
    assert data_parallel.run(config, stopped).metrics == expected.metrics
    assert [step for step, _ in stopped.points] == [step for step, _ in whole.points]


def test_stages_that_are_stopped_go_on_where_they_were():
    config = _stages(hidden_sizes=(16,), micro_batches=(2,), optimizer=MOMENTUM)
    whole, stopped = Shared(2), Shared(2)
    expected = model_parallel.run(config, whole)
    stopped.stop_after = 1
    with pytest.raises(Stopped):
        model_parallel.run(config, stopped)
    stopped.stop_after = None
    assert model_parallel.run(config, stopped).metrics["accuracy"] == expected.metrics["accuracy"]
    kept = [context.models["model"].get_weights() for context in (whole, stopped)]
    assert largest_difference(*kept) == 0
    assert len(stopped.points) == len(whole.points) == 2


def test_a_device_that_is_not_there_is_named_with_those_that_are():
    config = DevicesConfig(size=20, power=2, repeats=1)
    placings = devices._placings(config, gpus=0, seed=1)
    answer, log = devices._measured(placings["missing"], hide_gpus=True)
    assert "GPU:7" in answer["error"]
    assert "CPU:0" in answer["error"]
    assert "CPU:1" in answer["error"]
    assert all(line["device"].endswith("CPU:0") for line in log)


@pytest.mark.slow
def test_two_devices_compute_what_one_does():
    context = Recorder()
    # Unscaled, such powers have 60 digits.
    result = devices.run(DevicesConfig(size=60, power=40, repeats=1), context)
    assert result.metrics["largest_difference"] == 0
    assert result.metrics["finite"] == result.metrics["missing_named"] == 1
    placed = context.tables["placements"].set_index("placement")
    assert placed.loc["two devices", "B^n"].endswith("CPU:1")
    assert placed.loc["missing, soft", "B^n"].endswith("CPU:0")


def test_where_there_are_gpus_they_are_used():
    for gpus, first, second in ((1, "GPU:0", "GPU:0"), (2, "GPU:0", "GPU:1")):
        found = devices._placings(DevicesConfig(), gpus=gpus, seed=1)
        assert next(iter(found)) == "CPU"
        assert (found["two devices"].first, found["two devices"].second) == (first, second)


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({"memory_growth": True}, ["growth True"]),
        ({"memory_growth": False}, ["growth False"]),
        ({"memory_growth": False, "memory_limit_mb": 512}, ["limit 512"]),
    ],
)
def test_a_gpus_memory_is_set(monkeypatch, settings, made):
    calls: list[str] = []
    config = tf.config
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: [f"a {kind}"])
    monkeypatch.setattr(
        config.experimental, "set_memory_growth", lambda gpu, on: calls.append(f"growth {on}")
    )

    def cut(device, parts):
        if "GPU" in device:
            calls.append(f"limit {parts[0].memory_limit}")

    monkeypatch.setattr(config, "set_logical_device_configuration", cut)
    monkeypatch.setattr(config, "set_soft_device_placement", lambda on: None)
    monkeypatch.setattr(config.threading, "set_intra_op_parallelism_threads", lambda n: None)
    monkeypatch.setattr(config.threading, "set_inter_op_parallelism_threads", lambda n: None)
    monkeypatch.setattr(tf.debugging, "set_log_device_placement", lambda on: None)
    placings = devices._placings(DevicesConfig(**settings), gpus=1, seed=1)
    placing.prepare(placings["two devices"])
    assert calls == made

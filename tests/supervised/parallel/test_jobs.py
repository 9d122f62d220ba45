"""The chapter's jobs, with crews in this process and devices in one of their own."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from launch import catalog
from launch.backend import set_precision
from supervised.job import InputError
from supervised.parallel import cluster_toy, data_parallel, devices, model_parallel, placing
from supervised.parallel.configs import DevicesConfig, ToyConfig
from supervised.settings import OptimizerConfig
from supervised.variables import largest_difference
from tests.supervised.recorder import Recorder, Stopped
from tests.supervised.sharing.contexts import Shared


def _job(name: str, **changes):
    return replace(catalog.get(name).config.job, **changes)


def test_the_books_two_products():
    result = cluster_toy.run(ToyConfig(), Shared(2))
    assert result.metrics == {"first": 12.0, "second": 40.0}
    with pytest.raises(InputError, match="two workers"):
        cluster_toy.run(ToyConfig(), Shared(1))


def test_teams_learn_as_one_process_does_and_async_gradients_are_stale():
    config = _job(
        "data_parallel", networks=("softmax",), updates=6, look_every=3, replicas=0, batch_size=50
    )
    context = Shared(3)
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
    assert again.crews == []


@pytest.fixture
def float64():
    set_precision("float64")
    yield
    set_precision("float32")


def test_what_tells_a_team_from_one_process_is_rounding(float64):
    config = _job(
        "data_parallel", networks=("softmax",), updates=20, look_every=20, replicas=0, batch_size=50
    )
    result = data_parallel.run(config, Shared(2))
    assert 0 < result.metrics["softmax_difference_at_the_end"] < 1e-12  # in float32: 1e-7


def test_workers_that_a_batch_has_no_parts_for_are_named():
    for workers in (0, 9):
        with pytest.raises(InputError, match=f"--workers {workers}: expected 1 to 8"):
            data_parallel.run(_job("data_parallel"), Shared(workers))
    with pytest.raises(InputError, match="--workers 6: expected 2 to 5"):
        model_parallel.run(_job("model_parallel"), Shared(6))


def test_more_micro_batches_are_the_same_training():
    config = _job(
        "model_parallel",
        hidden_sizes=(16, 16),
        micro_batches=(1, 4),
        updates=4,
        look_every=2,
        batch_size=40,
    )
    context = Shared(2)
    result = model_parallel.run(config, context)
    assert result.metrics["largest_difference"] < 1e-4
    assert result.metrics["theory_4"] == pytest.approx(0.2)
    assert 0 < result.metrics["idle_1"] < 1
    assert {"idle", "timeline"} <= set(context.figures)


@pytest.mark.parametrize("looks", [1, 3, 5])
def test_a_team_that_is_stopped_goes_on_where_it_was(looks):
    """At a look of the first training, of the second, and between two."""
    rule = OptimizerConfig(name="momentum", learning_rate=0.05)
    config = _job(
        "data_parallel",
        networks=("softmax",),
        updates=6,
        look_every=3,
        replicas=0,
        batch_size=50,
        optimizer=rule,
    )
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
    rule = OptimizerConfig(name="momentum", learning_rate=0.05)
    config = _job(
        "model_parallel",
        hidden_sizes=(16,),
        micro_batches=(2,),
        updates=4,
        look_every=2,
        batch_size=40,
        optimizer=rule,
    )
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
    result = devices.run(DevicesConfig(size=60, power=3, repeats=1), context)
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


def test_powers_stay_finite():
    rng = np.random.default_rng(0)
    matrix = rng.random((200, 200)).astype(np.float32) / 100
    assert 0.2 < np.linalg.matrix_power(matrix, 10).max() * 100 < 5

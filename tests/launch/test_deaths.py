"""Workers and learners that die or freeze leave no trace in the bits."""

import json
import os
import signal
from contextlib import suppress
from dataclasses import replace

import pytest
import ray
from ray.exceptions import RayActorError

from launch.cli import main
from launch.cluster import actor_group
from launch.experiments import catalog
from launch.jobs.rl import ray_pool, remote_learner
from tests.launch.test_tracking import series
from tests.processes import all_gone
from training.episodes import EpisodeTracker
from training.evaluate import baseline

pytestmark = pytest.mark.usefixtures("ray_cluster")


def _strike_in(
    monkeypatch, iterations: dict[int, list[int]], number: int = signal.SIGKILL
) -> list[int]:
    """Signals workers at the moment an iteration has been handed out.

    Args:
        monkeypatch: Undoes it.
        iterations: From an environment's steps before it to the workers that are struck in it.
        number: The signal.
    """
    killed: list[int] = []
    struck: list[int] = []
    begin, answers = ray_pool.RayPool.begin, ray_pool.RayPool._answers

    def note_victims(self, weights, first_step, steps):
        victims = [self._actors.slots[i].actor for i in iterations.get(first_step, [])]
        struck.extend(ray.get(victim.ready.remote()) for victim in victims)
        begin(self, weights, first_step, steps)

    def kill_first(self, calls):
        while struck:
            killed.append(struck.pop())
            os.kill(killed[-1], number)
        return answers(self, calls)

    monkeypatch.setattr(ray_pool.RayPool, "begin", note_victims)
    monkeypatch.setattr(ray_pool.RayPool, "_answers", kill_first)
    return killed


_SLOW = ("memory", "table", "rainbow", "r2d2", "ensemble", "parallel", "branches", "atari")


@pytest.mark.parametrize(
    "kind", ["dqn", *(pytest.param(kind, marks=pytest.mark.slow) for kind in _SLOW)]
)
def test_a_killed_worker_is_replaced_and_leaves_no_trace_in_the_bits(
    launch, tmp_path, monkeypatch, caplog, kind
):
    whole = launch(kind, "whole", "--workers", "0")
    killed = _strike_in(monkeypatch, {64: [0], 160: [1], 240: [0, 1]})
    struck = launch(kind, "struck", "--workers", "2")
    assert len(killed) == struck["restarts"] == 4
    assert struck["fingerprint"] == whole["fingerprint"]
    assert caplog.text.count("died: rebuilding it and repeating its iteration") == 4
    assert series(tmp_path / "struck", "workers/restarts")[-1][1] == 4.0


@pytest.mark.slow
def test_a_worker_killed_in_an_evaluation_leaves_no_trace_in_the_bits(launch, monkeypatch):
    """The iteration after it has been played by then, while the learner was at the one before."""
    flags = ["--evaluation.every-env-steps", "500"]
    whole = launch("dqn", "whole", "--workers", "0", *flags)
    evaluate, killed = ray_pool.RayPool.evaluate, []

    def kill_first(self, *arguments):
        if len(killed) < 3:
            killed.append(ray.get(self._actors.slots[len(killed) % 2].actor.ready.remote()))
            os.kill(killed[-1], signal.SIGKILL)
        return evaluate(self, *arguments)

    monkeypatch.setattr(ray_pool.RayPool, "evaluate", kill_first)
    struck = launch("dqn", "struck", "--workers", "2", *flags)
    assert len(killed) == struck["restarts"] == 3
    assert struck["fingerprint"] == whole["fingerprint"]


@pytest.mark.slow
def test_a_worker_that_dies_again_and_again_stops_the_run_with_a_checkpoint(
    launch, tmp_path, monkeypatch, capsys
):
    send = actor_group.ActorGroup._send
    started = []

    def send_to_a_corpse(self, call):
        started.extend([call.method] * (call.method == "rollout"))
        if len(started) > 40 and call.slot.number == 0:
            with suppress(RayActorError):  # the call before this one has killed it
                os.kill(ray.get(call.slot.actor.ready.remote()), signal.SIGKILL)
        send(self, call)

    monkeypatch.setattr(actor_group.ActorGroup, "_send", send_to_a_corpse)
    failed = launch("dqn", "run", "--workers", "2", code=1)
    error = capsys.readouterr().err
    assert failed["status"] == "failed"
    assert 0 < failed["env_steps"] < 3_000
    assert "worker 0 (environments 0-3) died 5 times in one iteration" in error
    assert f"python -m launch resume {tmp_path / 'run'}" in error
    monkeypatch.undo()
    assert main(["resume", str(tmp_path / "run")]) == 0
    resumed = json.loads((tmp_path / "run" / "result.json").read_text())
    assert resumed["fingerprint"] == launch("dqn", "whole", "--workers", "0")["fingerprint"]


def test_a_dead_learner_stops_the_run_and_it_resumes_to_the_same_bits(
    launch, tmp_path, monkeypatch, capsys
):
    whole = launch("dqn", "whole", "--workers", "0")
    calls = []
    learn = remote_learner.RemoteLearner.learn

    def die_at_the_twelfth(self, rollout):
        calls.append(1)
        if len(calls) == 12:
            ray.kill(self._actor)
        return learn(self, rollout)

    folder = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(remote_learner.RemoteLearner, "learn", die_at_the_twelfth)
        flags = ["--learner-gpus", "1", "--checkpoint.every-seconds", "0.001"]
        failed = launch("dqn", "cut", "--workers", "1", *flags, code=1)
    assert failed["status"] == "failed"
    error = capsys.readouterr().err
    assert "the learner died" in error
    assert f"launch resume {folder}" in error
    assert "Traceback" not in error
    assert main(["resume", str(folder), "--workers", "0"]) == 0
    resumed = json.loads((folder / "result.json").read_text())
    assert resumed["fingerprint"] == whole["fingerprint"]


def test_an_evaluation_survives_a_dead_worker(monkeypatch):
    config = catalog.get("dqn_cartpole").config
    config = replace(config, placement=replace(config.placement, workers=2))
    positions = EpisodeTracker(config.num_envs).positions
    workers = ray_pool.RayPool(config.rollout, config.placement, None, positions)
    workers.wait_until_ready()
    plan = baseline(9, config.seed)
    expected = workers.evaluate(plan, {})
    os.kill(ray.get(workers._actors.slots[1].actor.ready.remote()), signal.SIGKILL)
    assert workers.evaluate(plan, {}) == expected
    workers.close()


@pytest.mark.slow
def test_a_frozen_worker_is_replaced_and_leaves_no_trace_in_the_bits(launch, monkeypatch):
    """It neither answers nor dies, as on a machine that hangs."""
    whole = launch("dqn", "whole", "--workers", "0")
    frozen = _strike_in(monkeypatch, {96: [1]}, signal.SIGSTOP)
    struck = launch("dqn", "struck", "--workers", "2", "--hang-seconds", "1")
    assert len(frozen) == struck["restarts"] == 1
    assert struck["fingerprint"] == whole["fingerprint"]
    assert all_gone(frozen)

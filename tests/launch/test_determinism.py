"""The same seed gives the same bits, whatever happens around it."""

import json
import os
import signal
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import RayActorError

from envs.randomness import Purpose
from launch.cli import main
from launch.experiments import catalog
from launch.jobs.rl import execution, head_start, ray_pool, starting
from launch.run_folder import checkpoints, description, saver
from launch.terminal.interrupts import Interrupts
from tests.launch.conftest import SHORT
from training.evaluate import baseline
from training.evaluation import Interrupted
from training.pool import LocalPool

pytestmark = pytest.mark.usefixtures("ray_cluster")


def _slow(*values: object) -> Any:
    """A parameter whose way through the code others take, too."""
    return pytest.param(*values, marks=pytest.mark.slow)


OF_A_KIND = (
    *("network", "table", "conv", "branches", "quantiles", "single environments", "parallel"),
    *("traces", "model", "plan", "SARSA", "masks", "transforms", "spaces", "memory"),
    *("rainbow", "r2d2", "ensemble", "parallel with a memory", "atari"),
    *("boards", "boards in parallel", "boards with a memory"),
)
"""Short runs whose way through the code others take, too, or which the resumed ones show."""


@pytest.mark.parametrize(
    "kind",
    [_slow(k) if k in OF_A_KIND else k for k in SHORT],
)
def test_any_number_of_workers_gives_the_same_bits(launch, kind):
    results = [launch(kind, f"w{workers}", "--workers", str(workers)) for workers in (0, 1, 4)]
    assert len({result["fingerprint"] for result in results}) == 1
    for name in ("evaluation", "final_evaluation"):
        assert len({json.dumps(result[name]) for result in results}) == 1
    assert len({json.dumps(result["claim"]) for result in results}) == 1
    other = launch(kind, "other", "--workers", "0", "--seed", "1")
    assert other["fingerprint"] != results[0]["fingerprint"]


@pytest.mark.slow
@pytest.mark.parametrize("lag", ["0", "1"])
def test_lag_is_part_of_the_result_and_timing_is_not(launch, lag):
    first = launch("dqn", "first", "--workers", "0", "--lag", lag)
    second = launch("dqn", "second", "--workers", "3", "--lag", lag)
    other = launch("dqn", "other", "--workers", "0", "--lag", str(1 - int(lag)))
    assert first["fingerprint"] == second["fingerprint"] != other["fingerprint"]


@pytest.mark.slow
def test_a_learner_on_a_gpu_actor_gives_the_same_bits(launch):
    """The cluster's GPUs are pretended, so TensorFlow finds none and says so; the path is real."""
    here = launch("dqn", "here", "--workers", "2")
    there = launch("dqn", "there", "--workers", "2", "--learner-gpus", "1")
    fractions = launch(
        "dqn", "f", "--workers", "2", "--learner-gpus", "0.5", "--worker-gpus", "0.5"
    )
    assert here["fingerprint"] == there["fingerprint"] == fractions["fingerprint"]
    assert here["updates"] == there["updates"]


class _Interrupted:
    """Answers the session's question with yes from the n-th time on; the first is the start's."""

    def __init__(self, after: int):
        self._left = after + 1

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0

    def listen(self) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


@pytest.mark.parametrize(
    ("kind", "workers"),
    [
        *(("dqn", 2), ("table", 0), _slow("single environments", 2)),
        *(_slow("dqn", 0), _slow("table", 2), _slow("single environments", 0)),
        *(_slow("network", 0), _slow("network", 2), ("memory", 2), _slow("conv", 2)),
        *(_slow("parallel", 2), _slow("parallel with a memory", 2)),
        *(_slow("boards", 2), _slow("boards in parallel", 0), _slow("boards with a memory", 2)),
        *(_slow("SARSA", 2), _slow("traces", 0), _slow("model", 2), _slow("plan", 0)),
        *(_slow("masks", 2), _slow("transforms", 2), _slow("spaces", 2)),
        *(_slow("ensemble", 2), _slow("branches", 2)),
        *(_slow("rainbow", 2), _slow("quantiles", 2), _slow("atari", 2)),
        _slow("r2d2", 2),
    ],
)
def test_an_interrupted_run_resumes_to_the_same_bits(launch, kind, workers, tmp_path, monkeypatch):
    whole = launch(kind, "whole", "--workers", "2")
    folder = tmp_path / "cut"
    for iterations in (3, 5):
        with monkeypatch.context() as patch:
            patch.setattr(execution, "Interrupts", lambda n=iterations: _Interrupted(n))
            if folder.exists():
                code = main(["resume", str(folder)])
            else:
                flags = ["--run-dir", str(folder), "--workers", str(workers)]
                code = main([*SHORT[kind], *flags])
        assert code == 130
        assert json.loads((folder / "result.json").read_text())["status"] == "interrupted"
    assert main(["resume", str(folder), "--workers", str(2 - workers)]) == 0
    resumed = json.loads((folder / "result.json").read_text())
    for name in ("fingerprint", "evaluation", "claim", "env_steps", "updates", "episodes"):
        assert resumed[name] == whole[name]
    records = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [record["env_steps"] for record in records if record["kind"] == "iteration"]
    assert steps == sorted(set(steps))
    assert steps[-1] == whole["env_steps"]
    assert main(["resume", str(folder)]) == 2


@pytest.mark.parametrize("purpose", [Purpose.EVALUATION, Purpose.FINAL_EVALUATION])
def test_a_run_that_is_cut_within_an_evaluation_goes_on_with_it(
    launch, purpose, tmp_path, monkeypatch
):
    whole = launch("dqn", "whole", "--workers", "0")
    folder = tmp_path / "cut"
    evaluate, asked = LocalPool.evaluate, _Interrupted(10**6)
    second = purpose == Purpose.EVALUATION

    def asked_meanwhile(self, evaluation, weights, watch):
        if evaluation.purpose == purpose and evaluation.number == second:
            asked._left = 3  # steps of it
        return evaluate(self, evaluation, weights, watch)

    with monkeypatch.context() as patch:
        patch.setattr(LocalPool, "evaluate", asked_meanwhile)
        patch.setattr(execution, "Interrupts", lambda: asked)
        assert main([*SHORT["dqn"], "--run-dir", str(folder), "--workers", "0"]) == 130
    cut = json.loads((folder / "result.json").read_text())
    assert cut["status"] == "interrupted"
    assert "evaluation" not in cut or cut["evaluation"] is None
    assert (cut["env_steps"] == whole["env_steps"]) == (purpose == Purpose.FINAL_EVALUATION)
    assert main(["resume", str(folder), "--workers", "2"]) == 0
    resumed = json.loads((folder / "result.json").read_text())
    for name in ("fingerprint", "evaluation", "final_evaluation", "claim", "env_steps"):
        assert resumed[name] == whole[name]
    kinds = [
        [json.loads(line)["kind"] for line in (path / "metrics.jsonl").read_text().splitlines()]
        for path in (folder, tmp_path / "whole")
    ]
    assert kinds[0] == kinds[1]


def test_an_evaluation_on_workers_is_answered_within_seconds():
    config = catalog.get("dqn_cartpole").config
    placement = replace(config.placement, workers=2)
    workers = ray_pool.RayPool(config.rollout, placement, None, lambda: None)
    told: list[tuple[int, int]] = []

    def watch(episodes, env_steps):
        told.append((episodes, env_steps))
        if episodes:
            raise Interrupted

    began = time.monotonic()
    with closing(workers), pytest.raises(Interrupted):
        workers.evaluate(baseline(2_000_000, 0), {}, watch)  # some minutes
    assert time.monotonic() - began < 60
    assert told[-1][1] > told[-1][0] > 0


def test_a_head_start_leaves_no_trace(launch, monkeypatch):
    """Iterations here while Ray comes up, then a hand-over in the middle of episodes."""
    whole = launch("dqn", "whole", "--workers", "0")
    begin, hand_over = head_start.HeadStart.begin, head_start.HeadStart._hand_over
    iterations, handed_over = [], []

    def wait_in_the_fifth(self, *arguments):
        iterations.append(1)
        if len(iterations) == 5:
            assert self._coming.exception() is None
        begin(self, *arguments)

    def note(self, here, workers):
        handed_over.append((len(iterations), self._recorded_positions()))
        hand_over(self, here, workers)

    monkeypatch.setattr(starting, "_has_head_start", lambda *_: True)
    monkeypatch.setattr(head_start.HeadStart, "begin", wait_in_the_fifth)
    monkeypatch.setattr(head_start.HeadStart, "_hand_over", note)
    other = launch("dqn", "other", "--workers", "2")
    assert other["fingerprint"] == whole["fingerprint"]
    ((number, positions),) = handed_over
    assert number == 5
    assert sum(len(taken) for taken in positions.actions) > 0


def test_a_run_that_ends_before_its_workers_come_lets_them_go(launch, monkeypatch):
    bring_workers, brought = starting._workers, []

    def slowly(*arguments):
        time.sleep(3.0)
        brought.append(bring_workers(*arguments))
        return brought[0]

    monkeypatch.setattr(starting, "_has_head_start", lambda *_: True)
    monkeypatch.setattr(starting, "_workers", slowly)
    flags = ["--env-steps", "300", "--evaluation.every-env-steps", "0"]
    assert launch("dqn", "short", "--workers", "2", *flags)["status"] == "finished"
    for slot in brought[0]._actors.slots:
        with pytest.raises(RayActorError):
            ray.get(slot.actor.ready.remote())


def test_evaluation_leaves_no_trace_in_training(launch):
    often = launch("dqn", "often", "--workers", "2", "--evaluation.every-env-steps", "500")
    never = launch("dqn", "never", "--workers", "0", "--evaluation.every-env-steps", "0")
    assert often["fingerprint"] == never["fingerprint"]


def test_a_solved_run_that_was_killed_at_its_end_stays_solved(launch, tmp_path, monkeypatch):
    flags = ["--until-solved", "--solved-at", "8", "--workers", "0"]
    whole = launch("dqn", "whole", *flags)

    def insist(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("training.evaluate.Evaluate.on_end", insist)
        assert main([*SHORT["dqn"], *flags, "--run-dir", str(tmp_path / "cut")]) == 1
    assert main(["resume", str(tmp_path / "cut")]) == 0
    resumed = json.loads((tmp_path / "cut" / "result.json").read_text())
    assert resumed["fingerprint"] == whole["fingerprint"]
    assert resumed["env_steps"] == whole["env_steps"]


@pytest.mark.seen
@pytest.mark.parametrize(
    "where",
    [
        "launch.reports.curves.learning_curve",
        "launch.jobs.rl.pictures.Pictures.on_end",
        "launch.jobs.rl.films.Film.on_end",
    ],
)
def test_a_run_that_is_stopped_before_its_pictures_makes_them_when_it_goes_on(
    launch, where, tmp_path, monkeypatch, capsys
):
    whole = launch("table", "whole", "--workers", "0", "--film-steps", "3")
    folder = tmp_path / "cut"

    def insist(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, insist)
        flags = ["--run-dir", str(folder), "--workers", "0", "--film-steps", "3"]
        assert main([*SHORT["table"], *flags]) == 1
    assert "continue with: python -m launch resume" in capsys.readouterr().err
    assert not (folder / "result.json").exists()
    assert main(["resume", str(folder)]) == 0
    resumed = json.loads((folder / "result.json").read_text())
    for name in ("fingerprint", "evaluation", "final_evaluation", "claim"):
        assert resumed[name] == whole[name]
    for name in ("policy_map.png", "q_table.csv"):
        assert (folder / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert (folder / "film.mp4").exists()


def test_a_resumed_run_remembers_where_it_went_on(launch, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(2))
        gpus = ["--workers", "2", "--worker-gpus", "0.5", "--learner-gpus", "1"]
        assert main([*SHORT["table"], "--run-dir", str(folder), *gpus]) == 130
    assert main(["resume", str(folder), "--workers", "0"]) == 0
    placement = json.loads((folder / "config.json").read_text())["config"]["placement"]
    gone = {"workers": 0, "address": None, "learner_gpus": 0.0, "worker_gpus": 0.0}
    assert placement == {**gone, "head_start": True}


def test_nohup_is_respected_and_a_background_job_can_be_interrupted():
    """A shell without job control has its background jobs ignore Ctrl-C."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGHUP)}
    try:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        with Interrupts() as interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert not interrupted()
            signal.raise_signal(signal.SIGINT)
            assert interrupted()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_ctrl_c_ends_cleanly_and_a_second_one_insists(tmp_path, capfd):
    with Interrupts() as interrupted:
        assert not interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
        assert interrupted()
        assert "saving everything; once more stops at once" in capfd.readouterr().err
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    other: list[bool] = []

    def elsewhere():
        with Interrupts() as asked:
            other.append(asked())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert other == [False]


def test_whoever_asks_between_runs_learns_of_a_ctrl_c_within_one(capfd):
    with Interrupts() as between_runs:
        with Interrupts() as in_a_run:
            signal.raise_signal(signal.SIGINT)
            assert in_a_run()
        assert between_runs()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_cpu_workers_see_no_gpu_and_gpu_workers_see_theirs():
    config = catalog.get("dqn_cartpole").config
    for gpus, visible in ((0.0, {""}), (0.5, {"0", "1"})):
        placement = replace(config.placement, workers=2, worker_gpus=gpus)
        workers = ray_pool.RayPool(config.rollout, placement, None, lambda: None)
        workers.wait_until_ready()
        seen = {
            ray.get(
                slot.actor.__ray_call__.remote(lambda _: os.environ.get("CUDA_VISIBLE_DEVICES"))
            )
            for slot in workers._actors.slots
        }
        workers.close()
        assert seen <= visible


def test_asking_for_more_gpus_than_there_are_is_said_at_once(tmp_path, capsys):
    began = time.monotonic()
    flags = ["--learner-gpus", "1", "--worker-gpus", "1", "--run-dir", str(tmp_path / "run")]
    assert main(["dqn_cartpole", "--workers", "2", *flags]) == 2
    assert time.monotonic() - began < 30
    assert "asks for 3 GPUs" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(
    launch, tmp_path, monkeypatch, caplog
):
    whole = launch("dqn", "whole", "--workers", "0")
    folder = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(12))
        flags = ["--workers", "0", "--run-dir", str(folder)]
        assert main([*SHORT["dqn"], *flags, "--checkpoint.every-seconds", "0.01"]) == 130
    newest = max((folder / "checkpoints").glob("step_*"))
    with open(newest / "arrays.npz", "r+b") as file:
        file.truncate(1_000)
    assert main(["resume", str(folder), "--workers", "2"]) == 0
    assert f"{newest}: arrays.npz does not match its checksum" in caplog.text
    resumed = json.loads((folder / "result.json").read_text())
    assert resumed["fingerprint"] == whole["fingerprint"]
    assert not newest.exists() or "does not match" not in _checked(newest)


def _checked(checkpoint: Path) -> str:
    """What is wrong with a checkpoint; one that was damaged has been written anew, or dropped."""
    experiment, config = description.read(checkpoint.parents[1])
    try:
        checkpoints.load(checkpoint, saver.origin(experiment, config))
    except checkpoints.CheckpointError as error:
        return str(error)
    return ""

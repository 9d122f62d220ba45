import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from common.errors import UsageError
from launch.cli import main
from launch.run_folder import summaries
from launch.run_folder.metrics import read_metrics
from launch.run_folder.tracker import Tracker
from tests.launch.conftest import SHORT

SERIES = {
    "iteration/return": "iteration",
    "iteration/length": "iteration",
    "agent/epsilon": "iteration",
    "learner/loss": "iteration",
    "learner/td_error": "iteration",
    "learner/mean_q": "iteration",
    "speed/env_steps_per_second": "iteration",
    "speed/updates_per_second": "iteration",
    "evaluation/return": "evaluation",
}


def _points(address: str, tag: str, count: int) -> list[list[float]]:
    """A series as the server gives it, once it has read it all."""
    query = urllib.parse.urlencode({"run": "one", "tag": tag})
    points: list[list[float]] = []
    for _ in range(100):
        try:
            url = f"{address}/data/plugin/scalars/scalars?{query}"
            points = json.load(urllib.request.urlopen(url, timeout=10))
        except urllib.error.HTTPError:
            points = []
        if len(points) == count:
            break
        time.sleep(0.2)
    return points


def series(folder: Path, tag: str) -> list[tuple[int, float]]:
    accumulator = EventAccumulator(str(folder))
    accumulator.Reload()
    return [(event.step, event.value) for event in accumulator.Scalars(tag)]


def _write(tracker: Tracker, steps) -> None:
    for step in steps:
        tracker.summary(step, summaries.scalars({"episode/return": step / 2}))
        tracker.record({"env_steps": step})
        tracker.episodes([(0, step // 10, step / 2, 7, step)])


def test_scalars_and_records_can_be_read_while_the_run_goes_on(tmp_path):
    tracker = Tracker(tmp_path, has_episodes=True)
    _write(tracker, [10, 20])
    tracker.flush()
    assert series(tmp_path, "episode/return") == [(10, 5.0), (20, 10.0)]
    assert read_metrics(tmp_path) == [{"env_steps": 10}, {"env_steps": 20}]
    tracker.close()


def test_metrics_that_are_missing_are_said_with_their_path_once(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with pytest.raises(UsageError) as caught:
        read_metrics(tmp_path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_a_resumed_series_has_no_gap_no_double_and_no_step_back(tmp_path):
    tracker = Tracker(tmp_path, has_episodes=True)
    _write(tracker, [10, 20])
    state = tracker.get_state(20)
    _write(tracker, [30, 40])  # after the checkpoint: lost with the process
    tracker.close()
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"env_steps": 5')  # a line cut short
    resumed = Tracker(tmp_path, state, has_episodes=True)
    _write(resumed, [30, 40, 50])
    again = resumed.get_state(50)
    resumed.close()
    last = Tracker(tmp_path, json.loads(json.dumps(again)), has_episodes=True)
    _write(last, [60])
    last.close()
    steps = [10, 20, 30, 40, 50, 60]
    assert [step for step, _ in series(tmp_path, "episode/return")] == steps
    assert [record["env_steps"] for record in read_metrics(tmp_path)] == steps
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    whole = Tracker(undisturbed, has_episodes=True)
    _write(whole, steps)
    whole.close()
    episodes = (tmp_path / "episodes.csv").read_bytes()
    assert episodes == (undisturbed / "episodes.csv").read_bytes()
    assert episodes.splitlines()[:2] == [b"env,episode,return,length,env_step", b"0,1,5.0,7,10"]


def test_a_run_that_starts_again_starts_its_metrics_again(tmp_path):
    first = Tracker(tmp_path, has_episodes=True)
    _write(first, [10, 20])
    first.close()
    second = Tracker(tmp_path, {"step": -1, "lengths": {}}, has_episodes=True)
    _write(second, [10])
    second.close()
    assert [step for step, _ in series(tmp_path, "episode/return")] == [10]
    assert len(read_metrics(tmp_path)) == 1


def test_a_half_written_last_line_is_left_out(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"a": 1}\n{"a": ')
    assert read_metrics(tmp_path) == [{"a": 1}]


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_tensorboard_serves_the_series_of_a_run(tmp_path):
    """A real run, the real server, over HTTP, on a port that it chooses itself."""
    folder = tmp_path / "runs" / "one"
    assert main([*SHORT["table"], "--workers", "0", "--run-dir", str(folder)]) == 0
    records = read_metrics(folder)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(tmp_path / "runs")]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0", "--load_fast", "false"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = None
        for line in server.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                address = found.group()
                break
        assert address, "TensorBoard did not start"
        for tag, kind in SERIES.items():
            expected = [
                (r["env_steps"], r[tag if kind == "iteration" else "mean_return"])
                for r in records
                if r["kind"] == kind and (kind != "iteration" or tag in r)
            ]
            assert expected, tag
            points = _points(address, tag, len(expected))
            assert [step for _, step, _ in points] == [step for step, _ in expected]
            assert [value for _, _, value in points] == pytest.approx(
                [value for _, value in expected], rel=1e-6
            )
    finally:
        server.terminate()
        server.wait(30)

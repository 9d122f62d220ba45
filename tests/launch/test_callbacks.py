"""A user's own callbacks, through interruptions, kills and resumes."""

import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import actorlab
from launch.config.execution import CheckpointConfig
from launch.jobs.rl import execution
from launch.run_folder import saver
from launch.run_folder.metrics import read_metrics

_STEPS = 16 * 16  # of an iteration


class Count(actorlab.Callback):
    """Counts iterations; its count is in the checkpoints."""

    name = "count"

    def __init__(self):
        self.seen = 0

    def on_iteration(self, training, done):
        self.seen += 1

    def get_state(self):
        return {"seen": self.seen}

    def set_state(self, state):
        self.seen = state["seen"]


class Kill(actorlab.Callback):
    """Ends the run before an iteration, with nothing saved any more."""

    def __init__(self, env_steps: int):
        self._env_steps = env_steps

    def on_iteration_begin(self, training):
        if training.env_steps == self._env_steps:
            raise KeyboardInterrupt


class CtrlC(actorlab.Callback):
    """Interrupts at the beginning of an activity, after some steps."""

    def __init__(self, activity: str, env_steps: int = 0):
        self._activity, self._env_steps = activity, env_steps

    def on_activity(self, training, activity):
        if activity.startswith(self._activity) and training.env_steps >= self._env_steps:
            os.kill(os.getpid(), signal.SIGINT)


class Exits(actorlab.Callback):
    """Ends the program in an iteration."""

    def on_iteration(self, training, done):
        if done.env_steps == 4 * _STEPS:
            sys.exit("enough")


class StopAt(actorlab.Callback):
    """Stops the run in an iteration, or in the first evaluation from there on."""

    def __init__(self, event: str, env_steps: int):
        self._event, self._env_steps = event, env_steps

    def _stop(self, event, training, done):
        if event == self._event and done.env_steps == self._env_steps:
            training.stop()

    def on_iteration(self, training, done):
        self._stop("iteration", training, done)

    def on_evaluation(self, training, done):
        self._stop("evaluation", training, done)


def _train(folder: Path, *callbacks: actorlab.Callback, **options: Any) -> actorlab.Run:
    return actorlab.train(
        "FrozenLake-v1",
        actorlab.QTable(),
        env_steps=10 * _STEPS,
        evaluation=actorlab.EvaluationConfig(
            every_env_steps=2 * _STEPS, episodes=3, final_episodes=3
        ),
        run_dir=folder,
        callbacks=callbacks,
        **options,
    )


def _evaluations(folder: Path) -> list[dict[str, Any]]:
    return [record for record in read_metrics(folder) if record["kind"] == "evaluation"]


@pytest.mark.parametrize("event", ["iteration", "evaluation"])
def test_a_run_that_was_stopped_stays_so_after_ctrl_c_in_its_scores(tmp_path, event):
    stop = StopAt(event, 4 * _STEPS)
    whole = _train(tmp_path / "whole", stop)
    assert whole.result.env_steps == 4 * _STEPS
    folder = tmp_path / "cut"
    with pytest.raises(KeyboardInterrupt):
        _train(folder, stop, CtrlC("scoring"))
    again = actorlab.resume(folder)  # without the callback that wished for the end
    assert again.result.env_steps == 4 * _STEPS
    assert again.result.fingerprint == whole.result.fingerprint
    assert again.result.evaluation == whole.result.evaluation
    with pytest.raises(KeyboardInterrupt):
        actorlab.resume(folder, env_steps=12 * _STEPS, callbacks=[CtrlC("evaluating")])
    more = actorlab.resume(folder)
    assert more.result.env_steps == 12 * _STEPS


def test_a_callback_that_ends_the_program_ends_the_run_alone(tmp_path):
    whole = _train(tmp_path / "whole")
    folder = tmp_path / "cut"
    with pytest.raises(actorlab.RunError, match=r"SystemExit: enough .*resume"):
        _train(folder, Exits())
    assert "in on_iteration" in (folder / "failure.txt").read_text()
    assert actorlab.resume(folder).result.fingerprint == whole.result.fingerprint


def test_with_a_new_budget_it_goes_on_even_if_it_is_killed_at_once(tmp_path):
    folder = tmp_path / "run"
    _train(folder, StopAt("iteration", 4 * _STEPS))
    with pytest.raises(actorlab.RunError, match="stopped at once"):
        actorlab.resume(folder, env_steps=12 * _STEPS, callbacks=[Kill(4 * _STEPS)])
    assert actorlab.resume(folder).result.env_steps == 12 * _STEPS


@pytest.mark.parametrize("every_seconds", [1e-9, 1e9])
def test_what_a_callback_counted_is_in_the_checkpoint_of_the_same_iteration(
    tmp_path, monkeypatch, every_seconds
):
    """Checkpoints of every iteration, or those of the best evaluations alone."""
    monkeypatch.setattr(saver, "_SHARE", 1e9)
    options = {"checkpoint": CheckpointConfig(every_seconds=every_seconds, keep=99)}
    count = Count()
    whole = _train(tmp_path / "whole", count, **options)
    assert count.seen == 10
    folder = tmp_path / "cut"
    with pytest.raises(actorlab.RunError, match="stopped at once"):
        _train(folder, Count(), Kill(8 * _STEPS), **options)
    newest = max(path.name for path in (folder / "checkpoints").iterdir())
    again = Count()
    resumed = actorlab.resume(folder, callbacks=[again])
    assert int(newest.removeprefix("step_")) >= 2 * _STEPS
    assert again.seen == 10
    assert resumed.result.fingerprint == whole.result.fingerprint
    assert _evaluations(folder) == _evaluations(tmp_path / "whole")


def test_a_callback_hears_of_the_start_before_the_evaluation_that_is_caught_up(tmp_path):
    heard = []

    class Listening(actorlab.Callback):
        def on_start(self, training):
            heard.append("start")

        def on_evaluation(self, training, done):
            heard.append(done.env_steps)

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        _train(folder, CtrlC("evaluating", 4 * _STEPS))
    actorlab.resume(folder, callbacks=[Listening()])
    assert heard == ["start", *(number * 2 * _STEPS for number in (2, 3, 4, 5))]
    assert [each["env_steps"] for each in _evaluations(folder)] == [
        number * 2 * _STEPS for number in (1, 2, 3, 4, 5)
    ]


def test_what_a_callback_counted_outlives_a_resume_without_it(tmp_path, caplog):
    folder = tmp_path / "run"
    again = f"actorlab.resume({str(folder)!r}, callbacks=...)"
    with pytest.raises(KeyboardInterrupt, match=re.escape(f"continue with {again}")):
        _train(folder, Count(), CtrlC("evaluating"))
    with pytest.raises(KeyboardInterrupt, match=re.escape(again)):
        actorlab.resume(folder, callbacks=[CtrlC("evaluating", 4 * _STEPS)])
    assert f"{folder} goes on without its callback count, whose state is kept" in caplog.text
    assert again in caplog.text
    caplog.clear()
    count = Count()
    actorlab.resume(folder, callbacks=[count])
    assert "without" not in caplog.text
    assert count.seen == 10 - 2  # it has not heard of the two in which it was not there


def test_a_run_with_callbacks_is_continued_from_python(tmp_path):
    folder = tmp_path / "run"
    call = re.escape(f"continue with: actorlab.resume({str(folder)!r}, callbacks=...)")
    with pytest.raises(actorlab.RunError, match=call):
        _train(folder, Kill(_STEPS))


@pytest.mark.seen
def test_pictures_that_are_switched_off_are_no_callback_that_is_missed(tmp_path, caplog):
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        _train(folder, CtrlC("evaluating"), film=False)
    _, config = execution.read(folder)
    execution.resume(folder, replace(config, pictures=False))
    assert "goes on without" not in caplog.text

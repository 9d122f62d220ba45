"""Run folders in trouble: full, deleted, read-only, held by another run."""

import fcntl
import io
import json
import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from launch.cli import main
from launch.config.supervised import SupervisedConfig
from launch.config.training import TrainingConfig
from launch.jobs.rl import execution
from launch.run_folder import checkpoints, description, location, lock
from launch.run_folder.metrics import read_metrics
from supervised.own.configs import TableConfig
from supervised.own.image_configs import ImagesConfig
from tests.launch.conftest import SHORT
from tests.launch.test_cli import _error
from tests.launch.test_determinism import _Interrupted
from tests.launch.test_tracking import series
from tests.processes import count_records, spawn, wait_for_records

_STEPS = 400_000
_RUN = (
    *("q_frozenlake_8x8", "--workers", "0", "--num-envs", "64", "--env-steps", str(_STEPS)),
    *("--checkpoint.every-seconds", "0.2", "--evaluation.final-episodes", "100"),
    *("--evaluation.every-env-steps", "100000", "--evaluation.episodes", "100"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    """The fingerprint of the undisturbed run."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert main([*_RUN, "--run-dir", str(folder)]) == 0
    return _result(folder)["fingerprint"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB; where nobody may mount one, the test is skipped."""
    point = tmp_path / "disk"
    point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(point)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting needs a privilege")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def _result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def _fill(disk: Path) -> Path:
    """Takes all that is free."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    return filler


def _has_every_iteration_once(folder: Path) -> bool:
    steps = [r["env_steps"] for r in read_metrics(folder) if r["kind"] == "iteration"]
    points = [step for step, _ in series(folder, "agent/epsilon")]
    return steps == points == [*range(1_024, _STEPS, 1_024), _STEPS]


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_training_goes_on_while_the_disk_is_full_and_nothing_is_missing(disk, whole):
    folder = disk / "run"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 30, process)
    filler = _fill(disk)
    _wait_until(lambda: _takes_no_more(folder))
    assert process.poll() is None
    filler.unlink()
    _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert "No space left on device" in err
    assert "metrics cannot be written" in err
    assert "none is missing" in err
    assert _result(folder)["fingerprint"] == whole
    assert _has_every_iteration_once(folder)


def _takes_no_more(folder: Path) -> bool:
    """Whether a folder's metrics stay as they are: the disk's last pages are full."""
    before = count_records(folder)
    time.sleep(0.3)
    return count_records(folder) == before


def test_a_disk_that_stays_full_ends_the_run_resumably(disk, whole):
    folder = disk / "run"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 60, process)
    _wait_until(lambda: checkpoints.newest_step(folder / "checkpoints"))
    filler = _fill(disk)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "Traceback" not in err
    (error,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert "the results cannot be written: No space left on device" in error
    assert f"python -m launch resume {folder}" in error
    assert "no checkpoint at" in err
    filler.unlink()
    assert main(["resume", str(folder)]) == 0
    assert _result(folder)["fingerprint"] == whole
    assert _has_every_iteration_once(folder)


def test_a_quota_on_files_ends_the_run_resumably(tmp_path, whole):
    """The same for those who may not mount: no file of this process grows beyond 100 kB."""
    folder = tmp_path / "run"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    process = spawn(*_RUN, "--run-dir", str(folder), preexec_fn=limit)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "File too large" in err
    assert "Traceback" not in err
    assert main(["resume", str(folder)]) == 0
    assert _result(folder)["fingerprint"] == whole
    assert _has_every_iteration_once(folder)


def test_an_interrupt_that_cannot_be_saved_is_said(disk):
    folder = disk / "run"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 30, process)
    _fill(disk)
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "everything is saved" not in out
    assert "interrupted, and nothing since the last checkpoint could be saved" in err


def test_no_new_run_on_a_full_disk(disk, capsys):
    _fill(disk)
    assert main([*_RUN, "--run-dir", str(disk / "run")]) in (1, 2)
    (error,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert "No space left on device" in error


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_folder_that_goes_away_ends_the_run(tmp_path, how):
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 30, process)
    if how == "deleted":
        while folder.exists():  # the run may be writing into it
            shutil.rmtree(folder, ignore_errors=True)
    else:
        folder.rename(elsewhere)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"error: {folder} was deleted or moved under the run" in err
    assert "Traceback" not in err
    assert not folder.exists()
    if how == "moved":
        assert main(["resume", str(elsewhere)]) == 0
        assert _has_every_iteration_once(elsewhere)


@pytest.mark.slow
def test_a_lost_checkpoint_folder_is_made_again(tmp_path, whole):
    folder = tmp_path / "run"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 30, process)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert list((folder / "checkpoints").glob("step_*"))
    assert _result(folder)["fingerprint"] == whole


def test_a_read_only_folder_is_refused_and_left_alone(disk, capsys):
    folder = disk / "run"
    assert main([*_RUN, "--run-dir", str(folder), "--env-steps", "20000"]) == 0
    (folder / "result.json").unlink()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    capsys.readouterr()
    assert main(["resume", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "cannot be written (Read-only file system)" in error
    assert main([*_RUN, "--run-dir", str(disk / "other")]) == 2
    assert "Read-only file system" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["evaluate", str(folder), "--episodes", "5"]) == 0


def test_two_runs_cannot_have_one_folder(tmp_path):
    folder = tmp_path / "run"
    both = [spawn(*_RUN, "--run-dir", str(folder), "--env-steps", "100000") for _ in range(2)]
    errors = [process.communicate(timeout=90)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    refused = errors[0] if both[0].returncode == 2 else errors[1]
    (error,) = [line for line in refused.splitlines() if line.startswith("error: ")]
    assert "is running it" in error or "already exists" in error
    assert _result(folder)["status"] == "finished"


def test_a_run_that_goes_on_is_not_resumed_beside_itself(tmp_path, capsys):
    folder = tmp_path / "run"
    process = spawn(*_RUN, "--run-dir", str(folder))
    wait_for_records(folder, 20, process)
    assert main(["resume", str(folder)]) == 2
    error = capsys.readouterr().err
    assert f"process {process.pid} on " in error
    assert "is running it" in error
    process.kill()
    process.wait()
    with lock.held(folder):  # a killed process holds nothing any more
        assert lock.is_held(folder)
    assert not lock.is_held(folder)


def test_asking_whether_a_run_goes_on_does_not_keep_it_from_starting(tmp_path):
    with open(tmp_path / ".lock", "w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # what `is_held` has for a moment
        end = threading.Timer(0.2, fcntl.flock, (asking, fcntl.LOCK_UN))
        end.start()
        with lock.held(tmp_path):
            assert lock.is_held(tmp_path)
        end.join()


def test_an_unfinished_run_of_the_same_settings_is_offered(tmp_path, monkeypatch, capsys, whole):
    def train(*flags: str) -> int:
        return main([*_RUN, "--out", str(tmp_path), *flags])

    def folders() -> list[Path]:
        return sorted((tmp_path / "q_frozenlake_8x8").iterdir())

    process = spawn(*_RUN, "--out", str(tmp_path))
    _wait_until(lambda: (tmp_path / "q_frozenlake_8x8").exists() and len(folders()) == 1)
    (folder,) = folders()
    wait_for_records(folder, 60, process)
    assert location.unfinished(*_settings(folder)) is None  # somebody runs it
    process.kill()
    process.wait()
    assert location.unfinished(*_settings(folder)) == folder
    capsys.readouterr()
    assert train("--env-steps", "2000", "--unfinished", "resume") == 0  # other settings
    assert len(folders()) == 2
    assert "has the same settings" not in capsys.readouterr().err
    assert train() == 0  # nobody to ask
    assert f"that one goes on with: python -m launch resume {folder}" in capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    for answer, count in (("n\n", 4), ("\n", 4)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        assert train() == 0
        assert "continue it, to the same bits? [Y/n]" in capsys.readouterr().err
        assert len(folders()) == count
    assert _result(folder)["fingerprint"] == whole
    assert _has_every_iteration_once(folder)
    assert location.unfinished(*_settings(folder)) is None


def test_the_same_command_makes_what_is_not_there_yet(tmp_path, capsys):
    def train(*flags: str) -> list[Path]:
        keeps = ["--unfinished", "resume", "--finished", "keep", *flags]
        command = [*SHORT["table"], "--workers", "0", "--no-film", "--out", str(tmp_path), *keeps]
        assert main(command) == 0
        return sorted((tmp_path / "q_frozenlake").iterdir())

    (first,) = train("--seed", "1")
    three = train("--seeds", "0-2")
    assert len(three) == 3
    assert "1 of 3 runs are finished, and not run again" in capsys.readouterr().err
    times = {folder: (folder / "result.json").stat().st_mtime_ns for folder in three}
    assert train("--seeds", "0-2") == three == train("--seed", "1")
    assert f"{first} has the same settings and is finished" in capsys.readouterr().err
    train("--seeds", "0-1", "--json-lines")
    ends = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"end"' in line]
    assert [end["run"] for end in ends] == ["q_frozenlake seed 0", "q_frozenlake seed 1"]
    assert ends[1]["folder"] == str(first)
    assert ends[1]["result"] == _result(first)
    assert times == {folder: (folder / "result.json").stat().st_mtime_ns for folder in three}
    assert len(train("--seed", "1", "--env-steps", "350")) == 4  # other settings
    assert main([*SHORT["table"], "--workers", "0", "--no-film", "--out", str(tmp_path)]) == 0
    assert len(list((tmp_path / "q_frozenlake").iterdir())) == 5  # asked for nothing of the kind


def test_a_kept_run_is_of_the_same_files(tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("a,b\n1,2\n")
    config = SupervisedConfig(job=TableConfig(csv=table, target="b"))
    began = table.stat().st_mtime
    assert config.reads_the_same_as(config, began)
    assert not config.reads_the_same_as(config, began - 1)
    elsewhere = replace(config, data=replace(config.data, data_dir=tmp_path))
    assert not config.reads_the_same_as(elsewhere, began)
    folder = SupervisedConfig(job=ImagesConfig(folder=tmp_path))
    os.utime(table, (began + 9, began + 9))
    assert not folder.reads_the_same_as(folder, began + 5)
    assert folder.reads_the_same_as(folder, began + 9)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--run-dir", "one", "--finished", "keep"), "--finished keep looks for runs below --out"),
        (("--vary", "agent.discount=0.9,0.8", "--finished", "again"), "--finished: leave it out"),
        (("--vary", "agent.discount=0.9,0.8", "--unfinished=new"), "--unfinished: leave it out"),
        (("--seeds", ""), "--seeds : expected such as 0-4"),
    ],
)
def test_what_says_twice_where_runs_are_is_refused(flags, said, capsys):
    assert main(["q_frozenlake", *flags]) == 2
    assert said in capsys.readouterr().err


def test_several_quiet_runs_tell_how_they_ended(tmp_path, capsys):
    command = [*SHORT["table"], "--workers", "0", "--no-film", "--out", str(tmp_path), "--quiet"]
    assert main([*command, "--seeds", "0-1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "q_frozenlake seed 0",
        "q_frozenlake seed 1",
    ]
    assert "success_rate" in told[0]


def test_a_run_that_is_continued_takes_the_flags_that_leave_no_trace(tmp_path, monkeypatch, launch):
    def flags(*how: str) -> list[str]:
        return [*SHORT["table"], "--workers", "0", "--out", str(tmp_path / "out"), *how]

    with monkeypatch.context() as patch:
        patch.setattr(execution, "Interrupts", lambda: _Interrupted(9))
        assert main(flags()) == 130
    how = ["--film-steps", "7", "--no-pictures", "--checkpoint.keep", "5", "--max-restarts", "4"]
    assert main(flags(*how, "--no-film", "--unfinished", "resume")) == 0
    (folder,) = (tmp_path / "out" / "q_frozenlake").iterdir()
    config = description.read(folder)[1]
    assert isinstance(config, TrainingConfig)
    assert (config.film, config.film_steps, config.pictures) == (False, 7, False)
    assert (config.checkpoint.keep, config.faults.max_restarts) == (5, 4)
    assert config.output.unfinished == "ask"
    assert len(list((folder / "checkpoints").iterdir())) > 2
    whole = launch("table", "whole", "--workers", "0")
    assert _result(folder)["fingerprint"] == whole["fingerprint"]


def _settings(folder: Path):
    experiment, config = description.read(folder)
    return config.output, experiment, config


def test_metrics_that_were_cut_under_a_run_are_said(tmp_path, caplog, capsys):
    folder = tmp_path / "run"
    assert main([*_RUN, "--run-dir", str(folder), "--env-steps", "20000"]) == 0
    (folder / "result.json").unlink()
    with open(folder / "metrics.jsonl", "r+b") as file:
        file.truncate(100)
    assert main(["resume", str(folder)]) == 0
    assert "its series have a gap" in caplog.text


def test_a_damaged_result_has_a_way_out_where_there_is_a_checkpoint(launch, tmp_path, capsys):
    found = launch("table", "run", "--workers", "0", "--env-steps", "300")
    folder = tmp_path / "run"
    path = folder / "result.json"
    path.unlink()
    path.mkdir()
    capsys.readouterr()
    said = _error(capsys, "resume", str(folder))
    assert said == (
        f"error: {path}: damaged, or of another version: Is a directory; delete it, and the run "
        f"goes on from its newest checkpoint: python -m launch resume {folder}"
    )
    path.rmdir()
    assert main(["resume", str(folder)]) == 0
    assert _result(folder)["fingerprint"] == found["fingerprint"]

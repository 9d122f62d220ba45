"""The faults, one function each: it strikes a run, sees it recover and says how long that took."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

from tests.chaos.flaky import ORDER
from tests.chaos.runs import Run
from tests.processes import cluster, count_records, descendants, named, spawn

Strike = Callable[[Run, int, random.Random], float]
"""Takes a run that is not started, the record to strike at, and the draws; gives seconds."""

_WORKER, _LEARNER, _RAYLET = "ray::RolloutWorker", "ray::LearnerHost", "raylet/raylet"


def _kill(pids: list[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        os.kill(pid, number)


def _at_work(run: Run) -> float:
    """Seconds until the run goes on after a strike that it survives; then sees it to its end."""
    seconds = run.goes_on(time.monotonic())
    run.look()
    run.finish()
    return seconds


def _resumed(run: Run, rng: random.Random, *flags: str) -> float:
    """Resumes a run elsewhere; seconds until it goes on. Then sees it to its end.

    The flags say where Ray is; without workers there is none.
    """
    began, workers = time.monotonic(), rng.choice([0, 1, 2, 3])
    run.resume("--workers", str(workers), *(flags if workers else ()))
    seconds = run.goes_on(began)
    run.look()
    run.finish()
    return seconds


def a_worker_killed(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of one worker."""
    run.start()
    run.wait_for(at)
    _kill([rng.choice(named(run.look(), _WORKER))])
    return _at_work(run)


def all_workers_killed(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of all workers at once."""
    run.start()
    run.wait_for(at)
    _kill(named(run.look(), _WORKER))
    return _at_work(run)


def workers_killed_again_and_again(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of some worker, three times at random moments, the restarts among them."""
    run.start()
    run.wait_for(at)
    for pause in (rng.uniform(0.1, 1.5), rng.uniform(0.1, 1.5), 0.0):
        while not (workers := named(run.look(), _WORKER)):
            time.sleep(0.05)
        _kill([rng.choice(workers)])
        time.sleep(pause)
    return _at_work(run)


def a_worker_frozen(run: Run, at: int, rng: random.Random) -> float:
    """SIGSTOP of one worker: it neither answers nor dies."""
    run.start()
    run.wait_for(at)
    _kill([rng.choice(named(run.look(), _WORKER))], signal.SIGSTOP)
    return _at_work(run)


def the_driver_killed(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of the process that learns, as in a power cut; resumed on other workers."""
    run.start()
    run.wait_for(at)
    run.look()
    run.process.kill()
    err = run.finish(-signal.SIGKILL)
    assert f"launch resume {run.folder}" in err, err
    return _resumed(run, rng)


def a_checkpoint_damaged(run: Run, at: int, rng: random.Random) -> float:
    """The same, and the newest checkpoint is cut short, flipped in one bit, or lacks a file."""
    run.start()
    run.wait_for(at)
    run.look()
    run.process.kill()
    run.finish(-signal.SIGKILL)
    newest = max((run.folder / "checkpoints").glob("step_*"))
    victim = newest / rng.choice(["arrays.npz", "state.json", "manifest.json"])
    data = bytearray(victim.read_bytes())
    how = rng.choice(["cut", "flip", "remove"])
    if how == "cut":
        victim.write_bytes(data[: rng.randrange(len(data))])
    elif how == "flip" and victim.name != "manifest.json":
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        victim.write_bytes(data)
    else:
        victim.unlink()
    return _resumed(run, rng)


def an_interrupt(run: Run, at: int, rng: random.Random) -> float:
    """Ctrl-C, which a terminal sends to the whole process group."""
    run.start()
    run.wait_for(at)
    run.look()
    os.killpg(run.process.pid, signal.SIGINT)
    run.finish(130)
    return _resumed(run, rng)


def rays_node_killed(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of the raylet under a run that started its own Ray."""
    run.start()
    run.wait_for(at)
    _kill(named(run.look(), _RAYLET))
    err = run.finish(1)
    assert "the run died on the spot" in err, err
    return _resumed(run, rng)


def _lose_a_node(run: Run, at: int, rng: random.Random, cpus: int) -> float:
    """Kills the raylet of one node of three; the driver is on the head, which has no CPU."""
    with cluster("0", str(cpus), str(cpus)) as nodes:
        run.start("--address", nodes["address"])
        run.wait_for(at)
        _kill([rng.choice(nodes["raylets"][1:])])
        return _at_work(run)


def a_node_lost(run: Run, at: int, rng: random.Random) -> float:
    """A node goes, and another has room for its workers."""
    return _lose_a_node(run, at, rng, run.workers)


def a_node_lost_and_no_room_elsewhere(run: Run, at: int, rng: random.Random) -> float:
    """A node goes, and every CPU of the other is taken."""
    return _lose_a_node(run, at, rng, run.workers // 2)


def the_learner_killed(run: Run, at: int, rng: random.Random) -> float:
    """SIGKILL of a learner that lives in an actor, on a pretended GPU."""
    with cluster("--gpus", "2") as nodes:
        run.start("--address", nodes["address"], "--learner-gpus", "1")
        run.wait_for(at)
        _kill(named(descendants(nodes["pid"]), _LEARNER))
        assert "the learner died" in run.finish(1)
        return _resumed(run, rng, "--address", "local", "--learner-gpus", "0")


def a_full_disk(run: Run, at: int, rng: random.Random) -> float:
    """The disk takes nothing more, and later does again."""
    folder = run.folder
    disk = folder.with_suffix(".disk")
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    try:
        run.folder = disk / "run"
        run.start()
        run.wait_for(at)
        run.look()
        with open(disk / "filler", "wb", buffering=0) as filler:
            while _takes(filler, 65_536) or _takes(filler, 1):
                pass
        time.sleep(rng.uniform(0.2, 1.0))
        full_at, freed = count_records(run.folder), time.monotonic()
        (disk / "filler").unlink()
        while run.process.poll() is None and count_records(run.folder) <= full_at:
            time.sleep(0.003)
        seconds = time.monotonic() - freed
        _, err = run.process.communicate(timeout=180)
        if run.process.returncode:  # it had come to its end before there was room
            assert "the results cannot be written: No space left on device" in err, err
            seconds = _resumed(run, rng)
        shutil.copytree(run.folder, folder)
        return seconds
    finally:
        run.folder = folder
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _takes(file, size: int) -> bool:
    try:
        return file.write(b"x" * size) == size
    except OSError:
        return False


def an_intruder(run: Run, at: int, rng: random.Random) -> float:
    """Somebody resumes the run while it runs, and starts another one into its folder."""
    run.start()
    run.wait_for(at)
    run.look()
    began = time.monotonic()
    resume = spawn("resume", str(run.folder))
    new = spawn("dqn_cartpole", "--run-dir", str(run.folder), "--workers", "0")
    for process in (resume, new):
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2, err
        assert "is running it" in err or "already exists" in err or "has finished" in err
    seconds = time.monotonic() - began
    run.finish()
    return seconds


def _flaky(run: Run, at: int, rng: random.Random, order: str, says: str) -> float:
    file = run.folder.with_suffix(".order")
    run.environment = {ORDER: str(file)}
    run.start()
    run.wait_for(at)
    run.look()
    (unfinished := file.with_suffix(".part")).write_text(order)
    unfinished.rename(file)
    assert says in run.finish(1)
    return _resumed(run, rng)


def an_environment_raising_once(run: Run, at: int, rng: random.Random) -> float:
    """An exception in `step` that does not come again; the run stops, and is resumed."""
    return _flaky(run, at, rng, "raise", "RuntimeError: a cable came loose")


def an_environment_hanging_once(run: Run, at: int, rng: random.Random) -> float:
    """A step that does not return; the run stops, and is resumed."""
    return _flaky(run, at, rng, "hang", "the environment hangs: environment ")


FAULTS: dict[str, Strike] = {
    strike.__name__.replace("_", " "): strike
    for strike in (
        a_worker_killed,
        all_workers_killed,
        workers_killed_again_and_again,
        a_worker_frozen,
        the_driver_killed,
        a_checkpoint_damaged,
        an_interrupt,
        rays_node_killed,
        a_node_lost,
        a_node_lost_and_no_room_elsewhere,
        the_learner_killed,
        a_full_disk,
        an_intruder,
        an_environment_raising_once,
        an_environment_hanging_once,
    )
}


def needs(kind: str) -> str | None:
    """What a fault needs and this machine does not give, or None."""
    if kind == "a full disk" and os.geteuid() != 0:
        return "mounting a small disk needs root"
    return None


def agent_for(kind: str, agent: str) -> str:
    """The run a fault is tried on: some strike only what not every run has."""
    if kind.startswith("an environment"):
        return "flaky"
    return "dqn" if kind == "the learner killed" else agent

"""What a supervised job costs beside a bare Keras script, and how full the scheduler keeps CPUs.

    python -m benchmarks.supervised DATA_DIR

Whole processes, alternating; medians and ratios count, seconds depend on the machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

_JOB = ("mlp_mnist_relu",)


def seconds(*command: str) -> float:
    """Wall seconds of a Python command."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    return time.monotonic() - began


def beside_a_bare_script(data_dir: Path, repeats: int) -> None:
    """Whole processes: bare `fit`, ours without Ray, ours with it, and Ray alone."""
    mnist = str(data_dir / "mnist")
    bare = ("benchmarks.bare_fit", mnist)
    with tempfile.TemporaryDirectory() as out:
        ours = ("launch", *_JOB, "--data-dir", str(data_dir), "--out", out, "--unfinished", "new")
        commands = {
            "bare fit, Keras' defaults": bare,
            "bare fit, our threads and updates per call": (
                *(*bare, "--threads", "1", "--updates-per-call", "32"),
            ),
            "ours, --local": (*ours, "--local"),
            "ours, on Ray": ours,
            "Ray alone": ("launch", "tensors", "--out", out),
            "the same job without Ray": ("launch", "tensors", "--out", out, "--local"),
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, command in commands.items():
                found[name].append(seconds(*command))
    medians = {name: statistics.median(values) for name, values in found.items()}
    for name, values in found.items():
        print(f"{name:45} median {medians[name]:6.2f} s  [{min(values):.2f}, {max(values):.2f}]")
    for name in list(commands)[:2]:
        pairs = zip(found["ours, --local"], found[name], strict=True)
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"ours, --local / {name}: {ratio:.2f} (median of pairs)")
    on_ray = medians["ours, on Ray"] - medians["ours, --local"]
    ray = medians["Ray alone"] - medians["the same job without Ray"]
    print(f"Ray adds {on_ray:.2f} s to this job and {ray:.2f} s to the smallest: its own start")


def keeps_cpus_busy(data_dir: Path, jobs: int) -> None:
    """Many equal jobs at once: what the CPUs do from the first start to the last, as one waits."""
    with tempfile.TemporaryDirectory() as out:
        flags = ("--data-dir", str(data_dir), "--out", out, "--seeds", f"0-{jobs - 1}")
        command = ("launch", "softmax_mnist", "--fit.epochs", "3", *flags)
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        samples: list[tuple[float, float, float]] = []  # time, idle and all CPU seconds so far
        while process.poll() is None:
            times = psutil.cpu_times()
            samples.append((time.time(), times.idle, sum(times)))
            time.sleep(0.1)
        assert process.returncode == 0, f"{command} failed"
        spans = [_span(path) for path in Path(out).glob("*/*/result.json")]
    first, last = min(began for began, _ in spans), max(began for began, _ in spans)
    busy = sum(min(ended, last) - min(began, last) for began, ended in spans)
    print(
        f"{jobs} jobs in {samples[-1][0] - samples[0][0]:.1f} s; in the {last - first:.1f} s from "
        f"the first start to the last one {busy / (last - first):.2f} jobs ran on average"
    )
    window = [sample for sample in samples if first <= sample[0] <= last]
    idle, everything = (window[-1][i] - window[0][i] for i in (1, 2))
    print(f"the machine's CPUs were idle for {idle / everything:.1%} of that time")


def _span(result: Path) -> tuple[float, float]:
    ended = result.stat().st_mtime
    return ended - json.loads(result.read_text())["wall_seconds"], ended


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path, help="folder with mnist/ in it")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=20)
    given = parser.parse_args(arguments)
    keeps_cpus_busy(given.data_dir, given.jobs)
    beside_a_bare_script(given.data_dir, given.repeats)


if __name__ == "__main__":
    main(sys.argv[1:])

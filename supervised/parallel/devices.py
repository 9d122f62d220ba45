"""A^n + B^n on the devices that are there (book, chapter 7).

The book computes A^10 and B^10 on one GPU and adds them on the CPU, then A^10 and B^10 on two GPUs,
and asks for a GPU that does not exist, with soft placement and without. If there is no GPU, two
logical devices of the CPU, with one thread each, take its place. The matrices are scaled so that
their powers do not grow; the book's grow to 1e33. The book's 13.8 s are of one run, with the copies
to the GPU.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pandas as pd
import tensorflow as tf
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.core.job import Context, InputError, Result
from supervised.datasets.source import Loaded
from supervised.parallel.configs import DevicesConfig
from supervised.parallel.placing import Placing, settings

_MODULE = "supervised.parallel.placing"
_MISSING = "GPU:7"
_LOGICAL = 2
_PLACED = re.compile(r"placer\.cc:\d+\] (\w+): \((MatMul|AddV2)\): (\S+)")


def run(config: DevicesConfig, context: Context) -> Result:
    """Times each placement in a process of its own.

    Returns:
        `seconds` with two devices, `one_device_seconds`, `speedup`, `largest_difference` of the
        sums' means, and `missing_named`: 1 if the error of a missing device names the existing
        ones.

    Raises:
        InputError: A process could not compute, for example because memory was short.
    """
    context.load(lambda _: Loaded(name="random matrices", kind="synthetic"))
    gpus = len(tf.config.get_visible_devices("GPU"))
    found: dict[str, dict[str, Any]] = {}
    log: list[dict[str, str]] = []
    placings = _placings(config, gpus, context.seed("matrices"))
    for number, (name, placing) in enumerate(placings.items(), 1):
        found[name], lines = _measured(placing, hide_gpus=not gpus)
        log += [{"placement": name, **line} for line in lines]
        context.say(f"{name}: {_said(found[name])}")
        context.progress(number, len(placings), name)
    context.table("placements", _table(found))
    context.table("placement_log", pd.DataFrame(log))
    timed = {name: answer for name, answer in found.items() if "seconds" in answer}
    context.figure("seconds", _bars(timed, config))
    one, two, missing = (found[name] for name in ("one device", "two devices", "missing"))
    measured = {
        "seconds": two["seconds"],
        "one_device_seconds": one["seconds"],
        "speedup": one["seconds"] / two["seconds"],
        "largest_difference": abs(one["mean"] - two["mean"]),
        "finite": float(all(answer["finite"] for answer in timed.values())),
        "missing_named": float(all(d[-5:] in missing.get("error", "") for d in one["devices"])),
    }
    for step, answer in enumerate(timed.values()):
        context.scalars(step, {"seconds": answer["seconds"]})
    kind = f"{gpus} GPUs" if gpus else f"no GPU: {_LOGICAL} logical devices of the CPU"
    return Result(
        metrics=measured if context.final else {},
        validation=measured,
        baseline=one["seconds"],
        notes=[f"{kind}; {config.size:,} rows, n = {config.power}"],
    )


def _placings(config: DevicesConfig, gpus: int, seed: int) -> dict[str, Placing]:
    kind = "GPU" if gpus else "CPU"
    first, second = f"{kind}:0", f"{kind}:{1 if gpus != 1 else 0}"
    where = {
        "one device": (first, first, False),
        "two devices": (first, second, False),
        "missing, soft": (first, _MISSING, True),
        "missing": (first, _MISSING, False),
    }
    if gpus:
        where = {"CPU": ("CPU:0", "CPU:0", False), **where}
    return {
        name: Placing(
            first=a,
            second=b,
            sum="CPU:0",
            devices=1 if gpus else _LOGICAL,
            soft=soft,
            seed=seed,
            config=config,
        )
        for name, (a, b, soft) in where.items()
    }


def _measured(placing: Placing, *, hide_gpus: bool) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Runs a placement in its process; returns what that measured, and its log."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    if hide_gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    done = subprocess.run(
        [sys.executable, "-m", _MODULE, settings(placing)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise InputError(
            f"the process with {placing.config.size:,} rows ended with {done.returncode}: {last}; "
            "--size takes less memory"
        ) from None
    lines = [
        {"node": node, "operation": operation, "device": device}
        for node, operation, device in _PLACED.findall(done.stderr)
    ]
    return answer, lines


def _said(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return answer["error"]
    placed = ", ".join(f"{part} on {device[-5:]}" for part, device in answer["placed"].items())
    return f"{answer['seconds']:.3f} s, {placed}"


def _table(found: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = [
        {
            "placement": name,
            "seconds": answer.get("seconds"),
            **answer.get("placed", {}),
            "mean": answer.get("mean"),
            "finite": answer.get("finite"),
            "error": answer.get("error", ""),
        }
        for name, answer in found.items()
    ]
    return pd.DataFrame(rows)


def _bars(timed: Mapping[str, Mapping[str, Any]], config: DevicesConfig) -> Figure:
    figure, panel = plots.one_panel(size=(7.0, 2.6))
    panel.barh(list(timed), [answer["seconds"] for answer in timed.values()], color=plots.BLUE)
    panel.invert_yaxis()
    title = f"A^{config.power} + B^{config.power}, {config.size:,} rows"
    plots.label(panel, title, "seconds, median", "")
    return figure

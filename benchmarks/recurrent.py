"""Training through recurrent layers: Keras' loop, the layer unrolled, and XLA, over lengths.

    python -m benchmarks.recurrent [--repeats 5]

Each way trains the same network on the same random sequences in this process, one thread, as a job
has. A step is one step of one sequence, forwards, backwards and its share of the update.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import results
from benchmarks.results import PLOTS, section, table
from common.backend import prepare_tensorflow

_LENGTHS = (10, 30, 100, 300)
_CELLS = ("rnn", "lstm", "gru")
_WAYS = ("loop", "loop, masked", "unrolled", "XLA", "XLA, masked")
_LONGEST_UNROLLED = 100  # beyond, compiling takes minutes
_INPUTS, _UNITS, _BATCH, _BATCHES = 32, 64, 64, 16

_CHOICE = """

Jobs take the loop: Keras turns XLA off where operations must give the same bits each time, as in
every job, and XLA would compile anew, some seconds, for each of the lengths that batches of texts
of like length have. Unrolling gains less and takes ten seconds and more to compile at 100 steps."""


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    prepare_tensorflow(1, hide_gpus=True)  # with determinism on, Keras turns XLA off
    found: dict[tuple[str, str, int], tuple[float, float]] = {}
    for cell in _CELLS:
        for length in _LENGTHS:
            for way in _WAYS:
                if way != "unrolled" or length <= _LONGEST_UNROLLED:
                    found[cell, way, length] = _measure(cell, way, length, repeats)
                    rate, compiling = found[cell, way, length]
                    said = f"{rate:,.0f} steps/s, first epoch {compiling:.1f} s"
                    print(f"{cell}, {length} steps, {way}: {said}", flush=True)
    _draw(found)
    rows = [
        [cell, way, *(_cell(found.get((cell, way, length))) for length in _LENGTHS)]
        for cell in _CELLS
        for way in _WAYS
    ]
    head = ("", "", *(f"{length} steps" for length in _LENGTHS))
    section(
        "recurrent",
        "Recurrent layers over the length of sequences",
        f"Thousand steps of sequences a second in training, {_UNITS} units, {_INPUTS} inputs, "
        f"batches of {_BATCH}, one thread; median of the repeats, and in brackets the seconds of "
        "the first epoch, which compiles.\n\n![](plots/recurrent.png)\n\n"
        + table(head, rows)
        + _CHOICE,
    )


def _measure(cell: str, way: str, length: int, repeats: int) -> tuple[float, float]:
    """Steps per second, and seconds of the first epoch."""
    import keras
    import numpy as np
    from keras import layers

    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    kind = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}[cell]
    layer: Any = kind(_UNITS, unroll=way == "unrolled")
    found: list[Any] = [layers.Input((length, _INPUTS))]
    if "masked" in way:
        found.append(layers.Masking())
    model = keras.Sequential([*found, layer, layers.Dense(2)])
    model.compile("adam", "mse", jit_compile=way.startswith("XLA"), steps_per_execution=_BATCHES)
    assert model.jit_compile == way.startswith("XLA")
    rng = np.random.default_rng(0)
    count = _BATCH * _BATCHES
    x = rng.normal(size=(count, length, _INPUTS)).astype(np.float32)
    y = rng.normal(size=(count, 2)).astype(np.float32)
    if "masked" in way:
        x[np.arange(length) >= rng.integers(length // 2, length + 1, (count, 1))] = 0.0
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        model.fit(x, y, batch_size=_BATCH, shuffle=False, verbose=0)  # type: ignore[arg-type]
        seconds.append(time.perf_counter() - began)
    return count * length / statistics.median(seconds[1:]), seconds[0]


def _cell(found: tuple[float, float] | None) -> str:
    return "" if found is None else f"{found[0] / 1_000:,.0f} ({found[1]:.1f})"


def _draw(found: dict[tuple[str, str, int], tuple[float, float]]) -> None:
    from supervised.core import plots

    figure, axes = plots.panels(1, len(_CELLS), size=(4.2, 3.6))
    for panel, cell in zip(axes[0], _CELLS, strict=True):
        for way, color in zip(_WAYS, plots.COLORS, strict=False):
            lengths = [length for length in _LENGTHS if (cell, way, length) in found]
            rates = [found[cell, way, length][0] for length in lengths]
            panel.plot(lengths, rates, ".-", color=color, label=way)
        panel.set_xscale("log")
        panel.set_yscale("log")
        plots.label(panel, cell, "steps of a sequence", "steps/s", legend=True)
    PLOTS.mkdir(exist_ok=True)
    figure.savefig(PLOTS / "recurrent.png", dpi=110)


if __name__ == "__main__":
    main(sys.argv[1:])

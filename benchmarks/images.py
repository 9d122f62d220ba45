"""Our training loop beside Keras' bare `fit` on image networks, and their input alone.

    python -m benchmarks.images DATA_DIR [--repeats 5]

In one process, alternating, on the same compiled model and images: an epoch of our loop (order from
the seed, checkpoint, messages), an epoch of `model.fit` on the arrays with the same updates per
call, and an epoch of our batches without a model. The first epochs compile and do not count.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.results import section, table
from launch import catalog
from launch.backend import prepare_deterministic
from launch.configs import SupervisedConfig

_IMAGES = 12_800  # of an epoch: 100 updates of 128
_BATCH = 128
_THREADS = 2


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path, help="folder with mnist/ in it")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    prepare_deterministic(_THREADS, hide_gpus=True)
    rows = []
    for name, build in _models().items():
        found = _measure(build, given.data_dir, given.repeats)
        ours, bare, alone = (statistics.median(found[key]) for key in ("ours", "bare", "input"))
        pairs = zip(found["ours"], found["bare"], strict=True)
        ratio = statistics.median(a / b for a, b in pairs)
        low, high = min(found["ours"]), max(found["ours"])
        rows.append(
            (
                f"`{name}`",
                *(f"{_IMAGES / _BATCH / ours:.1f} ({low:.1f}-{high:.1f} s)",),
                f"{_IMAGES / _BATCH / bare:.1f}",
                f"{ratio:.2f}",
                f"{_IMAGES / _BATCH / alone:,.0f}",
                f"{alone / ours:.1%}",
            )
        )
        print(rows[-1], flush=True)
    head = ("", "updates/s", "bare fit", "ours / bare, time", "input alone", "its share")
    section(
        "images",
        "Image networks beside Keras' bare fit",
        f"Epochs of {_IMAGES:,} images of MNIST in batches of {_BATCH}, {_THREADS} threads, in one "
        "process, in turn; medians, the range of our epochs beside them, and the median of the "
        "ratios of pairs. Input alone: our shuffled batches without a model; its share is what it "
        "would take of an epoch if nothing overlapped.\n\n" + table(head, rows),
    )


def _models() -> Mapping[str, Callable[[Any], tuple[Any, Any, bool]]]:
    """Makes each experiment's network, its loss, and says whether its targets are the images."""
    from supervised import classifying
    from supervised.autoencoders import convolutional, reconstructing
    from supervised.convolutional import lenet_mnist

    def lenet(context: Any) -> tuple[Any, Any, bool]:
        return lenet_mnist.build(_job("lenet_mnist"), context), classifying.cross_entropy(), False

    def autoencoder(context: Any) -> tuple[Any, Any, bool]:
        built = convolutional.build(_job("conv_autoencoder_mnist"), context)
        return built, reconstructing.squared_error, True

    return {"lenet_mnist": lenet, "conv_autoencoder_mnist": autoencoder}


def _job(name: str) -> Any:
    config = catalog.get(name).config
    assert isinstance(config, SupervisedConfig)
    return config.job


def _measure(build: Any, data_dir: Path, repeats: int) -> dict[str, list[float]]:
    """Seconds of an epoch of each kind, the first of each left out."""
    import tensorflow as tf

    from launch.supervising.context import JobContext
    from supervised import networks, training
    from supervised.datasets import mnist
    from supervised.settings import FitConfig, OptimizerConfig
    from supervised.training import Examples

    base = catalog.get("lenet_mnist").config
    assert isinstance(base, SupervisedConfig)
    config = replace(base, data=replace(base.data, data_dir=data_dir))
    context = JobContext(config, {}, lambda *_: None)
    data = context.load(mnist.load)
    tf.random.set_seed(0)  # the bare fit shuffles with a global seed, and must have one
    model, loss, images_are_targets = build(context)
    x = data.train_images[:_IMAGES]
    y = x if images_are_targets else data.train_labels[:_IMAGES]
    training.compile_model(model, networks.optimizer(OptimizerConfig(), 1), loss)
    train = Examples(x=x, y=y)
    settings = FitConfig(epochs=1, batch_size=_BATCH)
    epoch = tf.Variable(tf.constant(0), trainable=False)

    def ours() -> None:
        training.fit(model, train, None, settings, context)

    def bare() -> None:
        model.fit(x, y, batch_size=_BATCH, epochs=1, verbose=0)

    def read() -> None:
        for _ in training.batches(train, _BATCH, 0, epoch):
            pass

    kinds = {"ours": ours, "bare": bare, "input": read}
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for repeat in range(repeats + 1):
        for kind, make in kinds.items():
            began = time.perf_counter()
            make()
            if repeat:
                found[kind].append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])

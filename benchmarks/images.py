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
from common.backend import prepare_deterministic
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog

_IMAGES = {"lenet_mnist": 12_800, "conv_autoencoder_mnist": 12_800, "emotion_faces": 3_200}
_BATCH = 128
_THREADS = 2


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_dir", type=Path, help="folder with mnist/ and fer2013/ in it")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    prepare_deterministic(_THREADS, hide_gpus=True)
    rows = []
    for name, build in _models().items():
        updates = _IMAGES[name] / _BATCH
        found = _measure(build, _context(name, given.data_dir), _IMAGES[name], given.repeats)
        ours, bare, alone = (statistics.median(found[key]) for key in ("ours", "bare", "input"))
        pairs = zip(found["ours"], found["bare"], strict=True)
        ratio = statistics.median(a / b for a, b in pairs)
        low, high = min(found["ours"]), max(found["ours"])
        rows.append(
            (
                f"`{name}`",
                f"{updates / ours:.1f} ({low:.1f}-{high:.1f} s)",
                f"{updates / bare:.1f}",
                f"{ratio:.2f}",
                f"{updates / alone:,.0f}",
                f"{alone / ours:.1%}",
            )
        )
        print(rows[-1], flush=True)
    head = ("", "updates/s", "bare fit", "ours / bare, time", "input alone", "its share")
    sizes = ", ".join(f"{count:,} images ({name})" for name, count in _IMAGES.items())
    section(
        "images",
        "Image networks beside Keras' bare fit",
        f"Epochs of {sizes} in batches of {_BATCH}, {_THREADS} threads, in one process, in turn; "
        "medians, the range of our epochs beside them, and the median of the ratios of pairs. "
        "Input alone: our shuffled batches without a model; its share is what it would take of an "
        "epoch if nothing overlapped. `transfer_cats_dogs` is not there: with a frozen backbone "
        "its training is that of one layer on features made beforehand.\n\n" + table(head, rows),
    )


_Task = tuple[Any, Any, Any, Any]
"""A network, its loss, and images and targets of training."""


def _models() -> Mapping[str, Callable[[Any], _Task]]:
    """Makes each experiment's network, its loss and its data."""
    from supervised.autoencoders import convolutional, reconstructing
    from supervised.core import classifiers, digits
    from supervised.datasets import faces, mnist
    from supervised.emotion import faces as emotions

    def lenet(context: Any) -> _Task:
        data = context.load(mnist.load)
        model = digits.lenet(_config("lenet_mnist").job, context)
        return model, classifiers.cross_entropy(), data.train_images, data.train_labels

    def autoencoder(context: Any) -> _Task:
        images = context.load(mnist.load).train_images
        model = convolutional.build(_config("conv_autoencoder_mnist").job, context)
        return model, reconstructing.squared_error, images, images

    def emotion(context: Any) -> _Task:
        data = context.load(faces.load)
        model = emotions.build(_config("emotion_faces").job, context)
        return model, classifiers.cross_entropy(), data.train_images, data.train_labels

    return {
        "lenet_mnist": lenet,
        "conv_autoencoder_mnist": autoencoder,
        "emotion_faces": emotion,
    }


def _config(name: str) -> Any:
    config = catalog.get(name).config
    assert isinstance(config, SupervisedConfig)
    return config


def _context(name: str, data_dir: Path) -> Any:
    from launch.jobs.supervised.context import JobContext

    base = _config(name)
    config = replace(base, data=replace(base.data, data_dir=data_dir))
    return JobContext(config, {}, lambda *_: None)


def _measure(build: Any, context: Any, images: int, repeats: int) -> dict[str, list[float]]:
    """Seconds of an epoch of each kind, the first of each left out."""
    import tensorflow as tf

    from supervised.core import networks, training
    from supervised.core.examples import Examples
    from supervised.core.settings import FitConfig, OptimizerConfig

    tf.random.set_seed(0)  # the bare fit shuffles with a global seed, and must have one
    model, loss, x, y = build(context)
    x, y = x[:images], y[:images]
    training.compile_model(model, networks.optimizer(OptimizerConfig(), 1), loss)
    train = Examples(x=x, y=y)
    settings = FitConfig(epochs=1, batch_size=_BATCH)
    epoch = tf.Variable(tf.constant(0), trainable=False)

    def ours() -> None:
        training.fit(model, train, None, settings, context)

    def bare() -> None:
        model.fit(x, y, batch_size=_BATCH, epochs=1, verbose=0)

    def read() -> None:
        for _ in train.batches(_BATCH, 0, epoch):
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

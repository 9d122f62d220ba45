"""`mlp_mnist_relu` as a script of its own that knows nothing of this project.

The rival in benchmarks/supervised.py: published files, Keras' `fit`, a test score, a saved model.
"""

import argparse
import gzip
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def read(path: Path, header: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--updates-per-call", type=int, default=1)
    given = parser.parse_args()
    if given.threads:
        tf.config.threading.set_intra_op_parallelism_threads(given.threads)
        tf.config.threading.set_inter_op_parallelism_threads(given.threads)
    keras.utils.set_random_seed(0)
    x, x_test = (
        read(given.folder / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        for part in ("train", "t10k")
    )
    y, y_test = (
        read(given.folder / f"{part}-labels-idx1-ubyte.gz", 8).astype(np.int32)
        for part in ("train", "t10k")
    )
    model = keras.Sequential(
        [
            layers.Input((28, 28)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            *(layers.Dense(n, "relu", kernel_initializer="he_normal") for n in (200, 100, 60, 30)),
            layers.Dense(10),
        ]
    )
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, 5_500)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=given.updates_per_call,
    )
    began = time.monotonic()
    model.fit(
        x[5_000:],
        y[5_000:],
        validation_data=(x[:5_000], y[:5_000]),
        validation_batch_size=1_000,
        batch_size=100,
        epochs=10,
        verbose=0,
    )
    fitted = time.monotonic() - began
    accuracy = model.evaluate(x_test, y_test, batch_size=1_000, verbose=0)[1]
    model.save("/tmp/bare_fit.keras")
    print(f"fit {fitted:.2f} s, accuracy {accuracy:.4f}", file=sys.stderr)


if __name__ == "__main__":
    main()

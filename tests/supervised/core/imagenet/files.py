"""Weights in their published formats, made by tests."""

from pathlib import Path

import h5py
import keras
import numpy as np

from supervised.core.imagenet.weights import Layers


def published_h5(path: Path, layers: Layers) -> Path:
    """As Keras 1 and 2 wrote them; layers have the names given, with their slashes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in ("input_1", *layers)]
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        for name, weights in layers.items():
            group = file.create_group(name)
            kinds = ("kernel:0", "bias:0")[: len(weights)]
            group.attrs["weight_names"] = [f"{name}/{kind}".encode() for kind in kinds]
            for kind, values in zip(kinds, weights, strict=True):
                group[f"{name}/{kind}"] = values
    return path


def of(model: keras.Model, seed: int = 0) -> Layers:
    """Random weights for each layer of a network, under the names of SqueezeNet's file."""
    rng = np.random.default_rng(seed)
    return {
        layer.name.replace("_", "/"): [
            rng.normal(0, 0.05, variable.shape).astype(np.float32)
            for variable in layer.trainable_weights
        ]
        for layer in model.layers
        if layer.weights
    }

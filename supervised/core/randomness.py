"""Random numbers by seed and purpose: no draw depends on how many others were made before."""

import hashlib

import numpy as np


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator that belongs to a purpose, such as "split" or "noise"."""
    return np.random.default_rng(_digest(seed, purpose))


def keras_seed(seed: int, purpose: str) -> int:
    """A seed in [0, 2**31) for a Keras initializer or layer."""
    return _digest(seed, purpose)[0] >> 1


def _digest(seed: int, purpose: str) -> list[int]:
    words = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return [int.from_bytes(words[i : i + 4], "little") for i in range(0, 16, 4)]

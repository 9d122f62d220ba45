"""Counter-based randomness: every draw is a function of (seed, environment, purpose, counter).

A draw depends on its key and on nothing that happened before it, so environments can be split
over any number of workers, and restored anywhere, without moving a single bit. The generator is
SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014),
written over NumPy arrays because one `numpy.random.Generator` per environment and rollout costs
more than the draws.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]

# Arrays without dimensions: NumPy takes half the time over them that it takes over scalars.
STRIDE: Keys = np.array(0x9E3779B97F4A7C15, np.uint64)
"""Between two draws that follow each other: the generator's golden gamma."""
_MIX_1: Keys = np.array(0xBF58476D1CE4E5B9, np.uint64)
_MIX_2: Keys = np.array(0x94D049BB133111EB, np.uint64)
_11, _27, _30, _31 = (np.array(bits, np.uint64) for bits in (11, 27, 30, 31))


class Purpose(IntEnum):
    """What a family of draws is for. Values are part of every run's bits: never renumber them."""

    EPISODES = 1
    EXPLORATION = 2
    EVALUATION = 3
    NETWORK = 4
    REPLAY = 5
    BASELINE = 6
    FINAL_EVALUATION = 7
    RECORDING = 8
    TRIAL = 9


def _mix(values: Keys) -> Keys:
    values = (values ^ (values >> _30)) * _MIX_1
    values = (values ^ (values >> _27)) * _MIX_2
    return values ^ (values >> _31)


def derive(*parts: npt.ArrayLike) -> Keys:
    """Folds integers into 64-bit keys.

    Args:
        *parts: Non-negative integers or integer arrays, broadcast against each other.

    Returns:
        Keys of the broadcast shape, at least one-dimensional.
    """
    key = np.zeros(1, np.uint64)
    for part in parts:
        part = np.atleast_1d(np.asarray(part)).astype(np.uint64)
        key = _mix((key ^ _mix(part + STRIDE)) + STRIDE)
    return key


def positions(keys: Keys, counters: npt.ArrayLike) -> Keys:
    """Where draws are in the generator's sequence, one for each (key, counter) pair.

    Adding `STRIDE` gives the positions of the next counter, which costs less than to begin anew.
    """
    steps = np.atleast_1d(np.asarray(counters)).astype(np.uint64) + np.uint64(1)
    return keys + steps * STRIDE


def uniform_at(position: Keys) -> npt.NDArray[np.float64]:
    """The draws in [0, 1) at positions of the sequence."""
    return (_mix(position) >> _11).astype(np.float64) * 2.0**-53


def uniform(keys: Keys, counters: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Draws in [0, 1), one for each (key, counter) pair of the broadcast shape."""
    return uniform_at(positions(keys, counters))


def episode_seeds(keys: Keys, episodes: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Seeds in [0, 2**31), one for each (environment's key, episode number) pair."""
    return (derive(keys, episodes) >> np.uint64(33)).astype(np.int64)


def generator(seed: int, purpose: Purpose) -> np.random.Generator:
    """A NumPy generator for the draws that only the learner makes, in its own order."""
    return np.random.Generator(np.random.PCG64(int(derive(seed, purpose)[0])))

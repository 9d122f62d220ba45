"""Environments with a published table: our batches, and the plain Gymnasium loop, in turn.

    python -m benchmarks.tables [--repeats 5]

Both take random actions that were drawn beforehand, and begin the next episode where one ends. No
agent acts or learns: `benchmarks.lake` has the whole of that.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import gymnasium
import numpy as np

from benchmarks import results, running
from benchmarks.results import section, table
from envs import registry
from envs.randomness import Purpose

_ENVS = ("Taxi-v4", "CliffWalking-v1", "FrozenLake-v1")
_COUNTS = (0, 16, 64, 1_024)  # environments; 0 is the plain loop
_LOOP_STEPS = 100_000
_BATCH_STEPS = 20_000  # of the whole batch
_TARGET = 10.0


class _Variant(NamedTuple):
    env: str
    num_envs: int


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    variants = [_Variant(env, num_envs) for env in _ENVS for num_envs in _COUNTS]
    for variant in variants:
        _measure(variant, share=0.05)
    found = running.repeated(variants, _measure, repeats)
    section("tables", "Environments with a published table", _report(found))


def _measure(variant: _Variant, share: float = 1.0) -> tuple[float]:
    """Environment steps per second; `share` of the steps that are measured otherwise."""
    if not variant.num_envs:
        return (_loop(variant.env, int(_LOOP_STEPS * share)),)
    return (_batch(variant.env, variant.num_envs, int(_BATCH_STEPS * share)),)


def _loop(env_id: str, steps: int) -> float:
    env = gymnasium.make(env_id)
    actions = np.random.default_rng(0).integers(env.action_space.n, size=steps).tolist()
    env.reset(seed=0)
    began = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return steps / (time.perf_counter() - began)


def _batch(env_id: str, num_envs: int, steps: int) -> float:
    envs = registry.make(env_id, seed=0, purpose=Purpose.EPISODES, env_indices=range(num_envs))
    rng = np.random.default_rng(0)
    actions = rng.integers(envs.action_space.n, size=(steps, num_envs), dtype=np.int32)
    envs.reset()
    began = time.perf_counter()
    for row in actions:
        envs.step(row)
    return steps * num_envs / (time.perf_counter() - began)


def _report(found: Mapping[_Variant, Sequence[tuple[float, ...]]]) -> str:
    rows, missed = [], []
    for variant, rates in found.items():
        loop = found[variant._replace(num_envs=0)]
        pairs = zip(rates, loop, strict=True)
        ratio = running.spread([rate / base for (rate,), (base,) in pairs])
        rate = running.spread([rate for (rate,) in rates])
        name = f"ours, {variant.num_envs:,} environments" if variant.num_envs else "plain loop"
        rows.append([f"{variant.env}, {name}", f"{rate:,.0f}", f"{ratio:.1f}"])
        if variant.num_envs and ratio.median < _TARGET:
            missed.append(f"{variant.num_envs} of {variant.env}")
    verdict = f"all but {' and '.join(missed)}" if missed else "every batch"
    return "\n\n".join(
        (
            table(("", "env steps/s", "x loop"), rows),
            "One process, no agent. Medians, ranges in brackets; ratios are of rates that were "
            f"measured in the same turn. The target of {_TARGET:.0f} times is met by {verdict}. "
            "A batch's step is a few dozen calls of NumPy, however many environments there are: "
            "fewer where nothing is drawn, more where episodes are short and many begin.",
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])

"""Q-learning with a table on slippery FrozenLake 4x4: our batched environments, and the plain loop.

python -m benchmarks.lake [--repeats 5]
"""

import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.race import RIVALS, run
from benchmarks.results import section, table
from launch.config.execution import OutputConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.jobs.rl import execution
from launch.run_folder import result
from launch.run_folder.run_result import TrainingRunResult
from training.evaluate import EvaluationConfig

_NUM_ENVS = (64, 1_024, 4_096)
_ENV_STEPS = 8_000_000


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    loop: list[dict[str, Any]] = []
    ours: dict[int, list[TrainingRunResult]] = {num_envs: [] for num_envs in _NUM_ENVS}
    for seed in range(repeats):
        loop.append(run(sys.executable, str(RIVALS / "gymnasium_loop.py"), "--seed", str(seed)))
        for num_envs in _NUM_ENVS:
            ours[num_envs].append(_train(num_envs, seed))
            print(f"{num_envs} environments: {ours[num_envs][-1].steps_per_second:,.0f} steps/s")
    section("lake", "Q-learning on FrozenLake", _report(loop, ours))


def _train(num_envs: int, seed: int) -> TrainingRunResult:
    base = catalog.get("q_frozenlake").config
    assert isinstance(base, TrainingConfig)
    with tempfile.TemporaryDirectory() as folder:
        config = replace(
            base,
            seed=seed,
            num_envs=num_envs,
            env_steps=_ENV_STEPS if num_envs > 64 else _ENV_STEPS // 8,
            placement=replace(base.placement, workers=0),
            evaluation=EvaluationConfig(every_env_steps=0, final_episodes=10_000),
            output=OutputConfig(run_dir=Path(folder) / "run"),
        )
        path, _ = execution.train("q_frozenlake", config, ["benchmark"])
        found = result.read(path)
        assert isinstance(found, TrainingRunResult)
        return found


def _report(loop: list[dict[str, Any]], ours: dict[int, list[TrainingRunResult]]) -> str:
    learning = [said["steps_per_second"] for said in loop]
    bare = [said["env_only_steps_per_second"] for said in loop]
    rows = [
        _row("plain Gymnasium loop, learning", learning, learning, ""),
        _row("the same environment, random actions only", bare, learning, ""),
    ]
    for num_envs, runs_of in ours.items():
        rates = [run.steps_per_second for run in runs_of]
        scores = [run.claim.ours for run in runs_of]
        score = f"{statistics.mean(scores):.3f} (worst {min(scores):.3f})"
        rows.append(_row(f"ours, {num_envs:,} environments", rates, learning, score))
    optimum = ours[_NUM_ENVS[0]][0].claim.optimum
    return "\n\n".join(
        (
            table(("", "steps/s, median", "min", "max", "x loop", "success rate"), rows),
            "One process, learning included: action, step, update. Success rates are over 10,000 "
            f"greedy episodes of each seed, after {_ENV_STEPS:,} steps ({_ENV_STEPS // 8:,} with "
            f"64 environments); the optimum is {optimum:.3f}.",
        )
    )


def _row(name: str, rates: list[float], base: list[float], score: str) -> list[str]:
    ratio = statistics.median(a / b for a, b in zip(rates, base, strict=True))
    figures = (statistics.median(rates), min(rates), max(rates))
    return [name, *(f"{value:,.0f}" for value in figures), f"{ratio:.1f}", score]


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run folders that no run has made: config and result only, in no time."""

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

from launch.commands.flags import override
from launch.config.execution import OutputConfig
from launch.experiments import catalog
from launch.run_folder import location, result
from tests.launch.test_result import KEPT, SUPERVISED, TRAINING

_RL = {"metric": "mean_return", "baseline": 22.5, "optimum": 500.0, "book": None}


def made(
    folder: Path, experiment: str, seed: int = 0, *flags: str, at: float = 0.0, **changes: Any
) -> Path:
    """Makes the folder of a finished run.

    Args:
        folder: Where.
        experiment: The experiment's name.
        seed: The run's seed.
        flags: Flags of the run.
        at: When it ended, in seconds; the later of two runs is the newer.
        changes: Fields of its result that are not as they are; those of its claim as `claim`.
    """
    config = override(experiment, catalog.get(experiment).config, list(flags))
    config = dataclasses.replace(config.with_seed(seed), output=OutputConfig(run_dir=folder))
    kind = SUPERVISED if config.KIND == "supervised" else TRAINING
    claim = {"comparable": False, "book_note": None, **(_RL if kind is TRAINING else {})}
    claim |= changes.pop("claim", {})
    if kind is TRAINING:
        ours = claim.get("ours", 200.0)
        changes.setdefault("evaluation", dataclasses.replace(KEPT, mean_return=ours))
    found = dataclasses.replace(kind, experiment=experiment, seed=seed, **changes)
    found = dataclasses.replace(found, claim=dataclasses.replace(found.claim, **claim))
    with location.new(experiment, config, [experiment, *flags, "--seed", str(seed)]):
        result.write(folder, found)
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in _series(config)))
    os.utime(folder / "result.json", (1e9 + at, 1e9 + at))
    return folder


def unwrapped(text: str) -> list[str]:
    """What was told, each with the lines that go on below it."""
    return re.sub(r"\n +", " ", text).splitlines()


def _series(config: Any) -> list[dict[str, Any]]:
    if config.KIND == "supervised":
        return [{"kind": "scalars", "step": 1, "fit/loss": 0.5}]
    return [
        {
            "kind": "iteration",
            "env_steps": 100,
            "training_seconds": 1.0,
            "episode_returns": [10.0, 30.0],
        },
        {"kind": "evaluation", "env_steps": 100, "mean_return": 25.0},
    ]


def untrained(folder: Path, experiment: str, *flags: str, **arrays: Any) -> Path:
    """Makes the folder of a run whose policy has weights as they are drawn, and no result.

    Args:
        folder: Where.
        experiment: The experiment's name.
        flags: Flags of the run.
        arrays: Arrays of the policy that are others; a name's first dot is two underscores.
    """
    from launch.jobs.rl import policy_files
    from training import learners

    config: Any = override(experiment, catalog.get(experiment).config, list(flags))
    config = dataclasses.replace(config, output=OutputConfig(run_dir=folder))
    agent, env = config.prepared_agent, config.rollout.env
    learner = learners.make(agent, env, seed=config.seed, env_steps=config.env_steps)
    given = {name.replace("__", "."): array for name, array in arrays.items()}
    weights = {**learner.evaluated_weights(), **given}
    learner.close()
    with location.new(experiment, config, [experiment, *flags]):
        policy_files.save(folder, config, env, weights)
    return folder

"""`python -m launch evaluate RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from common.errors import UsageError
from common.settings import require
from launch import run_folder
from launch.configs import SupervisedConfig
from launch.verbs.parsing import invalid_settings_in_one_line, parse


@dataclass(frozen=True, kw_only=True)
class EvaluateArguments:
    """Score a run's trained policy on seeded episodes, or its trained model on the test data."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    episodes: int | None = None
    """A policy: episodes to play; default 100."""
    seed: int | None = None
    """A policy: seed of the episodes; default: the run's, which repeats its own final
    evaluation."""
    video: Path | None = None
    """A policy: film the first episode into this .mp4 or .gif; on slippery ice, another one."""
    data_dir: Path | None = None
    """A model: where the data are; default: where the run had them."""
    data: Literal["auto", "real", "sample", "synthetic"] | None = None
    """A model: kind of data; default: the run's."""


def run(arguments: Sequence[str]) -> int:
    """Scores a run."""
    given: EvaluateArguments = parse(EvaluateArguments, "evaluate", arguments)
    _, config = run_folder.read(given.run)
    supervised = isinstance(config, SupervisedConfig)
    wrong = ("episodes", "seed", "video") if supervised else ("data_dir", "data")
    for name in wrong:
        if getattr(given, name) is not None:
            kind = "a model" if supervised else "a policy"
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag}: {given.run} trained {kind}, which has no use for it")
    return _model(given) if supervised else _policy(given)


def _policy(given: EvaluateArguments) -> int:
    episodes = 100 if given.episodes is None else given.episodes
    with invalid_settings_in_one_line():
        require(episodes >= 1, "episodes", "must be 1 or more", episodes)
        require(0 <= (given.seed or 0) < 2**63, "seed", "must be in [0, 2**63)", given.seed)
    from launch.acting import runs

    summary, filmed = runs.evaluate(given.run, episodes, given.seed, given.video)
    success = "" if summary.success_rate is None else f", success rate {summary.success_rate:.4f}"
    print(
        f"{summary.episodes:,} episodes: mean return {summary.mean_return:.4g} ± "
        f"{summary.std_return:.4g}, from {summary.min_return:.4g} to {summary.max_return:.4g}"
        f"{success}"
    )
    if given.video is not None:
        print(f"film {given.video}: one episode, return {filmed[0]:.4g}")
    return 0


def _model(given: EvaluateArguments) -> int:
    from launch.supervising import trained

    kinds, figures = trained.evaluate(given.run, given.data_dir, given.data)
    print("data " + ", ".join(f"{name}: {kind}" for name, kind in kinds.items()))
    for name, value in figures.items():
        print(f"{name} {value:.6g}")
    return 0

"""`python -m launch record RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from launch.commands.flags import (
    INTERRUPTED,
    RunFolder,
    invalid_settings_in_one_line,
    parse,
)


@dataclass(frozen=True, kw_only=True)
class RecordArguments:
    """Record what a run's policy does, for agents that learn from a file."""

    run: RunFolder
    """The run's folder."""
    env_steps: int
    """Environment steps to record, over 16 environments. Ctrl-C writes those that there are."""
    epsilon: float | None = None
    """Share of random actions among the greedy ones, in [0, 1], and all the exploration that there
    is, also of noisy or bootstrapped agents; default: as in the run's evaluations, mostly none."""
    random: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Take random actions only; the run's environment is what counts then."""
    seed: int | None = None
    """Seed of the episodes and of exploration; default: the run's."""
    out: Path | None = None
    """The recording's folder, which must not exist; default: one in RUN/recordings."""


def run(arguments: Sequence[str]) -> int:
    """Records a policy."""
    given: RecordArguments = parse(RecordArguments, "record", arguments)
    from launch.jobs.rl import recording
    from launch.jobs.rl.play import Play

    with invalid_settings_in_one_line():
        play = Play(seed=given.seed, epsilon=given.epsilon)
        made = recording.make(
            given.run, play, env_steps=given.env_steps, random=given.random, out=given.out
        )
    told, returns = made.recording, made.recording.returns
    mean = f", mean return {returns.mean():.4g} ± {returns.std():.4g}" if len(returns) else ""
    print(f"{len(told):,} steps, {len(returns):,} whole episodes{mean}")
    print(f"recorded  {made.folder}")
    print(f"learn it  {made.learn_it}")
    return INTERRUPTED if made.interrupted else 0

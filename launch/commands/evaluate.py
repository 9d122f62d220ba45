"""`python -m launch evaluate RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.errors import UsageError
from common.settings import InvalidSetting
from launch.commands.flags import RunFolder, parse


@dataclass(frozen=True, kw_only=True)
class EvaluateArguments:
    """Score a run's trained policy on seeded episodes, or its trained model on the test data."""

    run: RunFolder
    """The run's folder."""
    episodes: int | None = None
    """A policy: episodes to play; default 100."""
    seed: int | None = None
    """A policy: seed of the episodes; default: the run's, which repeats its own final
    evaluation."""
    video: Path | None = None
    """A policy: film the first episode into this .mp4 or .gif, with values of the actions, and what
    they depend on where pictures are seen; or put six moments of it into this .png. It is another
    episode where the environment is stepped from its table of transitions, such as FrozenLake."""
    video_episodes: int | None = None
    """A policy: episodes to film; default 1."""
    epsilon: float | None = None
    """A policy: share of random actions, in [0, 1], with seeded draws; default: as in the run's own
    evaluations, mostly none."""
    env_kwargs: tuple[str, ...] = ()
    """A policy: keywords of the environment other than in training, such as is_slippery=False."""
    max_episode_steps: int | None = None
    """A policy: steps after which an episode is cut, 0 for none; default: as in training."""
    data_dir: Path | None = None
    """A model: where the data are; default: where the run had them."""
    data: str | None = None
    """A model: kind of data (auto, real, sample, synthetic), or a file of your own for a run whose
    data are your own (table, text, images, series, ratings); default: the run's. Rows that were
    trained on are left out and counted."""


def run(arguments: Sequence[str]) -> int:
    """Scores a run."""
    given: EvaluateArguments = parse(EvaluateArguments, "evaluate", arguments)
    settings = {name: value for name, value in vars(given).items() if value not in (None, ())}
    folder = settings.pop("run")
    from launch.jobs import kinds

    try:  # standard error stays as it is: what is left out of the score is told there
        for line in kinds.read(folder).evaluate(settings):
            print(line, flush=True)
    except InvalidSetting as error:
        raise UsageError(str(error)) from None
    return 0

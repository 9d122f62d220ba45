"""What shows a run's agent beside its figures: which callbacks, and whether they are wanted."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from launch.jobs.rl.films import Film
from launch.jobs.rl.pictures import Pictures
from launch.jobs.rl.run_spec import RunSpec
from launch.run_folder.names import FILM
from training.callbacks import Callback


def callbacks(spec: RunSpec, folder: Path) -> Sequence[Callback]:
    """The callbacks that draw and film the agent of a run, before its result is written."""
    config, say = spec.config, partial(spec.display.say, spec.name)
    workers = config.placement.workers > 0
    shown: list[Callback] = []
    if config.pictures and not spec.rollout_config.agent.acts_randomly:
        shown.append(Pictures(spec, folder))
    if config.film:
        epsilon, steps = config.evaluation.epsilon, config.film_steps
        shown.append(Film(folder / FILM, steps, epsilon=epsilon, workers=workers, say=say))
    return shown

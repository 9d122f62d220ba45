"""Every experiment by name."""

import difflib

from launch.configs import RunConfig, SupervisedConfig, TrainingConfig
from launch.errors import UsageError
from launch.experiments import (
    acting,
    autoencoders,
    basics,
    belief,
    convolutional,
    feed_forward,
    high_level,
    parallel,
    pretrained,
    recommenders,
    recurrent,
    style,
)
from launch.experiments.experiment import Claim, Experiment

EXPERIMENTS: dict[str, Experiment] = {
    **acting.EXPERIMENTS,
    **basics.EXPERIMENTS,
    **feed_forward.EXPERIMENTS,
    **belief.EXPERIMENTS,
    **convolutional.EXPERIMENTS,
    **autoencoders.EXPERIMENTS,
    **pretrained.EXPERIMENTS,
    **style.EXPERIMENTS,
    **recurrent.EXPERIMENTS,
    **parallel.EXPERIMENTS,
    **high_level.EXPERIMENTS,
    **recommenders.EXPERIMENTS,
}


def claim(name: str, config: RunConfig) -> Claim:
    """What a run of an experiment is measured against: nothing, in another environment."""
    experiment = get(name)
    default = experiment.config
    if isinstance(config, SupervisedConfig) or not isinstance(default, TrainingConfig):
        return experiment.claim
    return experiment.claim if config.env == default.env else Claim()


def tuned_for(name: str, config: TrainingConfig) -> list[str]:
    """Experiments with settings of their own for the environment that another one is sent into.

    Args:
        name: The experiment that runs.
        config: Its config, flags applied.
    """
    given = EXPERIMENTS[name]
    assert isinstance(given.config, TrainingConfig)
    if not given.any_env and config.env == given.config.env:
        return []
    return [
        other
        for other, experiment in EXPERIMENTS.items()
        if isinstance(experiment.config, TrainingConfig)
        and other != name
        and not experiment.any_env
        and experiment.config.env == config.env
        and type(experiment.config.agent) is type(config.agent)
    ]


def get(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        UsageError: There is none; the nearest name is suggested.
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    near = difflib.get_close_matches(name, EXPERIMENTS, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "see: python -m launch list"
    raise UsageError(f"unknown experiment {name!r}: {hint}")

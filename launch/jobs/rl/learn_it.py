"""The command that learns from a recording, in the environment that it was made in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from gymnasium.spaces import Box, Discrete

from agents.agent import Agent
from agents.networks.config import SeeingConfig
from envs import registry
from launch.config.serialization import settings
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.experiments.experiment import flags_for
from launch.terminal.typed import typed

_NETWORK, _TABLE = "cql_cartpole", "q"
_SIGHT = ("network", "filters", "kernel_sizes", "strides", "hidden_sizes")
"""Settings of a network for pictures, and of the layers behind its convolutions."""
_READINGS = 3
"""Times that a recording is read, where it is as long as the experiment's own budget."""


def command(recorded: TrainingConfig, data: Path, transitions: int) -> str:
    """The command, as it is typed.

    Args:
        recorded: The config of the run whose policy was recorded.
        data: The recording.
        transitions: How many it has.
    """
    seen, _ = registry.spaces(recorded.rollout.env)
    name, config = _NETWORK, _learning(_NETWORK, recorded)
    config = replace(config, agent=_with_sight(config.agent, recorded, seen))
    if isinstance(seen, Discrete) and registry.spaces(config.rollout.env)[0] != seen:
        name, config = _TABLE, _learning(_TABLE, recorded)  # it has states where others see rows
    usual = _config(name)
    if transitions >= usual.env_steps:
        config = replace(config, env_steps=_READINGS * transitions)
    before = dict(settings(usual))
    changes = [
        word
        for path, value in settings(replace(config, data=data))
        if value != before[path]
        for word in flags_for(path, value)
    ]
    return typed(name, *changes)


def _config(name: str) -> TrainingConfig:
    config = catalog.get(name).config
    assert isinstance(config, TrainingConfig)
    return config


def _learning(name: str, recorded: TrainingConfig) -> TrainingConfig:
    """The config of an experiment in the environment of a run; a recording keeps no lives."""
    return replace(
        _config(name),
        env=recorded.env,
        env_options=recorded.env_options,
        transforms=replace(recorded.transforms, life_loss=False),
    )


def _with_sight(agent: Agent, recorded: TrainingConfig, seen: Box | Discrete) -> Agent:
    """An agent with a network for pictures, where a run's observations are some.

    It is the first that fits of the run's own, that of the experiment which is made for the
    environment, Atari's, and a single convolution.
    """
    if len(seen.shape or ()) != 3:
        return agent
    made_for_it, atari = catalog.first_choice(recorded.env), "dqn_atari"
    others = [_config(each).agent for each in (made_for_it, atari)]
    simple: Any = agent
    for other in (recorded.agent, *others, replace(simple, network="conv")):
        if not isinstance(other, SeeingConfig) or other.network != "conv":
            continue
        changes: dict[str, Any] = {name: getattr(other, name) for name in _SIGHT}
        changed = replace(agent, **changes)
        try:
            changed.check(seen, Discrete(2))
        except ValueError:  # a window does not fit, or they are no pictures
            continue
        return changed
    return agent

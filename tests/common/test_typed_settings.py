"""Settings whose values are of other types than their fields."""

import dataclasses
import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import actorlab
from agents.registry import OURS, agent_type
from common.settings import InvalidSetting
from common.typed_settings import Settings
from launch.config.execution import CheckpointConfig, OutputConfig, PlacementConfig

PARTS = (
    *(agent_type(name) for name in OURS),
    *(actorlab.EnvOptions, actorlab.Transforms, actorlab.EvaluationConfig, actorlab.FaultConfig),
    *(actorlab.EpsilonSchedule, actorlab.LearningRateSchedule, actorlab.WeightAverage),
    *(actorlab.DistributionConfig, actorlab.MunchausenConfig, actorlab.OptimizerConfig),
    *(actorlab.PriorityConfig, CheckpointConfig, OutputConfig, PlacementConfig),
)


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_no_setting_takes_a_value_of_a_foreign_type(kind: Any):
    for field in dataclasses.fields(kind):
        flag = field.name.replace("_", "-")
        with pytest.raises(InvalidSetting, match=rf"^--([\w.-]+\.)?{flag} must be "):
            kind(**{field.name: object()})


DQN: Any = actorlab.DQN
EPSILON: Any = actorlab.EpsilonSchedule
ENV: Any = actorlab.EnvOptions
OUTPUT: Any = OutputConfig


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        (DQN, {"double": "no"}, "--agent.double must be True or False, got 'no'"),
        (DQN, {"double": 1}, "--agent.double must be True or False, got 1"),
        (DQN, {"batch_size": 3.5}, "--agent.batch-size must be a whole number, got 3.5"),
        (DQN, {"batch_size": True}, "--agent.batch-size must be a whole number, got True"),
        (DQN, {"learning_rate": "1e-3"}, "--agent.learning-rate must be a number, got '1e-3'"),
        (DQN, {"hidden_sizes": 64}, "--agent.hidden-sizes must be a tuple of whole numbers, got 6"),
        (DQN, {"hidden_sizes": (8, 0.5)}, "must be a tuple of whole numbers, got .8, 0.5."),
        (DQN, {"loss": "l1"}, "--agent.loss must be 'huber' or 'squared', got 'l1'"),
        (DQN, {"epsilon": 0.1}, "--agent.epsilon must be made by EpsilonSchedule"),
        (DQN, {"learning_rate": -1}, "--agent.learning-rate must be positive, got -1"),
        (EPSILON, {"end": "0"}, "--agent.epsilon.end must be a number, got '0'"),
        (ENV, {"max_episode_steps": "9"}, "must be a whole number or None, got '9'"),
        (OUTPUT, {"out": 3}, "--out must be a path, got 3"),
    ],
)
def test_a_foreign_type_is_told_with_the_settings_name(kind, given, says):
    with pytest.raises(InvalidSetting, match=says):
        kind(**given)


def test_what_means_the_same_is_taken():
    agent = DQN(batch_size=5e1, n_step=np.int64(3), hidden_sizes=[64, 32.0], double=np.True_)
    assert (agent.batch_size, agent.n_step, agent.hidden_sizes) == (50, 3, (64, 32))
    assert [type(each) for each in (agent.batch_size, agent.n_step)] == [int, int]
    assert agent.double is True
    assert OUTPUT(out="here").out == Path("here")
    rate = DQN(learning_rate=np.float32(0.1)).learning_rate
    assert type(rate) is np.float32  # no bit of it is changed


def test_agents_stay_what_they_were():
    assert "learning_rate" in inspect.signature(actorlab.DQN).parameters
    agent = actorlab.DQN(batch_size=50)
    assert pickle.loads(pickle.dumps(agent)) == agent


def test_an_agent_of_ones_own_is_checked_with_its_own_rules():
    seen = []

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Own(Settings):
        PART = "agent"
        size: int = 1
        anything: object = None

        def __post_init__(self) -> None:
            seen.append(self.size)

    Own(size=2.0, anything=object())  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidSetting, match="must be a whole number, got 'two'"):
        Own(size="two")  # pyright: ignore[reportArgumentType]
    assert seen == [2]

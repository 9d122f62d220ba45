"""`--vary`: which blanks part the elements of a value, and which are in it."""

from pathlib import Path

import pytest

from launch.commands.flags import override
from launch.experiments import catalog
from launch.experiments.experiment import takes_several
from launch.sweeps import axes


@pytest.mark.parametrize(
    ("experiment", "word", "expected"),
    [
        ("cql_cartpole", "data=/tmp/rec k", ["--data", "/tmp/rec k"]),
        ("dqn_cartpole", "agent.hidden-sizes=64 32", ["--agent.hidden-sizes", "64", "32"]),
        ("dqn_cartpole", "env-kwargs=a=1 b=2", ["--env-kwargs", "a=1", "b=2"]),
        ("dqn_cartpole", "init_from= /tmp/a run ", ["--init-from", "/tmp/a run"]),
        ("emotion_predict", "face=1 2 3 4", ["--face", "1", "2", "3", "4"]),
    ],
)
def test_only_values_of_several_elements_are_parted_at_blanks(experiment, word, expected):
    config = catalog.get(experiment).config
    (axis,) = axes.parse([word])
    assert axes.flags(config, {axis.setting: axis.values[0]}) == expected


def test_a_recording_with_a_blank_in_its_name_can_be_varied():
    config = catalog.get("cql_cartpole").config
    (axis,) = axes.parse(["data=/tmp/rec k,/tmp/rec l"])
    found = [
        override("cql_cartpole", config, axes.flags(config, settings))
        for settings in axes.product([axis])
    ]
    assert [each.data for each in found] == [Path("/tmp/rec k"), Path("/tmp/rec l")]


def test_every_setting_with_a_tuple_takes_several():
    config = catalog.get("dqn_cartpole").config
    assert takes_several(config, "env_kwargs")
    assert takes_several(config, "agent.hidden_sizes")
    assert not takes_several(config, "agent.n_step")
    assert not takes_several(config, "out")
    with pytest.raises(KeyError):
        takes_several(config, "agent.nothing")

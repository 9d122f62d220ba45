"""Which experiments `list` names."""

import pytest

from launch.cli import main
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog


def _names(capsys, *flags: str) -> list[str]:
    assert main(["list", "--names", *flags]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_experiment_is_of_one_kind(capsys):
    supervised = _names(capsys, "--kind", "supervised")
    acting = _names(capsys, "--kind", "rl")
    assert sorted(supervised + acting) == sorted(catalog.EXPERIMENTS) == sorted(_names(capsys))
    assert {"dqn_cartpole", "q"} <= set(acting)
    for name in supervised:
        assert isinstance(catalog.get(name).config, SupervisedConfig)


def test_what_needs_a_file_of_ones_own_is_not_runnable(capsys):
    every = _names(capsys, "--kind", "supervised")
    runnable = _names(capsys, "--kind", "supervised", "--runnable")
    missing = {name for name in every if catalog.get(name).needs}
    assert {"alexnet_predict", "emotion_predict", "fm_purchase"} <= missing
    assert set(every) - set(runnable) == missing


def test_a_table_may_be_of_one_kind(capsys):
    assert main(["list", "--kind", "rl"]) == 0
    said = capsys.readouterr().out
    assert "dqn_cartpole" in said
    assert "tensors" not in said


def test_an_unknown_kind_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["list", "--kind", "both"])
    assert stopped.value.code == 2
    assert "both" in capsys.readouterr().err

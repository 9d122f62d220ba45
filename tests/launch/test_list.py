"""What `list` prints: a line an experiment, a chapter, or everything about one."""

import json

import pytest

from launch.cli import main
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog, reinforcement_learning


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


def _said(capsys, *words: str) -> list[str]:
    assert main(["list", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_experiment_has_a_line_of_80_columns(capsys):
    lines = _said(capsys)
    assert max(map(len, lines)) <= 80
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert set(catalog.EXPERIMENTS) <= set(said)
    for name, experiment in catalog.EXPERIMENTS.items():
        assert experiment.summary in said[name]
        cost = experiment.cost.partition(" for ")[0]
        assert said[name].endswith("-" if cost == "not measured" else cost)


def test_reinforcement_learning_comes_first_and_then_the_chapters(capsys):
    titles = [line for line in _said(capsys) if line.startswith("chapter ")]
    numbers = [int(title.partition(":")[0].removeprefix("chapter ")) for title in titles]
    assert numbers[0] == 10
    assert numbers[1:] == sorted(numbers[1:])
    assert set(numbers) == set(range(2, 11))


def test_summaries_stand_by_themselves(capsys):
    for experiment in catalog.EXPERIMENTS.values():
        for text in (experiment.summary, experiment.about):
            assert not text.startswith("The same")


def test_words_choose(capsys):
    assert _names(capsys, "10") == list(reinforcement_learning.EXPERIMENTS)
    assert _names(capsys, "cartpole") == ["dqn_cartpole", "dqn_cartpole_book", "random_cartpole"]
    assert _names(capsys, "cartpole", "BOOK") == ["dqn_cartpole_book"]
    assert main(["list", "nowhere"]) == 2
    assert "list nowhere: no experiment fits" in capsys.readouterr().err


def test_one_name_tells_everything(capsys):
    lines = _said(capsys, "dqn_cartpole_book")
    assert lines[0].startswith("dqn_cartpole_book: DQN on CartPole-v0 with the book's network")
    assert "claim     score: book 199, optimum 200" in lines
    assert "run       python -m launch dqn_cartpole_book" in lines
    settings = dict(
        line.split() for line in lines[lines.index("settings") + 1 :] if "[" not in line
    )
    assert settings["env"] == "CartPole-v0"
    assert settings["agent.batch_size"] == "20"


def test_json_has_everything(capsys):
    found = json.loads("\n".join(_said(capsys, "--json", "--kind", "rl")))
    assert found["dqn_cartpole"]["config"]["agent"]["_type"] == "dqn"
    assert found["dqn_cartpole_book"]["claim"]["book"] == 199.0
    assert "tensors" not in found

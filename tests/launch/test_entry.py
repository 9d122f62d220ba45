"""The front door: no words, flags in the wrong place, names that other libraries use."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from launch.cli import main

ROOT = Path(__file__).parents[2]


def _error(capsys, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line.removeprefix("error: ")


def test_without_words_it_says_what_it_is_in_a_few_lines(capsys):
    assert main([]) == 0
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) <= 10
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Actorlab")


@pytest.mark.parametrize("asking", ["--help", "-h", "help"])
def test_help_names_every_command(asking, capsys):
    assert main([asking]) == 0
    said = capsys.readouterr().out
    for command in ("list", "data", "resume", "evaluate", "predict", "report", "ledger", "tune"):
        assert f"python -m launch {command} " in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize("asking", ["--version", "-V"])
def test_the_version_is_told_with_those_of_packages(asking, capsys):
    assert main([asking]) == 0
    ours, others = capsys.readouterr().out.splitlines()
    assert ours.startswith("actorlab 0.")
    assert f"python {sys.version.split()[0]}" in others
    assert "ray 2." in others


def test_flags_before_the_name_are_shown_their_place(capsys):
    says = "--workers: the name of an experiment comes before its flags; "
    assert _error(capsys, "--workers", "2", "q") == f"{says}python -m launch q --workers ..."
    assert _error(capsys, "--workers", "2") == f"{says}see: python -m launch --help"


@pytest.mark.parametrize(
    ("given", "meant"), [("lsit", "list"), ("resum", "resume"), ("dqn_cartpol", "dqn_cartpole")]
)
def test_commands_and_experiments_are_suggested(given, meant, capsys):
    says = f"unknown command or experiment {given!r}: did you mean {meant}?"
    assert _error(capsys, given) == says


def test_what_is_far_from_every_name_is_not_suggested(capsys):
    assert _error(capsys, "nope").endswith("experiment 'nope': see: python -m launch list")
    assert _error(capsys, "data", "nope").endswith("called 'nope': see: python -m launch data")


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (("list", "--kind", "foo"), ("rl", "supervised")),
        (("watch", "run", "--render", "foo"), ("ansi", "human")),
    ],
)
def test_nothing_is_no_choice(words, choices, capsys):
    told = _error(capsys, *words)
    assert sorted(re.findall(r"'(\w+)'", told)) == sorted(("foo", *choices))


def test_a_long_name_is_apart_from_what_is_told_of_it(capsys):
    assert main(["data", "dogs_vs_cats"]) == 0
    assert capsys.readouterr().out.startswith("dogs_vs_cats Dogs vs. Cats: ")


def test_make_help_has_80_columns_and_is_in_line():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = said.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    targets = [line for line in lines if line.startswith("  make ")]
    assert len(targets) > 15
    assert {len(re.sub(r"^(  make \S+ +).*$", r"\1", line)) for line in targets} == {21}


@pytest.mark.parametrize(
    ("experiment", "given", "ours"),
    [
        ("dqn_cartpole", "--lr", "--agent.learning-rate"),
        ("mlp_bank", "--lr", "--optimizer.learning-rate"),
        ("dqn_cartpole", "--total-timesteps", "--env-steps"),
        ("dqn_cartpole", "--n-envs", "--num-envs"),
        ("dqn_cartpole", "--gamma", "--agent.discount"),
        ("dqn_cartpole", "--num-workers", "--workers"),
        ("mlp_bank", "--epochs", "--fit.epochs"),
        ("mlp_bank", "--num-workers", "--workers"),
        ("mlp_bank", "--log-dir", "--out"),
    ],
)
def test_names_of_other_libraries_are_translated(experiment, given, ours, capsys):
    for words in ([given, "3"], [f"{given}=3"]):
        assert _error(capsys, experiment, *words).startswith(f"{given}: called {ours} here")


def test_every_translation_is_a_flag_of_some_experiment():
    from launch.experiments import catalog
    from launch.experiments.elsewhere import _ELSEWHERE
    from launch.experiments.experiment import has_setting

    configs = [experiment.config for experiment in catalog.EXPERIMENTS.values()]
    for paths in _ELSEWHERE.values():
        for path in paths:
            assert any(has_setting(config, path) for config in configs), path


def test_a_reader_that_has_gone_is_no_failure():
    """As `| head` is, whose pipe is closed before all is written."""
    reading, writing = os.pipe()
    os.close(reading)
    run = subprocess.run(
        [sys.executable, "-m", "launch", "list"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(writing)
    assert (run.returncode, run.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_one_line():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "launch", "list"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    told = "error: the output cannot be written (No space left on device)\n"
    assert (run.returncode, run.stderr) == (1, told)

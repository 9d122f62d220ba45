"""What shells complete, asked of the shells themselves, and of the words behind their scripts."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launch.cli import main
from launch.commands.completion_words import candidates
from launch.commands.names import COMMANDS
from launch.experiments import catalog
from supervised.datasets import catalog as data_sets

ROOT = Path(__file__).parent.parent.parent
RUN = "runs/tensors/20260101-seed0"


def _words(*words: str) -> list[str]:
    return [word for word, _ in candidates(words)]


def test_the_first_word_is_a_command_or_an_experiment():
    assert set(_words("")) == {*COMMANDS, "help", *catalog.EXPERIMENTS, *catalog.STUDIES}
    assert _words("dqn_c") == ["dqn_cartpole", "dqn_cartpole_book"]
    assert _words("resu") == ["resume"]
    assert _words("help", "resu") == ["resume"]
    assert _words() == _words("")


def test_flags_have_their_help():
    assert _words("dqn_cartpole", "--agent.learning-rate-schedule.s") == [
        "--agent.learning-rate-schedule.shape"
    ]
    ((_, about),) = candidates(["mlp_bank", "--network.drop"])
    assert about == "Fraction of a hidden layer's outputs dropped in training. (default: 0.1)"
    assert sorted(_words("mlp_bank", "--seed")) == ["--seed", "--seeds"]
    assert _words("mlp_bank", "--no-dur") == ["--no-duration"]
    assert _words("mlp_bank", "dqn_cartpole", "--agent.disc") == ["--agent.discount"]
    assert _words("tune", "mlp_bank", "--fit.ep") == ["--fit.epochs"]
    assert _words("tune", "mlp_bank", "--sam") == ["--sampler"]
    assert _words("no_such", "--fit.ep") == []


def test_values_are_those_of_the_flag():
    assert _words("mlp_bank", "--network.activation", "ta") == ["tanh"]
    joined = ["--network.activation=tanh"]
    assert _words("mlp_bank", "--seed", "1", "--network.activation=ta") == joined
    assert _words("mlp_bank", "--network.activation", "=", "ta") == ["tanh"]  # bash's three words
    assert len(_words("mlp_bank", "--network.activation", "=")) > 5
    assert _words("mnist_choices", "--optimizers", "sgd", "ad")[0] == "adam"
    assert _words("mlp_bank", "--seed", "") == []
    assert _words("mlp_bank", "--seed", "1", "") == []
    assert _words("list", "--kind", "super") == ["supervised"]


def test_what_stands_without_a_flag(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / RUN).mkdir(parents=True)
    (tmp_path / RUN / "config.json").write_text("{}")
    (tmp_path / "runs" / "empty").mkdir()
    for command in ("resume", "evaluate", "predict", "export", "describe", "report"):
        assert _words(command, "runs/") == [RUN], command
    assert _words("resume", "--workers", "2", "") == [RUN]
    assert _words("resume", RUN, "") == []
    assert _words("export", RUN, "--to", "t") == ["tflite"]
    assert _words("dqn_cartpole", "--init-from", "") == [RUN]
    assert _words("resume", RUN, "--env-s") == ["--env-steps"]
    assert _words("dqn_cartpole", "--init-") == ["--init-from"]
    assert _words("report", RUN, "") == [RUN]
    assert _words("predict", RUN, "") == []
    assert _words("tune", "mlp_ba") == ["mlp_bank", "mlp_bank_no_duration"]
    assert _words("data", "fra") == ["frappe"]
    for command in ("envs", "check"):
        assert _words(command, "CartP") == ["CartPole-v1"], command
    assert set(data_sets.BY_NAME) < set(_words("list", ""))
    assert _words("completion", "") == ["bash", "zsh", "fish"]
    assert "mlp_mnist_relu" in _words("mlp_bank", "mlp_mnist")
    assert "mlp_bank" not in _words("mlp_bank", "mlp")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_flags(command):
    assert "--help" in _words(command, "-")


def test_every_setting_that_list_shows_is_a_flag(capsys):
    for name in ("dqn_cartpole", "mlp_bank", "qnet_frozenlake", "data_parallel", "fm_purchase"):
        assert main(["list", name]) == 0
        lines = capsys.readouterr().out.splitlines()
        shown = {line.split()[0] for line in lines if line.startswith("  --")}
        assert len(shown) > 20
        assert shown <= set(_words(name, "-"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A working directory with a run, and with the command `actorlab` in `bin`."""
    (tmp_path / RUN).mkdir(parents=True)
    (tmp_path / RUN / "config.json").write_text(json.dumps({}))
    command = tmp_path / "bin" / "actorlab"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m launch "$@"\n')
    command.chmod(0o755)
    return tmp_path


def _shell(shell: str, folder: Path, script: str) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [shell, *quiet, "-c", f"export PATH='{folder / 'bin'}':\"$PATH\"\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


CASES = [
    (("dqn_c",), ["dqn_cartpole", "dqn_cartpole_book"]),
    (
        ("dqn_cartpole", "--agent.learning-rate-schedule.w"),
        "--agent.learning-rate-schedule.warm-up",
    ),
    (("resu",), ["resume"]),
    (("resume", "runs/t"), [RUN]),
]


def _expected(found: list[str] | str) -> list[str]:
    return [found] if isinstance(found, str) else found


def test_bash(folder):
    script = 'eval "$(actorlab completion bash)"\n'
    for words, _ in CASES:
        script += f"COMP_WORDS=(actorlab {' '.join(words)}); COMP_CWORD={len(words)}; _actorlab\n"
        script += 'echo "${COMPREPLY[*]}"\n'
    script += "COMP_WORDS=(actorlab dqn_cartpole --agent.lear); COMP_CWORD=2; _actorlab\n"
    script += 'echo "${COMPREPLY[*]}"\ncomplete -p actorlab\n'
    *said, learning, registered = _shell("bash", folder, script)
    assert [line.split() for line in said] == [_expected(found) for _, found in CASES]
    assert "--agent.learning-rate" in learning.split()
    assert "-F _actorlab" in registered


def test_zsh(folder):
    """Without a terminal zsh has no completion of its own: its two functions are stood in for."""
    script = 'compdef() {}; eval "$(actorlab completion zsh)"\n'
    script += '_describe() { print -rl -- "${found[@]}" }; _files() { print files }\n'
    for words, _ in CASES:
        script += f"words=(actorlab {' '.join(words)}); CURRENT={len(words) + 1}; _actorlab\n"
    script += "words=(actorlab predict runs/tensors/x f); CURRENT=4; _actorlab\n"
    *said, last = _shell("zsh", folder, script)
    assert [line.partition(":")[0] for line in said] == [
        word for _, found in CASES for word in _expected(found)
    ]
    assert last == "files"


def test_fish(folder):
    script = "actorlab completion fish | source\n"
    for words, _ in CASES:
        script += f"complete -C 'actorlab {' '.join(words)}'\n"
    (folder / "picture.png").write_text("")
    script += "complete -C 'actorlab predict runs/tensors/x pict'\n"
    *said, last = _shell("fish", folder, script)
    found = [line.partition("\t")[0] for line in said]
    assert sorted(found) == sorted(word for _, found in CASES for word in _expected(found))
    assert last.startswith("picture.png")


def test_its_help_says_how_to_install_it(capsys):
    with pytest.raises(SystemExit):
        main(["completion", "--help"])
    assert 'eval "$(actorlab completion bash)"' in " ".join(capsys.readouterr().out.split())

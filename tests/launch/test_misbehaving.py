"""What the command says of environments that misbehave, each in one way, to the letter."""

import json
import re
import string

import pytest

import actorlab
from agents.random.config import Random
from common.errors import RunError
from launch.cli import main
from launch.run_folder.metrics import read_metrics
from tests.launch.test_tracking import series

_OLD_API = (
    "reset(seed=..., options=...) returns (observation, info) now, and step (observation, reward, "
    "terminated, truncated, info); change it, or give it a wrapper that does: --wrappers "
    "module:Wrapper"
)
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NO_NUMBERS = (
    "which agents here cannot learn from: it has no fixed number of numbers; turn them into a Box "
    "by a wrapper (--wrappers module:Wrapper)"
)
_SHORT = (
    *("--workers", "0", "--num-envs", "2", "--env-steps", "60", "--no-film"),
    *("--evaluation.every-env-steps", "0", "--evaluation.final-episodes", "1"),
)


def _name(toy: str) -> str:
    return f"tests.envs.careless:{toy}"


def _run(folder, toy: str) -> int:
    return main(["random_cartpole", "--env", _name(toy), *_SHORT, "--run-dir", str(folder)])


@pytest.mark.parametrize(
    ("toy", "told"),
    [
        ("Careful", []),
        ("NumpyFlags", []),
        ("QuitsWithItsWindow", []),
        ("WrongDtype", ["observations are float64, the space says float32: they are converted"]),
        ("Listed", ["observations are of type list, the space says float32: they are converted"]),
        (
            "FlatReward",
            ["reward is an array of float64 and shape (), not a number: it is converted"],
        ),
        (
            "BoxedReward",
            ["reward is an array of float64 and shape (1,), not a number: it is converted"],
        ),
        (
            "FlatFlags",
            [
                "terminated is an array of bool and shape (), not a bool: it is converted",
                "truncated is an array of bool and shape (1,), not a bool: it is converted",
            ],
        ),
        ("Outside", ["observations are outside the Box: number 1 is 11, the Box says -10 to 10"]),
    ],
)
def test_what_is_taken_nevertheless_is_told_once(tmp_path, caplog, toy, told):
    assert _run(tmp_path / "run", toy) == 0
    assert caplog.messages == [f"{_name(toy)}: {each}" for each in told]


@pytest.mark.parametrize(
    ("toy", "where", "why"),
    [
        ("WrongShape", "reset", "observation of shape (3,), the space says (2,)"),
        (
            "NanObservation",
            "reset",
            "observation holds NaN or infinity: array([nan, 0.], dtype=float32)",
        ),
        ("Counted", "step 5", "observation 5 is outside the space's 0 to 4"),
        ("NoReward", "step 1", "reward None is not a number"),
        ("TextReward", "step 1", "reward 'much' is not a number"),
        ("NanReward", "step 7", "reward is nan"),
        ("NoFlag", "step 1", "terminated is None, not a bool"),
        ("OldStep", "step 1", f"speaks the old Gym API: its step returns 4 values; {_OLD_API}"),
        (
            "OldReset",
            "reset",
            "speaks the old Gym API: its reset returns no pair of observation and info; "
            f"{_OLD_API}",
        ),
        ("NoSeed", "reset", f"speaks the old Gym API: its reset takes no seed; {_OLD_API}"),
        ("Exits", "step 5", "SystemExit"),
        ("Raises", "step 5", "RuntimeError: the motor is on fire"),
        ("RaisesInReset", "reset", "OSError: the door is stuck"),
    ],
)
def test_a_fault_ends_the_run_with_its_place_and_reason(tmp_path, capsys, toy, where, why):
    assert _run(tmp_path / "run", toy) == 1
    (error,) = (x for x in capsys.readouterr().err.splitlines() if x.startswith("error: "))
    # A reset that fails in the first episode would most likely fail in the next one, too.
    drop = "; --on-fault drop would drop the episode and go on" * (where != "reset")
    said, *_ = re.split(r" \(traceback in |; continue with: ", error)
    assert re.sub(r", action [01]:", ":", said) == (
        f"error: the environment failed: environment 0, episode 0, {where}: {why}{drop}"
    )


def test_an_environment_that_ends_the_program_does_not_end_a_script(tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(RunError, match=r"step 5, action [01]: SystemExit"):
        actorlab.train(_name("Exits"), Random(), env_steps=60, film=False, run_dir=folder)
    assert "SystemExit" in (folder / "failure.txt").read_text()


@pytest.mark.parametrize(
    ("toy", "why"),
    [
        ("Spoken", f"its observations are Text(1, 8, charset={_LETTERS}), {_NO_NUMBERS}"),
        ("Drawn", f"its observations are Graph(Box(0.0, 1.0, (2,), float32), None), {_NO_NUMBERS}"),
        ("Lengthy", f"its observations are Sequence(Discrete(3), stack=False), {_NO_NUMBERS}"),
        (
            "Continuous",
            "its actions are Box(-1.0, 1.0, (1,), float32), and agents here choose among actions "
            "that can be counted (Discrete, MultiDiscrete, MultiBinary); give --env.action-bins 5, "
            "or another number of values for each of its numbers",
        ),
        (
            "ManyActions",
            "its actions are 8,192 combinations of MultiBinary(13), and agents here tell at most "
            "4,096 apart; offer a few of them as a Discrete space, by a gymnasium.ActionWrapper: "
            "--wrappers module:Wrapper",
        ),
    ],
)
def test_spaces_that_no_agent_learns_from_are_refused(tmp_path, capsys, toy, why):
    assert _run(tmp_path / "run", toy) == 2
    assert capsys.readouterr().err == f"error: --env {_name(toy)}: {why}\n"


@pytest.mark.parametrize(
    ("toy", "different", "cause"),
    [
        (
            "OneSpace",
            "beside others",
            "the copies of a process share something that episodes change",
        ),
        (
            "Clock",
            "same copy, another copy, beside others, other process, replayed",
            "it depends on the clock",
        ),
        (
            "NumpysGenerator",
            "same copy, another copy, beside others, other process, replayed",
            "it draws from NumPy's global generator, np.random",
        ),
        ("KeptState", "same copy, replayed", "something of earlier episodes is left after a reset"),
    ],
)
def test_what_breaks_equal_bits_is_found_by_check(capsys, toy, different, cause):
    assert main(["check", _name(toy), "--steps", "40"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"fail cause {cause} mend: " in said
    assert said.endswith(f"{_name(toy)} does not keep what a training needs: {different}")


@pytest.mark.parametrize(
    ("network", "frames", "joined"),
    [("conv", "1", ""), ("conv", "2", ", and frames are joined along it"), ("mlp", "2", "")],
)
def test_pictures_with_the_channels_first_are_told_once_where_a_network_looks(
    tmp_path, caplog, network, frames, joined
):
    toy = _name("ChannelsFirst")
    command = ["dqn", "--env", toy, *_SHORT, "--no-pictures", "--run-dir", str(tmp_path / "run")]
    flags = ["--agent.network", network, "--agent.hidden-sizes", "4", "--agent.filters", "2"]
    assert main([*command, *flags, "--env.frame-stack", frames]) == 0
    told = (
        f"{toy}: pictures are 3x8x8 and seem to have the channels first, where its network takes "
        f"the last axis for them{joined}: a wrapper can move them to the end"
    )
    assert caplog.messages == [told] * (network == "conv")


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.usefixtures("ray_cluster")
def test_what_it_prints_and_warns_of_stays_away_from_the_result(tmp_path, caplog, capsys, workers):
    folder = tmp_path / "run"
    command = ["random_cartpole", "--env", _name("Talkative"), *_SHORT, "--run-dir", str(folder)]
    assert main([*command, "--workers", workers]) == 0
    assert [re.sub(r"line \d+", "line", each) for each in caplog.messages] == [
        f"{_name('Talkative')}: UserWarning: the motor is hot (careless.py, line)",
        f"{_name('Talkative')}: UserWarning: the pump is cold (careless.py, line)",
    ]
    assert "the motor runs" not in capsys.readouterr().out


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.usefixtures("ray_cluster")
def test_observations_outside_the_box_are_counted(tmp_path, caplog, workers):
    """Of the 12 steps of an episode its 4th and 9th show 4 + 7, where the box ends at 10."""
    folder = tmp_path / "run"
    command = ["random_cartpole", "--env", _name("Outside"), *_SHORT, "--run-dir", str(folder)]
    assert main([*command, "--workers", workers]) == 0
    # 2 environments take 30 steps: two episodes, and 6 steps, of which the 4th is acted on.
    counted = 2 * (2 * 2 + 1)
    assert json.loads((folder / "result.json").read_text())["outside_observations"] == counted
    assert series(folder, "episode/outside")[-1] == (60, counted)
    (remark,) = (each for each in read_metrics(folder) if each["kind"] == "remark")
    assert remark == {
        "kind": "remark",
        "env_steps": 32,
        "text": "observations are outside the Box: number 1 is 11, the Box says -10 to 10",
    }
    assert len(caplog.messages) == 1

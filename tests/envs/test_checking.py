"""What an examination says of environments that are careless in one way each."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from common.findings import Finding
from common.processes import ProcessFailed
from envs.checking import other_process
from envs.checking.examination import examine
from envs.checking.playing import copies, first_difference
from envs.options import EnvOptions
from envs.sources import Configured, UnusableEnvironment

STEPS = 60
COMPARED = ["same copy", "another copy", "beside others", "other process", "replayed"]
OWN = "draw from self.np_random, which super().reset(seed=seed) seeds"


def _observed(env: str, **options) -> Iterator[Finding]:
    for _, part in examine(Configured(env, EnvOptions(**options)), STEPS):
        yield from part


def _careless(name: str, **options) -> list[Finding]:
    return list(_observed(f"tests.envs.careless:{name}", **options))


def _wrong(observed: list[Finding]) -> list[str]:
    return [each.item for each in observed if each.state != "ok"]


def _one(observed: list[Finding], item: str) -> Finding:
    (found,) = (each for each in observed if each.item == item)
    return found


@pytest.mark.parametrize(
    "env",
    [
        *("CartPole-v1", "FrozenLake-v1", "Blackjack-v1"),
        *("tests.envs.careless:Careful", "tests.envs.careless:SeededSpace"),
    ],
)
def test_nothing_is_wrong_with_good_environments(env):
    observed = list(_observed(env))
    assert _wrong(observed) == []
    assert {*COMPARED, "Gym API", "values", "reward", "flags", "limit", "films"} <= {
        each.item for each in observed
    }


def test_what_a_good_one_is_told():
    observed = _careless("Careful")
    assert _one(observed, "observations").found == "Box(2): a network sees one row of 2 numbers"
    assert _one(observed, "actions").found == "Discrete 2: agents choose one of 2, counted from 0"
    assert _one(observed, "episodes").found == "5 ended, after 12 steps; 0 cut by a limit"
    assert _one(observed, "films").found == "pictures of 10 x 8 pixels"
    assert _one(observed, "replayed").found == "from the actions of 3 episodes: the same bits"


@pytest.mark.parametrize(
    ("name", "different", "cause", "mend"),
    [
        (
            "NumpysGenerator",
            COMPARED,
            "it draws from NumPy's global generator, np.random",
            OWN,
        ),
        ("PythonsGenerator", COMPARED, "it draws from Python's global generator, random", OWN),
        (
            "SampledSpace",
            COMPARED,
            "it samples its action_space, which a reset does not seed",
            f"{OWN}; or seed the space in reset: self.action_space.seed(seed)",
        ),
        (
            "NoSuperReset",
            COMPARED,
            "its reset does not hand the seed on to self.np_random",
            "begin reset with super().reset(seed=seed)",
        ),
        (
            "OwnGenerator",
            COMPARED,
            "something that the seed does not set",
            "look for a generator without a seed, such as np.random.default_rng(), and for the "
            "date, os.urandom, uuid, files and threads",
        ),
        (
            "KeptState",
            ["same copy", "replayed"],
            "something of earlier episodes is left after a reset",
            "set in reset everything that an episode changes",
        ),
        (
            "Clock",
            COMPARED,
            "it depends on the clock",
            "count steps, and let no result depend on the time of day or on how long something "
            "took",
        ),
        (
            "SetOrder",
            ["other process"],
            "it depends on the order of a set, or on hash() of a text",
            "sort what comes out of a set: sorted(...)",
        ),
    ],
)
def test_the_cause_of_other_bits_is_named(name, different, cause, mend):
    observed = _careless(name)
    assert _wrong(observed) == [*different, "cause"]
    assert _one(observed, "cause") == Finding(item="cause", state="fail", found=cause, mend=mend)


def test_state_in_the_class_is_shared_by_the_copies_of_a_process():
    observed = _careless("InTheClass")
    found = set(_wrong(observed))
    assert {"same copy", "another copy", "beside others", "replayed", "cause"} <= found
    cause = _one(observed, "cause")
    assert cause.found == "the copies of a process share something that episodes change"
    assert cause.mend == "keep it in self and make it in __init__, not in the class or the module"


def test_the_first_difference_has_its_episode_and_step():
    found = _one(_careless("KeptState"), "same copy").found
    assert found == (
        "reset to its first episode: differs in episode 0, step 1: "
        "observation [-1.68871 1], then [-1.08871 1]"
    )


@pytest.mark.parametrize(
    ("name", "item", "found", "mend"),
    [
        (
            "OldReset",
            "Gym API",
            "11 faults; the first: episode 0, reset: speaks the old Gym API: its reset returns no "
            "pair of observation and info",
            "reset(seed=None, options=None) returns (observation, info), and step (observation, "
            "reward, terminated, truncated, info); change it, or give it a wrapper that does: "
            "--wrappers module:Wrapper",
        ),
        (
            "OldStep",
            "Gym API",
            "60 faults; the first: episode 0, step 1, action 0: speaks the old Gym API: its step "
            "returns 4 values",
            "reset(seed=None, options=None) returns (observation, info), and step (observation, "
            "reward, terminated, truncated, info); change it, or give it a wrapper that does: "
            "--wrappers module:Wrapper",
        ),
        (
            "WrongShape",
            "values",
            "11 faults; the first: episode 0, reset: observation of shape (3,), the space says "
            "(2,)",
            "return observations that observation_space contains: its shape, its dtype, all finite",
        ),
        (
            "NanReward",
            "reward",
            "8 faults; the first: episode 0, step 7, action 0: reward is nan",
            "return a finite number, such as float(reward)",
        ),
        (
            "NoFlag",
            "flags",
            "60 faults; the first: episode 0, step 1, action 0: terminated is None, not a bool",
            "return True or False",
        ),
        (
            "Raises",
            "calls",
            "12 faults; the first: episode 0, step 5, action 0: RuntimeError: the motor is on fire",
            "mend what it raises, or train with --on-fault drop, which leaves such episodes out",
        ),
        (
            "Exits",
            "calls",
            "12 faults; the first: episode 0, step 5, action 0: SystemExit",
            "mend what it raises, or train with --on-fault drop, which leaves such episodes out",
        ),
        (
            "Continuous",
            "actions",
            "its actions are Box(-1.0, 1.0, (1,), float32), and agents here choose among actions "
            "that can be counted (Discrete, MultiDiscrete, MultiBinary)",
            "give --env.action-bins 5, or another number of values for each of its numbers",
        ),
    ],
)
def test_what_a_training_cannot_go_on_with_is_a_failure(name, item, found, mend):
    observed = _careless(name)
    assert _wrong(observed) == [item]
    assert _one(observed, item) == Finding(item=item, state="fail", found=found, mend=mend)


def test_a_reward_that_nothing_can_learn_from_is_a_failure():
    observed = _careless("Rich", env_kwargs=("pay=1e39",))
    assert _wrong(observed) == ["reward"]
    assert _one(observed, "reward") == Finding(
        item="reward",
        state="fail",
        found="60 faults; the first: episode 0, step 1, action 0: reward 1e+39 is beyond float32, "
        "the numbers that are learned from",
        mend="return smaller rewards, or have a training scale them to about 1: --env.reward-scale",
    )
    assert not _wrong(_careless("Rich", env_kwargs=("pay=1e12",)))


@pytest.mark.parametrize(
    ("name", "item", "found", "mend"),
    [
        (
            "WrongDtype",
            "values",
            "observations are float64, the space says float32: they are converted",
            "return them as the space says: np.asarray(observation, np.float32)",
        ),
        (
            "Outside",
            "values",
            "10 observations are outside the Box: number 1 is 11, the Box says -10 to 10",
            "widen the bounds of observation_space, or clip: np.clip(observation, low, high)",
        ),
        (
            "ChannelsFirst",
            "observations",
            "Box(3, 8, 8) bytes: a network sees a picture of 3 x 8 x 8 bytes; pictures seem to "
            "have the channels first, and networks take the last axis for them",
            "return [height, width, channels], also in observation_space: np.moveaxis(picture, 0, "
            "-1), or have a wrapper do it: --wrappers module:Wrapper",
        ),
        (
            "NoFilm",
            "films",
            "cannot render as 'rgb_array'; it offers ['human']",
            'take render_mode, have "rgb_array" in metadata["render_modes"], and return a picture '
            "[height, width, 3] of bytes from render(); a training does without",
        ),
    ],
)
def test_what_a_training_does_without_is_a_warning(name, item, found, mend):
    observed = _careless(name)
    assert _wrong(observed) == [item]
    assert _one(observed, item) == Finding(item=item, state="warn", found=found, mend=mend)


def test_a_generator_that_changes_no_bits_is_a_warning():
    observed = _careless("Harmless")
    assert _wrong(observed) == ["generators"]
    assert _one(observed, "generators").state == "warn"


def test_observations_that_nothing_learns_from_are_not_played():
    observed = _careless("Spoken")
    assert [each.item for each in observed] == ["observations", "actions"]
    assert _wrong(observed) == ["observations"]


def test_a_constructor_that_fails_is_a_finding_and_a_wrong_name_is_not():
    (made,) = _observed("tests.envs.broken:Unmakable-v0")
    assert made.found == "its constructor raised FileNotFoundError: no motor.cfg"
    (made,) = _observed("tests.envs.broken:ExitsAtOnce-v0")
    assert made.found == "its constructor raised SystemExit: no licence"
    (made,) = _careless("Careful", env_kwargs=("length=3",))
    assert "unexpected keyword argument 'length'" in made.found
    with pytest.raises(UnusableEnvironment, match="did you mean CartPole-v1"):
        list(_observed("CartPol-v1"))


def test_limits_are_those_of_the_id_or_given():
    assert _one(list(_observed("CartPole-v1")), "limit").found == "500 steps, its own"
    given = _careless("Careful", max_episode_steps=7)
    assert _one(given, "limit").found == "7 steps, as given"
    assert _one(given, "episodes").found == "8 ended, after 7 steps; 8 cut by a limit"


def test_nothing_that_an_environment_prints_is_seen(capfd):
    assert _wrong(_careless("Loud")) == []
    assert capfd.readouterr() == ("", "")


def test_global_generators_are_only_looked_at():
    random.seed(5)
    before, numpys = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    _careless("Careful")
    assert random.getstate() == before
    assert np.random.get_state()[1].tobytes() == numpys  # noqa: NPY002


def test_another_process_that_cannot_play_says_why():
    with pytest.raises(ProcessFailed, match=r"exit code 1: .*Gymnasium knows no such environment"):
        other_process.play(Configured("CartPol-v1"), 5)


def test_first_difference_by_hand():
    moments = copies(Configured("tests.envs.toy:Corridor-v0")).play(10)
    assert first_difference(moments, moments) is None
    assert first_difference(moments, moments[:-2]) == (
        f"how many calls there were: {len(moments)}, then {len(moments) - 2}"
    )
    changed = [*moments[:3], moments[3]._replace(reward=0.5), *moments[4:]]
    assert first_difference(moments, changed) == "episode 0, step 3: reward 0.0, then 0.5"

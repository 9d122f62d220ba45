"""Keywords, limits and wrappers of environments."""

import sys
import weakref

import gymnasium
import numpy as np
import pytest

from common.settings import InvalidSetting
from envs import registry
from envs.cartpole import CartPoleVectorEnv
from envs.effective import effective
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.options import EnvOptions, typed
from envs.randomness import Purpose
from envs.sources import Configured, UnusableEnvironment, make_single
from envs.tabular import TabularVectorEnv
from tests.envs.toy import Corridor


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("True", True),
        ("false", False),
        ("None", None),
        ("8x8", "8x8"),
        ('["SF", "FG"]', ["SF", "FG"]),
        ("(1, 2)", (1, 2)),
        ('{"a": [1]}', {"a": [1]}),
        ("", ""),
        ("a=b", "a=b"),
    ],
)
def test_words_have_types(text, value):
    assert typed(text) == value
    assert type(typed(text)) is type(value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"env_kwargs": ("slippery",)}, "--env-kwargs slippery: expected name=value"),
        ({"env_kwargs": ("1a=3",)}, "--env-kwargs 1a=3: expected name=value"),
        ({"env_kwargs": ("a=1", "a=2")}, "--env-kwargs a=2: a is given twice"),
        ({"max_episode_steps": -1}, "must be 0 or more, got -1"),
        ({"wrappers": ("Wrapper",)}, "--wrappers Wrapper: expected module:Wrapper"),
    ],
)
def test_wrong_options_are_named(options, says):
    with pytest.raises(InvalidSetting) as error:
        EnvOptions(**options)
    assert says in str(error.value)


def _make(name: str, **options):
    env = Configured(name, EnvOptions(**options))
    return registry.make(env, seed=0, purpose=Purpose.EPISODES, env_indices=[0, 1])


def test_our_batched_dynamics_take_keywords_and_limits():
    lake = _make("FrozenLake-v1", env_kwargs=('desc=["SFF", "FHG"]', "is_slippery=False"))
    assert isinstance(lake, TabularVectorEnv)
    assert lake.observation_space.n == 6
    pole = _make("CartPole-v1", max_episode_steps=7)
    assert isinstance(pole, CartPoleVectorEnv)
    pole.reset()
    actions = [t % 2 for t in range(7)]
    cut = [pole.step(np.array([a, a])).truncated_t.all() for a in actions]
    assert cut == [False] * 6 + [True]


def test_a_limit_of_nothing_cuts_no_episode():
    env = Configured("tests.envs.toy:Corridor-v0", EnvOptions(max_episode_steps=0))
    assert registry.has_time_limit(env)  # somebody chose it
    envs = registry.make(env, seed=0, purpose=Purpose.EPISODES, env_indices=[0])
    envs.reset()
    assert not any(envs.step(np.array([0])).truncated_t[0] for _ in range(1_200))


def limited():
    return gymnasium.wrappers.TimeLimit(Corridor(), 7)


@pytest.mark.parametrize(
    ("env", "has"),
    [
        ("tests.envs.toy:Corridor", False),
        (Corridor, False),
        (limited, True),
        ("tests.envs.toy:Corridor-v0", True),
        ("CliffWalking-v1", False),
        (Configured(Corridor, EnvOptions(max_episode_steps=5)), True),
        (Configured(limited, EnvOptions(wrappers=("tests.envs.test_options:Halved",))), True),
        (Configured(Corridor, EnvOptions(wrappers=("tests.envs.test_options:Halved",))), False),
    ],
)
def test_a_limit_of_its_own_is_told_from_the_default_one(env, has):
    assert registry.has_time_limit(env) == has
    cut = 0
    envs = registry.make(env, seed=0, purpose=Purpose.EPISODES, env_indices=[0])
    envs.reset()
    while not envs.step(np.array([0])).truncated_t[0]:  # every one of them is cut some time
        cut += 1
    assert (cut + 1 == 1_000) == (not has)


def test_an_atari_game_limits_itself():
    pytest.importorskip("ale_py")
    assert registry.has_time_limit("ALE/Pong-v5")


@pytest.mark.parametrize("name", ["tests.envs.toy:Corridor-v0", "tests.envs.toy:Corridor"])
def test_a_limit_replaces_the_default_one_of_ids_and_functions(name):
    envs = _make(name, max_episode_steps=3)
    envs.reset()
    cut = [envs.step(np.array([0, 0])).truncated_t.tolist() for _ in range(3)]
    assert cut == [[False, False], [False, False], [True, True]]


class Halved(gymnasium.RewardWrapper):
    """Pays half."""

    def reward(self, reward):
        return reward / 2


class Doubled(gymnasium.ObservationWrapper):
    """Shows each observation twice."""

    def __init__(self, env):
        super().__init__(env)
        space = env.observation_space
        self.observation_space = gymnasium.spaces.Box(
            np.tile(space.low, 2), np.tile(space.high, 2), dtype=space.dtype
        )

    def observation(self, observation):
        return np.tile(observation, 2)


def test_wrappers_stand_around_the_environment_the_first_innermost():
    here = "tests.envs.test_options"
    env = Configured("CartPole-v1", EnvOptions(wrappers=(f"{here}:Doubled", f"{here}:Halved")))
    single = make_single(env)
    assert isinstance(single, Halved)
    assert isinstance(single.env, Doubled)
    envs = registry.make(env, seed=0, purpose=Purpose.EPISODES, env_indices=[0])
    assert isinstance(envs, GymnasiumVectorEnv)  # ours knows nothing of a wrapper
    assert envs.reset().shape == (1, 8)
    assert envs.step(np.array([0])).r_t.tolist() == [0.5]
    assert not registry.is_trusted(env)


def leaves(env):
    """Ends the program in place of a wrapper."""
    sys.exit("no licence")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"env_kwargs": ("colour=red",)}, "--env-kwargs colour: it has no such keyword; it takes "),
        ({"wrappers": ("no_such:Wrapper",)}, "there is no module 'no_such' here"),
        ({"wrappers": ("gymnasium.wrappers:TimeLimit",)}, "around CartPole-v1 it raised TypeError"),
        (
            {"wrappers": ("tests.envs.test_options:leaves",)},
            "around CartPole-v1 it raised SystemExit: no licence",
        ),
        ({"wrappers": ("builtins:str",)}, "gave str, not a gymnasium.Env"),
    ],
)
def test_what_cannot_be_made_is_one_line(options, says):
    with pytest.raises(UnusableEnvironment) as error:
        make_single(Configured("CartPole-v1", EnvOptions(**options)))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


class OfGym:
    """As an environment of Gym, which need not be installed for this."""

    __module__ = "gym.core"


def of_gym():
    return OfGym()


def test_an_environment_of_gym_is_told_how_it_becomes_one_of_gymnasium():
    with pytest.raises(UnusableEnvironment) as error:
        make_single(of_gym)
    assert str(error.value) == (
        "--env tests.envs.test_options:of_gym: gave OfGym, an environment of Gym, which is "
        "Gymnasium's past: derive it from gymnasium.Env, or have the function return "
        "shimmy.GymV21CompatibilityV0(env=...), GymV26CompatibilityV0 if its step returns 5 "
        "values (pip install shimmy gym)"
    )


def test_what_is_closed_lets_its_environments_go():
    """An object that lives until Python ends is a leak to native libraries, who say so."""
    envs = _make("tests.envs.toy:Corridor")
    gone = weakref.ref(envs._envs[0])
    envs.close()
    assert gone() is None


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("render_mode=human", "evaluate RUN --video film.mp4"),
        ("max_episode_steps=9", "--max-episode-steps N"),
    ],
)
def test_what_has_a_flag_of_its_own_is_no_keyword(word, way):
    with pytest.raises(InvalidSetting, match=f"--env-kwargs {word}: .*{way}"):
        EnvOptions(env_kwargs=(word,))


def test_a_function_that_takes_everything_gets_the_render_mode():
    def make(**keywords):
        return gymnasium.make("CartPole-v1", **keywords)

    assert make_single(make, render_mode="rgb_array").render_mode == "rgb_array"
    assert make_single(lambda: gymnasium.make("CartPole-v1"), render_mode="x").render_mode is None


@pytest.mark.parametrize(
    ("env", "given", "effective_words", "limit"),
    [
        ("FrozenLake-v1", ("is_slippery=True",), (), None),
        ("FrozenLake-v1", ("map_name=4x4", "is_slippery=False"), ("is_slippery=False",), None),
        ("FrozenLake-v1", ("map_name=8x8", "is_slippery=1"), ("is_slippery=1", "map_name=8x8"), 7),
        ("actorlab/DeepSea-v0", ("size=20",), ("size=20",), None),
        ("nowhere:Lake-v0", ("b=1", "a=2"), ("a=2", "b=1"), 7),
    ],
)
def test_what_an_environment_has_anyway_is_no_option(env, given, effective_words, limit):
    found = effective(env, EnvOptions(env_kwargs=given, max_episode_steps=limit))
    assert found == EnvOptions(env_kwargs=effective_words, max_episode_steps=limit)


def test_the_limit_that_an_id_has_is_no_option():
    assert effective("FrozenLake-v1", EnvOptions(max_episode_steps=100)) == EnvOptions()

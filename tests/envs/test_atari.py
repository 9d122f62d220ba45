"""Atari's games by the protocol: pictures and lives by hand, equal bits whatever went before."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.rollout import Rollout
from envs import listing, registry, rendering
from envs.atari import Shrink
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.naming import action_names
from envs.options import EnvOptions, Transforms
from envs.randomness import Purpose
from envs.sources import Configured, UnusableEnvironment, make_single, spec_of

ale_py = pytest.importorskip("ale_py")

_BARE = ("repeat_action_probability=0", "noop_max=0")


def _game(name: str, *keywords: str) -> gymnasium.Env:
    return make_single(Configured(f"ALE/{name}-v5", EnvOptions(env_kwargs=keywords)))


def test_a_screen_made_smaller_by_hand():
    screen = np.array(
        [[10, 20, 0, 0], [30, 40, 0, 0], [100, 200, 9, 9], [1, 3, 0, 5], [5, 7, 0, 0]], np.uint8
    )
    # A row of the picture is 2.5 of the screen, a column 2.
    expected = [
        [round((10 + 20 + 30 + 40 + 0.5 * 300) / 5), round(0.5 * 18 / 5)],
        [round((0.5 * 300 + 1 + 3 + 5 + 7) / 5), round((0.5 * 18 + 5) / 5)],
    ]
    assert Shrink(5, 4, 2)(screen).tolist() == expected


@pytest.mark.parametrize("height", [210, 214, 250])
def test_means_of_areas_are_those_of_the_screen_in_small_pieces(height):
    screen = np.random.default_rng(0).integers(0, 256, (height, 160), dtype=np.uint8)
    pieces = screen.repeat(84, axis=0).reshape(84, height, 160).mean(axis=1)  # [84, 160]
    pieces = pieces.repeat(84, axis=1).reshape(84, 84, 160).mean(axis=2)
    seen = Shrink(height, 160, 84)(screen).astype(float)
    np.testing.assert_allclose(seen, pieces, atol=0.5001)


def test_a_step_is_four_frames_and_what_is_seen_the_brighter_of_the_last_two():
    env = _game("Breakout", *_BARE)
    seen, info = env.reset(seed=0)
    console = ale_py.ALEInterface()
    console.setFloat("repeat_action_probability", 0.0)
    console.loadROM(ale_py.roms.get_rom_path("breakout"))
    console.reset_game()
    for _ in range(2):  # one kept in the state that games begin from, one behind it
        console.act(0)
    shrink = Shrink(210, 160, 84)
    np.testing.assert_array_equal(seen, shrink(console.getScreenGrayscale()))
    assert info == {"lives": 5}
    actions = console.getMinimalActionSet()
    assert env.action_space.n == len(actions) == 4
    for step in range(40):
        seen, reward, over, cut, info = env.step(step % 4)
        screens = []
        for _ in range(4):
            reward -= console.act(actions[step % 4])
            screens.append(console.getScreenGrayscale())
        np.testing.assert_array_equal(seen, shrink(np.maximum(*screens[2:])))
        assert (reward, over, cut) == (0.0, False, False)
        assert info["lives"] == console.lives()
    assert env.unwrapped.render().shape == (210, 160, 3)


def test_an_action_that_always_sticks_is_the_first_one_none():
    stuck, idle = _game("Pong", "repeat_action_probability=1"), _game("Pong")
    for env in (stuck, idle):
        env.reset(seed=3)
    for _ in range(5):
        np.testing.assert_array_equal(stuck.step(3)[0], idle.step(0)[0])


def test_starts_and_sticky_actions_differ_from_seed_to_seed():
    env = _game("Freeway")
    starts = [env.reset(seed=seed)[0].tobytes() for seed in range(4)]
    assert len(set(starts)) > 1
    assert [env.reset(seed=seed)[0].tobytes() for seed in range(4)] == starts
    ways = set()
    for seed in (0, 4):  # the same start, and other draws of sticky actions
        env = _game("Pong", "noop_max=0")
        env.reset(seed=seed)
        ways.add(b"".join(env.step(step % 6)[0].tobytes() for step in range(10)))
    assert len(ways) == 2


def _names() -> list[Any]:
    """Two games whose states leave something out, and, slowly, all others."""
    quick = ["Amidar", "Qbert"]
    ids = [name for name in gymnasium.registry if name.startswith("ALE/")]
    rest = [name.removeprefix("ALE/").removesuffix("-v5") for name in ids]
    slow = [pytest.param(each, marks=pytest.mark.slow) for each in rest if each not in quick]
    return [*quick, *slow]


@pytest.mark.parametrize("name", _names())
def test_what_was_played_before_leaves_no_trace(name):
    played, fresh = _game(name), _game(name)
    played.reset(seed=5)
    for step in range(30):
        played.step(step % played.action_space.n)
    played.reset(seed=7)
    fresh.reset(seed=7)
    for step in range(25):
        one, other = (env.step(step % env.action_space.n) for env in (played, fresh))
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1:] == other[1:]
    played.close()
    again = _game(name)  # on the console that the closed one left
    again.reset(seed=7)
    for step in range(25):
        seen = again.step(step % again.action_space.n)[0]
    np.testing.assert_array_equal(seen, one[0])


def test_it_is_filmed_at_its_own_pace_and_shown_in_a_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert rendering.render_modes("ALE/Pong-v5") == ["human", "rgb_array"]
    env = Configured("ALE/Pong-v5", EnvOptions(env_kwargs=("frameskip=2",)))
    envs, drawn = rendering.make_rendered(env, seed=0, purpose=0, env_index=0)
    envs.reset()
    assert drawn.render().shape == (210, 160, 3)
    assert drawn.metadata["render_fps"] == 30
    envs, _ = rendering.make_rendered(env, seed=0, purpose=0, env_index=0, mode="human")
    envs.reset()
    envs.step(np.zeros(1, np.int32))
    envs.close()


def test_an_id_is_limited_in_steps_and_its_keywords_change_it():
    limits = {
        (): 27_000,
        ("frameskip=2",): 54_000,
        ("max_num_frames_per_episode=400",): 100,
    }
    for keywords, limit in limits.items():
        spec = spec_of(Configured("ALE/Pong-v5", EnvOptions(env_kwargs=keywords)))
        assert spec is not None
        assert spec.max_episode_steps == limit
    for given, limit in ((7, 7), (0, None)):
        spec = spec_of(Configured("ALE/Pong-v5", EnvOptions(max_episode_steps=given)))
        assert spec is not None
        assert spec.max_episode_steps == limit
    assert registry.has_time_limit("ALE/Pong-v5")
    assert action_names("ALE/Breakout-v5") == ("noop", "fire", "right", "left")
    full = _game("Pong", "full_action_space=True", "screen_size=42")
    assert full.action_space.n == 18
    assert full.observation_space.shape == (42, 42)


def test_older_ids_are_known_before_anything_has_asked_for_ale_py():
    code = "from envs import registry; print(registry.spaces('BreakoutNoFrameskip-v4')[1])"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "Discrete(4)"


def test_with_a_kind_of_observation_it_is_ale_pys_own():
    own = _game("Pong", "obs_type=rgb")
    assert own.observation_space.shape == (210, 160, 3)
    assert listing.group_of(own.spec) == listing.group_of(_game("Pong").spec)


@pytest.mark.parametrize(
    ("keyword", "message"),
    [
        ("frameskip=2.5", "frameskip 2.5: must be a whole number of 1 or more"),
        ("noop_max=-1", "noop_max -1: must be a whole number of 0 or more"),
        ("repeat_action_probability=2", r"repeat_action_probability 2: must be a number in \[0, 1"),
        ("mode=7", "mode 7: pong offers 0, 1"),
        ("difficulty=9", "difficulty 9: pong offers 0, 1, 2, 3"),
        ("game=pnog", "ale-py has no game 'pnog'"),
    ],
)
def test_wrong_keywords(keyword, message):
    with pytest.raises(UnusableEnvironment, match=f"--env ALE/Pong-v5: {message}"):
        _game("Pong", keyword)


def test_a_rom_that_is_not_there(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("ALE_ROMS_DIR", str(tmp_path))
    with pytest.raises(UnusableEnvironment, match=r"no usable ROM of skiing: .*skiing.bin.*anew"):
        _game("Skiing")
    assert capfd.readouterr() == ("", "")


def test_a_misspelt_game_is_guessed():
    with pytest.raises(UnusableEnvironment, match="did you mean ALE/Pong-v5"):
        make_single("ALE/Pnog-v5")


def test_lives_are_for_atari():
    with pytest.raises(UnusableEnvironment, match="life-loss: CartPole-v1 tells of no lives"):
        make_single(Configured("CartPole-v1", transforms=Transforms(life_loss=True)))


class _Lives(gymnasium.Env):
    """Three lives, and with action 1 one less."""

    def __init__(self):
        self.observation_space, self.action_space = Box(0, 1, (1,)), Discrete(2)

    def reset(self, *, seed=None, options=None):
        self._lives = 3
        return np.zeros(1, np.float32), {"lives": self._lives}

    def step(self, action):
        self._lives -= int(action)
        return np.ones(1, np.float32), 1.0, not self._lives, False, {"lives": self._lives}


def _with_lives(counts_lives: bool) -> GymnasiumVectorEnv:
    return GymnasiumVectorEnv(
        seed=0,
        purpose=Purpose.EPISODES,
        env_indices=[0, 1],
        make=_Lives,
        encodings=lambda single: registry.encodings(_Lives, single),
        counts_lives=counts_lives,
    )


def test_a_lost_life_is_told_and_ends_no_episode():
    envs = _with_lives(True)
    envs.reset()
    steps = [envs.step(np.array(actions)) for actions in ((0, 1), (1, 1), (0, 1), (0, 0))]
    lost = [step.life_lost_t.tolist() for step in steps if step.life_lost_t is not None]
    assert lost == [[False, True], [True, True], [False, True], [False, False]]
    assert [step.terminated_t.tolist() for step in steps[2:]] == [[False, True], [False, False]]
    assert envs.episodes.tolist() == [0, 1]
    only = envs.step(np.array([1]), np.array([0]))
    assert only.life_lost_t is not None
    assert only.life_lost_t.tolist() == [True]
    silent = _with_lives(False)
    silent.reset()
    assert silent.step(np.array([1, 1])).life_lost_t is None


def test_nothing_counts_for_a_step_that_follows_a_lost_life():
    flags = np.array([[False, True], [False, False]])
    rollout = Rollout(
        s_tm1=np.zeros((2, 2)),
        a_tm1=np.zeros((2, 2), np.int32),
        r_t=np.ones((2, 2)),
        terminated_t=~flags & np.array([[True, False], [False, False]]),
        truncated_t=np.zeros((2, 2), np.bool_),
        s_t=np.zeros((2, 2)),
        dropped_t=np.zeros((2, 2), np.bool_),
        life_lost_t=flags,
    )
    assert rollout.discounts(0.5).tolist() == [[0.0, 0.0], [0.5, 0.5]]
    merged = Rollout.merge([rollout, rollout])
    assert merged.life_lost_t is not None
    assert merged.life_lost_t.tolist() == [[False, True] * 2, [False, False] * 2]
    bare = replace(rollout, life_lost_t=None)
    assert Rollout.merge([bare, bare]).life_lost_t is None
    with pytest.raises(ValueError, match="some environments"):
        Rollout.merge([rollout, bare])

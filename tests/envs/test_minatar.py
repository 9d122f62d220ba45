"""Our MinAtar games by hand and as batches; test_minatar_package.py compares them with others."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.listing import page
from envs.naming import action_names
from envs.options import EnvOptions
from envs.own.batch import OwnVectorEnv
from envs.own.minatar.single import MinAtar
from envs.randomness import Purpose, derive, episode_seeds
from envs.sources import Configured, UnusableEnvironment, spec_of

NAMES = ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")
NOTHING, LEFT, UP, RIGHT, DOWN, FIRE = range(6)


def _game(name: str) -> MinAtar:
    """A game with all six actions, none of them sticky, at its start."""
    env = MinAtar(name, use_minimal_action_set=False, sticky_action_prob=0.0)
    env.reset(seed=0)
    return env


def _rewards(env: MinAtar, actions: list[int]) -> list[float]:
    """The rewards of steps, of which none but the last one may end the game: then it is -1."""
    steps = [env.step(np.int64(action)) for action in actions]
    assert not any(step[2] or step[3] for step in steps[:-1])
    return [*(float(step[1]) for step in steps[:-1]), -1.0 if steps[-1][2] else float(steps[-1][1])]


def test_what_cannot_be_played_is_said():
    env = MinAtar("breakout")
    env.reset(seed=2**64)  # Gymnasium takes any natural number
    for action in (-1, 3, 99):
        with pytest.raises(ValueError, match=f"action {action} is none of 0 to 2"):
            env.step(np.int64(action))
    while not env.step(np.int64(0))[2]:
        pass
    with pytest.raises(RuntimeError, match=r"after the end of an episode: call reset\(\)"):
        env.step(np.int64(0))
    env.reset()
    env.step(np.int64(0))


def test_a_ball_by_hand():
    env = _game("breakout")
    # From (row 3, column 9) down to (8, 4), where the paddle waits below; up to the wall, (5, 0).
    assert env.lines()[3] == "#########o"
    assert _rewards(env, [NOTHING] * 9) == [0] * 9
    assert env.lines()[4:7] == ["..........", "o.........", ".-........"]
    # Off the wall to (4, 0), then into the brick at (3, 1), which is gone; back down.
    assert _rewards(env, [NOTHING] * 2) == [0, 1]
    assert env.lines()[3:5] == ["#.########", "-o........"]
    # It comes down to (8, 5): the paddle has left.
    assert _rewards(env, [LEFT] * 5) == [0, 0, 0, 0, -1]


def test_shots_by_hand():
    env = _game("space_invaders")
    # The lowest rank is row 3, and moves in the 13th step: the bullet is there in the 6th.
    assert env.lines()[3] == "..xxxxxx.."
    assert _rewards(env, [FIRE, *[NOTHING] * 5]) == [0, 0, 0, 0, 0, 1]
    assert env.lines()[3] == "..xxx.xx.."
    # In the 11th step an alien shoots: the lowest one above the cannon. A step later it is seen.
    assert _rewards(env, [NOTHING] * 6) == [0] * 6
    assert "".join(row[5] for row in env.lines()) == "xxx*.....A"


def test_a_dive_by_hand():
    env = _game("seaquest")
    assert env.lines()[0] == ".....>=..."
    assert _rewards(env, [DOWN, RIGHT]) == [0, 0]
    assert env.lines()[1] == ".....=>..."
    assert env.lines()[9] == "~~~~~~~~~."  # 198 of 200 steps
    assert _rewards(env, [UP]) == [-1]  # nobody saved
    for air, reward in ((1, 0), (0, -1)):
        env.reset(seed=0)
        env._play.state["row"][:] = env._play.state["aboard"][:] = 1
        env._play.state["surfaced"][:], env._play.state["air"][:] = False, air
        assert _rewards(env, [UP]) == [reward]


def test_a_crossing_by_hand():
    env = _game("freeway")
    env._play.state["row"][:] = 1
    env._play.state["to_walk"][:] = 0
    env._play.state["place"][:] = 8  # of the cars: out of the way
    env._play.state["to_move"][:] = 9
    assert _rewards(env, [UP]) == [1]
    assert env.lines()[9] == "....@....."


def test_gold_pays_and_enemies_end_the_game():
    env = _game("asterix")
    assert _rewards(env, [NOTHING] * 10) == [0] * 10
    for gold, reward in ((True, 1), (False, -1)):
        fields = {"there": True, "gold": gold, "place": 6, "rightward": True}
        for field, value in fields.items():
            env._play.state[field][:, 4] = value
        env._play.state["column"][:] = 5
        assert _rewards(env, [RIGHT]) == [reward]


def test_an_action_that_always_sticks_is_none():
    env = MinAtar("asterix", sticky_action_prob=1.0)
    env.reset(seed=0)
    before = env.lines()
    env.step(np.int64(LEFT))
    assert env.lines() == before


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_single_environments_bit_for_bit(name):
    env = Configured(f"MinAtar/{name}-v1", EnvOptions(max_episode_steps=90))
    envs = registry.make(env, seed=3, purpose=Purpose.EPISODES, env_indices=range(4))
    assert isinstance(envs, OwnVectorEnv)
    observation, rng = envs.reset(), np.random.default_rng(0)
    singles = [gymnasium.make(f"MinAtar/{name}-v1", 90) for _ in range(4)]
    keys, episodes = derive(3, Purpose.EPISODES, range(4)), np.zeros(4, np.int64)
    seeds = episode_seeds(keys, episodes).tolist()
    for single, seed, row in zip(singles, seeds, observation, strict=True):
        np.testing.assert_array_equal(single.reset(seed=seed)[0], row)
    for _ in range(120):
        actions = rng.integers(0, envs.action_space.n, 4)
        step = envs.step(actions)
        for b, single in enumerate(singles):
            seen, reward, *ends, _ = single.step(actions[b])
            np.testing.assert_array_equal(seen, step.s_t[b])
            assert reward == step.r_t[b]
            assert ends == [step.terminated_t[b], step.truncated_t[b]]
            if any(ends):
                episodes[b] += 1
                first, _ = single.reset(seed=int(episode_seeds(keys[b : b + 1], episodes[b])[0]))
                np.testing.assert_array_equal(first, step.observation[b])
    assert episodes.any()


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_a_colour_for_each_letter(name):
    env = gymnasium.make(f"MinAtar/{name}-v0", render_mode="rgb_array")
    env.reset(seed=0)
    picture = np.asarray(env.render())
    assert picture.shape == (240, 240, 3)
    lines = env.unwrapped.lines()  # type: ignore[attr-defined]
    assert {*"".join(lines)} <= env.unwrapped.colours.keys()  # type: ignore[attr-defined]
    assert picture[230, 110].tolist() == list(env.unwrapped.colours[lines[9][4]])  # type: ignore[attr-defined]


def test_what_is_known_of_them():
    found = page("MinAtar/SpaceInvaders-v1")
    assert found.batched
    assert (found.entry.group, found.entry.limit) == ("Actorlab's own", 5_000)
    assert action_names("MinAtar/SpaceInvaders-v1") == ("nothing", "left", "right", "fire")
    assert len(action_names("MinAtar/SpaceInvaders-v0")) == 6
    assert registry.is_trusted("MinAtar/Breakout-v1")


def test_ours_are_played_whether_or_not_the_package_is_there():
    """With it Gymnasium knows its ids first; without it, none."""
    for hidden in ("", "import sys; sys.modules['minatar'] = sys.modules['minatar.gym'] = None; "):
        program = f"{hidden}from envs.sources import spec_of; print(spec_of('MinAtar/Asterix-v1'))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert "envs.own.minatar" in done.stdout
    spec = spec_of("MinAtar/Asterix-v1")
    assert spec is not None
    assert spec.entry_point == "envs.own.minatar.single:MinAtar"


@pytest.mark.parametrize(
    ("keyword", "says"),
    [
        ("game=pong", "game='pong' is none of asterix, breakout"),
        ("sticky_action_prob=2", "sticky_action_prob=2 must be from 0 to 1"),
        ("ramping=no", "--env-kwargs ramping: it has no such keyword; did you mean difficulty_"),
    ],
)
def test_a_keyword_that_does_not_fit_is_named(keyword, says):
    env = Configured("MinAtar/Breakout-v1", EnvOptions(env_kwargs=(keyword,)))
    with pytest.raises(UnusableEnvironment, match=says):
        registry.spaces(env)

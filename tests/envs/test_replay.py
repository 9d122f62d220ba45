"""Any environment can be rebuilt anywhere from its episode's number and the actions taken in it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from envs import registry
from envs.faults import Guard
from envs.randomness import Purpose

_ENVS = [
    "CartPole-v1",
    "FrozenLake8x8-v1",
    "Taxi-v4",
    "MountainCar-v0",
    "tests.envs.toy:Corridor-v0",
    "tests.envs.toy:Guess-v0",
    "tests.envs.broken:Broken-raise-v0",
    "tests.envs.broken:Broken-reset-v0",
]


def _make(env_id, seed, env_indices):
    return registry.make(
        env_id, seed=seed, purpose=Purpose.EPISODES, env_indices=env_indices, guard=Guard("drop")
    )


@given(
    st.sampled_from(_ENVS),
    st.integers(0, 2**40),
    st.lists(st.integers(0, 500), min_size=1, max_size=4, unique=True).map(sorted),
    st.integers(0, 60),
    st.data(),
)
@settings(max_examples=60, deadline=None)
def test_some_of_the_environments_rebuilt_go_on_as_they_did(env_id, seed, numbers, before, data):
    whole = _make(env_id, seed, numbers)
    count, after = len(numbers), 25
    rng = np.random.default_rng(seed)
    actions = rng.integers(0, whole.action_space.n, (before + after, count)).astype(np.int32)
    observation = whole.reset()
    taken: list[list[int]] = [[] for _ in numbers]
    for row in actions[:before]:
        step = whole.step(row)
        observation = step.observation
        over = step.terminated_t | step.truncated_t | step.dropped_t
        taken = [[] if end else [*t, a] for t, a, end in zip(taken, row, over, strict=True)]
    episodes = whole.episodes
    rows = sorted(data.draw(st.sets(st.sampled_from(range(count)), min_size=1)))
    part = _make(env_id, seed, [numbers[row] for row in rows])
    restored = part.restore(episodes[rows], [np.array(taken[row], np.int32) for row in rows])
    np.testing.assert_array_equal(restored, observation[rows])
    for row in actions[before:]:
        one, other = whole.step(row), part.step(row[rows])
        for name, value in vars(one).items():
            if value is None:
                assert getattr(other, name) is None
                continue
            np.testing.assert_array_equal(value[rows], getattr(other, name))
    np.testing.assert_array_equal(whole.episodes[rows], part.episodes)

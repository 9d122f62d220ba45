"""Misbehaving environments: named, and contained where that is asked for."""

import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete

from envs import registry
from envs.faults import DROPS_IN_A_ROW, EnvironmentFault, Fault, Guard, Place
from envs.randomness import Purpose
from tests.envs.broken import WAYS

ENV_INDICES = range(4)
STEPS = 120


def _make(how: str, guard: Guard, env_indices=ENV_INDICES):
    return registry.make(
        f"tests.envs.broken:Broken-{how}-v0",
        seed=0,
        purpose=Purpose.EPISODES,
        env_indices=list(env_indices),
        guard=guard,
    )


def _actions(env_indices=ENV_INDICES) -> np.ndarray:
    draws = np.random.default_rng(0).integers(0, 2, (STEPS, len(ENV_INDICES)))
    return draws[:, list(env_indices)].astype(np.int32)


def _until_it_breaks(envs) -> EnvironmentFault:
    try:
        envs.reset()
        for row in _actions():
            envs.step(row)
    except EnvironmentFault as fault:
        return fault
    raise AssertionError("it did not break")


@pytest.mark.parametrize(("how", "says"), WAYS.items())
def test_a_fault_names_the_environment_the_episode_the_step_and_the_action(how, says):
    fault = _until_it_breaks(_make(how, Guard())).fault
    place = fault.place
    assert says in str(fault)
    assert str(fault).startswith(f"environment {place.env_index}, episode {place.episode}, ")
    if how == "reset":
        assert (place.step, place.action) == (0, None)
        assert "reset: " in str(fault)
    else:
        assert 1 <= place.step <= 10
        assert f"step {place.step}, action {place.action}: " in str(fault)
    raised = (
        "SystemExit: " in WAYS[how] or "Error: " in WAYS[how]
    )  # the environment's own exception, and not our finding
    assert ("tests/envs/broken.py" in fault.trace) == raised
    assert bool(fault.trace) == raised
    assert str(pickle.loads(pickle.dumps(EnvironmentFault(fault)))) == str(fault)


@pytest.mark.parametrize("how", WAYS)
def test_dropped_episodes_are_counted_and_the_environment_goes_on(how):
    guard = Guard("drop")
    envs = _make(how, guard)
    envs.reset()
    steps = [envs.step(row) for row in _actions()]
    faults = guard.take_faults(Purpose.EPISODES)
    assert len(faults) >= 3
    assert guard.take_faults(Purpose.EPISODES) == ()
    assert list(faults) == sorted(faults, key=lambda fault: fault.place[:4])
    dropped = np.stack([step.dropped_t for step in steps])
    ended = dropped | np.stack([step.terminated_t | step.truncated_t for step in steps])
    for step in steps:
        assert np.isfinite(step.s_t).all()
        assert np.isfinite(step.observation).all()
        assert np.isfinite(step.r_t).all()
    # Every failed step ends its episode; a failed reset skips one more.
    if how == "reset":
        assert not dropped.any()
        np.testing.assert_array_equal(
            envs.episodes,
            ended.sum(axis=0) + np.bincount([f.place.env_index for f in faults], minlength=4),
        )
    else:
        assert dropped.sum() == len(faults)
        np.testing.assert_array_equal(envs.episodes, ended.sum(axis=0))


@pytest.mark.parametrize("how", ["raise", "nan", "reset"])
def test_how_environments_are_split_does_not_matter_to_what_is_dropped(how):
    def play(block):
        guard = Guard("drop")
        envs = _make(how, guard, block)
        first = envs.reset()
        steps = [envs.step(row) for row in _actions(block)]
        observations = np.stack([first, *(step.observation for step in steps)])
        return observations, guard.take_faults(Purpose.EPISODES)

    whole, faults = play(ENV_INDICES)
    parts = [play(block) for block in ([0], [1, 2], [3])]
    np.testing.assert_array_equal(whole, np.concatenate([part[0] for part in parts], axis=1))
    assert [f.place for f in faults] == [f.place for _, part in parts for f in part]


@pytest.mark.parametrize("how", ["raise", "reset"])
def test_an_environment_with_dropped_episodes_is_restored_like_any_other(how):
    guard, actions = Guard("drop"), _actions()
    envs = _make(how, guard)
    envs.reset()
    middle = STEPS // 2
    taken: list[list[int]] = [[] for _ in ENV_INDICES]
    for row in actions[:middle]:
        step = envs.step(row)
        for env_index in ENV_INDICES:
            over = (
                step.terminated_t[env_index]
                | step.truncated_t[env_index]
                | step.dropped_t[env_index]
            )
            taken[env_index] = [] if over else [*taken[env_index], row[env_index]]
    restored = _make(how, Guard("drop"))
    observation = restored.restore(envs.episodes, [np.array(t, np.int32) for t in taken])
    np.testing.assert_array_equal(observation, step.observation)
    for row in actions[middle:]:
        np.testing.assert_array_equal(envs.step(row).observation, restored.step(row).observation)


def test_a_fault_in_a_replay_is_no_episode_to_drop():
    """It did not happen before: what would follow would not be the same run."""
    guard = Guard("drop")
    fault = _until_it_breaks(_make("raise", Guard())).fault
    episodes = np.zeros(4, np.int64)
    episodes[fault.place.env_index] = fault.place.episode
    taken = [np.zeros(0, np.int32) for _ in ENV_INDICES]
    taken[fault.place.env_index] = np.zeros(fault.place.step, np.int32)
    with pytest.raises(EnvironmentFault, match="the motor is on fire"):
        _make("raise", guard).restore(episodes, taken)


def test_an_episode_that_replays_to_another_end_is_named():
    envs = registry.make("CartPole-v1", seed=0, purpose=Purpose.EPISODES, env_indices=[0, 1])
    with pytest.raises(ValueError, match=r"environment 1, episode 3: .* not deterministic"):
        envs.restore(np.array([0, 3]), [np.zeros(0, np.int32), np.zeros(400, np.int32)])


def test_an_environment_that_never_works_is_given_up():
    guard = Guard("drop")
    envs = registry.make(
        "tests.envs.broken:AlwaysBroken-v0",
        seed=0,
        purpose=Purpose.EPISODES,
        env_indices=[0],
        guard=guard,
    )
    envs.reset()
    for _ in range(DROPS_IN_A_ROW):
        envs.step(np.zeros(1, np.int32))
    with pytest.raises(EnvironmentFault, match="10 dropped episodes in a row"):
        envs.step(np.zeros(1, np.int32))
    assert len(guard.take_faults(Purpose.EPISODES)) == DROPS_IN_A_ROW


def test_a_call_that_is_known_to_hang_is_not_made():
    place = Place(purpose=Purpose.EPISODES, env_index=2, episode=0, step=3, action=1)
    guard = Guard("drop", {place})
    envs = _make("none", guard)
    envs.reset()
    for _ in range(4):
        step = envs.step(np.ones(4, np.int32))
    assert envs.episodes.tolist() == [0, 0, 1, 0]
    (fault,) = guard.take_faults(Purpose.EPISODES)
    assert fault.place == place
    assert "hung" in fault.reason
    assert not step.dropped_t.any()


def test_the_current_call_is_known_while_it_lasts():
    guard = Guard()
    assert guard.current_call() is None
    place = Place(purpose=Purpose.EVALUATION, env_index=1, episode=2, step=3, action=0)
    guard.enter(place)
    assert guard.current_call()[0] == place
    assert 0 <= guard.current_call()[1] < 1
    guard.leave()
    assert guard.current_call() is None
    assert str(Fault(place=place, reason="it broke")) == (
        "evaluation environment 1, episode 2, step 3, action 0: it broke"
    )


@pytest.mark.parametrize("observation", [2.0, 7, -1, "2", None, [1, 2]])
def test_a_number_outside_a_discrete_space_is_nonsense(observation):
    envs = registry.make(
        "tests.envs.toy:Corridor-v0", seed=0, purpose=Purpose.EPISODES, env_indices=[0]
    )
    envs.reset()
    envs._envs[0].step = lambda action: (observation, 0.0, False, False, {})
    with pytest.raises(EnvironmentFault, match="observation"):
        envs.step(np.zeros(1, np.int32))


def test_a_constructor_that_raises_is_said():
    with pytest.raises(registry.UnusableEnvironment, match=r"FileNotFoundError: no motor\.cfg"):
        registry.spaces("tests.envs.broken:Unmakable-v0")


@pytest.mark.parametrize(
    ("observation", "reward", "over"),
    [
        (2, 1.0, False),
        (np.int8(2), np.float32(1), np.bool_(False)),
        (np.array(2), np.array(1.0), np.array(False)),
        (np.array([2]), np.array([1.0]), np.array([False])),
        ([2], [1], 0),
    ],
)
def test_numbers_in_arrays_and_lists_are_taken(observation, reward, over):
    envs = registry.make(
        "tests.envs.toy:Corridor-v0", seed=0, purpose=Purpose.EPISODES, env_indices=[0]
    )
    envs.reset()
    envs._envs[0].step = lambda action: (observation, reward, over, False, {})
    step = envs.step(np.zeros(1, np.int32))
    assert (step.s_t[0], step.r_t[0], step.terminated_t[0]) == (1, 1.0, False)


@pytest.mark.parametrize(
    ("observation", "seen"),
    [
        (np.array([0.25, 2.0, 0.0]), [0.25, 2.0, 0.0]),  # float64
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        (np.array([True, False, True]), [1.0, 0.0, 1.0]),
    ],
)
def test_a_box_takes_numbers_of_another_type(observation, seen):
    envs = registry.make(
        "tests.envs.broken:Broken-none-v0", seed=0, purpose=Purpose.EPISODES, env_indices=[0]
    )
    envs.reset()
    envs._envs[0].step = lambda action: (observation, 0.0, False, False, {})
    s_t = envs.step(np.zeros(1, np.int32)).s_t
    assert s_t.dtype == np.float32
    assert s_t[0].tolist() == seen


class OldGym(gymnasium.Env):
    """Speaks the API that Gym had before Gymnasium."""

    def __init__(self, how="reset") -> None:
        self.observation_space, self.action_space = Discrete(2), Discrete(2)
        self._how = how

    def reset(self, **keywords):
        if self._how == "seed" and "seed" in keywords:
            raise TypeError("reset() got an unexpected keyword argument 'seed'")
        return 0

    def step(self, action):
        return 0, 0.0, False, {}


@pytest.mark.parametrize(
    ("how", "says"),
    [("seed", "its reset takes no seed"), ("reset", "its reset returns no pair")],
)
def test_the_old_gym_api_is_named_with_the_way_out(how, says):
    envs = registry.make(lambda: OldGym(how), seed=0, purpose=Purpose.EPISODES, env_indices=[0])
    with pytest.raises(EnvironmentFault, match=f"speaks the old Gym API: {says}.*--wrappers"):
        envs.reset()

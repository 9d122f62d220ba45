"""Batches that are stepped by a published table, against Gymnasium's single environments."""

from collections import Counter

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.options import EnvOptions
from envs.planning import TabularModel, best_return, expected_return, greedy, value_iteration
from envs.randomness import Purpose, derive, episode_seeds, uniform
from envs.sources import DEFAULT_LIMIT, Configured, EnvSource, UnusableEnvironment, make_single
from envs.tabular import TabularVectorEnv


def _env(name: str, *keywords: str, limit: int | None = None) -> Configured:
    return Configured(name, EnvOptions(env_kwargs=keywords, max_episode_steps=limit))


CERTAIN = {
    "Taxi": _env("Taxi-v4"),
    "cliff": _env("CliffWalking-v1", limit=60),
    "dry lake": _env("FrozenLake8x8-v1", "is_slippery=False"),
    "slippery in name only": _env("FrozenLake-v1", "success_rate=1"),
    "paid lake": _env("FrozenLake-v1", "reward_schedule=[5, -2.5, -0.1]", "is_slippery=False"),
}
SLIPPERY = {
    "rainy Taxi": _env("Taxi-v4", "is_rainy=True"),
    "wet Taxi": _env("Taxi-v4", "is_rainy=True", "rainy_probability=0.4"),
    "slippery cliff": _env("CliffWalkingSlippery-v1"),
    "slippery by keyword": _env("CliffWalking-v1", "is_slippery=True"),
    "lake": _env("FrozenLake-v1"),
    "8x8": _env("FrozenLake8x8-v1", "reward_schedule=(3, -1, 0)"),
    "own map": _env("FrozenLake-v1", 'desc=["SFH", "FSF", "HFG"]', "success_rate=0.6"),
}
TABLES = {**CERTAIN, **SLIPPERY}


def _make(env: EnvSource, count: int, seed: int = 0) -> TabularVectorEnv:
    envs = registry.make(env, seed=seed, purpose=Purpose.EPISODES, env_indices=range(count))
    assert isinstance(envs, TabularVectorEnv)
    return envs


def _laws(env: EnvSource) -> dict[tuple[int, int], dict[tuple, float]]:
    """By state and action, the probability of each (successor, reward, terminated)."""
    found = {}
    for state, actions in make_single(env).unwrapped.P.items():  # pyright: ignore
        for action, outcomes in actions.items():
            law: dict[tuple, float] = {}
            for probability, *outcome in outcomes:
                law[tuple(outcome)] = law.get(tuple(outcome), 0.0) + probability
            found[state, action] = {key: share for key, share in law.items() if share}
    return found


@pytest.mark.parametrize("env", TABLES.values(), ids=TABLES.keys())
def test_the_model_has_gymnasiums_laws(env):
    model = registry.published_model(env)
    laws = _laws(env)
    assert model is not None
    assert len(laws) == np.prod(model.probability.shape[:2])
    for (state, action), law in laws.items():
        found: dict[tuple, float] = {}
        cell = (array[state, action] for array in (model.successor, model.reward, model.terminal))
        for probability, *outcome in zip(model.probability[state, action], *cell, strict=True):
            if probability:
                found[tuple(outcome)] = found.get(tuple(outcome), 0.0) + probability
        assert found == law
    start = make_single(env).unwrapped.initial_state_distrib  # pyright: ignore
    np.testing.assert_array_equal(model.start, start)


@pytest.mark.parametrize("env", CERTAIN.values(), ids=CERTAIN.keys())
def test_each_step_is_gymnasiums_where_nothing_is_random(env):
    envs, single = _make(env, 8), make_single(env)
    inner = single.unwrapped
    single.reset(seed=0)
    rng = np.random.default_rng(1)
    observation = envs.reset()
    seen = set()
    for _ in range(800):
        actions = rng.integers(0, envs.action_space.n, 8).astype(np.int32)
        step = envs.step(actions)
        ours = zip(step.s_t, step.r_t, step.terminated_t, strict=True)
        for state, action, successor in zip(observation, actions, ours, strict=True):
            inner.s = int(state)  # pyright: ignore
            assert inner.step(int(action))[:3] == successor
            seen.add((state, action))
        observation = step.observation
    assert len(seen) > 40  # of the small lake's 44 that go on


@pytest.mark.parametrize("env", SLIPPERY.values(), ids=SLIPPERY.keys())
def test_outcomes_are_as_frequent_as_gymnasiums(env):
    """Pearson's χ² over every cell that is visited often enough, four deviations from its mean."""
    envs, laws = _make(env, 4_000), _laws(env)
    rng = np.random.default_rng(1)
    observation = envs.reset()
    counts: Counter[tuple] = Counter()
    for _ in range(40):
        actions = rng.integers(0, envs.action_space.n, 4_000)
        step = envs.step(actions)
        columns = (observation, actions, step.s_t, step.r_t, step.terminated_t)
        counts.update(zip(*(column.tolist() for column in columns), strict=True))
        observation = step.observation
    visits: Counter[tuple[int, int]] = Counter()
    for (state, action, *outcome), count in counts.items():
        assert tuple(outcome) in laws[state, action]
        visits[state, action] += count
    chi_square, freedom = 0.0, 0
    for cell, count in visits.items():
        law = {outcome: count * share for outcome, share in laws[cell].items()}
        if min(law.values()) >= 5:
            chi_square += sum((counts[(*cell, *o)] - e) ** 2 / e for o, e in law.items())
            freedom += len(law) - 1
    assert abs(chi_square - freedom) <= 4 * np.sqrt(2 * freedom)
    assert freedom > 10


def test_first_states_are_as_frequent_as_gymnasiums():
    states = _make("Taxi-v4", 30_000).reset()
    counts = np.bincount(states, minlength=500)
    likely = make_single("Taxi-v4").unwrapped.initial_state_distrib > 0  # pyright: ignore
    assert not counts[~likely].any()
    chi_square = np.sum((counts[likely] - 100.0) ** 2 / 100.0)  # 300 states, 100 each
    assert abs(chi_square - 299) <= 4 * np.sqrt(2 * 299)


def test_draws_are_those_of_the_episodes_key_by_hand():
    """Draw 0 chooses the first state, draw n the outcome of action n, over 40 episodes."""
    envs = _make("FrozenLake-v1", 3, seed=5)
    cumulative = {
        (s, a): np.cumsum([p for p, *_ in outcomes])
        for s, actions in make_single("FrozenLake-v1").unwrapped.P.items()  # pyright: ignore
        for a, outcomes in actions.items()
    }
    table = make_single("FrozenLake-v1").unwrapped.P  # pyright: ignore
    rng = np.random.default_rng(0)
    state, elapsed, episode = envs.reset()[1], 0, 0
    while episode < 40:
        actions = rng.integers(0, 4, 3)
        step = envs.step(actions)
        elapsed += 1
        key = derive(episode_seeds(derive(5, Purpose.EPISODES, [1]), episode))
        cell = (int(state), int(actions[1]))
        outcome = int(np.argmax(cumulative[cell] > uniform(key, elapsed)))
        _, successor, reward, terminated = table[cell[0]][cell[1]][outcome]
        assert (step.s_t[1], step.r_t[1], step.terminated_t[1]) == (successor, reward, terminated)
        state = step.observation[1]
        if step.terminated_t[1] or step.truncated_t[1]:
            elapsed, episode = 0, episode + 1
    taxis = _make(_env("Taxi-v4", limit=2), 3, seed=5)
    taxis.reset()
    for episode in range(1, 40):
        taxis.step(np.zeros(3, np.int32))
        begun = taxis.step(np.zeros(3, np.int32)).observation
        keys = derive(episode_seeds(derive(5, Purpose.EPISODES, np.arange(3)), episode))
        likely = np.flatnonzero(make_single("Taxi-v4").unwrapped.initial_state_distrib)  # pyright: ignore
        np.testing.assert_array_equal(begun, likely[np.int64(uniform(keys, 0) * 300)])


def _batch(model: TabularModel, count: int) -> TabularVectorEnv:
    return TabularVectorEnv(
        seed=0, purpose=1, env_indices=range(count), max_episode_steps=None, model=model
    )


def test_one_that_is_certain_goes_the_same_way_without_a_draw():
    certain = registry.published_model("Taxi-v4")
    assert certain is not None
    assert certain.probability.shape[-1] == 1
    padded = {
        name: np.pad(array, [(0, 0), (0, 0), (0, 1)])
        for name, array in vars(certain).items()
        if name not in ("start", "legal")
    }
    drawing = TabularModel(**padded, start=certain.start, legal=certain.legal)
    one, other = _batch(certain, 50), _batch(drawing, 50)
    np.testing.assert_array_equal(one.reset(), other.reset())
    rng = np.random.default_rng(0)
    for _ in range(200):
        actions = rng.integers(0, 6, 50)
        for a, b in zip(
            vars(one.step(actions)).values(), vars(other.step(actions)).values(), strict=True
        ):
            np.testing.assert_array_equal(a, b)


def test_an_outcome_without_probability_never_is_whatever_the_others_add_up_to():
    shape = (1, 1, 4)
    model = TabularModel(
        probability=np.array([[[0.25, 0.0, 0.5, 0.0]]]),  # 0.75: as if rounded, and badly
        successor=np.zeros(shape, np.int64),
        reward=np.arange(4.0).reshape(shape),
        terminal=np.zeros(shape, np.bool_),
        start=np.ones(1),
    )
    envs = _batch(model, 10_000)
    envs.reset()
    rewards = envs.step(np.zeros(10_000, np.int32)).r_t
    assert set(rewards) == {0.0, 2.0}
    assert np.mean(rewards == 0.0) == pytest.approx(0.25, abs=0.018)  # four standard errors


NOT_THE_WHOLE_TRUTH = {
    "a fickle passenger is not in the table": _env("Taxi-v4", "fickle_passenger=True"),
    "each copy draws a map": _env("FrozenLake-v1", "map_name=None"),
    "a wrapper may change anything": Configured(
        "Taxi-v4", EnvOptions(wrappers=("tests.envs.test_options:Halved",))
    ),
    "no probabilities": _env("FrozenLake-v1", "success_rate=-0.5"),
    "no table": _env("Blackjack-v1"),
}


@pytest.mark.parametrize("env", NOT_THE_WHOLE_TRUTH.values(), ids=NOT_THE_WHOLE_TRUTH.keys())
def test_what_the_table_does_not_tell_is_left_to_gymnasium(env):
    assert registry.published_model(env) is None
    assert registry.optimal_return(env, 0.99) is None
    envs = registry.make(env, seed=0, purpose=1, env_indices=[0])
    assert isinstance(envs, GymnasiumVectorEnv)


def test_cliffs_are_cut_after_the_default_limit_or_the_one_that_is_given_or_never():
    for env, limit in (
        ("CliffWalking-v1", DEFAULT_LIMIT),
        (_env("CliffWalking-v1", limit=7), 7),
        (_env("CliffWalking-v1", limit=0), None),
    ):
        envs = _make(env, 1)
        envs.reset()
        cut = [bool(envs.step(np.array([0])).truncated_t[0]) for _ in range(DEFAULT_LIMIT + 1)]
        first = cut.index(True) + 1 if any(cut) else None
        assert first == limit


def test_an_id_that_is_registered_anew_has_its_new_table():
    for slippery, outcomes in ((False, 1), (True, 3)):
        gymnasium.register(
            "Changing-v0",
            "gymnasium.envs.toy_text.cliffwalking:CliffWalkingEnv",
            kwargs={"is_slippery": slippery},
        )
        model = registry.published_model("Changing-v0")
        assert model is not None
        assert model.probability.shape == (48, 4, outcomes)
        gymnasium.registry.pop("Changing-v0")


def test_keywords_that_there_are_not_are_one_line():
    for env, says in (
        (
            _env("Taxi-v4", "rainy=True"),
            "--env-kwargs rainy: it has no such keyword; did you mean is_rainy",
        ),
        (_env("FrozenLake-v1", "map_name=9x9"), "KeyError: '9x9'"),
    ):
        with pytest.raises(UnusableEnvironment, match=says) as error:
            registry.make(env, seed=0, purpose=1, env_indices=[0])
        assert "\n" not in str(error.value)


def test_the_legal_actions_of_a_taxi_are_gymnasiums():
    envs, single = _make(_env("Taxi-v4", limit=40), 8), make_single("Taxi-v4")
    single.reset(seed=0)
    taxi, rng = single.unwrapped, np.random.default_rng(0)

    def legal(states):
        return [taxi.action_mask(int(state)).tolist() for state in states]  # pyright: ignore

    now = envs.reset()
    for _ in range(200):
        assert envs.action_mask is not None
        assert envs.action_mask.astype(int).tolist() == legal(now)
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in envs.action_mask])
        step = envs.step(actions)
        for mask, state, over in zip(step.mask_t, step.s_t, step.terminated_t, strict=True):
            assert mask.astype(int).tolist() == ([1] * 6 if over else legal([state])[0])
        now = step.observation
    assert _make(_env("CliffWalking-v1"), 1).action_mask is None


def test_an_optimum_is_of_legal_actions():
    """One state; action 1 would pay 9, and is illegal."""
    one = np.ones((1, 2, 1))
    model = TabularModel(
        probability=one,
        successor=np.zeros((1, 2, 1), np.int64),
        reward=np.array([[[4.0], [9.0]]]),
        terminal=one.astype(bool),
        start=np.ones(1),
        legal=np.array([[True, False]]),
    )
    q = value_iteration(model, 0.5)
    assert q.argmax() == 0
    assert q.max() == best_return(model, 3) == expected_return(model, greedy(q), 3) == 4.0

"""What every learner promises, and what each of them computes."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.bootstrapped.actor import LEARNERS
from agents.bootstrapped.config import Bootstrapped
from agents.branching.config import Branching
from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.linear_q.config import LinearQ
from agents.network_actor import MEMORY
from agents.offline.config import BCQ, CQL
from agents.optimizer_config import OptimizerConfig
from agents.pqn.config import PQN
from agents.q_table.config import QTable
from agents.r2d2.config import R2D2
from agents.random.config import Random
from agents.replay.priorities import PriorityConfig
from agents.replay.sequences import SequenceConfig
from agents.replayed.config import ReplayedConfig
from agents.rollout import Rollout
from agents.schedules import LearningRateSchedule, WeightAverage
from agents.weights import UnfitWeights, digest, fitted
from common.settings import InvalidSetting

SMALL = {"hidden_sizes": (16,), "batch_size": 8, "learning_starts": 16, "updates_per_call": 4}
PLAIN = {
    **SMALL,
    "discount": 0.99,
    "learning_rate": 1e-3,
    "learning_rate_schedule": LearningRateSchedule(),
    "average": WeightAverage(),
    "double": True,
    "loss": "huber",
    "max_gradient_norm": 10.0,
    "bound_targets": False,
}
"""DQN without what its defaults have beyond the papers."""
RECURRENT = {
    **SMALL,
    "recurrent_units": 8,
    "sequence": SequenceConfig(length=2, burn_in=1, stride=1),
    "env_steps_per_update": 1,
}
MUNCHAUSEN = MunchausenConfig(scale=0.9)
C51 = DistributionConfig(kind="c51", low=-1.0, high=2.0, atoms=13)
QR, IQN = DistributionConfig(kind="qr", quantiles=7), DistributionConfig(kind="iqn", quantiles=8)
RADAM = OptimizerConfig(kind="radam", weight_decay=1e-3)
RMSPROP = OptimizerConfig(kind="rmsprop", beta_2=0.95, epsilon=1e-4, centered=True)
FALLING = LearningRateSchedule(shape="cosine", end=0.1, warm_up=0.05)


def _dqn(**changes) -> DQN:
    return DQN(**{**PLAIN, **changes})


MEMBERS = 3
AGENTS = {
    "dqn as it is": DQN(**SMALL),
    "cql": CQL(**SMALL),
    "cql of atoms": CQL(**SMALL, distribution=C51),
    "cql of quantiles": CQL(**SMALL, distribution=QR, huber_delta=5.0, learning_rate=1e-2),
    "bcq": BCQ(**SMALL, compile_xla=False),
    "table": QTable(),
    "table of SARSA": QTable(target="sarsa", learning_rate=0.5),
    "table of expected SARSA": QTable(target="expected_sarsa", temperature=0.5),
    "two tables": QTable(target="double_q"),
    "table over three steps": QTable(n_step=3),
    "table of whole episodes": QTable(n_step=0, learning_rate_power=1.0),
    "table with traces": QTable(trace=0.9),
    "table of SARSA with traces": QTable(trace=0.9, target="sarsa"),
    "table with a model": QTable(planning_steps=3),
    "table with bounds": QTable(ucb=1.0, initial_value=1.0, learning_rate=0.5),
    "one layer": LinearQ(),
    "one layer averaged": LinearQ(learning_rate_schedule=FALLING, average=WeightAverage(decay=0.9)),
    "random": Random(),
    "ensemble": Bootstrapped(**SMALL, members=MEMBERS, learning_rate=5e-3),
    "branches": Branching(**SMALL),
    "dqn": _dqn(env_steps_per_update=1),
    "dqn hard": _dqn(target="hard", target_period=5, double=False),
    "dqn dueling": _dqn(dueling=True, loss="squared", max_gradient_norm=0),
    "dqn without target": _dqn(target="none", compile_xla=False),
    "dqn averaged": _dqn(
        env_steps_per_update=1,
        learning_rate_schedule=FALLING,
        average=WeightAverage(decay=0.9),
    ),
    "dqn over three steps": _dqn(env_steps_per_update=1, n_step=3),
    "dqn normalised": _dqn(env_steps_per_update=1, layer_norm=True),
    "dqn within bounds": _dqn(env_steps_per_update=1, bound_targets=True),
    "dqn prioritised": _dqn(env_steps_per_update=1, priority=PriorityConfig(exponent=0.6)),
    "dqn noisy": _dqn(env_steps_per_update=1, noisy="all", dueling=True, optimizer=RADAM),
    "munchausen": _dqn(env_steps_per_update=1, double=False, munchausen=MUNCHAUSEN),
    "c51": _dqn(env_steps_per_update=1, distribution=C51, optimizer=RMSPROP),
    "qr": _dqn(env_steps_per_update=1, distribution=QR, munchausen=MUNCHAUSEN, double=False),
    "iqn": _dqn(env_steps_per_update=1, distribution=IQN, dueling=True),
    "rainbow": _dqn(
        env_steps_per_update=1,
        dueling=True,
        noisy="head",
        n_step=3,
        priority=PriorityConfig(exponent=0.5),
        distribution=C51,
    ),
    "dqn acts with its average": _dqn(
        env_steps_per_update=1, average=WeightAverage(decay=0.9, acts=True)
    ),
    "pqn": PQN(hidden_sizes=(16,), learning_rate=5e-3, average=WeightAverage()),
    "pqn averaged": PQN(hidden_sizes=(16,), learning_rate=5e-3, average=WeightAverage(decay=0.9)),
    "r2d2": R2D2(**RECURRENT),
    "r2d2 noisy": R2D2(
        **RECURRENT,
        rescale=False,
        noisy="all",
        loss="huber",
        priority=PriorityConfig(exponent=0.9),
        compile_xla=False,
    ),
}
VARIANTS = (  # what others have, too: by itself, or with more
    *("c51", "munchausen", "cql", "dqn without target"),
    *("cql of atoms", "cql of quantiles", "one layer averaged", "pqn averaged", "r2d2 noisy"),
    *("dqn hard", "dqn dueling", "dqn averaged", "dqn over three steps", "dqn normalised"),
    *("dqn within bounds", "dqn prioritised", "dqn noisy", "dqn acts with its average"),
)
ROLLOUTS = 40
BUDGET = 32 * ROLLOUTS
STATES, ACTIONS = 6, 3


PROGRAMS: dict[LinearQ | PQN | ReplayedConfig, Any] = {}
"""What was compiled, by settings: it depends on nothing else, and compiling is most of a test."""


def _learner(config, seed=0, compiled_anew=False):
    learner = config.learner(
        Discrete(STATES),
        Discrete(ACTIONS),
        env_steps=BUDGET,
        network_rng=np.random.default_rng(seed),
        replay_rng=np.random.default_rng(seed),
    )
    if isinstance(config, LinearQ | PQN | ReplayedConfig) and not compiled_anew:
        learner._compiled = PROGRAMS.setdefault(config, learner._compiled)
    return learner


def _rollout(seed: int, steps: int = 8, num_envs: int = 4) -> Rollout:
    """A one-step task: action 1 pays 1, the others 0, and every step ends the episode."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(0, ACTIONS, (steps, num_envs)).astype(np.int32)
    return Rollout(
        s_tm1=rng.integers(0, STATES, (steps, num_envs)),
        a_tm1=actions,
        r_t=(actions == 1).astype(np.float64),
        terminated_t=np.ones((steps, num_envs), np.bool_),
        truncated_t=np.zeros((steps, num_envs), np.bool_),
        s_t=rng.integers(0, STATES, (steps, num_envs)),
        dropped_t=np.zeros((steps, num_envs), np.bool_),
        extras={  # each for the agents that take it
            MEMORY: np.zeros((steps, num_envs, 8), np.float32),
            LEARNERS: rng.random((steps, num_envs, MEMBERS)) < 0.5,
        },
    )


def _bytes(learner) -> bytes:
    arrays = [*learner.weights().values(), *learner.evaluated_weights().values()]
    return b"".join(array.tobytes() for array in arrays)


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(config, id=name, marks=[pytest.mark.slow] if name in VARIANTS else [])
        for name, config in AGENTS.items()
    ],
)
class TestContract:
    def test_two_trainings_give_the_same_bits(self, config):
        first, second = _learner(config), _learner(config)
        for number in range(4):
            assert first.learn(_rollout(number)) == second.learn(_rollout(number))
        assert _bytes(first) == _bytes(second)
        assert first.updates == second.updates

    def test_state_round_trip_continues_with_the_same_bits(self, config):
        whole = _learner(config)
        for number in range(3):
            whole.learn(_rollout(number))
        resumed = _learner(config, seed=5)
        resumed.set_state(whole.get_state())
        assert resumed.updates == whole.updates
        for number in range(3, 6):
            assert whole.learn(_rollout(number)) == resumed.learn(_rollout(number))
        assert _bytes(whole) == _bytes(resumed)

    def test_it_starts_from_the_weights_of_another(self, config):
        learner = _learner(config)
        if config.acts_randomly:
            with pytest.raises(UnfitWeights, match="RandomLearner has no set_weights"):
                learner.set_weights({})
            return
        other = _learner(config, seed=5)
        for number in range(3):
            other.learn(_rollout(number))
        weights = other.evaluated_weights()
        before = {name: array.copy() for name, array in weights.items()}
        learner.set_weights(weights)
        for found in (learner.weights(), learner.evaluated_weights()):
            assert list(found) == list(before)
            for name, array in before.items():
                np.testing.assert_array_equal(found[name], array)
        assert learner.updates == 0
        for number in range(4):
            learner.learn(_rollout(number))
        for name, array in before.items():
            np.testing.assert_array_equal(weights[name], array)
        for wrong in ({}, {name: array[1:] for name, array in before.items()}):
            with pytest.raises(UnfitWeights, match="the weights do not fit: "):
                learner.set_weights(wrong)

    def test_weights_are_a_snapshot_that_learning_does_not_move(self, config):
        learner = _learner(config)
        learner.learn(_rollout(0))
        weights = learner.weights()
        before = {name: array.copy() for name, array in weights.items()}
        for number in range(1, 4):
            rollout = _rollout(number)
            learner.learn(Rollout(**{**vars(rollout), "r_t": -rollout.r_t}))
        for name, array in weights.items():
            np.testing.assert_array_equal(array, before[name])
        moved = [(learner.weights()[name] != array).any() for name, array in weights.items()]
        assert config.acts_randomly or any(moved)

    def test_it_learns_which_action_pays(self, config):
        if config.acts_randomly:
            pytest.skip("it learns nothing")
        learner = _learner(config, seed=2)
        actor = config.actor(Discrete(STATES), Discrete(ACTIONS), range(STATES))

        def paid(weights) -> int:
            acted = actor.act(weights, np.arange(STATES), actor.initial_state())
            return int((acted.actions == 1).sum())

        assert paid(learner.weights()) < STATES
        for number in range(ROLLOUTS):
            figures = learner.learn(_rollout(number))
        assert paid(learner.weights()) == paid(learner.evaluated_weights()) == STATES
        rate = set() if isinstance(config, QTable) else {"learning_rate"}
        assert set(figures) == {"loss", "td_error", "mean_q"} | rate


@pytest.mark.parametrize("name", ["dqn as it is", pytest.param("pqn", marks=pytest.mark.slow)])
def test_what_is_compiled_again_gives_the_same_bits(name):
    first, second = (_learner(AGENTS[name], compiled_anew=anew) for anew in (False, True))
    for number in range(4):
        assert first.learn(_rollout(number)) == second.learn(_rollout(number))
    assert first.updates == second.updates > 0
    assert _bytes(first) == _bytes(second)


def test_table_by_hand():
    """Two environments visit one cell at once, a third another; α(n) = 1/n."""
    learner = _learner(QTable(discount=0.5, learning_rate_power=1.0))
    first = Rollout(
        s_tm1=np.array([[0, 0, 2]]),
        a_tm1=np.array([[1, 1, 0]], np.int32),
        r_t=np.array([[1.0, 3.0, 4.0]]),
        terminated_t=np.array([[True, True, True]]),
        truncated_t=np.zeros((1, 3), np.bool_),
        s_t=np.array([[0, 0, 0]]),
        dropped_t=np.zeros((1, 3), np.bool_),
    )
    learner.learn(first)
    q = learner.weights()["q"]
    # Two visits, α = 1/2: the cell moves 1 - (1 - 1/2)² = 3/4 of the way to the mean target 2.
    assert q[0].tolist() == [0, 1.5, 0]
    assert q[2].tolist() == [4, 0, 0]
    second = Rollout(
        s_tm1=np.array([[2], [1]]),
        a_tm1=np.array([[0], [2]], np.int32),
        r_t=np.zeros((2, 1)),
        terminated_t=np.array([[False], [False]]),
        truncated_t=np.array([[True], [False]]),
        s_t=np.array([[0], [2]]),
        dropped_t=np.zeros((2, 1), np.bool_),
    )
    figures = learner.learn(second)
    q = learner.weights()["q"]
    # Truncated, so it bootstraps: target 0.5 * 1.5, α = 1/2: 4 -> 2.375. Then 0.5 * 2.375, α = 1.
    assert q[2, 0] == pytest.approx(2.375)
    assert q[1, 2] == pytest.approx(1.1875)
    assert figures["td_error"] == pytest.approx((3.25 + 1.1875) / 2)


def test_table_step_size_falls_with_visits_but_not_below_its_floor():
    learner = _learner(QTable(learning_rate_power=1.0, learning_rate_min=0.4))
    rollout = _rollout(0, steps=1, num_envs=1)
    for reward in (1.0, 0.0, 0.0):
        learner.learn(Rollout(**{**vars(rollout), "r_t": np.array([[reward]])}))
    q = learner.weights()["q"]
    # α = 1, 1/2, then 0.4 instead of 1/3
    assert q.max() == pytest.approx(1.0 * 0.5 * 0.6)


def test_one_layer_step_by_hand():
    learner = _learner(LinearQ(learning_rate=0.1, init_scale=1e-9))
    rollout = _rollout(0, steps=1, num_envs=2)
    rollout = Rollout(
        **{
            **vars(rollout),
            "s_tm1": np.array([[0, 3]]),
            "a_tm1": np.array([[1, 2]], np.int32),
            "r_t": np.array([[1.0, 2.0]]),
        }
    )
    figures = learner.learn(rollout)
    kernel = learner.weights()["dense_0.kernel"]
    # d(mean of squares)/dW = -2 * error / num_envs, so each weight moves 0.1 * error.
    assert kernel[0, 1] == pytest.approx(0.1, abs=1e-6)
    assert kernel[3, 2] == pytest.approx(0.2, abs=1e-6)
    assert np.abs(kernel).sum() == pytest.approx(0.3, abs=1e-6)
    assert figures["loss"] == pytest.approx(2.5, abs=1e-5)


def test_one_layer_takes_the_rate_of_its_schedule_and_averages_by_hand():
    """Three time steps of one environment in a budget of four: rates 0.1, 0.075 and 0.05."""
    config = LinearQ(
        learning_rate=0.1,
        init_scale=1e-9,
        learning_rate_schedule=LearningRateSchedule(shape="linear"),
        average=WeightAverage(decay=0.15),
    )
    learner = config.learner(
        Discrete(STATES),
        Discrete(ACTIONS),
        env_steps=4,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    rollout = _rollout(0, steps=3, num_envs=1)
    rows = {"s_tm1": np.zeros((3, 1), np.int64), "a_tm1": np.ones((3, 1), np.int32)}
    rows["r_t"] = np.ones((3, 1))
    figures = learner.learn(Rollout(**{**vars(rollout), **rows}))
    # Each step moves the weight by twice the rate times what is left to 1.
    steps = np.cumprod([0.8, 0.85, 0.9])
    newest = 1 - steps
    assert learner.weights()["dense_0.kernel"][0, 1] == pytest.approx(newest[2], abs=1e-6)
    # Shares: 1 - min(0.15, (1 + n) / (10 + n)) is 0.9 at first, then 0.85.
    average = 0.9 * newest[0]
    for value, share in zip(newest[1:], (1 - 0.15, 1 - 0.15), strict=True):
        average += share * (value - average)
    assert learner.evaluated_weights()["dense_0.kernel"][0, 1] == pytest.approx(average, abs=1e-6)
    assert figures["learning_rate"] == pytest.approx(0.05)


def test_dqn_takes_the_rates_of_its_schedule_and_then_stands_still():
    config = _dqn(
        compile_xla=False,
        env_steps_per_update=1,
        learning_rate_schedule=LearningRateSchedule(shape="linear"),
    )
    learner = _learner(config)
    for number in range(ROLLOUTS):
        figures = learner.learn(_rollout(number))
    in_budget = BUDGET - SMALL["learning_starts"]
    assert learner.updates == in_budget
    assert figures["learning_rate"] == pytest.approx(1e-3 / in_budget)  # of the last update
    before = _bytes(learner)
    figures = learner.learn(_rollout(ROLLOUTS))
    assert figures["learning_rate"] == 0.0
    assert _bytes(learner) == before


@pytest.mark.slow
def test_dqn_averages_what_its_updates_leave():
    config = _dqn(
        updates_per_call=1,
        env_steps_per_update=16,
        average=WeightAverage(decay=0.9),
    )
    learner = _learner(config)
    first = learner.weights()
    learner.learn(_rollout(0))
    assert learner.updates == 1
    newest, averages = learner.weights(), learner.evaluated_weights()
    for name, old in first.items():
        expected = old + 0.9 * (newest[name] - old)
        np.testing.assert_allclose(averages[name], expected, rtol=1e-5, atol=1e-7)
    acting = _learner(dataclasses.replace(config, average=WeightAverage(decay=0.9, acts=True)))
    acting.learn(_rollout(0))
    for name, acts in acting.weights().items():
        np.testing.assert_array_equal(acts, averages[name])


def test_dqn_knows_the_rewards_it_has_seen_also_after_a_resume():
    """Endless steps of reward 1: with bounds no value climbs above 1 / (1 - γ) = 2."""
    endless = {
        "r_t": np.ones((8, 4)),
        "terminated_t": np.zeros((8, 4), np.bool_),
    }
    config = _dqn(
        compile_xla=False,
        env_steps_per_update=1,
        learning_rate=0.1,
        discount=0.5,
        bound_targets=True,
    )
    learner, free = _learner(config), _learner(dataclasses.replace(config, bound_targets=False))
    for number in range(2):
        rollout = Rollout(**{**vars(_rollout(number)), **endless})
        learner.learn(rollout)
        free.learn(rollout)
    assert _bytes(learner) != _bytes(free)
    resumed = _learner(config)
    resumed.set_state(learner.get_state())
    # This rollout's rewards are all 0.5: without those seen before the bound would be 1.
    rollout = Rollout(**{**vars(_rollout(2)), **endless, "r_t": np.full((8, 4), 0.5)})
    fresh = _learner(config)
    assert learner.learn(rollout) == resumed.learn(rollout)
    fresh.learn(rollout)
    assert learner.get_state()["rewards"].tolist() == [0.5, 1.0]
    assert resumed.get_state()["rewards"].tolist() == [0.5, 1.0]
    assert fresh.get_state()["rewards"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("xla", [True, False])
def test_dqn_makes_the_updates_it_owes(xla):
    config = _dqn(learning_starts=40, env_steps_per_update=2.5, compile_xla=xla)
    learner = _learner(config)
    made = []
    for number in range(6):
        learner.learn(_rollout(number))  # 32 env steps
        made.append(learner.updates)
    # (32 r - 40) / 2.5 owed after r rollouts, made in whole groups of 4
    assert made == [0, 8, 20, 32, 48, 60]


def test_hard_target_copies_after_its_period_only():
    config = _dqn(compile_xla=False, target="hard", target_period=6, env_steps_per_update=4)
    learner = _learner(config)

    def target_equals_online():
        online, target, *_ = learner.get_state()["network"]
        return np.array_equal(online, target)

    equal = {}
    for number in range(5):
        learner.learn(_rollout(number, steps=4))  # 16 env steps: 4 updates once learning started
        equal[learner.updates] = target_equals_online()
    assert equal == {0: True, 4: False, 8: False, 12: True, 16: False}


def test_polyak_target_moves_by_its_share():
    config = _dqn(
        compile_xla=False, updates_per_call=1, target_polyak=0.25, env_steps_per_update=16
    )
    learner = _learner(config)
    before = learner.get_state()["network"][1]
    learner.learn(_rollout(0))
    online, target, *_ = learner.get_state()["network"]
    assert learner.updates == 1
    np.testing.assert_allclose(target, before + 0.25 * (online - before), rtol=1e-5, atol=1e-7)


def test_a_table_cannot_hold_continuous_observations():
    with pytest.raises(ValueError, match="dqn --env ID"):
        QTable().check(Box(-1, 1, (4,), np.float32), Discrete(ACTIONS))
    DQN().check(Box(-1, 1, (4,), np.float32), Discrete(ACTIONS))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (DQN, {"learning_rate": 0.0}),
        (DQN, {"hidden_sizes": (8, 0)}),
        (DQN, {"target_polyak": 0.0}),
        (DQN, {"discount": 1.1}),
        (DQN, {"learning_starts": -1}),
        (DQN, {"n_step": 30_000}),
        (R2D2, {"recurrent_units": 0}),
        (QTable, {"learning_rate_power": 2.0}),
        (LinearQ, {"learning_rate": -1.0}),
    ],
)
def test_impossible_settings_are_named(kind, wrong):
    flag = "--agent." + next(iter(wrong)).replace("_", "-")
    with pytest.raises(InvalidSetting, match=flag):
        kind(**wrong)


def test_every_part_of_dqn_starts_from_given_weights():
    config = _dqn(average=WeightAverage(decay=0.9))
    learner = _learner(config)
    for number in range(3):
        learner.learn(_rollout(number))
    weights = {name: np.full_like(a, 0.5) for name, a in learner.weights().items()}
    learner.set_weights(weights)
    online, target, average, step, mean, square = learner.get_state()["network"]
    for network in (online, target, average):
        assert (network == 0.5).all()
    assert step == 0
    assert not mean.any()
    assert not square.any()


def test_the_one_layer_network_takes_no_bias():
    learner = _learner(LinearQ())
    weights = learner.weights()
    with pytest.raises(UnfitWeights, match="have a bias"):
        learner.set_weights({**weights, "dense_0.bias": np.ones(ACTIONS, np.float32)})


def test_what_differs_between_weights_is_named():
    own = {"a": np.zeros((2, 3), np.float32), "b": np.zeros(2, np.float32)}
    with pytest.raises(UnfitWeights) as error:
        fitted({"b": np.zeros(2), "a": np.zeros((3, 2)), "c": np.zeros(())}, own)
    said = "a is [3, 2] there and [2, 3] here; c is [] there and absent here"
    assert str(error.value) == f"the weights do not fit: {said}"
    found = fitted({"b": np.ones(2), "a": np.ones((2, 3))}, own)
    assert [(name, array.dtype) for name, array in found.items()] == [
        ("a", np.float32),
        ("b", np.float32),
    ]
    assert digest(own) == digest({name: array.copy() for name, array in own.items()})
    others = [{**own, "b": np.ones(2, np.float32)}, {"b": own["b"], "a": own["a"]}, {"a": own["a"]}]
    others.append({**own, "a": own["a"].T.copy()})
    assert len({digest(each) for each in (own, *others)}) == 5

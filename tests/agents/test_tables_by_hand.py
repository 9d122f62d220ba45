"""The rules of tabular control, each with numbers worked out by hand."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from agents.q_table import rules
from agents.q_table.config import QTable
from agents.q_table.learner import QTableLearner
from agents.q_table.model import Model
from agents.q_table.table import Table
from agents.rollout import Rollout
from agents.schedules import EpsilonSchedule
from common.settings import InvalidSetting

STATES, ACTIONS = 6, 2
HALF = {"learning_rate": 0.5, "discount": 0.5}
ONE = EpsilonSchedule(start=1.0, end=1.0)


def _learner(start: float = 0.0, **settings) -> QTableLearner:
    """A learner whose table has `start` everywhere."""
    learner = QTable(**{**HALF, "initial_value": start, **settings}).learner(
        Discrete(STATES),
        Discrete(ACTIONS),
        env_steps=100,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    assert isinstance(learner, QTableLearner)
    return learner


def _walk(
    states: list[int], actions: list[int], rewards: list[float], ends: str = "", **columns
) -> Rollout:
    """Steps of one environment through T + 1 states; `ends` is how the last one ends."""
    flags = np.zeros((len(actions), 1), np.bool_)
    last = flags.copy()
    last[-1] = True
    return Rollout(
        s_tm1=np.array(states[:-1])[:, None],
        a_tm1=np.array(actions, np.int32)[:, None],
        r_t=np.array(rewards, np.float64)[:, None],
        terminated_t=last if ends == "terminated" else flags,
        truncated_t=last if ends == "truncated" else flags,
        s_t=np.array(states[1:])[:, None],
        dropped_t=last if ends == "dropped" else flags,
        **columns,
    )


def _q(learner: QTableLearner) -> np.ndarray:
    return learner.weights()["q"]


def test_values_of_successors():
    q = np.array([[1.0, 3.0], [5.0, 2.0]])
    states = np.array([0, 1])
    mask = np.array([[True, False], [True, True]])
    assert rules.best_value(q, states).tolist() == [3, 5]
    assert rules.best_value(q, states, mask).tolist() == [1, 5]
    assert rules.expected_value(q, np.array([[0.25, 0.75], [0.5, 0.5]])).tolist() == [2.5, 3.5]
    two = np.array([q, [[10.0, 20.0], [30.0, 40.0]]])
    # Table 0 chooses actions 1 and 0, which table 1 values at 20 and 30; and the other way round.
    assert rules.double_value(two, np.array([0, 0]), states).tolist() == [20, 30]
    assert rules.double_value(two, np.array([1, 1]), states).tolist() == [3, 2]
    assert rules.double_value(two, np.array([0, 1]), states, mask).tolist() == [10, 2]


def test_the_policy_is_that_of_exploration():
    q = np.array([[1.0, 3.0, 3.0]])
    epsilon = np.array([0.3])
    np.testing.assert_allclose(rules.policy(q, epsilon), [[0.1, 0.45, 0.45]])
    mask = np.array([[True, True, False]])
    np.testing.assert_allclose(rules.policy(q, epsilon, 0.0, mask), [[0.15, 0.85, 0.0]])
    # exp(-2 / 2) : 1 : 1 without the uniform share
    low = np.exp(-1.0)
    warm = rules.policy(q, np.zeros(1), 2.0)
    np.testing.assert_allclose(warm, [[low / (2 + low), 1 / (2 + low), 1 / (2 + low)]])


def test_bonus_by_hand():
    found = rules.bonus(np.array([[1, 4, 0], [0, 0, 0]]), 2.0)
    expected = [2 * np.sqrt(np.log(5)), 2 * np.sqrt(np.log(5) / 4), np.inf]
    np.testing.assert_allclose(found[0], expected)
    assert np.isinf(found[1]).all()


def test_step_sizes_by_hand():
    visits = np.array([1, 4, 100])
    falling = rules.step_sizes(visits, constant=0.0, power=0.5, least=0.2)
    np.testing.assert_allclose(falling, [1.0, 0.5, 0.2])
    assert rules.step_sizes(visits, constant=0.3, power=0.5, least=0.2).tolist() == [0.3] * 3


def test_sarsa_waits_for_the_action_taken_next_over_rollouts():
    learner = _learner(target="sarsa")
    learner.set_weights({"q": np.array([[0, 0], [8, 4], *[[0, 0]] * 4], np.float64)})
    assert learner.learn(_walk([0, 1], [0], [1.0])) == {}  # which action follows is not known
    resumed = _learner(target="sarsa")
    resumed.set_state(learner.get_state())
    resumed.learn(_walk([1, 2], [1], [2.0], "terminated"))
    # 0 + 0.5 (1 + 0.5 * 4), not of the best action, 8; then 4 + 0.5 (2 - 4).
    assert _q(resumed)[0, 0] == 1.5
    assert _q(resumed)[1].tolist() == [8, 3]


def test_sarsa_takes_the_mean_where_an_episode_is_cut():
    learner = _learner(target="sarsa", epsilon=ONE)
    learner.set_weights({"q": np.array([[0, 0], [8, 4], *[[0, 0]] * 4], np.float64)})
    learner.learn(_walk([0, 1], [0], [1.0], "truncated"))
    assert _q(learner)[0, 0] == 0.5 * (1 + 0.5 * 6)


def test_expected_sarsa_by_hand():
    """ε falls by 0.1 a step from 1: the action after the first step is taken with 0.9."""
    falling = EpsilonSchedule(start=1.0, end=0.0, decay_steps=10)
    learner = _learner(target="expected_sarsa", epsilon=falling)
    learner.set_weights({"q": np.array([[0, 0], [8, 4], *[[0, 0]] * 4], np.float64)})
    learner.learn(_walk([0, 1], [0], [1.0]))
    # 0.55 * 8 + 0.45 * 4 = 6.2
    assert _q(learner)[0, 0] == pytest.approx(0.5 * (1 + 0.5 * 6.2))


def test_expected_sarsa_knows_of_the_bonus():
    learner = _learner(target="expected_sarsa", ucb=1.0, epsilon=EpsilonSchedule(start=0, end=0))
    q, visits = np.zeros((STATES, ACTIONS)), np.ones((STATES, ACTIONS), np.int64)
    q[1], visits[1] = [8, 4], [5, 0]
    learner.set_weights({"q": q, "visits": visits})
    learner.learn(_walk([0, 1], [0], [1.0]))
    assert _q(learner)[0, 0] == 0.5 * (1 + 0.5 * 4)  # the action that was never taken comes next


def test_double_q_learning_moves_one_of_two_tables():
    learner = _learner(target="double_q")
    which = np.random.default_rng(0).integers(2, size=1)[0]
    learner.learn(_walk([0, 1], [0], [4.0], "terminated"))
    tables = learner.get_state()["q"]
    assert tables[which, 0, 0] == 2.0
    assert tables[1 - which, 0, 0] == 0.0
    assert _q(learner)[0, 0] == 1.0  # it acts by the mean


@pytest.mark.parametrize("target", ["q_learning", "expected_sarsa"])
def test_two_steps_by_hand(target):
    learner = _learner(target=target, n_step=2, epsilon=EpsilonSchedule(start=0, end=0))
    learner.set_weights({"q": np.array([[0, 0]] * 2 + [[8, 4]] + [[0, 0]] * 3, np.float64)})
    learner.learn(_walk([0, 1], [0], [1.0]))
    assert not _q(learner)[0].any()
    learner.learn(_walk([1, 2, 3], [1, 0], [2.0, 4.0], "terminated"))
    q = _q(learner)
    assert q[0, 0] == 0.5 * (1 + 0.5 * 2 + 0.25 * 8)
    assert q[1, 1] == 0.5 * (2 + 0.5 * 4)  # the end cuts the window
    assert q[2].tolist() == [8 + 0.5 * (4 - 8), 4]


def test_two_steps_of_sarsa_by_hand():
    learner = _learner(target="sarsa", n_step=2)
    learner.set_weights({"q": np.array([[0, 0]] * 2 + [[8, 4]] + [[0, 0]] * 3, np.float64)})
    learner.learn(_walk([0, 1, 2], [0, 0], [1.0, 2.0]))
    assert not _q(learner)[:2].any()
    learner.learn(_walk([2, 3], [1], [0.0]))
    assert _q(learner)[0, 0] == 0.5 * (1 + 0.5 * 2 + 0.25 * 4)
    assert not _q(learner)[1].any()


def test_monte_carlo_waits_for_the_end_and_counts_every_visit():
    learner = _learner(n_step=0, discount=1.0, learning_rate=0.0, learning_rate_power=1.0)
    for _ in range(2):
        learner.learn(_walk([0, 1], [0], [1.0]))
        assert _q(learner)[0, 0] == 0.0
    learner.learn(_walk([1, 2], [0], [5.0], "terminated"))
    # Returns 1 + 1 + 5 and 1 + 5 of the two visits: their mean.
    assert _q(learner)[0, 0] == 0.0 + (1 - (1 - 0.5) ** 2) * 6.5
    assert _q(learner)[1, 0] == 5.0
    assert learner.get_state()["windows"]["open"].size == 0


def test_a_dropped_step_forgets_what_was_open():
    learner = _learner(n_step=3)
    learner.learn(_walk([0, 1, 2, 3], [0, 0, 0], [1.0, 1.0, 1.0], "dropped"))
    learner.learn(_walk([4, 5], [0], [1.0], "terminated"))
    assert np.flatnonzero(_q(learner)).tolist() == [4 * ACTIONS]


def test_a_dropped_step_forgets_what_was_eligible():
    learner = _learner(trace=0.9, target="sarsa", discount=1.0)
    learner.learn(_walk([0, 1, 2], [0, 0], [0.0, 0.0], "dropped"))
    learner.learn(_walk([3, 4, 5], [0, 0], [1.0, 1.0], "terminated"))
    assert np.flatnonzero(_q(learner)).tolist() == [3 * ACTIONS, 4 * ACTIONS]


def test_a_table_holds_fractions_whatever_it_starts_with():
    learner = _learner(start=1)
    learner.learn(_walk([0, 1], [0], [2.5], "terminated"))
    assert _q(learner)[0, 0] == 1.75


@pytest.mark.parametrize("target", ["sarsa", "expected_sarsa"])
def test_a_policy_that_is_learned_counts_what_the_learner_knows(target):
    with pytest.raises(InvalidSetting, match=r"--agent.epsilon.counts episodes: \w+ learns from"):
        QTable(target=target, epsilon=EpsilonSchedule(counts="episodes"))


def test_watkins_traces_by_hand():
    """γλ = 0.4: the second error moves the first cell by 0.4 of what it moves its own."""
    learner = _learner(trace=0.8)
    learner.learn(_walk([0, 1], [0], [0.0]))
    learner.learn(_walk([1, 2], [0], [2.0]))
    q = _q(learner)
    assert q[1, 0] == 1.0
    assert q[0, 0] == pytest.approx(0.4)
    # Action 1 of state 1 is not the best one there: the trace is cut, and only its own cell moves.
    learner.learn(_walk([1, 2], [1], [2.0], "terminated"))
    assert _q(learner)[1].tolist() == [1.0, 1.0]
    assert _q(learner)[0, 0] == pytest.approx(0.4)
    # The episode is over: nothing of it is eligible any more.
    learner.learn(_walk([3, 4], [0], [2.0], "terminated"))
    assert _q(learner)[1].tolist() == [1.0, 1.0]
    assert _q(learner)[3, 0] == 1.0


def test_traces_of_sarsa_are_not_cut():
    learner = _learner(trace=0.8, target="sarsa")
    learner.set_weights({"q": np.array([[0, 0], [8, 0], *[[0, 0]] * 4], np.float64)})
    learner.learn(_walk([0, 1, 2], [0, 1], [0.0, 2.0], "terminated"))
    # Errors 0 + 0.5 * 0 - 0 and 2 - 0; the second reaches the first cell by 0.4.
    assert _q(learner)[0, 0] == pytest.approx(0.5 * 2 * 0.4)
    assert _q(learner)[1].tolist() == [8.0, 1.0]


def test_a_trace_does_not_take_illegal_actions_for_better_ones():
    mask = np.ones((2, 1, ACTIONS), np.bool_)
    mask[0, 0, 1] = False  # in state 1
    learner = _learner(trace=0.8)
    learner.set_weights({"q": np.array([[0, 0], [0, 9], *[[0, 0]] * 4], np.float64)})
    learner.learn(_walk([0, 1, 2], [0, 0], [0.0, 2.0], "terminated", mask_t=mask))
    assert _q(learner)[0, 0] == pytest.approx(0.5 * 2 * 0.4)


def test_environments_share_a_cell_as_one_after_the_other_would():
    """Eligibilities 1 and 0.5, α 0.5: the cell moves 1 - 0.5 * 0.75 of the way they weigh."""
    table = Table(QTable(**HALF), STATES, ACTIONS)
    eligibility = np.zeros((2, STATES * ACTIONS))
    eligibility[:, 3] = [1.0, 0.5]
    table.move_along(np.array([3, 3]), np.array([2.0, 8.0]), eligibility)
    assert table.q[0, 1, 1] == pytest.approx((1 - 0.5 * 0.75) * (2 * 1 + 8 * 0.5) / 1.5)
    assert table.visits[0, 1, 1] == 2


def test_a_model_has_the_newest_outcome_of_what_was_seen():
    model = Model(4)
    rng = np.random.default_rng(0)
    assert model.sample(rng, 3)[0].size == 0
    for reward in (1.0, 2.0):
        model.observe(np.array([2]), np.array([reward]), np.array([0.5]), np.array([1]))
    cell, r_t, discount_t, s_t = model.sample(rng, 3)
    assert (cell.tolist(), r_t.tolist()) == ([2] * 3, [2.0] * 3)
    assert (discount_t.tolist(), s_t.tolist()) == ([0.5] * 3, [1] * 3)


def test_dyna_plans_with_what_it_saw():
    """One cell was seen: four planned updates halve its error as four more steps would."""
    learner = _learner(planning_steps=4)
    learner.learn(_walk([0, 1], [0], [32.0], "terminated"))
    assert _q(learner)[0, 0] == 32 * (1 - 0.5**5)
    assert learner.updates == 5


def test_planning_carries_a_reward_back_that_a_step_does_not():
    plain, planned = _learner(), _learner(planning_steps=50)
    for learner in (plain, planned):
        learner.learn(_walk([0, 1, 2, 3], [0, 0, 0], [0.0, 0.0, 1.0], "terminated"))
    assert _q(plain)[0, 0] == 0.0
    assert _q(planned)[0, 0] == pytest.approx(0.25, rel=0.05)


def test_an_optimistic_table_starts_high():
    assert (_q(_learner(5.0)) == 5.0).all()


def test_ucb_takes_what_was_never_taken_and_then_weighs_visits():
    config = QTable(ucb=1.0, epsilon=EpsilonSchedule(start=0, end=0))
    actor = config.actor(Discrete(1), Discrete(3), [0])
    (chance,) = actor.exploration(np.zeros(1, np.int64), np.full((1, 2, 1), 0.5))
    states = np.zeros(1, np.int64)

    def action(visits: list[int], explores: bool = True, mask=None) -> int:
        weights = {"q": np.array([[1.0, 0.0, 0.9]]), "visits": np.array([visits])}
        given = chance if explores else None
        return int(actor.act(weights, states, {}, given, action_mask=mask).actions[0])

    assert action([9, 0, 9]) == 1
    # Bonuses sqrt(ln 102 / n): 0.22, 2.15 and 0.68
    assert action([100, 1, 1]) == 2
    assert action([100, 1, 1], mask=np.array([[True, True, False]])) == 1
    assert action([100, 1, 1], explores=False) == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"learning_rate": 1.5}, r"--agent.learning-rate must be in \[0, 1\], got 1.5"),
        ({"trace": -0.1}, r"--agent.trace must be in \[0, 1\], got -0.1"),
        ({"n_step": -1}, "--agent.n-step must be 0 or more, got -1"),
        ({"initial_value": float("nan")}, "--agent.initial-value must be finite, got nan"),
        ({"trace": 0.9, "n_step": 3}, "--agent.trace 0.9 .* leave out --agent.n-step 3"),
        ({"trace": 0.9, "target": "double_q"}, "take another --agent.target than double_q"),
        ({"planning_steps": 5, "target": "sarsa"}, "take --agent.target expected_sarsa"),
        ({"ucb": 1.0, "temperature": 2.0}, "two ways to choose actions: leave one of them out"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(settings, said):
    with pytest.raises(InvalidSetting, match=said):
        QTable(**settings)

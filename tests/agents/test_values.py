"""What actors say that actions are worth, which is what they act by without exploration."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.bootstrapped.config import Bootstrapped
from agents.branching.config import Branching
from agents.dqn.config import DQN
from agents.prepared.config import Rewards, prepared
from agents.q_table.config import QTable
from agents.r2d2.config import R2D2
from agents.random.config import Random
from common.factored import Factored

SEEN = Box(-1.0, 1.0, (3,), np.float32)
NORMALIZED = prepared(DQN(), normalize=True, rewards=Rewards())


@pytest.mark.parametrize(
    ("agent", "actions"),
    [
        (DQN(), Discrete(4)),
        (NORMALIZED, Discrete(4)),
        (R2D2(), Discrete(4)),
        (Bootstrapped(), Discrete(4)),
        (Branching(), Factored((2, 3))),
    ],
)
def test_the_best_action_is_the_greedy_one(agent, actions):
    rng = np.random.default_rng(0)
    learner = agent.learner(SEEN, actions, env_steps=100, network_rng=rng, replay_rng=rng)
    weights = learner.weights()
    learner.close()
    actor = agent.actor(SEEN, actions, range(20))
    observations = rng.uniform(-1, 1, (20, 3)).astype(np.float32)
    values = actor.values(weights, observations, actor.initial_state())
    assert values is not None
    assert values.shape == (20, int(actions.n))
    taken = actor.act(weights, observations, actor.initial_state()).actions
    np.testing.assert_array_equal(values.argmax(axis=1), taken)


def test_a_table_is_looked_up_and_random_actions_have_no_values():
    q = np.array([[1.0, 2.0], [4.0, 3.0]])
    actor = QTable().actor(Discrete(2), Discrete(2), range(2))
    found = actor.values({"q": q}, np.array([1, 0]), actor.initial_state())
    np.testing.assert_array_equal(np.asarray(found), q[[1, 0]])
    random = Random().actor(Discrete(2), Discrete(2), range(2))
    assert random.values({}, np.array([0, 1]), random.initial_state()) is None

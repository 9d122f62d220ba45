"""Agents in environments that mask actions: these raise when an illegal one is taken."""

import numpy as np
import pytest

from agents.dqn.config import DQN
from agents.linear_q.config import LinearQ
from agents.q_table.config import QTable
from agents.random.config import Random, RandomActor
from agents.schedules import EpsilonSchedule
from envs.faults import Nonsense
from envs.options import EnvOptions
from envs.sources import Configured
from training.train import train
from training.worker import RolloutWorker

FORK = "tests.envs.toy:Fork-v0"
IN_OBSERVATION = Configured(FORK, EnvOptions(env_kwargs=("masked_in=observation",)))
EXPLORING = EpsilonSchedule(start=1.0, end=0.5, decay_steps=1_000)
AGENTS = {
    "q": (QTable(epsilon=EXPLORING), 2_000),
    "linear_q": (LinearQ(epsilon=EXPLORING, learning_rate=0.2), 8_000),
    "dqn": (DQN(epsilon=EXPLORING, hidden_sizes=(16,), learning_starts=100), 3_000),
    "double dqn": (
        DQN(epsilon=EXPLORING, hidden_sizes=(16,), learning_starts=100, double=True),
        3_000,
    ),
}


@pytest.mark.parametrize(
    "env",
    [
        pytest.param(FORK, id="info"),
        pytest.param(IN_OBSERVATION, id="observation", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", AGENTS)
def test_the_value_of_a_state_is_that_of_its_legal_actions(name, env):
    """To the right is right: to the left costs nothing only if illegal actions had values."""
    agent, env_steps = AGENTS[name]
    policy = train(agent, env, env_steps=env_steps, num_envs=4).policy
    start, later = np.array([1, 1, 0], np.int8), np.array([0, 0, 1], np.int8)
    if env is FORK:
        assert policy.act(0, start) == 1
        assert policy.act(0, later) == 2
    else:
        assert policy.act({"place": 0, "action_mask": start}) == 1
        assert policy.act({"place": 0, "action_mask": later}) == 2
    with pytest.raises(Nonsense, match="2 entries, expected one for each of 3 actions"):
        policy.act({"place": 0} if env is IN_OBSERVATION else 0, [1, 1])


def test_random_actions_are_legal_ones():
    assert train(Random(), FORK, env_steps=500, num_envs=4).env_steps == 500


class Deaf(RandomActor):
    """Takes no masks."""

    respects_masks = False


class DeafAgent(Random):
    def actor(self, observation_space, action_space, env_indices):
        return Deaf(int(action_space.n))


def test_an_agent_that_takes_no_masks_is_told_of():
    worker = RolloutWorker(
        env=FORK,
        agent=DeafAgent(),
        seed=0,
        num_envs=2,
        block=range(2),
        positions=None,
        hide_gpus=False,
        on_fault="drop",
    )
    told = worker.rollout({}, 0, 2).remarks
    assert [each.text for each in told] == [
        "some actions are illegal, and the agent's actor takes no action_mask"
    ]
    assert worker.rollout({}, 2, 2).remarks == ()

"""Every kind of network learner on pictures, by its config alone."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.bootstrapped.config import Bootstrapped
from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.pqn.config import PQN
from agents.r2d2.config import R2D2
from agents.replay.priorities import PriorityConfig
from agents.replay.sequences import SequenceConfig
from envs.options import Transforms
from envs.sources import Configured
from training.evaluate import Evaluate, EvaluationConfig
from training.train import train
from training.worker import RolloutResult, RolloutWorker

CONV = {
    "network": "conv",
    "filters": (4, 6),
    "kernel_sizes": (2, 2),
    "strides": (2, 1),
    "hidden_sizes": (8,),
    "compile_xla": False,
}
REPLAY = {
    **CONV,
    "batch_size": 8,
    "updates_per_call": 2,
    "learning_starts": 32,
    "env_steps_per_update": 8.0,
    "replay_capacity": 40,
}
AGENTS = {
    "double dueling": DQN(**REPLAY, double=True, dueling=True, layer_norm=True),
    "rainbow": DQN(
        **REPLAY,
        n_step=3,
        noisy="head",
        distribution=DistributionConfig(kind="c51"),
        priority=PriorityConfig(exponent=0.5),
    ),
    "quantiles": DQN(**REPLAY, distribution=DistributionConfig(kind="qr", quantiles=4)),
    "implicit": DQN(**REPLAY, distribution=DistributionConfig(kind="iqn", quantiles=4)),
    "munchausen": DQN(**REPLAY, noisy="all", munchausen=MunchausenConfig(scale=0.9)),
    "bootstrapped": Bootstrapped(**REPLAY, members=3, prior_scale=0.0),
    "r2d2": R2D2(
        **REPLAY, recurrent_units=4, sequence=SequenceConfig(length=3, burn_in=1, stride=2)
    ),
    "pqn": PQN(**CONV, minibatches=2),
    "pqn with memory": PQN(**CONV, minibatches=2, recurrent_units=4),
}


class Side(gymnasium.Env):
    """Shows a bright pixel on one side of a dark picture, and pays for naming the side."""

    observation_space = Box(0, 255, (5, 6), np.uint8)
    action_space = Discrete(2)

    def _show(self):
        self._left = int(self.np_random.integers(2))
        picture = np.zeros((5, 6), np.uint8)
        picture[2, 1 if self._left else 4] = 255
        return picture

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._step = 0
        return self._show(), {}

    def step(self, action):
        reward, self._step = float(action == self._left), self._step + 1
        return self._show(), reward, self._step == 5, False, {}


ENV = Configured(Side, transforms=Transforms(frame_stack=3), form="picture")


IN_SHORT = ("rainbow", "r2d2", "pqn with memory")
"""Those that have of the others' ways what matters here."""


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(agent, id=name, marks=[] if name in IN_SHORT else [pytest.mark.slow])
        for name, agent in AGENTS.items()
    ],
)
def test_it_learns_from_pictures_and_acts_the_same_on_any_workers(agent):
    trained = train(agent, ENV, env_steps=192, num_envs=4, rollout_length=12)
    assert trained.updates >= 8
    weights = trained.policy.weights
    assert all(np.isfinite(array).all() for array in weights.values())

    def acting(*blocks: range) -> RolloutResult:
        workers = [
            RolloutWorker(
                env=ENV,
                agent=agent,
                seed=1,
                num_envs=20,
                block=block,
                positions=None,
                hide_gpus=False,
            )
            for block in blocks
        ]
        return RolloutResult.merge([worker.rollout(weights, 0, 7) for worker in workers])

    whole, parts = acting(range(20)), acting(range(9), range(9, 20))
    assert whole.rollout.s_tm1.shape == (7, 20, 5, 6, 3)
    for name in ("s_tm1", "a_tm1", "r_t", "s_t"):
        np.testing.assert_array_equal(getattr(whole.rollout, name), getattr(parts.rollout, name))


def test_pictures_are_told_apart_after_some_hundred_updates():
    agent = DQN(
        **{**REPLAY, "replay_capacity": 2_000, "compile_xla": True, "updates_per_call": 32},
        discount=0.0,
    )
    scores = Evaluate(EvaluationConfig(every_env_steps=0, final_episodes=10))
    train(agent, ENV, env_steps=4_000, callbacks=[scores])
    assert scores.scores is not None
    assert scores.scores.mean_return == 5.0

"""Agents that learn MinAtar's games from their boards, as from pixels."""

from dataclasses import replace

from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.optimizer_config import OptimizerConfig
from agents.pqn.config import PQN
from agents.replay.priorities import PriorityConfig
from agents.schedules import EpsilonSchedule
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment, with_agent
from training.evaluate import EvaluationConfig

_DQN = TrainingConfig(
    env="MinAtar/Breakout-v1",
    agent=DQN(
        network="conv",
        hidden_sizes=(128,),
        discount=0.99,
        epsilon=EpsilonSchedule(end=0.02, decay_steps=100_000),
        learning_rate=2.5e-4,
        optimizer=OptimizerConfig(epsilon=3.125e-4),
        n_step=1,
        double=False,
        batch_size=32,
        replay_capacity=100_000,
        learning_starts=5_000,
        env_steps_per_update=4,
        target="hard",
        target_period=250,  # 1,000 steps
    ),
    env_steps=1_000_000,
    evaluation=EvaluationConfig(every_env_steps=100_000, episodes=30),
)
_CLAIM = Claim(note="not in the book; Young and Tian 2019: 10 after 5,000,000 frames in training")

EXPERIMENTS: dict[str, Experiment] = {
    "dqn_minatar": Experiment(
        summary="DQN on MinAtar: dqn_minatar --env ID",
        about="DQN with a convolution on a game of MinAtar: dqn_minatar --env MinAtar/Asterix-v1",
        config=_DQN,
        cost="3 min",
        claim=_CLAIM,
        any_env=True,
    ),
    "rainbow_minatar": Experiment(
        summary="Rainbow on MinAtar: rainbow_minatar --env ID",
        about="Rainbow on a game of MinAtar: double, dueling, noisy, prioritised, three steps, C51",
        config=with_agent(
            _DQN,
            double=True,
            dueling=True,
            noisy="head",
            epsilon=EpsilonSchedule(end=0.0, decay_steps=20_000),
            n_step=3,
            priority=PriorityConfig(exponent=0.5),
            distribution=DistributionConfig(kind="c51", low=0.0, high=50.0),
        ),
        cost="4 min",
        claim=_CLAIM,
        any_env=True,
    ),
    "qrdqn_minatar": Experiment(
        summary="QR-DQN on MinAtar: qrdqn_minatar --env ID",
        about="QR-DQN learns quantiles of returns on a game of MinAtar",
        config=with_agent(_DQN, distribution=DistributionConfig(kind="qr", quantiles=51)),
        cost="3 min",
        claim=_CLAIM,
        any_env=True,
    ),
    "munchausen_minatar": Experiment(
        summary="Munchausen-DQN on MinAtar: --env ID",
        about="Munchausen-DQN on a game of MinAtar: munchausen_minatar --env MinAtar/Asterix-v1",
        config=with_agent(_DQN, munchausen=MunchausenConfig(scale=0.9)),
        cost="3 min",
        claim=_CLAIM,
        any_env=True,
    ),
    "pqn_minatar": Experiment(
        summary="PQN on MinAtar: pqn_minatar --env ID",
        about="PQN on a game of MinAtar, without a replay: pqn_minatar --env MinAtar/Asterix-v1",
        config=replace(
            _DQN,
            agent=PQN(
                network="conv",
                hidden_sizes=(128,),
                discount=0.99,
                epsilon=EpsilonSchedule(end=0.05, decay_steps=100_000),
                learning_rate=5e-4,
                trace=0.65,
                minibatches=32,
            ),
            num_envs=128,
            rollout_length=32,
        ),
        cost="60 s",
        claim=_CLAIM,
        any_env=True,
    ),
}

"""DQN and its extensions on classic control: one part more than in chapter 10 in each."""

from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.replay.priorities import PriorityConfig
from launch.config.training import TrainingConfig
from launch.experiments import reinforcement_learning
from launch.experiments.experiment import Claim, Experiment, with_agent
from training.evaluate import EvaluationConfig

_CARTPOLE = reinforcement_learning.EXPERIMENTS["dqn_cartpole"].config
_BALANCED = Claim(note="not in the book", optimum=500.0)
_ATOMS = DistributionConfig(kind="c51", low=0.0, high=200.0)  # no return is above 1 / (1 - γ)

_LUNARLANDER = reinforcement_learning.EXPERIMENTS["dqn_lunarlander"].config

EXPERIMENTS: dict[str, Experiment] = {
    "dqn_acrobot": Experiment(
        summary="DQN swings the double pendulum of Acrobot-v1",
        config=TrainingConfig(
            env="Acrobot-v1",
            agent=DQN(hidden_sizes=(128, 128), learning_rate=1e-3, discount=0.99),
            env_steps=100_000,
            solved_at=-100.0,
            evaluation=EvaluationConfig(every_env_steps=10_000),
        ),
        claim=Claim(note="not in the book"),
        cost="60 s",
    ),
    "dqn_mountaincar": Experiment(
        summary="DQN drives up the hill of MountainCar-v0",
        config=TrainingConfig(
            env="MountainCar-v0",
            agent=DQN(n_step=3),
            env_steps=120_000,
            solved_at=-110.0,
            evaluation=EvaluationConfig(every_env_steps=10_000),
        ),
        claim=Claim(note="not in the book"),
        cost="35 s",
    ),
    "munchausen_cartpole": Experiment(
        summary="Munchausen-DQN on CartPole-v1",
        config=with_agent(_CARTPOLE, munchausen=MunchausenConfig(scale=0.9)),
        claim=_BALANCED,
        cost="17 s",
    ),
    "c51_cartpole": Experiment(
        summary="C51 on CartPole-v1",
        about="C51 learns probabilities of returns on CartPole-v1",
        config=with_agent(_CARTPOLE, distribution=_ATOMS, learning_rate=1e-3),
        claim=_BALANCED,
        cost="25 s",
    ),
    "qrdqn_cartpole": Experiment(
        summary="QR-DQN on CartPole-v1",
        about="QR-DQN learns quantiles of returns on CartPole-v1",
        config=with_agent(
            _CARTPOLE,
            distribution=DistributionConfig(kind="qr"),
            huber_delta=20.0,
            learning_rate=3e-3,
        ),
        claim=_BALANCED,
        cost="15 s",
    ),
    "iqn_cartpole": Experiment(
        summary="IQN on CartPole-v1",
        about="IQN learns quantiles at random places of returns on CartPole-v1",
        config=with_agent(
            _CARTPOLE,
            distribution=DistributionConfig(kind="iqn", quantiles=8),
            huber_delta=20.0,
            learning_rate=3e-3,
        ),
        claim=_BALANCED,
        cost="20 s",
    ),
    "rainbow_cartpole": Experiment(
        summary="Rainbow on CartPole-v1",
        about="Rainbow on CartPole-v1: double, dueling, noisy, prioritised, three steps, C51",
        config=with_agent(
            _CARTPOLE,
            double=True,
            dueling=True,
            noisy="head",
            n_step=3,
            priority=PriorityConfig(exponent=0.5),
            distribution=_ATOMS,
            learning_rate=1e-3,
        ),
        claim=_BALANCED,
        cost="34 s",
    ),
    "qrdqn_lunarlander": Experiment(
        summary="QR-DQN lands on the moon, LunarLander-v3",
        config=with_agent(_LUNARLANDER, distribution=DistributionConfig(kind="qr")),
        claim=Claim(note="not in the book"),
        cost="160 s",
    ),
    "rainbow_lunarlander": Experiment(
        summary="Rainbow lands on the moon, LunarLander-v3",
        config=with_agent(
            _LUNARLANDER,
            dueling=True,
            noisy="head",
            n_step=3,
            priority=PriorityConfig(exponent=0.5),
            distribution=DistributionConfig(kind="c51", low=-300.0, high=300.0),
            learning_rate=5e-4,
        ),
        claim=Claim(note="not in the book"),
    ),
}

"""Agents that learn by acting (chapter 10)."""

from agents.dqn.config import DQN
from agents.linear_q.config import LinearQ
from agents.q_table.config import QTable
from agents.random.config import Random
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from envs.options import EnvOptions
from launch.config.execution import PlacementConfig
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from training.evaluate import EvaluationConfig

_CARTPOLE_DQN = DQN(
    env_steps_per_update=4,
    epsilon=EpsilonSchedule(end=0.04, decay_steps=15_000),
)

_LUNARLANDER_DQN = DQN(
    hidden_sizes=(128, 128),
    double=True,
    discount=0.99,
    learning_rate=1e-3,
    average=WeightAverage(decay=0.999),
    batch_size=128,
    replay_capacity=100_000,
    learning_starts=1_000,
    env_steps_per_update=1,
    updates_per_call=32,
    target_polyak=0.01,
    loss="huber",
    max_gradient_norm=10.0,
    epsilon=EpsilonSchedule(end=0.05, decay_steps=12_000),
)

_BOOK_STEPS = 235_000
"""About 6,000 episodes of the book's Q-network."""

_LAKE_CLAIM = Claim(note="chapter 10 gives the algorithm, no figure")

EXPERIMENTS: dict[str, Experiment] = {
    "dqn_cartpole": Experiment(
        summary="DQN balances the pole of CartPole-v1",
        about="DQN balances the pole of CartPole-v1, our settings",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=_CARTPOLE_DQN,
            env_steps=80_000,
            solved_at=475.0,
            evaluation=EvaluationConfig(every_env_steps=4_096, episodes=50),
        ),
        claim=Claim(note="the book has only CartPole-v0", optimum=500.0),
        cost="12 s",
        space={
            "agent.learning_rate": Range(low=3e-4, high=1e-2, log=True, steps=4),
            "agent.target_polyak": Range(low=5e-3, high=1e-1, log=True, steps=3),
            "agent.batch_size": Choice(values=(64, 128, 256)),
        },
    ),
    "dqn_cartpole_book": Experiment(
        summary="DQN on CartPole-v0, the book's settings",
        about="DQN on CartPole-v0 with the book's network and settings, its bugs fixed",
        config=TrainingConfig(
            env="CartPole-v0",
            agent=DQN(
                discount=0.99,
                learning_rate=1e-4,
                learning_rate_schedule=LearningRateSchedule(),
                average=WeightAverage(),
                batch_size=20,
                replay_capacity=10_000,
                learning_starts=20,
                env_steps_per_update=1,
                updates_per_call=32,
                target="none",
                bound_targets=False,
                epsilon=EpsilonSchedule(shape="exponential", end=0.01, decay_steps=10_000),
            ),
            env_steps=150_000,
            num_envs=8,
            rollout_length=4,
            solved_at=195.0,
            evaluation=EvaluationConfig(every_env_steps=5_000, episodes=50),
        ),
        claim=Claim(
            book=199.0,
            note="chapter 10, log of episodes 984-999: training episodes, ε 0.01",
            optimum=200.0,
        ),
        cost="33 s",
    ),
    "dqn_lunarlander": Experiment(
        summary="DQN lands on the moon, LunarLander-v3",
        about="DQN lands on the moon: LunarLander-v3 in 100,000 steps, our settings",
        config=TrainingConfig(
            env="LunarLander-v3",
            agent=_LUNARLANDER_DQN,
            env_steps=100_000,
            num_envs=8,
            rollout_length=8,
            solved_at=200.0,
            evaluation=EvaluationConfig(every_env_steps=10_000),
        ),
        claim=Claim(note="not in the book"),
        cost="70 s",
    ),
    "q_frozenlake": Experiment(
        summary="Q-table on slippery FrozenLake 4x4",
        about="Q-table on slippery FrozenLake 4x4",
        config=TrainingConfig(
            env="FrozenLake-v1",
            agent=QTable(epsilon=EpsilonSchedule(end=0.3, decay_steps=200_000)),
            env_steps=4_000_000,
            num_envs=1_024,
            solved_at=0.72,
            evaluation=EvaluationConfig(
                every_env_steps=400_000, episodes=1_000, final_episodes=10_000
            ),
        ),
        claim=_LAKE_CLAIM,
        cost="4 s",
    ),
    "q_frozenlake_8x8": Experiment(
        summary="Q-table on slippery FrozenLake 8x8",
        about="Q-table on slippery FrozenLake 8x8",
        config=TrainingConfig(
            env="FrozenLake8x8-v1",
            agent=QTable(epsilon=EpsilonSchedule(end=0.3, decay_steps=2_000_000)),
            env_steps=16_000_000,
            num_envs=1_024,
            solved_at=0.80,
            evaluation=EvaluationConfig(
                every_env_steps=1_600_000, episodes=1_000, final_episodes=10_000
            ),
        ),
        claim=_LAKE_CLAIM,
        cost="9 s",
    ),
    "qnet_frozenlake": Experiment(
        summary="The book's linear Q-network on FrozenLake 4x4",
        about="The book's one-layer Q-network on slippery FrozenLake 4x4, its bugs fixed",
        config=TrainingConfig(
            env="FrozenLake-v1",
            agent=LinearQ(epsilon=EpsilonSchedule(start=0.4, end=0.4, decay_steps=1)),
            env_steps=1_000_000,
            solved_at=0.70,
            evaluation=EvaluationConfig(
                every_env_steps=100_000, episodes=1_000, final_episodes=10_000
            ),
        ),
        claim=Claim(
            book=0.558,
            note="chapter 10, printed as 0.558%: a share of training episodes, exploring",
        ),
        cost="31 s",
    ),
    "qnet_frozenlake_book": Experiment(
        summary="The one-layer Q-network, the book's settings",
        about="The one-layer Q-network on FrozenLake 4x4 with the book's own settings: one "
        "environment, 99 steps, 6,000 episodes or so, ε = 1 / (episode / 50 + 10)",
        config=TrainingConfig(
            env="FrozenLake-v1",
            env_options=EnvOptions(max_episode_steps=99),
            agent=LinearQ(
                epsilon=EpsilonSchedule(
                    shape="harmonic", counts="episodes", start=0.1, end=0.0, decay_steps=500
                )
            ),
            env_steps=_BOOK_STEPS,
            num_envs=1,
            rollout_length=4,
            lag=0,
            placement=PlacementConfig(workers=0),
            solved_at=0.70,
            evaluation=EvaluationConfig(
                every_env_steps=_BOOK_STEPS // 5, episodes=1_000, final_episodes=10_000
            ),
        ),
        claim=Claim(
            book=0.558,
            note="chapter 10, printed as 0.558%: a share of training episodes, exploring",
        ),
        cost="2 min",
    ),
    "random_cartpole": Experiment(
        summary="Random actions on CartPole-v1, filmed",
        about="Random actions on CartPole-v1, filmed: the chapter's first demonstration",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=Random(),
            env_steps=1_000,
            num_envs=1,
            film_steps=500,
            placement=PlacementConfig(workers=1),
            evaluation=EvaluationConfig(every_env_steps=0),
        ),
        claim=Claim(
            note="chapter 10 prints 19 rewards of 1.0, of one unfinished episode", optimum=500.0
        ),
        cost="7 s",
    ),
    "dqn": Experiment(
        summary="DQN on any environment: dqn --env ID",
        about="DQN on any Gymnasium id with discrete actions: dqn --env ID",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=DQN(),
            env_steps=100_000,
        ),
        claim=Claim(),
        cost="25 s for Acrobot",
        any_env=True,
    ),
    "q": Experiment(
        summary="Q-table on any discrete environment: q --env ID",
        about="Q-table on any Gymnasium id with discrete observations: q --env ID",
        config=TrainingConfig(
            env="FrozenLake-v1",
            agent=QTable(),
            env_steps=1_000_000,
            num_envs=64,
            evaluation=EvaluationConfig(every_env_steps=100_000, episodes=100),
        ),
        claim=Claim(),
        cost="5 s",
        any_env=True,
    ),
}

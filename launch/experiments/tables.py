"""Tables of action values, learned or planned (chapter 10 and beyond)."""

from dataclasses import replace

from agents.planner.config import Planner
from agents.q_table.config import QTable
from agents.schedules import EpsilonSchedule
from envs.options import EnvOptions
from launch.config.training import TrainingConfig
from launch.experiments import reinforcement_learning
from launch.experiments.experiment import Claim, Experiment, with_agent
from training.evaluate import EvaluationConfig

_NOT_IN_THE_BOOK = Claim(note="not in the book")
_CLIFF_CLAIM = Claim(
    note="not in the book; Sutton and Barto 2018, example 6.6, for training returns", optimum=-13.0
)


def _constant(epsilon: float) -> EpsilonSchedule:
    return EpsilonSchedule(start=epsilon, end=epsilon)


_CLIFF = TrainingConfig(
    env="CliffWalking-v1",
    env_options=EnvOptions(max_episode_steps=200),
    agent=QTable(discount=1.0, learning_rate=0.1, epsilon=_constant(0.1)),
    env_steps=100_000,
    num_envs=8,
    rollout_length=4,
    lag=0,
    evaluation=EvaluationConfig(every_env_steps=10_000, episodes=1, final_episodes=1),
)
_TAXI = TrainingConfig(
    env="Taxi-v4",
    agent=QTable(learning_rate=0.3, epsilon=EpsilonSchedule(end=0.05, decay_steps=200_000)),
    env_steps=1_000_000,
    num_envs=16,
    solved_at=7.5,
    evaluation=EvaluationConfig(every_env_steps=100_000, episodes=100, final_episodes=1_000),
)
_PLANNING = EvaluationConfig(every_env_steps=2_560, episodes=100, final_episodes=10_000)

EXPERIMENTS: dict[str, Experiment] = {
    "q_cliff": Experiment(
        summary="Q-learning walks along the cliff's edge",
        about="Q-learning on CliffWalking-v1: it learns the shortest way, and falls off exploring",
        config=_CLIFF,
        claim=_CLIFF_CLAIM,
    ),
    "sarsa_cliff": Experiment(
        summary="SARSA walks around the cliff",
        about="SARSA on CliffWalking-v1: it learns the way that is safe while it explores",
        config=with_agent(_CLIFF, target="sarsa"),
        claim=_CLIFF_CLAIM,
    ),
    "expected_sarsa_cliff": Experiment(
        summary="Expected SARSA walks around the cliff",
        about="Expected SARSA on CliffWalking-v1: SARSA without the noise of the next action",
        config=with_agent(_CLIFF, target="expected_sarsa"),
        claim=_CLIFF_CLAIM,
    ),
    "double_q_frozenlake": Experiment(
        summary="Double Q-learning on slippery FrozenLake",
        about="Double Q-learning, two tables, on slippery FrozenLake 4x4",
        config=with_agent(
            reinforcement_learning.EXPERIMENTS["q_frozenlake"].config, target="double_q"
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "mc_blackjack": Experiment(
        summary="Monte Carlo control plays Blackjack-v1",
        about="Monte Carlo control plays Blackjack-v1 (Sutton and Barto 2018, chapter 5)",
        config=TrainingConfig(
            env="Blackjack-v1",
            agent=QTable(
                n_step=0,
                discount=1.0,
                learning_rate_power=0.8,
                epsilon=EpsilonSchedule(end=0.2, decay_steps=150_000),
            ),
            env_steps=300_000,
            num_envs=64,
            solved_at=-0.06,
            evaluation=EvaluationConfig(
                every_env_steps=100_000, episodes=5_000, final_episodes=10_000
            ),
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "q_taxi": Experiment(
        summary="Q-learning drives a taxi, Taxi-v4",
        config=_TAXI,
        claim=_NOT_IN_THE_BOOK,
    ),
    "dyna_taxi": Experiment(
        summary="Dyna-Q drives a taxi after a few steps",
        about="Dyna-Q on Taxi-v4: planning in a learned model makes up for steps",
        config=replace(
            _TAXI,
            agent=QTable(learning_rate=0.5, planning_steps=20, epsilon=_constant(0.1)),
            env_steps=30_000,
            num_envs=4,
            rollout_length=4,
            evaluation=replace(_TAXI.evaluation, every_env_steps=3_000),
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "q_lambda_lake": Experiment(
        summary="Watkins's Q(λ) on an 8x8 lake that is dry",
        about="Watkins's Q(λ) on FrozenLake 8x8 without slipping: one reward, 14 steps away",
        config=TrainingConfig(
            env="FrozenLake8x8-v1",
            env_options=EnvOptions(env_kwargs=("is_slippery=False",)),
            agent=QTable(
                trace=0.9,
                learning_rate=0.1,
                epsilon=EpsilonSchedule(end=0.1, decay_steps=50_000),
            ),
            env_steps=100_000,
            num_envs=16,
            solved_at=1.0,
            evaluation=EvaluationConfig(every_env_steps=5_000, episodes=1, final_episodes=1),
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "plan_frozenlake": Experiment(
        summary="Value iteration on slippery FrozenLake",
        about="Value iteration on the published transitions of slippery FrozenLake 4x4",
        config=TrainingConfig(
            env="FrozenLake-v1",
            agent=Planner(sweeps_per_rollout=5),
            env_steps=25_600,
            evaluation=_PLANNING,
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "plan_taxi": Experiment(
        summary="Policy iteration drives a taxi, Taxi-v4",
        about="Policy iteration on the published transitions of Taxi-v4",
        config=TrainingConfig(
            env="Taxi-v4",
            agent=Planner(method="policy_iteration", sweeps_per_rollout=500),
            env_steps=25_600,
            evaluation=replace(_PLANNING, final_episodes=1_000),
        ),
        claim=_NOT_IN_THE_BOOK,
    ),
    "plan_cliff": Experiment(
        summary="Value iteration finds the way at the cliff",
        about="Value iteration on the published transitions of CliffWalking-v1",
        config=TrainingConfig(
            env="CliffWalking-v1",
            env_options=_CLIFF.env_options,
            agent=Planner(),
            env_steps=25_600,
            evaluation=replace(_PLANNING, episodes=1, final_episodes=1),
        ),
        claim=Claim(note="not in the book", optimum=-13.0),
    ),
    "plan": Experiment(
        summary="Planning in a published table: plan --env ID",
        about="Value or policy iteration where an id publishes its transitions: plan --env ID",
        config=TrainingConfig(
            env="FrozenLake-v1",
            agent=Planner(sweeps_per_rollout=5),
            env_steps=25_600,
            evaluation=EvaluationConfig(every_env_steps=2_560, episodes=100),
        ),
        claim=Claim(),
        any_env=True,
    ),
}

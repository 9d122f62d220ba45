"""Agents that explore by what they do not know yet (chapter 10)."""

from agents.bootstrapped.config import Bootstrapped
from agents.schedules import LearningRateSchedule, WeightAverage
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

EXPERIMENTS: dict[str, Experiment] = {
    "bootstrapped_deepsea": Experiment(
        summary="Bootstrapped DQN finds a deep sea's treasure",
        about="Bootstrapped DQN with priors finds the treasure of a deep sea, 10 x 10",
        config=TrainingConfig(
            env="actorlab/DeepSea-v0",
            agent=Bootstrapped(prior_scale=10.0),
            env_steps=10_000,
            num_envs=4,
            rollout_length=8,
            solved_at=0.98,
            evaluation=EvaluationConfig(every_env_steps=1_000, episodes=20),
        ),
        claim=Claim(note="not in the book; Osband et al. 2018 solve it"),
        cost="40 s",
    ),
    "bootstrapped_cartpole": Experiment(
        summary="Bootstrapped DQN on CartPole-v1",
        about="Bootstrapped DQN balances the pole of CartPole-v1",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=Bootstrapped(
                discount=0.995,
                prior_scale=1.0,
                share=1.0,
                learning_rate=3e-3,
                learning_rate_schedule=LearningRateSchedule(shape="linear"),
                average=WeightAverage(decay=0.9998),
                bound_targets=True,
                batch_size=96,
            ),
            env_steps=80_000,
            solved_at=475.0,
            evaluation=EvaluationConfig(every_env_steps=8_192, episodes=50),
        ),
        claim=Claim(note="the book has only CartPole-v0", optimum=500.0),
        cost="40 s",
    ),
}

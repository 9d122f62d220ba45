"""Agents that value the parts of an action (chapter 10)."""

from agents.branching.config import Branching
from agents.schedules import EpsilonSchedule, WeightAverage
from envs.options import Transforms
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

EXPERIMENTS: dict[str, Experiment] = {
    "branching_pendulum": Experiment(
        summary="Branching DQN swings a pendulum up, Pendulum-v1",
        about="Branching DQN swings a pendulum up and holds it: Pendulum-v1, torques in 5 bins",
        config=TrainingConfig(
            env="Pendulum-v1",
            agent=Branching(
                discount=0.98,
                learning_rate=1e-3,
                average=WeightAverage(decay=0.999),
                env_steps_per_update=2,
                epsilon=EpsilonSchedule(end=0.05, decay_steps=10_000),
            ),
            transforms=Transforms(action_bins=5, reward_scale=0.1),
            env_steps=40_000,
            num_envs=8,
            rollout_length=8,
            solved_at=-200.0,
            evaluation=EvaluationConfig(every_env_steps=5_000),
        ),
        claim=Claim(note="not in the book"),
        cost="43 s",
    ),
}

"""Agents that learn Atari's games from the screen; docs/atari.md has the protocol."""

from dataclasses import replace

from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig
from agents.optimizer_config import OptimizerConfig
from agents.pqn.config import PQN
from agents.replay.priorities import PriorityConfig
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from envs.options import EnvOptions, Transforms
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

_SCREEN = Transforms(frame_stack=4, clip_rewards=True, life_loss=True)
_DQN = DQN(
    network="conv",
    discount=0.99,
    learning_rate_schedule=LearningRateSchedule(),
    optimizer=OptimizerConfig(epsilon=1.5e-4),
    average=WeightAverage(),
    batch_size=32,
    replay_capacity=100_000,
    updates_per_call=16,
    target="hard",
    target_period=2_000,
)
# Greedy policies may wait for ever: in Breakout no ball comes unless somebody fires.
_EVALUATION = EvaluationConfig(episodes=10, epsilon=0.001)
_CLAIM = Claim(note="not in the book")

EXPERIMENTS: dict[str, Experiment] = {
    "dqn_atari": Experiment(
        summary="DQN plays Pong from the screen, or ALE/...",
        about="DQN plays Atari's Pong, or another game, from the screen: dqn_atari --env ALE/...",
        config=TrainingConfig(
            env="ALE/Pong-v5",
            transforms=_SCREEN,
            agent=replace(
                _DQN,
                filters=(32, 64, 64),
                kernel_sizes=(8, 4, 3),
                strides=(4, 2, 1),
                hidden_sizes=(512,),
                epsilon=EpsilonSchedule(end=0.01, decay_steps=50_000),
                learning_rate=6.25e-5,
                loss="huber",
                learning_starts=5_000,
                env_steps_per_update=4.0,
            ),
            env_steps=250_000,
            num_envs=8,
            rollout_length=8,
            evaluation=replace(_EVALUATION, every_env_steps=50_000, final_episodes=30),
        ),
        claim=_CLAIM,
        any_env=True,
    ),
    "rainbow_der": Experiment(
        summary="Rainbow learns Pong from 100,000 steps",
        about="Data-efficient Rainbow (van Hasselt et al. 2019) learns one of Atari's games from "
        "100,000 steps, by the protocol of Atari 100k: rainbow_der --env ALE/...",
        config=TrainingConfig(
            env="ALE/Pong-v5",
            env_options=EnvOptions(env_kwargs=("repeat_action_probability=0",)),
            transforms=_SCREEN,
            agent=replace(
                _DQN,
                filters=(32, 64),
                kernel_sizes=(5, 5),
                strides=(5, 5),
                hidden_sizes=(256,),
                dueling=True,
                double=True,
                noisy="all",
                noise_scale=0.1,
                n_step=10,
                priority=PriorityConfig(exponent=0.5),
                distribution=DistributionConfig(kind="c51", low=-10.0, high=10.0),
                epsilon=EpsilonSchedule(start=0.0, end=0.0),
                learning_rate=1e-4,
                max_gradient_norm=10.0,
                learning_starts=1_600,
                env_steps_per_update=1.0,
            ),
            env_steps=100_000,
            num_envs=2,
            rollout_length=8,
            evaluation=replace(_EVALUATION, every_env_steps=25_000),
        ),
        cost="19 min",
        claim=_CLAIM,
        any_env=True,
    ),
    "pqn_atari": Experiment(
        summary="PQN plays Pong from the screen, or ALE/...",
        about="PQN plays Atari's Pong, or another game, from the screen and without a replay: "
        "pqn_atari --env ALE/...",
        config=TrainingConfig(
            env="ALE/Pong-v5",
            transforms=_SCREEN,
            agent=PQN(
                network="conv",
                filters=(32, 64, 64),
                kernel_sizes=(8, 4, 3),
                strides=(4, 2, 1),
                hidden_sizes=(512,),
                discount=0.99,
                epsilon=EpsilonSchedule(end=0.01, decay_steps=50_000),
                learning_rate=2.5e-4,
                trace=0.65,
            ),
            env_steps=500_000,
            num_envs=32,
            rollout_length=32,
            evaluation=replace(_EVALUATION, every_env_steps=50_000, final_episodes=30),
        ),
        cost="23 min",
        claim=_CLAIM,
        any_env=True,
    ),
}

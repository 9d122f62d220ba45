"""Parallel Q-learning, without a replay (chapter 10)."""

from agents.pqn.config import PQN
from envs.options import Transforms
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

_SCALED = Transforms(reward_scale=0.1)  # returns of hundreds are tens to the network

EXPERIMENTS: dict[str, Experiment] = {
    "pqn_cartpole": Experiment(
        summary="PQN balances the pole of CartPole-v1",
        about="PQN balances the pole of CartPole-v1 without a replay, our settings",
        config=TrainingConfig(
            env="CartPole-v1",
            transforms=_SCALED,
            agent=PQN(),
            env_steps=300_000,
            num_envs=64,
            rollout_length=16,
            solved_at=475.0,
            evaluation=EvaluationConfig(every_env_steps=16_384, episodes=50),
        ),
        claim=Claim(note="not in the book", optimum=500.0),
        cost="19 s",
    ),
    "pqn_rnn_chain": Experiment(
        summary="PQN with a memory on a chain of 10 steps",
        about="PQN with a recurrent layer remembers a cue over the 10 steps of a chain",
        config=TrainingConfig(
            env="actorlab/MemoryChain-v0",
            transforms=_SCALED,
            agent=PQN(recurrent_units=32),
            env_steps=150_000,
            num_envs=64,
            rollout_length=16,
            evaluation=EvaluationConfig(every_env_steps=50_000),
        ),
        claim=Claim(note="not in the book", optimum=1.0),
        cost="26 s",
    ),
    "pqn": Experiment(
        summary="PQN on any environment: pqn --env ID",
        about="PQN on any Gymnasium id with discrete actions: pqn --env ID",
        config=TrainingConfig(
            env="CartPole-v1",
            transforms=_SCALED,
            agent=PQN(),
            env_steps=500_000,
            num_envs=64,
            rollout_length=16,
            evaluation=EvaluationConfig(every_env_steps=50_000),
        ),
        claim=Claim(),
        cost="26 s for a chain",
        any_env=True,
    ),
}

"""Agents that remember, in tasks that ask for it."""

from agents.r2d2.config import R2D2
from agents.schedules import EpsilonSchedule
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

_SPARSE_R2D2 = R2D2(
    discount=0.99,
    epsilon=EpsilonSchedule(end=0.2, rungs=16),
    dueling=False,
    rescale=False,
    replay_capacity=4_000,
    max_gradient_norm=0.0,
)

EXPERIMENTS: dict[str, Experiment] = {
    "r2d2_memory": Experiment(
        summary="R2D2 remembers which way to turn, T-maze",
        about="R2D2 in a T-maze whose first sign tells which way to turn at its end, 10 steps on",
        config=TrainingConfig(
            env="actorlab/TMaze-v0",
            agent=_SPARSE_R2D2,
            env_steps=40_000,
            solved_at=0.95,
            evaluation=EvaluationConfig(every_env_steps=5_000),
        ),
        claim=Claim(note="not in the book", optimum=1.0),
        cost="60 s",
    ),
    "r2d2_chain": Experiment(
        summary="R2D2 remembers a bit over a chain",
        about="R2D2 remembers the first observation of a chain until it is asked, 10 steps on",
        config=TrainingConfig(
            env="actorlab/MemoryChain-v0",
            agent=_SPARSE_R2D2,
            env_steps=30_000,
            solved_at=0.95,
            evaluation=EvaluationConfig(every_env_steps=5_000),
        ),
        claim=Claim(note="not in the book", optimum=1.0),
        cost="30 s",
    ),
    "r2d2": Experiment(
        summary="R2D2 on any environment: r2d2 --env ID",
        about="R2D2, which remembers, on any Gymnasium id with discrete actions: r2d2 --env ID",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=R2D2(),
            env_steps=80_000,
        ),
        claim=Claim(),
        cost="100 s for CartPole",
        any_env=True,
    ),
}

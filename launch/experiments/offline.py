"""Agents that learn from what others did (chapter 10): `python -m launch record` writes it down."""

from agents.agent import Agent
from agents.dqn.config import DQN
from agents.offline.config import BC, BCQ, CQL
from launch.config.execution import PlacementConfig
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from training.evaluate import EvaluationConfig

_NEEDS = "a recording (--data): python -m launch record RUN --env-steps 50000"


def _cartpole(summary: str, agent: Agent) -> Experiment:
    return Experiment(
        summary=summary,
        about=f"{summary}: --data FOLDER, which `record` makes of any run in it",
        config=TrainingConfig(
            env="CartPole-v1",
            agent=agent,
            env_steps=150_000,
            solved_at=475.0,
            evaluation=EvaluationConfig(every_env_steps=25_000, episodes=20),
            placement=PlacementConfig(workers=0),
        ),
        claim=Claim(note="the book learns from no recordings", optimum=500.0),
        cost="not measured",
        needs=_NEEDS,
        arguments="--data FOLDER",
    )


EXPERIMENTS: dict[str, Experiment] = {
    "bc_cartpole": _cartpole("Cloning a recorded CartPole-v1", BC(env_steps_per_update=4)),
    "bcq_cartpole": _cartpole("BCQ from a recorded CartPole-v1", BCQ(env_steps_per_update=4)),
    "cql_cartpole": _cartpole("CQL from a recorded CartPole-v1", CQL(env_steps_per_update=4)),
    "offline_dqn_cartpole": _cartpole(
        "DQN from a recorded CartPole-v1", DQN(env_steps_per_update=4)
    ),
}

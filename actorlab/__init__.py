"""Actorlab: agents that learn by acting, distributed on Ray and bit-exact.

    import actorlab

    run = actorlab.train("CartPole-v1", actorlab.DQN(), env_steps=50_000, workers=2)
    action = run.policy.act(observation)
    again = actorlab.load(run.folder)

Everything that the command line can do to a run folder, it can do to `run.folder`, too.
"""

from launch import shadowing as _shadowing

if _trouble := _shadowing.shadowed():
    raise ImportError(_trouble)

from importlib.metadata import PackageNotFoundError as _NotInstalled
from importlib.metadata import version as _version

from actorlab.running import Run, load, resume, train
from agents.agent import Agent, Learner
from agents.bootstrapped.config import Bootstrapped
from agents.branching.config import Branching
from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.linear_q.config import LinearQ
from agents.offline.config import BC, BCQ, CQL
from agents.optimizer_config import OptimizerConfig
from agents.planner.config import Planner
from agents.pqn.config import PQN
from agents.q_table.config import QTable
from agents.r2d2.config import R2D2
from agents.random.config import Random
from agents.replay.priorities import PriorityConfig
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from common.errors import RunError, UsageError
from envs.options import EnvOptions, Transforms
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from training.callbacks import Callback
from training.evaluate import EvaluationConfig
from training.events import EvaluationDone
from training.faults import FaultConfig
from training.loop import Training
from training.pipeline import Iteration
from training.policy import Policy

try:
    __version__ = _version("actorlab")
except _NotInstalled:
    __version__ = "unknown"

__all__ = [
    "BC",
    "BCQ",
    "CQL",
    "DQN",
    "PQN",
    "R2D2",
    "Agent",
    "Bootstrapped",
    "Branching",
    "Callback",
    "Choice",
    "Claim",
    "DistributionConfig",
    "EnvOptions",
    "EpsilonSchedule",
    "EvaluationConfig",
    "EvaluationDone",
    "Experiment",
    "FaultConfig",
    "Iteration",
    "Learner",
    "LearningRateSchedule",
    "LinearQ",
    "MunchausenConfig",
    "OptimizerConfig",
    "Planner",
    "Policy",
    "PriorityConfig",
    "QTable",
    "Random",
    "Range",
    "Run",
    "RunError",
    "Training",
    "TrainingConfig",
    "Transforms",
    "UsageError",
    "WeightAverage",
    "__version__",
    "load",
    "resume",
    "train",
]

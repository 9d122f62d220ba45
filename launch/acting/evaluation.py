"""What an evaluation says, and the figures a result is set against."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from agents.uniform.config import UniformConfig
from envs import registry
from envs.randomness import Purpose
from launch.acting.workers import Evaluation
from launch.configs import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Returns of an evaluation's episodes.

    Attributes:
        episodes: Their number.
        mean_return: Mean undiscounted return.
        std_return: Standard deviation over episodes.
        min_return: Smallest.
        max_return: Largest.
        success_rate: Share of episodes that succeed, in environments where one does or does not.
    """

    episodes: int
    mean_return: float
    std_return: float
    min_return: float
    max_return: float
    success_rate: float | None

    def score(self) -> float:
        """The figure a claim is about: the success rate where it applies, else the mean return."""
        return self.mean_return if self.success_rate is None else self.success_rate

    def to_json(self) -> dict[str, Any]:
        """The summary without a success rate that does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def metric(env_id: str) -> str:
    """The name of the figure that a claim about an environment is about."""
    return "success_rate" if registry.success_is_positive_return(env_id) else "mean_return"


def acts_randomly(config: TrainingConfig) -> bool:
    """Whether there is nothing greedy to evaluate: the agent is the random one."""
    return isinstance(config.agent, UniformConfig)


def summarise(env_id: str, returns: Sequence[float]) -> Summary:
    """Summarises the returns [N] of an environment's evaluation episodes."""
    values = np.asarray(returns)
    succeeds = registry.success_is_positive_return(env_id)
    return Summary(
        episodes=len(values),
        mean_return=float(values.mean()),
        std_return=float(values.std()),
        min_return=float(values.min()),
        max_return=float(values.max()),
        success_rate=float(np.mean(values > 0)) if succeeds else None,
    )


def during_training(config: TrainingConfig, number: int) -> Evaluation:
    """Evaluation `number` of a run, on episodes that no other evaluation sees."""
    return Evaluation(
        purpose=Purpose.EVALUATION,
        episodes=config.evaluation.episodes,
        seed=config.seed,
        number=number,
        random=acts_randomly(config),
    )


def final(config: TrainingConfig, episodes: int, seed: int) -> Evaluation:
    """The evaluation after training, on episodes that chose nothing."""
    return Evaluation(
        purpose=Purpose.FINAL_EVALUATION,
        episodes=episodes,
        seed=seed,
        random=acts_randomly(config),
    )


def baseline(config: TrainingConfig) -> Evaluation:
    """Uniformly random actions, over as many episodes as the final evaluation."""
    return Evaluation(
        purpose=Purpose.BASELINE,
        episodes=config.evaluation.final_episodes,
        seed=config.seed,
        random=True,
    )

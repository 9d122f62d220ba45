"""The settings of a reinforcement learning run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import tyro

from agents.agent import Agent
from agents.prepared.config import Rewards, prepared
from common.settings import InvalidSetting, require, require_at_least
from common.typed_settings import Settings
from envs.options import EnvOptions, Transforms
from envs.sources import Configured, EnvSource
from launch.config.execution import CheckpointConfig, OutputConfig, PlacementConfig
from launch.config.run import Kind, RunConfig
from training.evaluate import EvaluationConfig
from training.faults import FaultConfig
from training.pipeline import Budget
from training.rollout_config import RolloutConfig


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Settings, RunConfig):
    """A reinforcement learning run."""

    KIND: ClassVar[Kind] = "rl"
    HOW_IT_RUNS: ClassVar[tuple[str, ...]] = (
        *("placement", "output", "checkpoint", "faults"),
        "init_from",  # whose weights `init_weights` tells, wherever they were
        "data",  # whose contents `data_digest` tells
        *("film", "film_steps", "pictures"),
    )
    UNSEEN: ClassVar[tuple[str, ...]] = ("--no-film", "--no-pictures")
    WITHOUT_FLAG: ClassVar[tuple[str, ...]] = ("init_weights", "data_digest")

    env: str
    """Gymnasium id; module:Id-v0 imports the module first; module:function makes one."""
    agent: Agent
    """What learns."""
    env_options: Annotated[EnvOptions, tyro.conf.arg(name="")] = EnvOptions()
    """What is changed about the environment."""
    transforms: Annotated[Transforms, tyro.conf.arg(name="env")] = Transforms()
    """What the agent sees and does in place of the environment's own."""
    env_steps: int
    """Budget, in environment steps over all environments; with --data, in transitions that are read
    from the recording."""
    seed: int = 0
    """Seed of everything random; the same seed gives the same bits on any number of workers."""
    num_envs: int = 16
    """Environments that are stepped together, spread over the workers. Changes the results, unlike
    --workers."""
    rollout_length: int = 16
    """Steps each environment takes in an iteration, under one set of weights."""
    lag: Literal[0, 1] = 1
    """How old the weights are that act, in iterations. 1: acting and learning overlap. 0: they take
    turns."""
    until_solved: bool = False
    """Stop at the first evaluation that reaches `solved_at`."""
    solved_at: float | None = None
    """Mean return of an evaluation at which the environment counts as solved."""
    final: bool = True
    """Score the policy at the end on episodes that chose nothing; a search's trials play others
    instead, that are theirs alone."""
    init_from: Path | None = None
    """Folder of a run whose kept policy to start from: its weights, which must have the same names
    and shapes; exploration and schedules begin anew."""
    init_weights: Annotated[str | None, tyro.conf.Fixed, tyro.conf.Suppress] = None
    """SHA-256 of the weights at `init_from`, which are part of the run's bits; found by itself."""
    data: Path | None = None
    """Recording to learn from instead of acting, as `python -m launch record RUN` makes them: it is
    read again and again, and learning from a replay starts once all of it was read."""
    data_digest: Annotated[str | None, tyro.conf.Fixed, tyro.conf.Suppress] = None
    """SHA-256 of what is in `data`, which is part of the run's bits; found by itself."""
    learner_threads: int = 1
    """CPU threads of the learner; the small networks here are fastest on one."""
    film: bool = True
    """Film the policy kept as film.mp4 after training, which takes 3 s at most."""
    film_steps: int = 200
    """Steps to film at most."""
    pictures: bool = True
    """Draw what the agent has learned: a map of its policy or values, or values along an episode;
    takes 3 s at most."""
    evaluation: EvaluationConfig = EvaluationConfig()
    """Evaluation during and after training."""
    checkpoint: CheckpointConfig = CheckpointConfig()
    """Checkpoints."""
    faults: Annotated[FaultConfig, tyro.conf.arg(name="")] = FaultConfig()
    """Failing environments and workers."""
    placement: Annotated[PlacementConfig, tyro.conf.arg(name="")] = PlacementConfig()
    """Where it runs."""
    output: Annotated[OutputConfig, tyro.conf.arg(name="")] = OutputConfig()
    """Where its folder goes."""

    def __post_init__(self) -> None:
        require_at_least(
            self, 1, "env_steps", "num_envs", "rollout_length", "learner_threads", "film_steps"
        )
        require(self.seed >= 0, "seed", "must be 0 or more", self.seed)
        require(self.seed < 2**63, "seed", "must be below 2**63", self.seed)
        if self.placement.workers > self.num_envs:
            raise InvalidSetting(
                f"--workers {self.placement.workers} is more than --num-envs {self.num_envs}: "
                "a worker needs at least one environment"
            )
        if self.solved_at is not None:
            require(isfinite(self.solved_at), "solved_at", "must be finite", self.solved_at)
        if self.until_solved and self.solved_at is None:
            raise InvalidSetting("--until-solved needs a threshold: give --solved-at RETURN")
        if self.until_solved and not self.evaluation.every_env_steps:
            raise InvalidSetting("--until-solved needs --evaluation.every-env-steps above 0")

    @property
    def rollout(self) -> RolloutConfig:
        """The agent and the environments: what pools and workers are made from."""
        return RolloutConfig(
            env=self.source(self.env),
            agent=self.prepared_agent,
            seed=self.seed,
            num_envs=self.num_envs,
            faults=self.faults,
        )

    @property
    def prepared_agent(self) -> Agent:
        """The agent with what is done to its observations and rewards."""
        changes = self.transforms
        return prepared(
            self.agent,
            normalize=changes.normalize_observations,
            rewards=Rewards(scale=changes.reward_scale, clip=changes.clip_rewards),
        )

    def source(self, env: EnvSource) -> EnvSource:
        """An environment with the options of this run.

        Args:
            env: The one that the config names, or the function that makes it.
        """
        unchanged = self.env_options == EnvOptions() and self.transforms == Transforms()
        if unchanged and self.agent.sees == "row":
            return env
        assert not isinstance(env, Configured)
        return Configured(env, self.env_options, self.transforms, form=self.agent.sees)

    @property
    def acting(self) -> str:
        """How evaluations act, in words."""
        share = self.evaluation.epsilon
        if self.agent.acts_randomly:
            return "random"
        return f"ε-greedy {share:g}" if share else "greedy"

    @property
    def task(self) -> str:
        options = self.env_options
        limit = options.max_episode_steps
        cut = [] if limit is None else [f"max_episode_steps={limit}"]
        return " ".join([self.env, *options.env_kwargs, *cut, *options.wrappers])

    @property
    def method(self) -> type:
        return type(self.agent)

    @property
    def modules(self) -> set[str]:
        return self.rollout.modules

    @property
    def uses_ray(self) -> bool:
        return self.placement.workers > 0

    @property
    def address(self) -> str | None:
        return self.placement.address

    def with_seed(self, seed: int) -> "TrainingConfig":
        return replace(self, seed=seed)

    def executed_as(self, other: "TrainingConfig") -> "TrainingConfig":
        """The config with another's settings of where and how it runs, but in its own folder."""
        names = set(self.HOW_IT_RUNS) - {"output"}
        return replace(self, **{name: getattr(other, name) for name in names})

    def without_workers(self) -> "TrainingConfig":
        alone = replace(self.placement, workers=0, address=None)
        return replace(self, placement=alone)

    def settled(self, default: RunConfig) -> "TrainingConfig":
        """The config without what belongs to another environment, policy or recording than it has.

        That is the threshold where only --env was given, and what was found out of other files.
        """
        assert isinstance(default, TrainingConfig)
        if self.init_from != default.init_from and self.init_weights is not None:
            return replace(self, init_weights=None).settled(default)
        if self.data != default.data and self.data_digest is not None:
            return replace(self, data_digest=None).settled(default)
        if self.task != default.task and self.solved_at == default.solved_at:
            return replace(self, solved_at=None)
        return self

    def identity_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the config that the bits depend on, without what was added and is as before.

        A run that draws its own weights is the one that it was before there were others, one that
        acts the one that it was before there were recordings, and one that is no trial of a search
        the one that it was before there were trials.
        """
        found = super().identity_of(values)
        usual = {"final": True, **dict.fromkeys(self.WITHOUT_FLAG)}
        return {
            name: value
            for name, value in found.items()
            if name not in usual or value is not usual[name]
        }

    def describe_step(self, step: int) -> str:
        return f"{step:,} of {self.env_steps:,} env steps"

    @property
    def budget(self) -> Budget:
        """The environment steps of the run, and how they are split into iterations."""
        return Budget(
            env_steps=self.env_steps,
            num_envs=self.num_envs,
            rollout_length=self.rollout_length,
            lag=self.lag,
        )

"""How a policy is played once more, and what is other than in its training."""

from dataclasses import dataclass, replace
from pathlib import Path

from common.settings import InvalidSetting, require
from envs.options import EnvOptions
from launch.config.training import TrainingConfig
from training.evaluate import final
from training.evaluation import Evaluation


@dataclass(frozen=True, kw_only=True)
class Play:
    """What is asked of a policy.

    Attributes:
        episodes: Episodes to play.
        seed: Their seed; None takes the run's, and so the episodes of its own final evaluation.
        video: Where to film the first episodes, or None.
        video_episodes: How many of them to film.
        epsilon: Share of random actions, in [0, 1]; None takes that of the run's own evaluations.
        env_kwargs: Keywords of the environment as name=value, in place of the run's of that name.
        max_episode_steps: Steps after which an episode is cut; None keeps what the run had.
    """

    episodes: int = 100
    seed: int | None = None
    video: Path | None = None
    video_episodes: int = 1
    epsilon: float | None = None
    env_kwargs: tuple[str, ...] = ()
    max_episode_steps: int | None = None

    def __post_init__(self) -> None:
        require(self.episodes >= 1, "episodes", "must be 1 or more", self.episodes)
        filmed = self.video_episodes
        require(filmed >= 1, "video_episodes", "must be 1 or more", filmed)
        require(0 <= (self.seed or 0) < 2**63, "seed", "must be in [0, 2**63)", self.seed)
        share = self.epsilon
        require(share is None or 0 <= share <= 1, "epsilon", "must be in [0, 1]", share)

    def changes(self) -> str:
        """The flags that make it another game than that of the training; empty where none does."""
        epsilon = "" if self.epsilon is None else f"--epsilon {self.epsilon:g}"
        return " ".join(filter(None, (epsilon, self._options.flags())))

    @property
    def _options(self) -> EnvOptions:
        limit = self.max_episode_steps
        return EnvOptions(env_kwargs=self.env_kwargs, max_episode_steps=limit)

    def applied_to(self, config: TrainingConfig) -> TrainingConfig:
        """A run's config with the environment as it is played.

        Raises:
            InvalidSetting: A value cannot be used.
        """
        before, limit = config.env_options, self.max_episode_steps
        given = self._options.keywords()
        kept = [word for word in before.env_kwargs if word.partition("=")[0] not in given]
        options = replace(
            before,
            env_kwargs=(*kept, *self.env_kwargs),
            max_episode_steps=before.max_episode_steps if limit is None else limit,
        )
        return replace(config, env_options=options)

    def share(self, config: TrainingConfig) -> float:
        """The share of random actions that a run's policy is played with.

        Raises:
            InvalidSetting: There is nothing to share: it acts at random.
        """
        if self.epsilon is None:
            return config.evaluation.epsilon
        if config.agent.acts_randomly:
            raise InvalidSetting("--epsilon: the run's agent acts at random anyway")
        return self.epsilon

    def evaluation(self, config: TrainingConfig) -> Evaluation:
        """The episodes that are played, by a run's config as `applied_to` returns it.

        Raises:
            InvalidSetting: As `share`.
        """
        return final(
            self.episodes,
            config.seed if self.seed is None else self.seed,
            random=config.prepared_agent.acts_randomly,
            epsilon=self.share(config),
        )

"""The recording that a run learns from, instead of acting."""

import functools
from dataclasses import replace
from pathlib import Path

from common.errors import UsageError
from envs import registry
from launch.config.training import TrainingConfig
from launch.jobs.rl import recorded_env, recording_files
from launch.terminal.console import say
from training.recording import Recording
from training.rollout_config import RolloutConfig


def named_in(config: TrainingConfig) -> TrainingConfig:
    """The config with the SHA-256 of its recording, and with what follows from its size.

    Raises:
        UsageError: `data` is no recording, one that is as long as the budget, none for a learner of
            lost lives; or none is given and the agent needs one.
    """
    if config.data is None:
        if config.agent.needs_recording:
            raise UsageError(
                f"{type(config.agent).__name__} learns from a recording: "
                "`python -m launch record RUN --env-steps 50000` makes one of any run, such as "
                "that of `python -m launch dqn_cartpole`, and `--data FOLDER` learns from it"
            )
        return config
    if config.transforms.life_loss:
        raise UsageError(
            f"--data {config.data}: a recording keeps no lives, so that nothing can be learned "
            "from their loss; add --env.no-life-loss"
        )
    path = config.data.absolute()
    recording, digest = _read(path)
    agent = config.agent.for_recording(len(recording))
    if getattr(agent, "learning_starts", 0) >= config.env_steps:
        raise UsageError(
            f"--env-steps {config.env_steps}: the recording has {len(recording)} transitions, and "
            "learning starts once they were all read; give more"
        )
    return replace(config, data=path, data_digest=digest, agent=agent)


def of(config: TrainingConfig, rollout_config: RolloutConfig) -> Recording | None:
    """The recording that a run learns from; None for one that acts.

    Args:
        config: The run's config, as `named_in` gives it.
        rollout_config: Its agent and environment.

    Raises:
        UsageError: It is gone or another one by now, or nothing for this agent and environment.
    """
    if config.data is None:
        return None
    recording, digest = _read(config.data)
    if digest != config.data_digest:
        raise UsageError(f"--data {config.data}: it is not what the run was given")
    spaces = registry.spaces(rollout_config.env)
    try:
        recording.check(*spaces)
    except ValueError as error:
        told = _differences(config, config.data) or [f"--env is {config.env}"]
        raise UsageError(f"--data {config.data}: {error}; {'; '.join(told)}") from None
    agent = rollout_config.agent
    if agent.actor(*spaces, [0]).initial_state():
        raise UsageError(
            f"--data: {type(config.agent).__name__} learns from what it remembered when it acted, "
            "which is in no recording"
        )
    return recording


def tell_of_env(config: TrainingConfig) -> None:
    """Says how a run's environment is another one than that of its recording, if it is."""
    if config.data is not None and (told := _differences(config, config.data)):
        say(f"--data {config.data}: recorded in another environment: {'; '.join(told)}")


def _differences(config: TrainingConfig, data: Path) -> list[str]:
    return recorded_env.differences(recording_files.about(data).get(recorded_env.KEY), config)


def _read(path: Path) -> tuple[Recording, str]:
    """A recording and its SHA-256, read once as long as its file stays the same."""
    changed = recording_files.data_of(path).stat()
    return _read_anew(path, changed.st_mtime_ns, changed.st_size)


@functools.lru_cache(maxsize=1)
def _read_anew(path: Path, modified: int, size: int) -> tuple[Recording, str]:
    recording = recording_files.read(path)
    return recording, recording.digest()

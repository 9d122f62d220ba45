"""One execution of an experiment: from a config to a run folder that tells everything."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.errors import RunError, UsageError
from envs import registry
from envs.faults import EnvironmentFault, Guard
from envs.sources import DEFAULT_LIMIT, EnvSource, UnusableEnvironment
from launch import checkpoints, run_folder, saving
from launch.acting import films, policy_files
from launch.acting.session import Run, Session
from launch.acting.starting import Parts, ready
from launch.configs import FaultConfig, PlacementConfig, TrainingConfig, from_json, to_json
from launch.console import say
from launch.errors import way_out
from launch.interrupts import Interrupts
from launch.sentinel import last_words
from training import evaluate as evaluating
from training import train as training_alone
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.evaluation import Summary, evaluate_policy, summarise
from training.loop import Training
from training.rollout_config import RolloutConfig


def train(
    experiment: str,
    config: TrainingConfig,
    arguments: Sequence[str],
    *,
    env: EnvSource | None = None,
    callbacks: Sequence[Callback] = (),
) -> tuple[Path, Training]:
    """Runs an experiment into a new folder.

    Args:
        experiment: Its name, which need not be one of the catalog.
        config: Its config, flags applied.
        arguments: The command line, kept with the run; empty from Python.
        env: A function that makes the environment which the config names; None takes the name.
        callbacks: Are told of every iteration.

    Returns:
        The folder, and the training in it.

    Raises:
        UsageError: The config cannot run here: environment, folder, address or GPUs.
        RunError: The run started and could not go on.
    """
    started = time.monotonic()
    rollout_config = _rollout_config(config, env)
    check(rollout_config, config)
    run_folder.check(config.output)  # a taken folder is said before the seconds that Ray takes

    folder = run_folder.new(experiment, config, arguments)
    with Interrupts() as interrupted, ready(rollout_config, config, interrupted) as parts:
        opening = _Opening(
            experiment, config, rollout_config, folder, None, started, tuple(callbacks)
        )
        return _execute(opening, parts, interrupted)


def resume(
    folder: Path,
    placement: PlacementConfig | None = None,
    faults: FaultConfig | None = None,
    *,
    env: EnvSource | None = None,
    callbacks: Sequence[Callback] = (),
) -> Training:
    """Continues an unfinished run from its newest whole checkpoint, to the same bits.

    Args:
        folder: The run's folder.
        placement: Where to run now; None keeps what the run was started with.
        faults: What to do about faults from here on; None keeps what the run was started with.
        env: A function that makes the environment which the config names; None takes the name.
        callbacks: Are told of every iteration, as in the run so far.

    Raises:
        UsageError: Not a run folder, a run that has finished or that another process is running,
            or one without a checkpoint that can be used.
        RunError: The run could not go on.
    """
    started = time.monotonic()
    experiment, before = run_folder.read_training(folder)
    config = replace(
        before, placement=placement or before.placement, faults=faults or before.faults
    )
    if run_folder.status(folder) == "finished":
        raise run_folder.has_finished(folder)
    rollout_config = _rollout_config(config, env)
    check(rollout_config, config)
    with run_folder.held(folder):
        try:
            state = checkpoints.load_newest(
                folder / run_folder.CHECKPOINTS, saving.origin(experiment, config)
            )
        except checkpoints.CheckpointError as error:
            raise UsageError(f"{error}; start a new run") from None
        if state is None:
            say("no checkpoint was written yet: starting from the beginning")
        with Interrupts() as interrupted, ready(rollout_config, config, interrupted) as parts:
            if config != before:
                run_folder.rewrite(folder, config)
            place = nullcontext(folder)
            opening = _Opening(
                experiment, config, rollout_config, place, state or {}, started, tuple(callbacks)
            )
            return _execute(opening, parts, interrupted)[1]


def evaluate(
    folder: Path, episodes: int, seed: int | None, video: Path | None
) -> tuple[Summary, list[float]]:
    """Scores a run's trained policy, greedily, on seeded episodes.

    Args:
        folder: The run's folder.
        episodes: Episodes to play.
        seed: Their seed; None takes the run's, and so the episodes of its own final evaluation.
        video: Where to film the first episode, or None.

    Returns:
        The summary, and the returns of the filmed episodes.

    Raises:
        UsageError: The run or its policy cannot be read, or the film cannot be written.
        RunError: The environment failed.
    """
    _, config = run_folder.read_training(folder)
    check(config.rollout, config)
    if video is not None:
        films.check_path(video)
        films.check_env(config.env)
    agent, weights = config.agent, policy_files.load(folder, config.agent)
    plan = evaluating.final(
        episodes, config.seed if seed is None else seed, random=agent.acts_randomly
    )
    guard = Guard(config.faults.on_fault)
    try:
        played = evaluate_policy(config.env, agent, plan, weights, plan.env_indices, guard)
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None
    filmed = []
    if video is not None:
        first = replace(plan, episodes=1)
        filmed = films.record(video, config.env, agent, weights, first)
    return summarise(config.env, played.returns), filmed


def check(rollout_config: RolloutConfig, config: TrainingConfig) -> None:
    """Makes sure that the agent can act in the environment, and be filmed where it should be.

    Raises:
        UsageError: It cannot; the message names the environment.
    """
    try:
        training_alone.check(rollout_config.agent, rollout_config.env, config.lag)
        from_json(to_json(config))  # or nobody could read the run's folder
        if config.film_steps:
            films.check_env(rollout_config.env)
    except (UnusableEnvironment, ValueError) as error:
        raise UsageError(str(error)) from None
    if not registry.has_time_limit(rollout_config.env):
        say(
            f"{config.env} has no time limit: its episodes are truncated after "
            f"{DEFAULT_LIMIT:,} steps; register it with max_episode_steps to choose"
        )


def _rollout_config(config: TrainingConfig, env: EnvSource | None) -> RolloutConfig:
    return config.rollout if env is None else replace(config.rollout, env=env)


@dataclass(frozen=True)
class _Opening:
    """What a session is opened with; the folder is made last, when nothing can refuse the run."""

    experiment: str
    config: TrainingConfig
    rollout: RolloutConfig
    folder: AbstractContextManager[Path]
    state: Mapping[str, Any] | None  # None for a new run, empty where there is no checkpoint yet
    started: float
    callbacks: Sequence[Callback]


def _execute(opening: _Opening, parts: Parts, interrupted: Interrupts) -> tuple[Path, Training]:
    """Runs a session from its state."""
    with ExitStack() as until_the_end:
        episodes = EpisodeTracker(opening.rollout.num_envs)
        positions = None
        if opening.state:
            episodes.set_state(opening.state["pipeline"]["episodes"])
            positions = episodes.positions()
        pool = parts.pool(positions, episodes.positions)
        until_the_end.callback(pool.close)
        learner = parts.learner()
        until_the_end.callback(learner.close)
        pool.wait_until_ready()
        path = until_the_end.enter_context(opening.folder)
        say(f"{opening.experiment}: writing {path}; watch it with: tensorboard --logdir {path}")
        died = "error: the run died on the spot (killed, or out of memory, or Ray's node was)"
        until_the_end.enter_context(last_words(f"{died}{way_out(path)}"))
        run = Run(
            experiment=opening.experiment,
            config=opening.config,
            rollout=opening.rollout,
            folder=path,
        )
        session = Session(
            run,
            pool=pool,
            learner=learner,
            episodes=episodes,
            state=opening.state,
            started=opening.started,
            stop=interrupted,
            callbacks=opening.callbacks,
        )
        return path, session.run()

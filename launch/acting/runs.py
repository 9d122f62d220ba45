"""One execution of an experiment: from a config to a run folder that tells everything."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents import agent as agents
from envs import registry
from envs.faults import EnvironmentFault, Guard
from launch import checkpoints, run_folder, saving
from launch.acting import evaluation, films, policy_files
from launch.acting.episodes import EpisodeBook
from launch.acting.evaluation import Summary, summarise
from launch.acting.session import Session
from launch.acting.starting import Parts, ready
from launch.acting.workers import evaluate_streams
from launch.configs import FaultConfig, PlacementConfig, TrainingConfig
from launch.console import say
from launch.errors import RunError, UsageError, way_out
from launch.interrupts import Interrupts
from launch.sentinel import last_words

if TYPE_CHECKING:  # Ray
    pass


def train(experiment: str, config: TrainingConfig, arguments: Sequence[str]) -> Path:
    """Runs an experiment into a new folder and returns the folder.

    Args:
        experiment: Its name in the catalog.
        config: Its config, flags applied.
        arguments: The command line, kept with the run.

    Raises:
        UsageError: The config cannot run here: environment, folder, address or GPUs.
        RunError: The run started and could not go on.
    """
    started = time.monotonic()
    check(config)
    run_folder.check(config.output)  # a taken folder is said before the seconds that Ray takes

    folder = run_folder.new(experiment, config, arguments)
    with Interrupts() as interrupted, ready(config, interrupted) as parts:
        return _execute(experiment, config, folder, parts, None, started, interrupted)


def resume(
    folder: Path, placement: PlacementConfig | None = None, faults: FaultConfig | None = None
) -> None:
    """Continues an unfinished run from its newest whole checkpoint, to the same bits.

    Args:
        folder: The run's folder.
        placement: Where to run now; None keeps what the run was started with.
        faults: What to do about faults from here on; None keeps what the run was started with.

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
    check(config)
    with run_folder.held(folder):
        try:
            state = checkpoints.load_newest(
                folder / run_folder.CHECKPOINTS, saving.origin(experiment, config)
            )
        except checkpoints.CheckpointError as error:
            raise UsageError(f"{error}; start a new run") from None
        if state is None:
            say("no checkpoint was written yet: starting from the beginning")
        with Interrupts() as interrupted, ready(config, interrupted) as parts:
            if config != before:
                run_folder.rewrite(folder, config)
            place = nullcontext(folder)
            _execute(experiment, config, place, parts, state or {}, started, interrupted)


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
    check(config)
    if video is not None:
        films.check_path(video)
        films.check_env(config.env)
    weights = policy_files.load(folder, config)
    plan = evaluation.final(config, episodes, config.seed if seed is None else seed)
    guard = Guard(config.faults.on_fault)
    try:
        evaluated = evaluate_streams(config.env, config.agent, plan, weights, plan.streams, guard)
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None
    filmed = []
    if video is not None:
        first = replace(plan, episodes=1)
        filmed = films.record(video, config.env, config.agent, weights, first)
    return summarise(config.env, evaluated.returns), filmed


def check(config: TrainingConfig) -> None:
    """Makes sure that the agent can act in the environment, and be filmed where it should be.

    Raises:
        UsageError: It cannot; the message names the environment.
    """
    try:
        agents.check(config.agent, registry.spaces(config.env)[0])
        if config.film_steps:
            films.check_env(config.env)
    except registry.UnusableEnvironment as error:
        raise UsageError(str(error)) from None
    except ValueError as error:
        raise UsageError(f"--env {config.env}: {error}") from None
    if not registry.has_time_limit(config.env):
        say(
            f"{config.env} has no time limit: its episodes are truncated after "
            f"{registry.DEFAULT_LIMIT:,} steps; register it with max_episode_steps to choose"
        )


def _execute(
    experiment: str,
    config: TrainingConfig,
    folder: AbstractContextManager[Path],
    parts: Parts,
    state: Mapping[str, Any] | None,
    started: float,
    interrupted: Interrupts,
) -> Path:
    """Runs a session from `state`: None for a new run, empty where there is no checkpoint yet.

    The folder is made last, when nothing can refuse the run any more.
    """
    with ExitStack() as until_the_end:
        episodes = EpisodeBook(config.streams)
        positions = None
        if state:
            episodes.set_state(state["pipeline"]["episodes"])
            positions = episodes.positions()
        pool = parts.pool(positions, episodes.positions)
        try:
            learner = parts.learner()
            pool.wait_until_ready()
            path = until_the_end.enter_context(folder)
            say(f"{experiment}: writing {path}; watch it with: tensorboard --logdir {path}")
            died = "error: the run died on the spot (killed, or out of memory, or Ray's node was)"
            until_the_end.enter_context(last_words(f"{died}{way_out(path)}"))
            Session(
                experiment,
                config,
                path,
                pool=pool,
                learner=learner,
                episodes=episodes,
                state=state,
                started=started,
            ).run(interrupted)
            return path
        finally:
            pool.close()

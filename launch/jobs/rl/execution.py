"""One execution of an experiment: from a config to a run folder that tells everything."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from common.errors import RunError, UsageError
from envs import registry
from envs.faults import EnvironmentFault, Guard
from envs.sources import DEFAULT_LIMIT, EnvSource, UnusableEnvironment
from launch.config.execution import PlacementConfig
from launch.config.serialization import from_json, to_json
from launch.config.training import TrainingConfig
from launch.jobs.rl import films, policy_files
from launch.jobs.rl.run_spec import RunSpec
from launch.jobs.rl.session import Session
from launch.jobs.rl.starting import Parts, ready
from launch.run_folder import description, location
from launch.run_folder.lock import held
from launch.run_folder.names import resume_hint
from launch.run_folder.result import refuse_finished
from launch.run_folder.saver import newest_state, origin
from launch.terminal.console import say
from launch.terminal.interrupts import Interrupts
from launch.terminal.last_words import last_words
from launch.terminal.progress import ProgressDisplay
from training import evaluate as evaluating
from training import train as training_alone
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.evaluation import Summary, evaluate_policy, summarise
from training.faults import FaultConfig
from training.loop import Training
from training.rollout_config import RolloutConfig


def train(
    experiment: str,
    config: TrainingConfig,
    arguments: Sequence[str],
    *,
    display: ProgressDisplay | None = None,
    name: str = "",
    env: EnvSource | None = None,
    callbacks: Sequence[Callback] = (),
) -> tuple[Path, Training]:
    """Runs an experiment into a new folder.

    Args:
        experiment: Its name, which need not be one of the catalog.
        config: Its config, flags applied.
        arguments: The command line, kept with the run; empty from Python.
        display: Shows its progress; None makes a display for this run alone.
        name: Its name there; "" takes that of the experiment.
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
    location.check(config.output)  # a taken folder is said before the seconds that Ray takes
    folder = location.new(experiment, config, arguments)
    with _shown_on(display) as shown, Interrupts() as interrupted:
        spec = RunSpec(
            experiment=experiment,
            config=config,
            rollout_config=rollout_config,
            state=None,
            started=started,
            display=shown,
            name=name or experiment,
            callbacks=callbacks,
        )
        with ready(rollout_config, config, interrupted, spec.announce) as parts:
            return _execute(spec, folder, parts, interrupted)


def resume(
    folder: Path,
    placement: PlacementConfig | None = None,
    faults: FaultConfig | None = None,
    *,
    display: ProgressDisplay | None = None,
    name: str = "",
    env: EnvSource | None = None,
    callbacks: Sequence[Callback] = (),
) -> Training:
    """Continues an unfinished run from its newest whole checkpoint, to the same bits.

    Args:
        folder: The run's folder.
        placement: Where to run now; None keeps what the run was started with.
        faults: What to do about faults from here on; None keeps what the run was started with.
        display: Shows its progress; None makes a display for this run alone.
        name: Its name there; "" takes that of the experiment.
        env: A function that makes the environment which the config names; None takes the name.
        callbacks: Are told of every iteration, as in the run so far.

    Raises:
        UsageError: Not a run folder, a run that has finished or that another process is running,
            or one without a checkpoint that can be used.
        RunError: The run could not go on.
    """
    started = time.monotonic()
    experiment, before = read(folder)
    config = replace(
        before, placement=placement or before.placement, faults=faults or before.faults
    )
    refuse_finished(folder)
    rollout_config = _rollout_config(config, env)
    check(rollout_config, config)
    with held(folder):
        state = newest_state(folder, origin(experiment, config))
        if state is None:
            say("no checkpoint was written yet: starting from the beginning")
        with _shown_on(display) as shown, Interrupts() as interrupted:
            spec = RunSpec(
                experiment=experiment,
                config=config,
                rollout_config=rollout_config,
                state=state or {},
                started=started,
                display=shown,
                name=name or experiment,
                callbacks=callbacks,
            )
            with ready(rollout_config, config, interrupted, spec.announce) as parts:
                if config != before:
                    description.rewrite(folder, config)
                return _execute(spec, nullcontext(folder), parts, interrupted)[1]


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
    _, config = read(folder)
    env = config.rollout.env
    check(config.rollout, config)
    if video is not None:
        films.check_path(video)
        films.check_env(env)
    agent, weights = config.agent, policy_files.load(folder, config.agent)
    plan = evaluating.final(
        episodes, config.seed if seed is None else seed, random=agent.acts_randomly
    )
    guard = Guard(config.faults.on_fault)
    try:
        played = evaluate_policy(env, agent, plan, weights, plan.env_indices, guard)
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None
    filmed = []
    if video is not None:
        first = replace(plan, episodes=1)
        filmed = films.record(video, env, agent, weights, first)
    return summarise(env, played.returns), filmed


def read(folder: Path) -> tuple[str, TrainingConfig]:
    """The experiment's name and the config of a reinforcement learning run.

    Raises:
        UsageError: It is not one.
    """
    experiment, config = description.read(folder)
    if not isinstance(config, TrainingConfig):
        raise UsageError(f"{folder}: a supervised run ({experiment}), which has no environment")
    return experiment, config


def check(rollout_config: RolloutConfig, config: TrainingConfig) -> None:
    """Makes sure that the agent can act in the environment, and be filmed where it should be.

    Raises:
        UsageError: It cannot; the message names the environment.
    """
    try:
        seen = training_alone.check(rollout_config.agent, rollout_config.env, config.lag)
        from_json(to_json(config))  # or nobody could read the run's folder
        if config.film_steps:
            films.check_env(rollout_config.env)
    except (UnusableEnvironment, ValueError) as error:
        raise UsageError(str(error)) from None
    if seen.left_out:
        say(f"{config.env}: the agent does not see what is no number: {', '.join(seen.left_out)}")
    if not registry.has_time_limit(rollout_config.env):
        say(
            f"{config.env} is registered without a limit: episodes are cut after "
            f"{DEFAULT_LIMIT:,} steps; --max-episode-steps changes that, and 0 cuts none"
        )


def _shown_on(display: ProgressDisplay | None) -> AbstractContextManager[ProgressDisplay]:
    return ProgressDisplay() if display is None else nullcontext(display)


def _rollout_config(config: TrainingConfig, env: EnvSource | None) -> RolloutConfig:
    return config.rollout if env is None else replace(config.rollout, env=config.source(env))


def _execute(
    spec: RunSpec, folder: AbstractContextManager[Path], parts: Parts, interrupted: Interrupts
) -> tuple[Path, Training]:
    """Runs a session; the folder is made last, when nothing can refuse the run any more."""
    with ExitStack() as until_the_end:
        episodes = EpisodeTracker(spec.rollout_config.num_envs)
        positions = None
        if spec.state:
            episodes.set_state(spec.state["pipeline"]["episodes"])
            positions = episodes.positions()
        pool = parts.pool(positions, episodes.positions)
        until_the_end.callback(pool.close)
        learner = parts.learner()
        until_the_end.callback(learner.close)
        pool.wait_until_ready()
        path = until_the_end.enter_context(folder)
        spec.display.folder(spec.name, path)
        died = "error: the run died on the spot (killed, or out of memory, or Ray's node was)"
        until_the_end.enter_context(last_words(f"{died}{resume_hint(path)}"))
        session = Session(
            spec, path, pool=pool, learner=learner, episodes=episodes, stop=interrupted
        )
        return path, session.run()

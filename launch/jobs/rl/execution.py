"""One execution of an experiment: from a config to a run folder that tells everything."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from common.errors import UsageError
from common.quiet import quiet
from envs import registry
from envs.sources import DEFAULT_LIMIT, EnvSource, UnusableEnvironment
from launch.config.serialization import from_json, to_json
from launch.config.training import TrainingConfig
from launch.jobs.rl import going_on, initial_weights, needs, recordings, replays, trained_spaces
from launch.jobs.rl.needs import Spaces
from launch.jobs.rl.run_spec import RunSpec
from launch.jobs.rl.session import Session
from launch.jobs.rl.starting import Parts, ready
from launch.run_folder import description, location
from launch.run_folder.ends import keep as keep_end
from launch.run_folder.ends import refuse_end
from launch.run_folder.lock import held
from launch.run_folder.result import refuse_finished
from launch.run_folder.saver import newest_state, origin
from launch.terminal.console import say
from launch.terminal.interrupts import Interrupts
from launch.terminal.last_words import last_words
from launch.terminal.progress import ProgressDisplay
from training import train as training_alone
from training.callbacks import Callback
from training.episodes import EpisodeTracker
from training.loop import Training
from training.recorded_pool import RecordedPool
from training.rollout_config import RolloutConfig
from training.unroll import Positions


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
    config = recordings.named_in(initial_weights.named_in(config))
    rollout_config = _rollout_config(config, env)
    spaces = check(rollout_config, config)
    needs.check_envs(config, spaces, needs.here)
    wanted = needs.of(config, spaces)
    if wanted is not None:
        needs.check(wanted, config, needs.here)
    recording = recordings.of(config, rollout_config)
    recordings.tell_of_env(config)
    location.check(config.output)  # a taken folder is said before the seconds that Ray takes
    folder = location.new(experiment, config, arguments, spaces=trained_spaces.told(spaces))
    with _shown_on(display) as shown, Interrupts() as interrupted:
        spec = RunSpec(
            experiment=experiment,
            config=config,
            rollout_config=rollout_config,
            state=None,
            started=started,
            display=shown,
            name=name or experiment,
            initial_weights=initial_weights.of(config),
            recording=recording,
            num_actions=needs.actions_kept(wanted, spaces),
            callbacks=callbacks,
        )
        with ready(rollout_config, config, interrupted, spec.announce) as parts:
            return _execute(spec, folder, parts, interrupted)


def resume(
    folder: Path,
    executed_as: TrainingConfig | None = None,
    *,
    env_steps: int | None = None,
    display: ProgressDisplay | None = None,
    name: str = "",
    env: EnvSource | None = None,
    callbacks: Sequence[Callback] = (),
) -> Training:
    """Continues a run from its newest whole checkpoint, an unfinished one to the same bits.

    Args:
        folder: The run's folder.
        executed_as: Says where and how to run from here on, such as with how many workers, which
            checkpoints and which film; None keeps what the run was started with.
        env_steps: A new budget, with which a finished run goes on, too; None keeps what it has.
        display: Shows its progress; None makes a display for this run alone.
        name: Its name there; "" takes that of the experiment.
        env: A function that makes the environment which the config names; None takes the name.
        callbacks: Are told of every iteration, as in the run so far.

    Raises:
        UsageError: Not a run folder, an earlier end of a run, a run that has finished or that
            another process is running, one without a checkpoint that can be used or of another
            environment, or a budget that is spent already.
        RunError: The run could not go on.
    """
    started = time.monotonic()
    refuse_end(folder)
    experiment, before = read(folder)
    env_steps = going_on.new_budget(folder, before, env_steps)
    if env_steps is None:
        refuse_finished(folder)
    config = before if executed_as is None else before.executed_as(executed_as)
    ends = description.ends(folder)
    rollout_config = _rollout_config(config, env)
    spaces = check(rollout_config, config)
    trained_spaces.check(folder, before, spaces)
    recording = recordings.of(config, rollout_config)
    with held(folder):
        state = newest_state(folder, origin(experiment, config, ends))
        if state is None:
            say("no checkpoint was written yet: starting from the beginning")
        if env_steps is not None:
            config, end = going_on.with_budget(folder, config, state or {}, env_steps)
            ends = (*ends, end)
        with _shown_on(display) as shown, Interrupts() as interrupted:
            spec = RunSpec(
                experiment=experiment,
                config=config,
                rollout_config=rollout_config,
                state=going_on.reopened(state or {}, ends),
                started=started,
                display=shown,
                name=name or experiment,
                initial_weights=None if state else initial_weights.of(config, folder),
                recording=recording,
                ends=ends,
                num_actions=needs.actions_kept(needs.of(config, spaces), spaces),
                callbacks=callbacks,
            )
            goes_on = _going_on(folder, spec, before, new_end=env_steps is not None)
            with ready(rollout_config, config, interrupted, spec.announce) as parts:
                return _execute(spec, goes_on, parts, interrupted)[1]


def read(folder: Path) -> tuple[str, TrainingConfig]:
    """The experiment's name and the config of a reinforcement learning run.

    Raises:
        UsageError: It is not one.
    """
    experiment, config = description.read(folder)
    if not isinstance(config, TrainingConfig):
        raise UsageError(f"{folder}: a supervised run ({experiment}), which has no environment")
    return experiment, config


def check(rollout_config: RolloutConfig, config: TrainingConfig) -> Spaces:
    """Makes sure that the agent can act in the environment; returns what it sees and does.

    Raises:
        UsageError: It cannot; the message names the environment.
    """
    try:
        with quiet():  # what libraries say of themselves when they make their first environment
            agent, env = rollout_config.agent, rollout_config.env
            # That an agent which needs a recording has one is seen to where recordings are read.
            seen, actions = training_alone.check(agent, env, config.lag, recorded=True)
        rollout_config.agent.check_rollouts(config.num_envs, config.rollout_length)
        from_json(to_json(config))  # or nobody could read the run's folder
    except (UnusableEnvironment, ValueError) as error:
        raise UsageError(str(error)) from None
    if seen.left_out:
        say(f"{config.env}: the agent does not see what is no number: {', '.join(seen.left_out)}")
    if not registry.has_time_limit(rollout_config.env):
        say(
            f"{config.env} has no limit of its own: episodes are cut after "
            f"{DEFAULT_LIMIT:,} steps; --max-episode-steps changes that, and 0 cuts none"
        )
    return Spaces(seen.space, actions.space)


def _shown_on(display: ProgressDisplay | None) -> AbstractContextManager[ProgressDisplay]:
    return ProgressDisplay() if display is None else nullcontext(display)


def _rollout_config(config: TrainingConfig, env: EnvSource | None) -> RolloutConfig:
    return config.rollout if env is None else replace(config.rollout, env=config.source(env))


@contextmanager
def _going_on(
    folder: Path, spec: RunSpec, before: TrainingConfig, *, new_end: bool
) -> Iterator[Path]:
    """The folder of a run that goes on, changed only once nothing can refuse the run any more.

    Args:
        folder: The run's folder.
        spec: The run as it goes on.
        before: Its config so far.
        new_end: Whether it goes on with another budget, from the last of its ends.
    """
    if new_end:
        keep_end(folder, len(spec.ends))
    if new_end or spec.config != before:
        description.rewrite(folder, spec.config, spec.ends)
    yield folder


def _execute(
    spec: RunSpec, folder: AbstractContextManager[Path], parts: Parts, interrupted: Interrupts
) -> tuple[Path, Training]:
    """Runs a session; its folder is entered last, when nothing can refuse the run any more."""
    with ExitStack() as until_the_end:
        episodes = EpisodeTracker(spec.rollout_config.num_envs)
        positions = None
        if spec.state:
            episodes.set_state(spec.state["pipeline"]["episodes"])
            positions = episodes.positions()
        if spec.recording is None:
            pool = parts.pool(positions, episodes.positions)
        else:
            count = spec.rollout_config.num_envs
            players = parts.pool(None, partial(Positions.at_the_start, count))
            pool = RecordedPool(spec.recording, count, players)
        until_the_end.callback(pool.close)
        learner = parts.learner()
        until_the_end.callback(learner.close)
        weights = spec.initial_weights
        if weights is not None:
            initial_weights.give(spec.config, learner, weights)
        pool.wait_until_ready()
        played = replays.played(spec, learner, pool, positions, interrupted)
        path = until_the_end.enter_context(folder)
        if weights is not None:
            initial_weights.keep(path, weights)
        spec.display.folder(spec.name, path)
        died = "error: the run died on the spot (killed, or out of memory, or Ray's node was)"
        until_the_end.enter_context(last_words(f"{died}{spec.resume_hint(path)}"))
        session = Session(
            spec,
            path,
            pool=pool,
            learner=learner,
            episodes=episodes,
            played=played,
            interrupted=interrupted,
        )
        return path, session.run()

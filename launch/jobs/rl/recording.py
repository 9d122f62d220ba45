"""Records what a run's policy does, for agents that learn from a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.weights import Weights
from common.errors import RunError, UsageError
from common.settings import require
from common.text import reason
from envs import registry
from envs.faults import EnvironmentFault, Guard
from envs.randomness import Purpose
from envs.sources import EnvSource, label, spec_of
from launch.jobs.rl import (
    execution,
    learn_it,
    policy_files,
    recorded_env,
    recording_files,
    trained_spaces,
)
from launch.jobs.rl.play import Play
from launch.terminal.console import say
from launch.terminal.interrupts import Interrupts
from launch.terminal.progress import ProgressDisplay
from training.evaluation import Evaluation
from training.recording import Recording, record
from training.remarks import warn

_ENVS = 16  # that are stepped together


@dataclass(frozen=True, kw_only=True)
class Made:
    """A recording that was written.

    Attributes:
        folder: Where it is.
        recording: What is in it.
        learn_it: The command that learns from it.
        interrupted: Whether somebody stopped it, so that it has fewer steps than asked for.
    """

    folder: Path
    recording: Recording
    learn_it: str
    interrupted: bool


def make(
    folder: Path, play: Play, *, env_steps: int, random: bool = False, out: Path | None = None
) -> Made:
    """Plays a run's policy in its environment, and writes what it did.

    Args:
        folder: The run's folder.
        play: How the policy is played; episodes and film are not asked for.
        env_steps: Environment steps to record, over 16 environments.
        random: Whether to act at random instead.
        out: Where to; None takes a folder in that of the run, named by how it is played.

    Raises:
        InvalidSetting: The agent acts at random anyway, or a value cannot be used.
        UsageError: The run or its policy cannot be read, or the recording exists already.
        RunError: The environment failed, or the recording cannot be written.
    """
    require(env_steps >= 1, "env_steps", "must be 1 or more", env_steps)
    if random and play.epsilon is not None:
        raise UsageError("--random and --epsilon exclude each other")
    _, trained = execution.read(folder)
    config = play.applied_to(trained)
    agent, env = config.prepared_agent, config.rollout.env
    seed = config.seed if play.seed is None else play.seed
    random = random or agent.acts_randomly
    share = play.share(config)
    how = "random" if random else f"epsilon-{share:g}" if share else "greedy"
    out = out or folder / "recordings" / f"{how}-{env_steps}-seed{seed}"
    recording_files.check_new(out)
    spaces = execution.check(config.rollout, config)
    weights: Weights = {}
    if not random:
        trained_spaces.check(folder, trained, spaces, play)
        weights = policy_files.load(folder, agent)
    plan = Evaluation(
        purpose=Purpose.RECORDING,
        episodes=min(_ENVS, env_steps),
        seed=seed,
        random=random,
        epsilon=share,
    )
    guard = Guard(config.faults.on_fault)
    with ProgressDisplay() as display, Interrupts() as interrupted:
        display.begin("record", 0)

        def goes_on(done: int) -> bool:
            display.update("record", done, env_steps, unit="steps")
            return not interrupted()

        try:
            with guard.listening():
                recording = record(
                    env, agent, weights, plan, env_steps, guard=guard, goes_on=goes_on
                )
        except EnvironmentFault as error:
            raise RunError(f"the environment failed: {error}") from None
        for remark in guard.remarks.take():
            warn(env, remark)
        if not len(recording):
            raise RunError("nothing was recorded: every episode was dropped")
        display.activity("record", "writing")
        if interrupted():
            say(f"writing {len(recording):,} steps; a second Ctrl-C writes nothing")
        about = {
            "algorithm_name": f"{type(config.agent).__name__}, {how}",
            "seed": seed,
            recorded_env.KEY: recorded_env.of(config),
        }
        _write(out, recording, env, about)
        return Made(
            folder=out,
            recording=recording,
            learn_it=learn_it.command(config, out, len(recording)),
            interrupted=interrupted(),
        )


def _write(out: Path, recording: Recording, env: EnvSource, about: Mapping[str, Any]) -> None:
    """Writes a recording of an environment, and what else there is to tell of it.

    Raises:
        RunError: It cannot be written.
    """
    spaces = registry.spaces(env)
    try:
        recording_files.write(
            out, recording, spaces, env=label(env), spec=spec_of(env), about=about
        )
    except OSError as error:
        raise RunError(f"--out {out}: cannot be written ({reason(error)})") from None

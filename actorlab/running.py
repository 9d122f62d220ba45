"""Runs from Python: made, continued and loaded again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium

from agents.agent import Agent
from agents.registry import name_of
from common.errors import UsageError
from common.settings import InvalidSetting
from envs.options import EnvOptions, Transforms
from envs.sources import EnvSource, UnusableEnvironment, label
from launch.config.execution import CheckpointConfig, OutputConfig, PlacementConfig
from launch.config.training import TrainingConfig
from launch.run_folder import result
from launch.run_folder.names import resume_from_python
from launch.run_folder.run_result import TrainingRunResult
from training.callbacks import Callback
from training.evaluate import EvaluationConfig
from training.faults import FaultConfig
from training.loop import Training
from training.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run: its folder and its results.

    Attributes:
        folder: Where everything about it is; the command line's `report`, `evaluate` and `resume`
            take it.
        config: Its settings.
        result: What `result.json` says: status, steps, scores, fingerprint, as attributes.
        policy: The policy that was kept.
    """

    folder: Path
    config: TrainingConfig
    result: TrainingRunResult
    policy: Policy

    def __str__(self) -> str:
        """What the run came to, as the command line tells it."""
        return "\n".join(self.result.in_words(self.folder))


def train(
    env: EnvSource,
    agent: Agent,
    *,
    env_steps: int,
    seed: int = 0,
    workers: int = 0,
    num_envs: int = 16,
    rollout_length: int = 16,
    lag: int = 1,
    env_options: EnvOptions = EnvOptions(),
    transforms: Transforms = Transforms(),
    solved_at: float | None = None,
    until_solved: bool = False,
    init_from: Path | str | None = None,
    film: bool = True,
    film_steps: int = 200,
    pictures: bool = True,
    evaluation: EvaluationConfig = EvaluationConfig(),
    checkpoint: CheckpointConfig = CheckpointConfig(),
    faults: FaultConfig = FaultConfig(),
    placement: PlacementConfig | None = None,
    callbacks: Sequence[Callback] = (),
    name: str | None = None,
    out: Path | str = "runs",
    run_dir: Path | str | None = None,
) -> Run:
    """Trains an agent, with everything that a run of the command line has, and a folder of its own.

    Args:
        env: A Gymnasium id, or a function that makes an environment.
        agent: The agent to train, such as `DQN()`.
        env_steps: Budget, in environment steps over all environments.
        seed: Seed of everything random; the same seed gives the same bits on any number of workers.
        workers: Ray actors that step the environments; 0 does without Ray.
        num_envs: Number of environments, spread over the workers.
        rollout_length: Steps of each environment under one set of weights.
        lag: Iterations by which acting runs ahead of learning, 0 or 1.
        env_options: Keywords, limit of steps and wrappers of the environment.
        transforms: What the agent sees and does in place of the environment's own: stacked or
            normalised observations, bins of actions, scaled or clipped rewards.
        solved_at: Mean return of an evaluation at which the environment counts as solved.
        until_solved: Whether to stop there.
        init_from: Folder of a run whose kept policy to start from.
        film: Film the policy kept as film.mp4 after training, which takes 3 s at most.
        film_steps: Steps to film at most.
        pictures: Draw what the agent has learned: a map of its policy or values, or values along
            an episode; takes 3 s at most.
        evaluation: How often it is evaluated, and on how many episodes.
        checkpoint: How often everything is saved.
        faults: What becomes of failing environments and workers.
        placement: Where it runs, with GPUs and addresses; replaces `workers`.
        callbacks: Called at every iteration and evaluation.
        name: Name of the run's kind; default: the agent's and the environment's.
        out: Without `run_dir` the folder is OUT/NAME/TIME-seedN.
        run_dir: The run's folder, exactly.

    Raises:
        UsageError: Something in the arguments cannot be used; the message says the way out.
        RunError: The run started and could not go on.
        KeyboardInterrupt: Somebody pressed Ctrl-C; everything was saved before.
    """
    from launch.jobs.rl import execution, initial_weights

    _check(env, agent, callbacks, name)
    try:
        config = TrainingConfig(
            env=label(env),
            env_options=env_options,
            transforms=transforms,
            agent=agent,
            env_steps=env_steps,
            seed=seed,
            num_envs=num_envs,
            rollout_length=rollout_length,
            lag=lag,  # pyright: ignore[reportArgumentType] - checked by the config
            solved_at=solved_at,
            until_solved=until_solved,
            init_from=init_from,  # pyright: ignore[reportArgumentType] - becomes a path there
            film=film,
            film_steps=film_steps,
            pictures=pictures,
            evaluation=evaluation,
            checkpoint=checkpoint,
            faults=faults,
            placement=placement or PlacementConfig(workers=workers),
            output=OutputConfig(
                out=out,  # pyright: ignore[reportArgumentType]
                run_dir=run_dir,  # pyright: ignore[reportArgumentType]
                unfinished="new",
            ),
        )
    except InvalidSetting as error:
        raise UsageError(str(error)) from None
    config = initial_weights.named_in(config)
    kind = name or f"{_short(name_of(type(agent)))}_{_short(label(env))}"
    folder, training = execution.train(
        kind,
        config,
        [],
        env=None if isinstance(env, str) else env,
        callbacks=callbacks,
    )
    _pass_on_interrupts(folder, training, callbacks)
    policy = Policy(config.prepared_agent, config.source(env), training.kept_weights)
    return Run(folder=folder, config=config, result=_result(folder), policy=policy)


def resume(
    folder: Path | str,
    *,
    env_steps: int | None = None,
    env: EnvSource | None = None,
    workers: int | None = None,
    callbacks: Sequence[Callback] = (),
) -> Run:
    """Continues a run from its last checkpoint, an unfinished one to the same bits.

    Args:
        folder: The run's folder.
        env_steps: A new budget, above the steps already taken, with which a finished run goes on,
            too; schedules that go over the budget go over the new one from there.
        env: The function that makes its environment, where that is not an id.
        workers: How many to go on with; None keeps what it had.
        callbacks: Called at every iteration and evaluation, as in the run so far.

    Raises:
        UsageError: It is no run that can go on.
        RunError: It could not go on.
    """
    from launch.jobs.rl import execution

    _, config = execution.read(Path(folder))
    try:
        if workers is not None:
            config = replace(config, placement=replace(config.placement, workers=workers))
        if env_steps is not None:
            env_steps = replace(config, env_steps=env_steps).env_steps
    except InvalidSetting as error:
        raise UsageError(str(error)) from None
    training = execution.resume(
        Path(folder), config, env_steps=env_steps, env=env, callbacks=callbacks
    )
    _pass_on_interrupts(Path(folder), training, callbacks)
    return load(folder, env=env)


def load(folder: Path | str, *, env: EnvSource | None = None) -> Run:
    """A run that has ended, with its policy.

    Args:
        folder: The run's folder.
        env: The function that makes its environment, where that is not an id.

    Raises:
        UsageError: The folder is no run's, or the run has not ended.
    """
    from launch.jobs.rl import execution, policy_files, trained_spaces

    folder = Path(folder)
    _, config = execution.read(folder)
    found = _result(folder)
    weights = policy_files.load(folder, config.agent)
    try:
        source = config.source(config.env if env is None else env)
        trained_spaces.check(folder, config, trained_spaces.of(source))
        policy = Policy(config.prepared_agent, source, weights)
    except UnusableEnvironment as error:
        raise UsageError(
            f"{error}; give the function that makes it: load(folder, env=...)"
        ) from None
    return Run(folder=folder, config=config, result=found, policy=policy)


def _short(path: str) -> str:
    """The last part of `module:NAME`, of something in a function its own name; `lambda` is one."""
    return path.rpartition(":")[2].rpartition("<locals>.")[2].replace("<lambda>", "lambda")


def _result(folder: Path) -> TrainingRunResult:
    found = result.read(folder)
    assert isinstance(found, TrainingRunResult)
    return found


def _check(env: Any, agent: Any, callbacks: Any, name: Any) -> None:
    """Says what the arguments of other libraries should be here.

    Raises:
        UsageError: One of them cannot be used.
    """
    if isinstance(env, gymnasium.Env):
        raise UsageError(
            f"the environment is one {type(env).__name__}, and many are needed: give its id, or a "
            "function that makes one, such as lambda: gymnasium.make(...)"
        )
    if not isinstance(agent, Agent):
        raise UsageError(f"the agent is {agent!r}, expected an agent such as actorlab.DQN()")
    given = callbacks if isinstance(callbacks, Sequence) else [callbacks]
    if given is not callbacks or not all(isinstance(each, Callback) for each in given):
        raise UsageError(f"callbacks={callbacks!r}: expected a list of actorlab.Callback instances")
    if not isinstance(name, str | None):
        raise UsageError(f"name={name!r}: expected a text, the name of the run's kind")


def _pass_on_interrupts(folder: Path, training: Training, callbacks: Sequence[Callback]) -> None:
    """Lets Ctrl-C end the script or the cell as well, now that the run is saved."""
    if training.was_interrupted:
        again = resume_from_python(folder, callbacks=bool(callbacks))
        raise KeyboardInterrupt(f"saved; continue with {again}")

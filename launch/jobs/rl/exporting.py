"""A trained policy as a model for others: from observations to values of actions, or to actions."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from agents.actor import Actor
from agents.agent import Agent
from agents.weights import Array, Weights
from common.backend import prepare_tensorflow
from common.errors import RunError, UsageError
from envs import registry
from envs.faults import EnvironmentFault, Guard
from envs.randomness import Purpose
from launch.config.training import TrainingConfig
from launch.jobs.models.request import Request
from launch.jobs.models.tensors import Tensor
from launch.jobs.models.trial import Trial
from launch.jobs.rl import execution, interface, policy_files, trained_spaces
from launch.jobs.rl.interface import Interface
from launch.run_folder import facts
from launch.run_folder.names import POLICY, Q_TABLE
from training.evaluation import Evaluation

_ENVS, _STEPS = 8, 32
_EXPLORED = 0.3  # share of random actions, so that more is seen than the policy's own way
_STATE, _NEXT = "state", "next_state"  # ONNX wants names that differ


@dataclass(frozen=True, kw_only=True)
class _Played:
    """What a policy saw in some steps, and what it made of it.

    Attributes:
        observations: [N, ...].
        states: [N, S] what it remembered before; None for one that remembers nothing.
        values: [N, A] what it takes each action to be worth; None for one without values.
        after: [N, S] what it remembered after.
    """

    observations: Array
    states: Array | None
    values: Array | None
    after: Array | None


def export(folder: Path, request: Request, *, actions: bool) -> list[str]:
    """Exports the policy that a run has kept.

    Args:
        folder: The run's folder.
        request: The format, and where to.
        actions: Whether the model is to give the best actions in place of values.

    Returns:
        What was done, in lines.

    Raises:
        UsageError: There is no policy, or none that a model can be made of.
        RunError: The environment failed, or the model gives something else than the policy.
    """
    _, config = execution.read(folder)
    path = request.path(folder, "actions" if actions else "policy")
    agent = config.prepared_agent
    _refuse_without_network(folder, agent)
    request.check()
    spaces = execution.check(config.rollout, config)
    trained_spaces.check(folder, config, spaces)
    weights = policy_files.load(folder, agent)
    if agent.needs_tensorflow:
        prepare_tensorflow(config.learner_threads, hide_gpus=True)
    model: Any = agent.keras_model(spaces.observations, spaces.actions, weights)
    if model is None:
        name = type(config.agent).__name__
        raise UsageError(f"{folder}: {name} makes no Keras model: give it a keras_model")
    played, masked = _played(config, weights)
    if actions and masked:
        raise UsageError(
            "--actions: this environment says which actions are legal, which a model does not see; "
            "leave it out, and take the best of the legal ones by their values"
        )
    from launch.jobs.models import exporting

    known = interface.of(config)
    exported = _named(model, known, actions=actions)
    subject = exporting.Subject(
        model=exported,
        trial=_trial(exported, played, known, actions=actions),
        about={**facts.of(folder).to_json(), **_about(config, known, exported, masked=masked)},
    )
    return exporting.export(subject, request.to, path)


def _refuse_without_network(folder: Path, agent: Agent) -> None:
    """Says of policies that are no network where they are.

    Raises:
        UsageError: It is such a policy.
    """
    if agent.acts_randomly:
        raise UsageError(f"{folder}: its agent acts at random; there is nothing to export")
    if agent.sees == "state":
        table = folder / Q_TABLE
        where = str(table) if table.exists() else f"the array q of {folder / POLICY}"
        raise UsageError(
            f"{folder}: its policy is a table and no network: {where} has the value of each action "
            "in each state"
        )


def _played(config: TrainingConfig, weights: Weights) -> tuple[_Played, bool]:
    """Steps of seeded episodes, and whether the environment says which actions are legal.

    Raises:
        RunError: The environment failed.
    """
    agent, env = config.prepared_agent, config.rollout.env
    plan = Evaluation(
        purpose=Purpose.RECORDING, episodes=_ENVS, seed=config.seed, epsilon=_EXPLORED
    )
    rows, guard = plan.env_indices, Guard(config.faults.on_fault)
    envs = registry.make(
        env, seed=plan.seed, purpose=plan.purpose, env_indices=rows, guard=guard
    )  # fmt: skip
    found: list[tuple[Any, ...]] = []
    try:
        with closing(envs), threadpool_limits(1, user_api="blas"), guard.listening():
            actor = agent.actor(envs.observation_space, envs.action_space, rows)
            unroll = plan.unroll(agent, envs, rows)
            unroll.start()
            masked = envs.action_mask is not None and actor.respects_masks
            for exploration in itertools.islice(plan.explorations(unroll, rows), _STEPS):
                state = unroll.state
                observation = unroll.step(weights, exploration).s_tm1.copy()
                found.append((observation, *_asked(actor, weights, observation, state)))
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None
    columns = [
        None if part[0] is None else np.concatenate(part) for part in zip(*found, strict=True)
    ]
    observations, states, values, after = columns
    assert observations is not None
    return _Played(observations=observations, states=states, values=values, after=after), masked


def _asked(actor: Actor, weights: Weights, observation: Array, state: Mapping[str, Array]):
    """What an actor remembered before, takes actions to be worth, and remembers after."""
    values = actor.values(weights, observation, state)
    after = actor.act(weights, observation, state).state
    before, now = (_memory(each) for each in (state, after))
    return before, values, now


def _memory(state: Mapping[str, Array]) -> Array | None:
    """The numbers that a network's memory is of; which member of an ensemble acts is none."""
    arrays = [array for array in state.values() if np.issubdtype(array.dtype, np.floating)]
    return arrays[0].copy() if len(arrays) == 1 else None


def _named(model: Any, known: Interface, *, actions: bool) -> Any:
    """The model with names for its inputs and outputs, and with actions where these are wanted."""
    import keras

    from launch.jobs.models import formats

    values, *memory = model.outputs
    first = values
    if actions:
        first = _best(values, known)
    names = ["action" if actions else "values", *[_NEXT] * len(memory)]
    if len(names) > 2 or len(model.inputs) != len(names):
        raise UsageError(
            f"its model has {len(model.inputs)} inputs and {len(model.outputs)} outputs, and an "
            "export takes observations, and a memory where there is one"
        )
    whole = keras.Model(model.inputs, [first, *memory])
    return formats.named(whole, ["observation", *[_STATE] * len(memory)], names)


def _best(values: Any, known: Interface) -> Any:
    """The numbers [B] of the best actions, by values [B, A] or those of the choices of parts."""
    from keras import ops

    number: Any = 0
    ends = itertools.accumulate(known.parts)
    for size, end in zip(known.parts, ends, strict=True):
        # Not argmax, whose bits of -0.0 are nothing that ONNX knows.
        top: Any = ops.top_k(values[:, end - size : end], k=1)
        _, best = top
        number = number * size + best[:, 0]
    return ops.cast(number, "int32")


def _about(config: TrainingConfig, known: Interface, model: Any, *, masked: bool) -> dict[str, Any]:
    """What is told of a policy beside its model."""
    outputs = [
        Tensor(
            name=name,
            shape=tuple(each.shape[1:]),
            dtype=each.dtype,
            about=_meaning(config, known, name),
        )
        for name, each in model.output.items()
    ]
    memory = [
        Tensor(
            name=name,
            shape=tuple(each.shape[1:]),
            dtype=each.dtype,
            about=f"zeros at the start of an episode, then the output {_NEXT} of the step before",
        )
        for name, each in model.input.items()
        if name == _STATE
    ]
    legal = "among the legal ones" if masked else "of all"
    return {
        "environment": config.env,
        "inputs": [each.to_json() for each in (known.observation, *memory)],
        "outputs": [each.to_json() for each in outputs],
        "actions": known.of_actions(),
        "parts_of_actions": list(known.parts) if len(known.parts) > 1 else [],
        "acting": f"the action of the largest value {legal}, and the first of equal ones",
        "done_by_the_model": list(known.inside),
        "to_be_done_before": list(known.outside),
    }


def _meaning(config: TrainingConfig, known: Interface, name: str) -> str:
    """What an output of a policy's model is."""
    if name == _NEXT:
        return f"the input {_STATE} of the next step"
    if name == "action":
        return "the number of the best action"
    if len(known.parts) > 1:
        return (
            "what the choices of each part of an action are worth, one part after the other: each "
            "part takes its best, and an action is worth the mean over its parts"
        )
    agent = config.agent
    if not getattr(agent, "values_returns", False):
        return "one number for each action, of which only the order counts"
    return f"the discounted return that each action promises, discount {agent.optimal_discount:g}"


def _trial(model: Any, played: _Played, known: Interface, *, actions: bool) -> Trial:
    """What the exported model has to give: what the policy itself gives where it acts."""
    from launch.jobs.models import formats

    count = len(played.observations)
    what = f"{count} observations of seeded episodes"
    inputs = {"observation": played.observations.astype(model.input["observation"].dtype)}
    expected: dict[str, Array] = {}
    if played.states is not None and played.after is not None:
        inputs[_STATE] = played.states
        expected[_NEXT] = played.after
    values = played.values
    if values is None:  # of a user's own agent, which has a model and tells no values
        return Trial(inputs=inputs, expected=formats.of_model(model)(inputs), what=what)
    if actions:
        return Trial(
            inputs=inputs,
            expected={**expected, "action": values.max(axis=1)},
            what=what,
            # Where two actions are worth the same but for rounding, either is right.
            shown=lambda found: {**found, "action": _worth(values, found["action"])},
        )
    return Trial(
        inputs=inputs,
        expected={**expected, "values": values},
        what=what,
        shown=lambda found: {**found, "values": _whole(found["values"], known.parts)},
    )


def _worth(values: Array, actions: Array) -> Array:
    """What the chosen actions [n] are worth, by the values [N, A] of the first rows."""
    return np.take_along_axis(values[: len(actions)], actions[:, None].astype(int), axis=1)[:, 0]


def _whole(values: Array, sizes: Sequence[int]) -> Array:
    """Values of actions [N, A], given those of the choices of their parts [N, sum of sizes]."""
    parts = np.split(values, np.cumsum(sizes)[:-1], axis=1)
    choices = np.unravel_index(np.arange(np.prod(sizes)), sizes)
    return np.mean([part[:, taken] for part, taken in zip(parts, choices, strict=True)], axis=0)

"""What a policy sees and does, in words and numbers, for whoever uses it elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.networks.inputs import divisor
from common.factored import branches
from envs import naming, registry
from envs.actions import Actions
from launch.config.training import TrainingConfig
from launch.jobs.models.tensors import Tensor, bounds

_MOST = 4_096  # actions that are told one by one
_FEW = 16  # numbers of an observation whose places are no names


@dataclass(frozen=True, kw_only=True)
class Interface:
    """What a policy sees and does.

    Attributes:
        observation: What its network takes.
        actions: The names of the actions, by their numbers.
        taken: What `env.step` takes for each of them, as plain JSON values; empty where there are
            very many.
        parts: How many choices each part of an action has; all actions are the choices of one part
            where the model values whole actions.
        inside: What an exported model does to its input by itself.
        outside: What has to be done to an observation of the environment before.
    """

    observation: Tensor
    actions: Sequence[str]
    taken: Sequence[Any]
    parts: tuple[int, ...]
    inside: Sequence[str]
    outside: Sequence[str]

    def of_actions(self) -> list[dict[str, Any]]:
        """The actions as plain JSON values."""
        return [
            {"number": number, "name": name, "env_step_takes": taken}
            for number, (name, taken) in enumerate(zip(self.actions, self.taken, strict=True))
        ]


def of(config: TrainingConfig) -> Interface:
    """What the policy of a run sees and does.

    Raises:
        UnusableEnvironment: Its environment cannot be made.
    """
    env = config.rollout.env
    seen, actions = registry.encodings(env)
    count = int(actions.space.n)
    many = count > _MOST
    return Interface(
        observation=_observation(config, seen.space),
        actions=() if many else naming.action_names(env),
        taken=() if many else [_plain(actions, number) for number in range(count)],
        parts=branches(actions.space) if config.agent.values_parts else (count,),
        inside=tuple(_inside(config, seen.space)),
        outside=tuple(_outside(config, seen.told, seen.left_out)),
    )


def _observation(config: TrainingConfig, space: Box | Discrete) -> Tensor:
    if isinstance(space, Discrete):
        return Tensor(
            name="observation", shape=(), dtype="int32", low=0, high=int(space.n) - 1,
            about="the number of the state",
        )  # fmt: skip
    count = int(np.prod(space.shape))
    names = naming.observation_names(config.rollout.env, count) if count <= _FEW else ()
    return Tensor(
        name="observation",
        shape=tuple(space.shape),
        dtype=str(space.dtype),
        low=bounds(space.low, lowest=True),
        high=bounds(space.high, lowest=False),
        parts=() if any(name.startswith("number ") for name in names) else names,
    )


def _plain(actions: Actions, number: int) -> Any:
    taken = np.asarray(actions.decode(number)).tolist()
    return int(taken) if isinstance(taken, int) else taken


def _inside(config: TrainingConfig, space: Box | Discrete) -> Iterator[str]:
    if config.transforms.normalize_observations:
        yield "normalised by mean and variance of the training, and cut to [-10, 10]"
    if config.agent.sees == "state":
        return
    if isinstance(space, Discrete):
        yield "the number of the state becomes a row of zeros with a single 1"
    elif (whole := divisor(space, picture=config.agent.sees == "picture")) != 1:
        yield f"{'bytes' if space.dtype == np.uint8 else 'numbers'} are divided by {whole:g}"


def _outside(config: TrainingConfig, told: str, left_out: Sequence[str]) -> Iterator[str]:
    if options := config.env_options.flags():
        yield f"the environment is made with {options}"
    if told:
        yield f"an observation of the environment is encoded: {told}"
    if left_out:
        yield f"parts that the policy does not see: {', '.join(left_out)}"

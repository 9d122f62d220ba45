"""Which parts of a picture the value of an action depends on: parts are covered in turn."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor, State
from agents.agent import Agent
from agents.networks.forward import BLOCK
from agents.weights import Array, Weights
from common import channels
from envs import registry
from envs.sources import EnvSource

_PARTS = 12  # along the longer edge of a picture, at most
_LEAST = 5  # pixels along each edge: what is smaller is a table of numbers

Floats = npt.NDArray[np.float64]


def is_picture(space: Box | Discrete) -> bool:
    """Whether observations are pictures: [H, W] or [H, W, C], of 5 pixels and more each way."""
    shape = space.shape or ()
    is_large = len(shape) in (2, 3) and min(shape[:2]) >= _LEAST
    return is_large and not channels.are_first(shape)


class Saliency:
    """How much the value of an action changes where a part of the picture is covered.

    After Zeiler and Fergus (2014): squares are covered one at a time, at most 12 along an edge. A
    covered pixel has the median of its channel over the picture, which mostly is its background;
    so what is background already needs no pass of the network, and changes nothing.
    """

    def __init__(self, actor: Actor, weights: Weights):
        """Takes what values pictures.

        Args:
            actor: Values actions in `BLOCK` environments.
            weights: What it acts with.
        """
        self._actor, self._weights = actor, weights

    def __call__(self, observation: Array, state: State, action: int) -> Floats:
        """The change [H, W] of an action's value, in units of values, for each pixel's square.

        Args:
            observation: [H, W] or [H, W, C].
            state: What the actor remembered before it, [1, ...] arrays by name.
            action: The action's number.
        """
        found = np.zeros(observation.shape[:2])
        squares = list(_squares(observation))
        background = _median(observation)
        repeated = {name: np.repeat(array, BLOCK, axis=0) for name, array in state.items()}
        batch = np.repeat(observation[None], BLOCK, axis=0)
        whole = self._values(batch, repeated)[0, action]
        for first in range(0, len(squares), BLOCK):
            some = squares[first : first + BLOCK]
            for row, square in enumerate(some):
                batch[row] = observation
                batch[(row, *square)] = background
            values = self._values(batch, repeated)[:, action]
            for value, square in zip(values, some, strict=False):
                found[square] = abs(value - whole)
        return found

    def _values(self, observations: Array, state: State) -> Floats:
        values = self._actor.values(self._weights, observations, state)
        assert values is not None
        return np.asarray(values, np.float64)


def saliency(
    env: EnvSource, agent: Agent, weights: Weights, *, largest: int | None = None
) -> Saliency | None:
    """The saliency of an agent that sees pictures; None for one that does not.

    Args:
        env: Its environment.
        agent: The agent.
        weights: What it acts with.
        largest: Numbers of an observation at most; None for any.
    """
    seen, actions = registry.spaces(env)
    if agent.acts_randomly or not is_picture(seen):
        return None
    if largest is not None and math.prod(seen.shape or ()) > largest:
        return None
    return Saliency(agent.actor(seen, actions, range(BLOCK)), weights)


def _median(observation: Array) -> Array:
    """The lower median of each channel, which is one of its values: of bytes and booleans, too."""
    pixels = observation.reshape(math.prod(observation.shape[:2]), -1)  # [H * W, C]
    middle = (len(pixels) - 1) // 2
    return np.partition(pixels, middle, axis=0)[middle].reshape(observation.shape[2:])


def _squares(observation: Array) -> Iterator[tuple[slice, slice]]:
    """The squares of a picture that are not background everywhere."""
    height, width = observation.shape[:2]
    edge = -(-max(height, width) // _PARTS)
    differs = observation != _median(observation)
    for top in range(0, height, edge):
        for left in range(0, width, edge):
            square = slice(top, top + edge), slice(left, left + edge)
            if differs[square].any():
                yield square

"""Notices draws from generators that an environment should not draw from."""

import random
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import gymnasium
import numpy as np

NUMPY, PYTHON = "np.random", "random"


class Globals:
    """The states of the generators that no `reset(seed=...)` sets."""

    def __init__(self, single: gymnasium.Env[Any, Any]):
        """Notes the states as they are.

        Args:
            single: The environment whose spaces are watched, too.
        """
        self._single = single
        self._before = self._states()

    def touched(self) -> tuple[str, ...]:
        """Names of the generators that were drawn from since then, and that no reset seeds.

        To find out about the latter, the environment is reset.
        """
        now = self._states()
        drawn = [name for name, state in self._before.items() if now[name] != state]
        return tuple(name for name in drawn if not self._is_seeded(name))

    def _is_seeded(self, name: str) -> bool:
        """Whether a reset seeds the generator, which is done for a space at most."""
        if name in (NUMPY, PYTHON):
            return False
        single, states = self._single.unwrapped, []
        with suppress(Exception):  # an environment that fails is told of elsewhere
            for _ in range(2):
                single.reset(seed=0)
                states.append(_state(getattr(single, name)))
                getattr(single, name).sample()
        return len(states) == 2 and states[0] == states[1]

    def _states(self) -> Mapping[str, object]:
        single = self._single.unwrapped
        # The legacy state is a tuple with an array, which cannot be compared by `==`.
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - it is looked at, not drawn from
        return {
            NUMPY: (kind, np.asarray(keys).tobytes(), *rest),
            PYTHON: random.getstate(),
            "action_space": _state(single.action_space),
            "observation_space": _state(single.observation_space),
        }


def _state(space: gymnasium.Space[Any]) -> object:
    """The state of a space's generator; None where nobody has sampled the space yet."""
    generator = vars(space).get("_np_random")
    return None if generator is None else str(generator.bit_generator.state)

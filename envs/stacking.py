"""The newest observations of an environment as one."""

from collections import deque
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.wrappers import FrameStackObservation, TransformObservation

from envs.vector_env import Array


def stacked(env: gymnasium.Env[Any, Any], count: int) -> gymnasium.Env[Any, Any]:
    """An environment that shows its newest observations, the oldest first.

    Rows are joined to a longer row, and pictures to one with more channels. An episode begins with
    copies of its first observation.

    Args:
        env: Its observations are a Box of one number or more.
        count: Observations of a stack.

    Raises:
        ValueError: Its observations are no Box.
    """
    space = env.observation_space
    if not isinstance(space, Box):
        raise ValueError(f"its observations are {space}, and only those of a Box can be stacked")
    framed = FrameStackObservation(env, count, padding_type="reset")
    low, high = (_joined(_repeated(bound, count)) for bound in (space.low, space.high))
    joined = Box(low, high, dtype=space.dtype)  # pyright: ignore[reportArgumentType] - a box's own
    return TransformObservation(framed, _joined, joined)


class Frames:
    """The newest observations of one environment, for a policy that is handed them one by one."""

    def __init__(self, count: int):
        """Begins an episode.

        Args:
            count: Observations of a stack.
        """
        self._frames: deque[Array] = deque(maxlen=count)

    def reset(self) -> None:
        """Begins a new episode."""
        self._frames.clear()

    def joined(self, observation: Array) -> Array:
        """An observation and those before it in its episode, as `stacked` shows them."""
        frame = np.asarray(observation)
        first = not self._frames
        self._frames.extend([frame] * (self._frames.maxlen or 1) if first else [frame])
        return _joined(np.stack(self._frames))


def _repeated(bound: Array, count: int) -> Array:
    return np.repeat(bound[None], count, axis=0)  # [count, ...]


def _joined(frames: Array) -> Array:
    """Frames [count, ...] side by side: rows on their axis, pictures on that of their channels."""
    if frames.ndim == 2:  # rows [count, D]
        return frames.ravel()
    if frames.ndim == 4:  # pictures [count, H, W, C]
        return np.concatenate(list(frames), axis=-1)
    return np.moveaxis(frames, 0, -1)  # pictures without channels [count, H, W], and the rest

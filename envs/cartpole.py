"""Batched CartPole, each environment equal bit for bit to Gymnasium's `CartPoleEnv`."""

from collections.abc import Sequence

import numpy as np
from gymnasium.spaces import Box, Discrete

from envs.vector_env import Array, VectorEnv

_GRAVITY = 9.8  # m/s^2
_MASS_POLE = 0.1  # kg
_MASS_TOTAL = 1.1  # kg
_LENGTH = 0.5  # m, half the pole
_POLE_MOMENT = _MASS_POLE * _LENGTH  # kg m
_FORCE = 10.0  # N
_TAU = 0.02  # s between states
_ANGLE_LIMIT = 12 * 2 * np.pi / 360  # rad
_POSITION_LIMIT = 2.4  # m


class CartPoleVectorEnv(VectorEnv):
    """CartPole (Barto, Sutton and Anderson 1983) over a batch, in Gymnasium's own arithmetic.

    Gymnasium's vector CartPole shares one generator over its copies, so it cannot be split over
    workers; here each episode starts from its own seed, exactly as `reset(seed=...)` would.
    """

    def __init__(
        self, *, seed: int, purpose: int, env_indices: Sequence[int], max_episode_steps: int
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            max_episode_steps: Steps after which an episode is truncated.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices)
        high = np.array([2 * _POSITION_LIMIT, np.inf, 2 * _ANGLE_LIMIT, np.inf], np.float32)
        self.observation_space = Box(-high, high, dtype=np.float32)
        self.action_space = Discrete(2)
        self._max_episode_steps = max_episode_steps
        self._state = np.zeros((4, self.num_envs))  # [4, B]: x, x_dot, theta, theta_dot
        self._elapsed = np.zeros(self.num_envs, np.int64)  # [B]

    def _begin(self, rows: Array) -> Array:
        for row, seed in zip(rows, self._seeds(rows), strict=True):
            rng = np.random.Generator(np.random.PCG64(int(seed)))
            self._state[:, row] = rng.uniform(low=-0.05, high=0.05, size=(4,))
        self._elapsed[rows] = 0
        return self._state[:, rows].T.astype(np.float32, order="C")

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        # The order of operations is Gymnasium's: another order rounds differently.
        x, x_dot, theta, theta_dot = self._state.take(rows, axis=1)  # each [n]
        force = np.where(actions == 1, _FORCE, -_FORCE)
        cos_theta = np.cos(theta)
        sin_theta = np.sin(theta)
        temp = (force + _POLE_MOMENT * np.square(theta_dot) * sin_theta) / _MASS_TOTAL
        theta_acc = (_GRAVITY * sin_theta - cos_theta * temp) / (
            _LENGTH * (4.0 / 3.0 - _MASS_POLE * np.square(cos_theta) / _MASS_TOTAL)
        )
        x_acc = temp - _POLE_MOMENT * theta_acc * cos_theta / _MASS_TOTAL
        x = x + _TAU * x_dot
        x_dot = x_dot + _TAU * x_acc
        theta = theta + _TAU * theta_dot
        theta_dot = theta_dot + _TAU * theta_acc

        state = np.stack((x, x_dot, theta, theta_dot))  # [4, n]
        self._state[:, rows] = state
        self._elapsed[rows] += 1
        terminated_t = (np.abs(x) > _POSITION_LIMIT) | (np.abs(theta) > _ANGLE_LIMIT)
        truncated_t = self._elapsed[rows] >= self._max_episode_steps
        return state.T.astype(np.float32, order="C"), np.ones(len(rows)), terminated_t, truncated_t

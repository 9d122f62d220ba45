"""Batched dynamics of any environment whose transitions are known as a table."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

from envs.planning import TabularModel
from envs.randomness import STRIDE, Keys, derive, episode_seeds, positions, uniform, uniform_at
from envs.vector_env import Array, VectorEnv

_AHEAD = 16
"""Episodes that are begun at once: more cost more than they save in large batches."""


class TabularVectorEnv(VectorEnv):
    """A table of transitions over a batch: a step is one draw and one look-up for all.

    Where every action has one outcome there is no draw. Draw 0 of an episode chooses its first
    state, and draw n the outcome of its nth action.
    """

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        env_indices: Sequence[int],
        max_episode_steps: int | None,
        model: TabularModel,
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            max_episode_steps: Steps after which an episode is truncated; None truncates none.
            model: The transitions.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices)
        states, actions, outcomes = model.probability.shape
        self.observation_space = Discrete(states)
        self.action_space = Discrete(actions)
        limit = max_episode_steps or np.iinfo(np.int64).max
        # Without dimensions, as the constants of `envs.randomness`.
        self._actions, self._outcomes, self._limit = map(np.array, (actions, outcomes, limit))
        # Flat tables: one index for all of them costs less than three.
        self._thresholds = _thresholds(model.probability)  # O-1 arrays [S * A]
        self._successor = np.ravel(model.successor)  # [S * A * O]
        self._reward = np.ravel(model.reward)
        self._terminal = np.ravel(model.terminal)
        self._legal = model.legal  # [S, A]
        if model.legal is not None:
            self.action_mask = np.ones((self.num_envs, actions), np.bool_)
        self._beginnings = _Beginnings(self._keys, model.start)
        self._state = np.zeros(self.num_envs, np.int64)  # [B]
        self._elapsed = np.zeros(self.num_envs, np.int64)  # [B]
        self._position: Keys = np.zeros(self.num_envs, np.uint64)  # [B] of the last draw

    def _begin(self, rows: Array) -> Array:
        state, self._position[rows] = self._beginnings.of(rows, self._episode)
        self._state[rows] = state
        self._elapsed[rows] = 0
        if self._legal is not None and self.action_mask is not None:
            self.action_mask[rows] = self._legal[state]
        return state

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        # A slice costs a small batch half of what row numbers do.
        at = slice(None) if len(rows) == self.num_envs else rows
        outcome = self._outcome(self._state[at] * self._actions + actions, at)
        s_t = self._successor[outcome]
        self._state[at] = s_t
        self._elapsed[at] += 1
        terminated_t = self._terminal[outcome]
        if self._legal is not None and self.action_mask is not None:
            self.action_mask[at] = self._legal[s_t] | terminated_t[:, None]
        return s_t, self._reward[outcome], terminated_t, self._elapsed[at] >= self._limit

    def _outcome(self, cell: Array, at: Array | slice) -> Array:
        """What happens in each of the cells [n] of a state and an action: places in the tables."""
        if not self._thresholds:
            return cell
        self._position[at] += STRIDE
        draw = uniform_at(self._position[at])
        outcome = cell * self._outcomes
        for threshold in self._thresholds:
            outcome += draw >= threshold[cell]
        return outcome


def _thresholds(probability: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """The draw from which on an outcome o gives way to the next one, [S * A] for each o < O-1.

    None does where no later one has a probability, even if rounding left their sum below 1.
    """
    cumulative = np.cumsum(probability, axis=-1)
    later = np.cumsum(probability[..., ::-1], axis=-1)[..., ::-1]
    bounds = np.where(later[..., 1:] > 0.0, cumulative[..., :-1], np.inf)  # [S, A, O-1]
    return [np.ravel(bounds[..., o]) for o in range(bounds.shape[-1])]


class _Beginnings:
    """First states and draws of the episodes to come, made for many at a time.

    They are functions of environment and episode alone. Made one by one, they would take most of
    the time where episodes are short.
    """

    def __init__(self, keys: Keys, start: npt.NDArray[np.float64]):
        """Makes it.

        Args:
            keys: [B] the environments' keys.
            start: [S] distribution of the first state.
        """
        self._keys = keys
        self._start = np.cumsum(start)[:-1]  # [S-1]
        self._first = np.full(len(keys), -_AHEAD)  # [B] the first episode that is there
        self._state = np.zeros(0, np.int64)  # [B * _AHEAD]
        self._position: Keys = np.zeros(0, np.uint64)  # [B * _AHEAD] of draw 0

    def of(self, rows: Array, episodes: npt.NDArray[np.int64]) -> tuple[Array, Keys]:
        """First states [R] of the rows' episodes, and the positions [R] of the draws they took.

        Args:
            rows: [R] row numbers.
            episodes: [B] number of the episode that each environment is in.
        """
        ahead = episodes[rows] - self._first[rows]
        if np.count_nonzero(ahead.view(np.uint64) >= _AHEAD):  # a negative number is a large one
            self._make(episodes)
            ahead = 0
        place = rows * _AHEAD + ahead
        return self._state[place], self._position[place]

    def _make(self, episodes: npt.NDArray[np.int64]) -> None:
        self._first[:] = episodes
        following = episodes[:, None] + np.arange(_AHEAD)  # [B, _AHEAD]
        keys = np.ravel(derive(episode_seeds(self._keys[:, None], following)))
        self._position = positions(keys, 0)
        self._state = np.searchsorted(self._start, uniform(keys, 0), side="right")

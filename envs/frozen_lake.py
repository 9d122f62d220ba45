"""Batched FrozenLake with Gymnasium's transition table and randomness of its own per episode."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.envs.toy_text.frozen_lake import MAPS
from gymnasium.spaces import Discrete

from envs.planning import TabularModel
from envs.randomness import Keys, derive, uniform
from envs.vector_env import Array, VectorEnv

# Actions 0-3: left, down, right, up, as (row, column) moves.
_MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))


def frozen_lake_model(
    *,
    map_name: str = "4x4",
    desc: Sequence[str] | None = None,
    is_slippery: bool = True,
    success_rate: float = 1.0 / 3.0,
) -> TabularModel:
    """The lake as a model; the arguments are those of Gymnasium's `FrozenLakeEnv`.

    On slippery ice a move goes its own way with `success_rate` and to either side otherwise.
    """
    tiles = np.array([list(line) for line in (MAPS[map_name] if desc is None else desc)])
    rows, columns = tiles.shape
    slips = (-1, 0, 1) if is_slippery else (0,)
    side_rate = (1.0 - success_rate) / 2.0
    rates = [side_rate, success_rate, side_rate] if is_slippery else [1.0]
    shape = (tiles.size, 4, len(slips))
    successor = np.zeros(shape, np.int64)
    for state in range(tiles.size):
        row, column = divmod(state, columns)
        for action in range(4):
            for outcome, slip in enumerate(slips):
                down, right = _MOVES[(action + slip) % 4]
                to_row = min(max(row + down, 0), rows - 1)
                to_column = min(max(column + right, 0), columns - 1)
                successor[state, action, outcome] = to_row * columns + to_column
    over = np.isin(tiles.ravel(), ("G", "H"))  # [S]: holes and goals keep whoever is in them
    successor[over] = np.flatnonzero(over)[:, None, None]
    start = (tiles.ravel() == "S").astype(np.float64)
    return TabularModel(
        probability=np.broadcast_to(np.array(rates), shape).copy(),
        successor=successor,
        reward=np.where((tiles.ravel() == "G")[successor] & ~over[:, None, None], 1.0, 0.0),
        terminal=over[successor],
        start=start / start.sum(),
    )


class FrozenLakeVectorEnv(VectorEnv):
    """FrozenLake over a batch: a step is one draw and one table look-up for all environments."""

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        env_indices: Sequence[int],
        max_episode_steps: int,
        model: TabularModel,
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            max_episode_steps: Steps after which an episode is truncated.
            model: The lake, from `frozen_lake_model`.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices)
        self.observation_space = Discrete(len(model.start))
        self.action_space = Discrete(model.probability.shape[1])
        self._actions, self._outcomes = model.probability.shape[1:]
        # Flat tables: one index for all of them costs less than three.
        cumulative = np.cumsum(model.probability, axis=-1)[..., :-1]  # [S, A, O-1]
        self._thresholds = [np.ravel(cumulative[..., o]) for o in range(self._outcomes - 1)]
        self._successor = np.ravel(model.successor)  # [S * A * O]
        self._reward = np.ravel(model.reward)
        self._terminal = np.ravel(model.terminal)
        self._start = np.cumsum(model.start)[:-1]  # [S-1]
        self._max_episode_steps = max_episode_steps
        self._state = np.zeros(self.num_envs, np.int64)  # [B]
        self._elapsed = np.zeros(self.num_envs, np.int64)  # [B]
        self._episode_keys: Keys = np.zeros(self.num_envs, np.uint64)  # [B]

    def _begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        self._episode_keys[rows] = derive(seeds)
        self._elapsed[rows] = 0
        draw = uniform(self._episode_keys[rows], 0)
        self._state[rows] = np.searchsorted(self._start, draw, side="right")
        return self._state[rows]

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        s_tm1 = self._state[rows]
        self._elapsed[rows] += 1
        elapsed = self._elapsed[rows]
        draw = uniform(self._episode_keys[rows], elapsed)  # draw 0 chose the first state
        cell = s_tm1 * self._actions + actions  # [n]
        cell_outcome = cell * self._outcomes  # [n]
        for threshold in self._thresholds:
            cell_outcome += draw >= threshold[cell]
        s_t = self._successor[cell_outcome]
        self._state[rows] = s_t
        return (
            s_t,
            self._reward[cell_outcome],
            self._terminal[cell_outcome],
            elapsed >= self._max_episode_steps,
        )

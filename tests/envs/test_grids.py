"""Where states are on a map, checked against the transitions that environments publish."""

import numpy as np
import pytest

from envs import naming
from envs.grids import grid
from envs.options import EnvOptions
from envs.published import published_model
from envs.sources import Configured

DRY = Configured("FrozenLake-v1", EnvOptions(env_kwargs=("is_slippery=False",)))


@pytest.mark.parametrize("env", [DRY, "CliffWalking-v1", "Taxi-v4", "actorlab/DeepSea-v0"])
def test_actions_lead_where_the_arrows_point(env):
    """From each cell an action moves as it says, or stays at a wall, or starts anew."""
    found, model = grid(env), published_model(env)
    assert found is not None
    assert model is not None
    place = np.stack([found.columns, found.rows], axis=-1)  # [S, 2]
    went = place[model.successor[..., 0]] - place[:, None]  # [S, A, 2]
    as_said = (went == found.moves).all(axis=-1)
    assert as_said.mean() > 0.4
    clipped = np.clip(place[:, None] + found.moves, 0, place.max(axis=0)) - place[:, None]
    walls = (clipped == went).all(axis=-1) | (went == 0).all(axis=-1)
    starts_anew = model.reward[..., 0] <= -100
    assert (walls | starts_anew | model.terminal[..., 0]).all()


def test_each_map_has_the_states_of_its_cells():
    found = grid("Taxi-v4")
    assert found is not None
    for one in found.maps:
        for (row, column), state in np.ndenumerate(one.states):
            assert (found.rows[state], found.columns[state]) == (row, column)
    assert len(naming.action_names("Taxi-v4")) == found.moves.shape[1]


@pytest.mark.parametrize("env", ["CartPole-v1", "Blackjack-v1", "actorlab/TMaze-v0"])
def test_others_have_no_grid(env):
    assert grid(env) is None

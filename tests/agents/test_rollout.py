import numpy as np
import pytest

from agents.rollout import Rollout


def _rollout(num_envs: int, first: int = 0) -> Rollout:
    """Two steps; observations count up so that every place is recognisable."""
    size = 2 * num_envs
    numbers = np.arange(first, first + size).reshape(2, num_envs)  # [2, B]
    return Rollout(
        s_tm1=numbers,
        a_tm1=numbers.astype(np.int32) % 2,
        r_t=numbers / 10,
        terminated_t=numbers % 3 == 1,
        truncated_t=numbers % 3 == 2,
        s_t=numbers + 100,
        dropped_t=np.zeros_like(numbers, np.bool_),
        extras={"logits": np.stack([numbers, -numbers], axis=-1)},
    )


def test_merge_joins_blocks_in_the_order_of_environments():
    left, right = _rollout(2), _rollout(1, first=50)
    merged = Rollout.merge([left, right])
    assert merged.s_tm1.tolist() == [[0, 1, 50], [2, 3, 51]]
    assert merged.extras["logits"][..., 1].tolist() == [[0, -1, -50], [-2, -3, -51]]
    assert merged.env_steps == 6
    assert Rollout.merge([left]) is left


def test_blocks_with_other_extras_are_not_merged():
    bare = Rollout(**{name: v for name, v in vars(_rollout(1)).items() if name != "extras"})
    assert bare.extras == {}
    with pytest.raises(KeyError, match="logits"):
        Rollout.merge([_rollout(1), bare])


def test_termination_stops_the_bootstrap_and_truncation_does_not():
    discounts = _rollout(3).discounts(0.9)
    # terminated at 1 and 4, truncated at 2 and 5
    assert discounts.tolist() == [[0.9, 0.0, 0.9], [0.9, 0.0, 0.9]]
    assert discounts.dtype == np.float64

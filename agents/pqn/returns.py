"""The targets of parallel Q-learning: λ-returns over a rollout."""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from agents.rollout import Rollout


def lambda_returns(
    r_t: tf.Tensor,  # [T, B]
    discount_t: tf.Tensor,  # [T, B]
    v_t: tf.Tensor,  # [T, B]
    lambda_t: tf.Tensor,  # [T, B]
) -> tf.Tensor:
    """Peng's Q(λ) returns [T, B] (Peng and Williams 1996; Gallici et al. 2024, equation 4).

    G_t = r_t + γ_t ((1 - λ_t) v_t + λ_t G_{t+1}), with v_t = max_a q_t(a). Unlike Watkins' they are
    not cut where an action explored. Where λ_t is 0 the return bootstraps, and nothing later
    enters it; the last λ_t of a rollout has to be 0.

    Args:
        r_t: Rewards.
        discount_t: γ, or 0 where s_t is terminal.
        v_t: Value of the best action in s_t.
        lambda_t: What is taken of the next step's return in place of v_t.
    """
    shape = r_t.shape
    for tensor in (discount_t, v_t, lambda_t):
        tensor.shape.assert_is_compatible_with(shape)
    assert shape.rank == 2

    def step(later: tf.Tensor, now) -> tf.Tensor:  # [B]
        r, discount, v, share = now
        return r + discount * (v + share * (later - v))

    columns = (r_t, discount_t, v_t, lambda_t)
    return tf.scan(step, columns, tf.zeros_like(r_t[0]), reverse=True)  # [T, B]


def shares(rollout: Rollout, lambda_: float) -> npt.NDArray[np.float32]:
    """λ_t [T, B] of each step of a rollout: `lambda_`, or 0 where no return follows that counts.

    None follows an episode's end, a dropped step, or the end of the rollout; nor does that of a
    dropped step count for the step before it, which bootstraps instead.

    Args:
        rollout: T steps of B environments.
        lambda_: λ, in [0, 1].
    """
    last = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
    last[:-1] |= rollout.dropped_t[1:]
    last[-1] = True
    return np.where(last, 0.0, lambda_).astype(np.float32)

"""The rules of tabular control: what a successor is worth, step sizes, policies and bonuses.

Chapters and sections are those of Sutton and Barto, Reinforcement Learning, 2018.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
"""[B, A], which actions are legal."""


def best_value(q: Floats, s_t: Ints, mask_t: Mask | None = None) -> Floats:
    """Q-learning: the values [B] of the best legal actions (Watkins 1989; section 6.5).

    Args:
        q: [S, A] action values.
        s_t: [B] states.
        mask_t: [B, A] legal actions; None where all are.
    """
    assert q.ndim == 2, q.shape
    if mask_t is None:
        return q.max(axis=-1)[s_t]
    return np.where(mask_t, q[s_t], -np.inf).max(axis=-1)


def expected_value(q_t: Floats, policy_t: Floats) -> Floats:
    """Expected SARSA: the values [B] of the policy (van Seijen et al. 2009; section 6.6).

    Args:
        q_t: [B, A] action values.
        policy_t: [B, A] probabilities of the actions.
    """
    assert q_t.shape == policy_t.shape, (q_t.shape, policy_t.shape)
    return (policy_t * q_t).sum(axis=-1)


def double_value(q: Floats, which: Ints, s_t: Ints, mask_t: Mask | None = None) -> Floats:
    """Double Q-learning: the other table's values [B] of one table's best actions (section 6.7).

    Args:
        q: [2, S, A] two tables of action values (van Hasselt 2010).
        which: [B] 0 or 1, the table that chooses the action and is updated.
        s_t: [B] states.
        mask_t: [B, A] legal actions; None where all are.
    """
    assert q.shape[0] == 2, q.shape
    own = q[which, s_t]  # [B, A]
    if mask_t is not None:
        own = np.where(mask_t, own, -np.inf)
    return q[1 - which, s_t, own.argmax(axis=-1)]


def policy(
    preferences: Floats, epsilon: Floats, temperature: float = 0.0, mask: Mask | None = None
) -> Floats:
    """Probabilities [B, A] with which `agents.exploration.epsilon_greedy` takes each action.

    Args:
        preferences: [B, A] action values, bonuses included.
        epsilon: [B] share of uniformly random actions.
        temperature: Of the softmax; 0 takes the best, the ties among them alike.
        mask: [B, A] legal actions; None where all are.
    """
    legal = np.ones(preferences.shape, np.bool_) if mask is None else mask
    preferences = np.where(legal, preferences, -np.inf)
    most = preferences.max(axis=-1, keepdims=True)  # [B, 1]
    if temperature:
        chosen = np.exp((preferences - most) / temperature)  # [B, A]
    else:
        chosen = (preferences == most).astype(np.float64)
    chosen /= chosen.sum(axis=-1, keepdims=True)
    random = legal / legal.sum(axis=-1, keepdims=True)  # [B, A]
    return (1.0 - epsilon[:, None]) * chosen + epsilon[:, None] * random


def bonus(visits: Ints, scale: float) -> Floats:
    """UCB's bonus [B, A] of each action, scale * sqrt(ln t / n) (Auer et al. 2002; section 2.7).

    Args:
        visits: [B, A] how often each action was taken in the state, n; their sum is t.
        scale: c.

    Returns:
        The bonus; infinite for an action that was never taken.
    """
    taken = visits.sum(axis=-1, keepdims=True)  # [B, 1]
    known = np.maximum(visits, 1)  # [B, A]
    return np.where(visits, scale * np.sqrt(np.log(np.maximum(taken, 1)) / known), np.inf)


def step_sizes(visits: Ints, *, constant: float, power: float, least: float) -> Floats:
    """The step sizes [N] of cells after their visits [N].

    Args:
        visits: How often each was visited, at least once.
        constant: The step size of all; 0 has it fall with the visits.
        power: How fast it falls: n ** -power.
        least: What it does not fall below.
    """
    if constant:
        return np.full(len(visits), constant)
    return np.maximum(least, visits.astype(np.float64) ** -power)

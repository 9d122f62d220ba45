"""Branching DQN's losses: an action is worth the mean of what its parts are worth."""

import itertools
from collections.abc import Sequence

import tensorflow as tf

from agents.branching.config import Branching
from agents.losses import of, within
from agents.networks.network import Network
from agents.replayed.objective import Losses, NetworkObjective, Tensors


def decoupled_q_learning(
    q_tm1: tf.Tensor,  # [B, C]
    a_tm1: tf.Tensor,  # [B]
    r_t: tf.Tensor,  # [B]
    discount_t: tf.Tensor,  # [B]
    q_t_value: tf.Tensor,  # [B, C]
    q_t_selector: tf.Tensor,  # [B, C]
    branches: Sequence[int],
    bounds: tf.Tensor | None = None,  # [2]
) -> tf.Tensor:
    """TD errors [B] of action values that are means over D parts (Seyde et al. 2023, eq. 3 and 4).

    The best action is the best choice of each part, so that the maximum over all combinations costs
    no more than one over the C choices. `q_t_selector` picks the choices, `q_t_value` values them.

    Args:
        q_tm1: Values of the choices of the first part, then of the second, and so on.
        a_tm1: Numbers of whole actions.
        r_t: Rewards.
        discount_t: What the successors' values count for.
        q_t_value: Values that targets are made of.
        q_t_selector: Values that the best choices are picked by.
        branches: How many choices each part has.
        bounds: Targets are kept within them, where they are given.
    """
    rows, choices = q_tm1.shape
    assert choices == sum(branches)
    assert q_t_value.shape == q_t_selector.shape == (rows, choices)
    assert a_tm1.shape == r_t.shape == discount_t.shape == (rows,)
    best = [tf.argmax(q, -1, tf.int32) for q in tf.split(q_t_selector, branches, -1)]  # [B] each
    target = within(r_t + discount_t * _mean(q_t_value, best, branches), bounds)  # [B]
    return tf.stop_gradient(target) - _mean(q_tm1, _taken(a_tm1, branches), branches)


def _mean(q: tf.Tensor, choices: Sequence[tf.Tensor], branches: Sequence[int]) -> tf.Tensor:
    """The mean [B] over parts of the values of a choice [B] in each, by the values q [B, C]."""
    parts = zip(choices, tf.split(q, branches, -1), strict=True)
    return tf.add_n([of(choice, values) for choice, values in parts]) / len(branches)


def _taken(actions: tf.Tensor, branches: Sequence[int]) -> list[tf.Tensor]:
    """The choice [B] in each part that the numbers [B] of whole actions stand for."""
    following = [*itertools.accumulate(reversed(branches[1:]), int.__mul__, initial=1)]
    steps = zip(reversed(following), branches, strict=True)
    return [tf.math.floormod(actions // step, n) for step, n in steps]


class Parts(NetworkObjective[Branching]):
    """The loss of the TD errors of whole actions."""

    def __init__(self, config: Branching, network: Network, branches: Sequence[int]):
        """Takes the settings.

        Args:
            config: The settings.
            network: Gives values [C] of the choices of all parts.
            branches: How many choices each part has.
        """
        super().__init__(config, network)
        self._branches = branches

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        q_tm1 = self._pass(online, batch, "s_tm1", 0)  # [B, C]
        q_t = self._pass(target, batch, "s_t", 1)  # [B, C]
        td_error = decoupled_q_learning(
            q_tm1,
            batch["a_tm1"],
            batch["r_t"],
            batch["discount_t"],
            q_t,
            self._pass(online, batch, "s_t", 2) if self._config.double else q_t,
            self._branches,
            self._bounds(batch),
        )  # [B]
        return Losses(self._of_error(td_error), td_error, q_tm1)

"""The losses of batches of recorded transitions."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from agents.losses import double_q_learning, legal, of
from agents.networks.network import Network
from agents.offline.config import BCQ
from agents.offline.losses import conservative, imitation
from agents.replayed.objective import Losses, NetworkObjective, Objective, Tensors
from agents.weights import Array, Weights


class Conservative(Objective):
    """Another objective, and a penalty on values of actions that were not recorded."""

    def __init__(self, own: Objective, weight: float):
        """Takes the objective and the weight α of the penalty."""
        self._own, self._weight = own, weight
        self.columns, self.observations = own.columns, own.observations

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        return self._own.initial_weights(rng)

    def draws(self, rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Array]:
        return self._own.draws(rng, shape)

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        found = self._own.losses(online, target, batch)
        assert found.values is not None
        penalty = conservative(found.values, batch["a_tm1"])  # [B]
        return found._replace(each=found.each + self._weight * penalty)


class BatchConstrained(NetworkObjective[BCQ]):
    """Q-learning among likely actions, and the likelihood itself, in one network."""

    def __init__(self, config: BCQ, network: Network):
        """Takes the settings and the network that acts."""
        super().__init__(config, network)
        self._learned = replace(network, layers=network.layers[:-1])

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        a_tm1 = batch["a_tm1"]  # [B]
        both_tm1, _ = self._learned.tensor(online, batch["s_tm1"])  # [B, A, 2]
        q_tm1, logits_tm1 = tf.unstack(both_tm1, num=2, axis=-1)  # [B, A] each
        both_t, _ = self._learned.tensor(target, batch["s_t"])  # [B, A, 2]
        q_t, _ = tf.unstack(both_t, num=2, axis=-1)  # [B, A]
        selector, _ = self._network.tensor(online, batch["s_t"])  # [B, A]
        td_error = double_q_learning(
            q_tm1,
            a_tm1,
            batch["r_t"],
            batch["discount_t"],
            q_t,
            legal(selector, batch.get("mask_t")),
            self._bounds(batch),
        )  # [B]
        of_values = self._of_error(td_error)  # [B]
        return Losses(of_values + imitation(logits_tm1, a_tm1), td_error, q_tm1)


class Cloning(Objective):
    """The likelihood of the recorded actions alone."""

    columns = ("s_tm1", "a_tm1")
    observations = ("s_tm1",)

    def __init__(self, network: Network):
        """Takes the network, whose outputs are logits [A]."""
        self._network = network

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        return self._network.initial_weights(rng)

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        a_tm1 = batch["a_tm1"]  # [B]
        logits_tm1, _ = self._network.tensor(online, batch["s_tm1"])  # [B, A]
        missed = 1.0 - of(a_tm1, tf.nn.softmax(logits_tm1))  # [B]
        return Losses(imitation(logits_tm1, a_tm1), missed, logits_tm1)

"""R2D2: targets by hand, networks along sequences, and what a burn-in is worth."""

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.network_actor import MEMORY
from agents.networks.config import NetworkConfig
from agents.networks.unrolled import unrolled
from agents.r2d2.config import R2D2
from agents.r2d2.objective import SequenceObjective
from agents.r2d2.targets import rescaled, sequence_td_errors, unscaled
from agents.replay.sequences import SequenceConfig, Sequences
from agents.replay.storage import Storage
from agents.rollout import Rollout

SPACE, ACTIONS = Box(-1.0, 1.0, (3,), np.float32), Discrete(2)


def _td_errors(
    discounts, played, n, *, rescale=False, bounds=None, values=(4, 2, 6)
) -> list[float]:
    """Errors of three steps with rewards 1, 2, 3 and values 1, 2, 3 of the actions taken.

    The online network finds action 1, 0, 1 best; the target network values it as `values` has it,
    and the other one higher.
    """
    selector = np.array([[0, 1], [1, 0], [0, 1]], np.float32)
    value = np.where(selector > 0, np.array(values, np.float32)[:, None], 99)
    found = sequence_td_errors(
        tf.constant(np.array([[1, 7], [7, 2], [3, 7]], np.float32)[:, None]),
        tf.constant([[0], [1], [0]]),
        tf.constant([[1.0], [2.0], [3.0]]),
        tf.constant(np.array(discounts, np.float32)[:, None]),
        tf.constant(value.astype(np.float32)[:, None]),
        tf.constant(selector[:, None]),
        tf.constant(np.array(played, np.bool_)[:, None]),
        n=n,
        rescale=rescale,
        bounds=bounds,
    )
    return found.numpy()[:, 0].tolist()


ALL = [1, 1, 1]


@pytest.mark.parametrize(
    ("discounts", "played", "n", "targets"),
    [
        ([0.5, 0.5, 0.5], ALL, 1, [1 + 2, 2 + 1, 3 + 3]),
        # Two rewards, then the value; of the last step there is but one.
        ([0.5, 0.5, 0.5], ALL, 2, [1 + 1 + 0.25 * 2, 2 + 1.5 + 0.25 * 6, 3 + 3]),
        ([0.5, 0.5, 0.5], ALL, 9, [1 + 1 + 0.75 + 0.125 * 6, 2 + 1.5 + 0.25 * 6, 3 + 3]),
        # The second step terminates, and the third one is padding.
        ([0.5, 0, 0], [1, 1, 0], 2, [1 + 1, 2, None]),
        # The second step is truncated: it has a value, which the first one sees, too.
        ([0.5, 0.5, 0], [1, 1, 0], 3, [1 + 1 + 0.25 * 2, 2 + 1, None]),
    ],
)
def test_targets_by_hand(discounts, played, n, targets):
    taken = [1, 2, 3]
    expected = [0 if t is None else t - q for t, q in zip(targets, taken, strict=True)]
    assert _td_errors(discounts, played, n) == expected


def test_targets_are_kept_within_bounds():
    assert _td_errors([0.5] * 3, ALL, 2, bounds=tf.constant([3.0, 4.0])) == [2, 2, 1]


def test_targets_of_rescaled_values_by_hand():
    # h(3) = 1 + 0.003, h(8) = 2 + 0.008, h(24) = 4 + 0.024, and h(-8) is -h(8).
    assert rescaled(tf.constant([3.0, 8.0, -8.0, 0.0])).numpy() == pytest.approx(
        [1.003, 2.008, -2.008, 0]
    )
    # 1 + 0.25 * 8 = 3, 2 + 0.25 * 24 = 8, and 3 alone after a termination.
    found = _td_errors([0.25, 0.25, 0], ALL, 1, rescale=True, values=(2.008, 4.024, 9))
    assert found == pytest.approx([1.003 - 1, 2.008 - 2, 1.003 - 3], abs=2e-4)


def test_rescaling_is_undone():
    x = tf.constant([-300.0, -1.0, -0.01, 0.0, 0.5, 20.0, 4000.0])
    np.testing.assert_allclose(unscaled(rescaled(x)), x, rtol=2e-3, atol=5e-4)


def _network(**settings):
    config = NetworkConfig(hidden_sizes=(5,), **settings)
    return config.describe(SPACE, config.value_head(2), recurrent=4)


@pytest.mark.parametrize("noisy", ["none", "all"])
def test_a_network_along_a_sequence_is_the_network_step_by_step(noisy):
    network, rng = _network(noisy=noisy), np.random.default_rng(0)
    weights = {n: tf.constant(w) for n, w in network.initial_weights(rng).items()}
    observations = tf.constant(rng.standard_normal((6, 3, 3), np.float32))  # [L, B, 3]
    noise = None
    if network.noise_size:
        noise = tf.constant(rng.standard_normal((1, network.noise_size), np.float32))
    start = h = tf.constant(rng.standard_normal((3, 4), np.float32))  # [B, S]
    played = rng.random((6, 3)) < 0.6  # [L, B]
    expected = []
    for observed, real in zip(observations, played, strict=True):
        q, after = network.tensor(weights, observed, h, noise)
        h = tf.where(real[:, None], after, h)
        expected.append(q)
    found, last = unrolled(network, weights, observations, start, tf.constant(played), noise)
    np.testing.assert_allclose(found, tf.stack(expected), atol=1e-6)
    np.testing.assert_allclose(last, h, atol=1e-6)


def _played(agent: R2D2, weights, steps: int = 23, num_envs: int = 3) -> Rollout:
    """What the agent's actor did in episodes of 7, 5 and 9 steps of random observations."""
    rng = np.random.default_rng(1)
    actor = agent.actor(SPACE, ACTIONS, range(num_envs))
    observations = rng.standard_normal((steps + 1, num_envs, 3), np.float32)
    ends = (np.arange(steps)[:, None] + 1) % np.array([7, 5, 9]) == 0  # [T, B]
    state, extras, actions = actor.initial_state(), [], []
    for t in range(steps):
        acted = actor.act(weights, observations[t], state)
        extras.append(acted.extras[MEMORY])
        actions.append(acted.actions)
        state = {MEMORY: np.where(ends[t][:, None], 0, acted.state[MEMORY]).astype(np.float32)}
    return Rollout(
        s_tm1=observations[:-1],
        a_tm1=np.stack(actions),
        r_t=rng.standard_normal((steps, num_envs)),
        terminated_t=ends & (np.arange(num_envs) != 1),
        truncated_t=ends & (np.arange(num_envs) == 1),
        s_t=observations[1:],
        dropped_t=np.zeros((steps, num_envs), np.bool_),
        extras={MEMORY: np.stack(extras)},
    )


def test_a_burn_in_from_a_stored_state_is_as_good_as_the_state_itself():
    """Under the weights that acted; so that it changes neither errors nor gradients.

    The burn-in would, were it padded or aligned wrongly, or if a gradient went through it.
    """
    found = []
    for burn_in in (0, 2, 4):
        cut = SequenceConfig(length=3, burn_in=burn_in, stride=3)
        agent = R2D2(
            hidden_sizes=(5,), recurrent_units=4, sequence=cut, n_step=2, bound_targets=False
        )
        network = agent._network(SPACE, ACTIONS)
        weights = network.initial_weights(np.random.default_rng(0))
        storage = Storage(50)
        windows = Sequences(cut, agent.discount)
        storage.append(windows.add(_played(agent, weights), storage.observe))
        batch = {
            n: tf.constant(c[0]) for n, c in storage.gather(np.arange(len(storage))[None]).items()
        }
        tensors = {name: tf.constant(array) for name, array in weights.items()}
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            losses = SequenceObjective(agent, network).losses(tensors, tensors, batch)
            loss = tf.reduce_mean(losses.each)
        gradients = tape.gradient(loss, tensors)
        found.append((losses, gradients))
    (first, gradients), *rest = found
    for losses, others in rest:
        for name in ("each", "td_error", "priority"):
            np.testing.assert_allclose(getattr(losses, name), getattr(first, name), atol=1e-5)
        for name, gradient in gradients.items():
            np.testing.assert_allclose(others[name], gradient, atol=1e-5)


def test_priorities_are_nine_tenths_of_the_greatest_error_and_a_tenth_of_the_mean():
    cut = SequenceConfig(length=4, burn_in=0, stride=4)
    agent = R2D2(
        hidden_sizes=(5,),
        recurrent_units=4,
        sequence=cut,
        n_step=1,
        discount=0.0,
        bound_targets=False,
        rescale=False,
    )
    network = agent._network(SPACE, ACTIONS)
    weights = {
        n: tf.zeros_like(w) for n, w in network.initial_weights(np.random.default_rng(0)).items()
    }
    batch = {
        "s_tm1": tf.zeros((1, 4, 3)),
        "s_t": tf.zeros((1, 3)),
        "a_tm1": tf.zeros((1, 4), tf.int32),
        "r_t": tf.constant([[1.0, -4.0, 1.0, 9.0]]),
        "discount_t": tf.zeros((1, 4)),
        "played": tf.constant([[True, True, True, False]]),
        MEMORY: tf.zeros((1, 4)),
    }
    found = SequenceObjective(agent, network).losses(weights, weights, batch)
    assert found.td_error.numpy() == pytest.approx([2.0])
    assert found.priority is not None
    assert found.priority.numpy() == pytest.approx([0.9 * 4 + 0.1 * 2])
    assert found.each.numpy() == pytest.approx([0.5 * (1 + 16 + 1) / 4])

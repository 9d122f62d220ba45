"""What DQN's objectives make of a batch, beside the papers' formulas in plain NumPy."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig, MunchausenConfig
from agents.dqn.objective import objective
from agents.networks.forward import Forward
from common.settings import InvalidSetting

ROWS, ACTIONS = 6, 3
SPACE = Box(-5, 5, (4,), np.float32)
LINEAR = DQN(hidden_sizes=(), loss="huber", huber_delta=0.8, bound_targets=True)
C51 = DistributionConfig(kind="c51", low=-1.0, high=1.5, atoms=6)
QR = DistributionConfig(kind="qr", quantiles=4)
IQN = DistributionConfig(kind="iqn", quantiles=5, cosines=3)
BOUNDS = np.array([-0.9, 1.2], np.float32)
HEAT, CLIP = 0.3, -0.5
MUNCHAUSEN = MunchausenConfig(scale=0.9, temperature=HEAT, clip=CLIP)


class Case:
    """A batch, two sets of weights, and what the networks give for them, in NumPy."""

    def __init__(self, config: DQN, masked: bool = False):
        rng = np.random.default_rng(3)
        network = config._network(SPACE, Discrete(ACTIONS))
        self.objective = objective(config, network)
        self.online, self.target = (
            {n: rng.normal(size=a.shape).astype(np.float32) * 0.5 for n, a in made.items()}
            for made in [self.objective.initial_weights(rng)] * 2
        )
        self.r_t, self.a_tm1 = rng.normal(size=ROWS), rng.integers(0, ACTIONS, ROWS)
        self.discount_t = np.where(np.arange(ROWS) == 2, 0.0, 0.9)
        self.legal = np.ones((ROWS, ACTIONS), bool)
        self.batch = {
            "s_tm1": rng.normal(size=(ROWS, 4)).astype(np.float32),
            "s_t": rng.normal(size=(ROWS, 4)).astype(np.float32),
            "a_tm1": self.a_tm1.astype(np.int32),
            "r_t": self.r_t.astype(np.float32),
            "discount_t": self.discount_t.astype(np.float32),
            "bounds": BOUNDS,
        }
        if masked:
            self.legal[:, 1] = False
            self.batch["mask_t"] = self.legal
        drawn = self.objective.draws(rng, (1, ROWS))
        self.batch |= {name: column[0] for name, column in drawn.items()}
        kind = config.distribution.kind
        whole = dataclasses.replace(network, layers=network.layers[:-1])
        self._network = network if kind == "none" else whole
        self._noise = self.batch.get("noise")

    def z(self, weights, column, number):
        """The network's outputs, with the noise of a pass."""
        noise = None if self._noise is None else np.repeat(self._noise[number], ROWS, axis=0)
        forward = Forward(self._network, range(ROWS))
        return forward(weights, self.batch[column], None, noise)[0].astype(np.float64)

    def best(self, q):
        return np.where(self.legal, q, -np.inf).argmax(axis=-1)

    def found(self):
        tensors = [{n: tf.constant(a) for n, a in w.items()} for w in (self.online, self.target)]
        batch = {name: tf.constant(column) for name, column in self.batch.items()}
        return self.objective.losses(*tensors, batch)


EACH = np.arange(ROWS)


def _softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _huber(u, delta):
    return np.where(np.abs(u) < delta, u**2 / 2, delta * (np.abs(u) - delta / 2))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("noisy", ["none", "head"])
def test_means(masked, double, noisy):
    case = Case(dataclasses.replace(LINEAR, double=double, noisy=noisy), masked)
    q_t, q_tm1 = case.z(case.target, "s_t", 0), case.z(case.online, "s_tm1", 1)
    chooses = case.z(case.online, "s_t", 2) if double else q_t
    target = case.r_t + case.discount_t * q_t[EACH, case.best(chooses)]
    error = target.clip(*BOUNDS) - q_tm1[EACH, case.a_tm1]
    found = case.found()
    np.testing.assert_allclose(found.td_error, error, atol=1e-5)
    np.testing.assert_allclose(found.each, _huber(error, 0.8), atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("double", [False, True])
def test_probabilities_of_atoms(masked, double):
    case = Case(dataclasses.replace(LINEAR, double=double, distribution=C51), masked)
    atoms = np.linspace(-1.0, 1.5, 6)
    z_t, z_tm1 = case.z(case.target, "s_t", 0), case.z(case.online, "s_tm1", 1)
    chooses = case.z(case.online, "s_t", 2) if double else z_t
    chances = _softmax(z_t)[EACH, case.best((_softmax(chooses) * atoms).sum(axis=-1))]
    wanted = np.zeros((ROWS, 6))
    for row in EACH:
        for chance, atom in zip(chances[row], atoms, strict=True):
            value = np.clip(case.r_t[row] + case.discount_t[row] * atom, *BOUNDS)
            place = (value + 1.0) / 0.5
            below = int(place)
            wanted[row, below] += chance * (below + 1 - place)
            wanted[row, min(below + 1, 5)] += chance * (place - below)
    had = _softmax(z_tm1[EACH, case.a_tm1])
    found = case.found()
    np.testing.assert_allclose(found.each, -(wanted * np.log(had)).sum(axis=-1), rtol=1e-4)
    error = ((wanted - had) * atoms).sum(axis=-1)
    np.testing.assert_allclose(found.td_error, error, atol=1e-5)
    apart = np.where(wanted > 0, wanted * np.log(np.maximum(wanted, 1e-30) / had), 0)
    np.testing.assert_allclose(found.priority, apart.sum(axis=-1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("distribution", [QR, IQN], ids=["qr", "iqn"])
def test_quantiles(double, distribution):
    case = Case(dataclasses.replace(LINEAR, double=double, distribution=distribution), masked=True)
    z_t, z_tm1 = case.z(case.target, "s_t", 0), case.z(case.online, "s_tm1", 1)
    chooses = case.z(case.online, "s_t", 2) if double else z_t
    value = z_t[EACH, case.best(chooses.mean(axis=-1))]
    target = (case.r_t[:, None] + case.discount_t[:, None] * value).clip(*BOUNDS)
    _quantile_losses(case, z_tm1, target, distribution)


@pytest.mark.parametrize("distribution", [DistributionConfig(), QR, IQN], ids=["mean", "qr", "iqn"])
def test_munchausen(distribution):
    changes = {"distribution": distribution, "munchausen": MUNCHAUSEN}
    case = Case(dataclasses.replace(LINEAR, **changes))
    z_t, z_tm1 = case.z(case.target, "s_t", 0), case.z(case.online, "s_tm1", 1)
    before = case.z(case.target, "s_tm1", 2)
    if distribution.kind == "none":
        z_t, before = z_t[..., None], before[..., None]
    policy = _softmax(z_t.mean(axis=-1) / HEAT)
    likely = HEAT * np.log(_softmax(before.mean(axis=-1) / HEAT))[EACH, case.a_tm1]
    value = (policy[..., None] * z_t).sum(axis=1)
    value -= HEAT * (policy * np.log(policy)).sum(axis=-1, keepdims=True)
    r_t = case.r_t + 0.9 * likely.clip(CLIP, 0)
    target = r_t[:, None] + case.discount_t[:, None] * value  # its bonus is out of bounds: none
    if distribution.kind == "none":
        error = target[:, 0] - z_tm1[EACH, case.a_tm1]
        np.testing.assert_allclose(case.found().td_error, error, atol=1e-5)
    else:
        _quantile_losses(case, z_tm1, target, distribution)


def _quantile_losses(case, z_tm1, target, distribution):
    taken = z_tm1[EACH, case.a_tm1]
    places = (np.arange(distribution.quantiles) + 0.5) / distribution.quantiles
    if distribution.kind == "iqn":
        from scipy.special import ndtr

        places = (np.arange(5) + ndtr(case.batch["noise"][1][0])) / 5
    u = target[:, None, :] - taken[:, :, None]
    slope = np.abs(places[None, :, None] - (u < 0))
    found = case.found()
    np.testing.assert_allclose(
        found.each, (slope * _huber(u, 0.8)).mean(axis=-1).sum(axis=-1), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        found.td_error, target.mean(axis=-1) - taken.mean(axis=-1), atol=1e-5
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n_step": 3}, "--agent.n-step does not go with"),
        ({"double": True}, "--agent.double does not go with"),
        ({"distribution": C51}, "--agent.distribution.kind c51 does not go with"),
    ],
)
def test_what_does_not_go_with_munchausen_is_named(wrong, says):
    with pytest.raises(InvalidSetting, match=says):
        DQN(munchausen=MUNCHAUSEN, **wrong)


def test_noise_does_not_go_with_implicit_quantiles():
    with pytest.raises(InvalidSetting, match=r"--agent\.noisy all does not go with"):
        DQN(distribution=IQN, noisy="all")


@pytest.mark.parametrize(
    ("setting", "flag"),
    [
        ({"dueling": True}, "--agent.dueling"),
        ({"noisy": "head"}, "--agent.noisy head"),
        ({"distribution": C51}, "--agent.distribution.kind c51"),
    ],
)
def test_an_action_as_input_gives_one_value_a_pass(setting, flag):
    with pytest.raises(InvalidSetting, match=f"{flag} does not go with --agent.action-input"):
        DQN(action_input=True, **setting)

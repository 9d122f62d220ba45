"""What the value of an action depends on: computed by hand, and drawn beside the game."""

import imageio.v3
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from PIL import Image

from agents.actor import Actor, ActorOutput
from agents.dqn.config import DQN
from envs import registry
from launch.jobs.rl import films
from launch.jobs.rl.saliency import Saliency, is_picture, saliency
from launch.jobs.rl.sights import Sights, seen
from tests.launch.test_seeing import _moment
from training.evaluate import final

PICTURE = "tests.envs.toy:Picture-v0"


class Sums(Actor):
    """Values action 0 by the weighted sum of all pixels and its memory, action 1 by 0."""

    def __init__(self):
        self.calls = 0

    def values(self, weights, observations, state):
        self.calls += 1
        pixels = observations.reshape(*observations.shape[:3], -1).astype(np.float64)
        value = np.einsum("bhwc,hw->b", pixels, weights["kernel"])
        value = value + state.get("memory", np.zeros(len(observations)))
        return np.stack([value, 0 * value], axis=1)

    def act(self, weights, observations, state, exploration=None):
        return ActorOutput(np.zeros(len(observations), np.int32))


def test_a_covered_pixel_changes_the_value_by_its_weight():
    kernel = np.arange(30.0).reshape(5, 6)
    picture = np.zeros((5, 6), np.float32)
    picture[1, 2], picture[4, 5] = 1.0, -2.0  # weights 8 and 29
    expected = np.zeros((5, 6))
    expected[1, 2], expected[4, 5] = 8.0, 58.0
    look = Saliency(Sums(), {"kernel": kernel})
    assert look(picture, {}, 0) == pytest.approx(expected)
    assert look(picture, {"memory": np.array([100.0])}, 0) == pytest.approx(expected)
    assert not look(picture, {}, 1).any()


def test_squares_of_a_large_picture_are_covered_by_the_median_of_each_channel():
    picture = np.full((24, 24, 2), (7, 9), np.uint8)
    picture[4, 7] = 17, 9  # in rows 4 and 5, columns 6 and 7
    actor = Sums()
    found = Saliency(actor, {"kernel": np.full((24, 24), 0.5)})(picture, {}, 0)
    expected = np.zeros((24, 24))
    expected[4:6, 6:8] = 0.5 * (17 - 7)
    assert found == pytest.approx(expected)
    assert actor.calls == 2  # the whole picture, and the one square that is no background


def test_more_squares_than_a_batch_has_rows_are_all_covered():
    picture = np.zeros((10, 10, 3), np.bool_)
    picture[:4, :, 1] = True
    found = Saliency(Sums(), {"kernel": np.ones((10, 10))})(picture, {}, 0)
    assert found.tolist() == [[1.0] * 10] * 4 + [[0.0] * 10] * 6


def test_pictures_are_boxes_of_two_or_three_dimensions():
    assert is_picture(Box(0, 255, (84, 84, 4), np.uint8))
    assert is_picture(Box(0, 1, (7, 7), np.float32))
    assert not is_picture(Box(0, 1, (3, 20), np.float32))
    assert not is_picture(Box(0, 255, (12, 84, 84), np.uint8))  # its channels come first
    assert not is_picture(Box(0, 1, (8,), np.float32))
    assert not is_picture(Discrete(5))


def test_channels_are_seen_as_one_light():
    things = np.zeros((2, 2, 3), np.float32)
    things[0, 0, 0], things[0, 1, 1], things[..., 2] = 1.0, -4.0, 5.0
    assert seen(things).tolist() == [[1.0, 0.0], [1.0, 1.0]]
    frames = np.array([[[0, 0], [0, 200]], [[100, 100], [50, 50]]], np.uint8)
    assert seen(frames).tolist() == [[0.0, 1.0], [1.0, 0.5]]


def test_what_matters_most_is_orange_and_colours_keep_their_scale():
    picture = np.zeros((5, 5), np.float32)
    picture[2, 3] = 1.0
    draw = Sights(Saliency(Sums(), {"kernel": np.ones((5, 5))}))
    moment = _moment(observation=2 * picture, action=0)
    first = np.asarray(draw(moment, (57, 60)))  # as squares of 11 pixels
    assert first.shape == (55, 55, 3)
    assert (first == (255, 150, 20)).all(axis=-1).sum() == 11 * 11
    second = np.asarray(draw(_moment(observation=picture, action=0), (55, 55)))
    assert second[2 * 11, 3 * 11].tolist() == [188, 135, 70]  # between that and a grey of 120
    assert np.asarray(draw(moment, (3, 9))).shape == (3, 3, 3)


@pytest.fixture
def untrained():
    """An agent with convolutions that has learned nothing, and its weights."""
    agent = DQN(network="conv", filters=(4,), hidden_sizes=(8,))
    network = agent._network(*registry.spaces(PICTURE))
    return agent, network.initial_weights(np.random.default_rng(0))


def test_an_agent_of_pictures_is_filmed_with_what_it_sees_beside_the_game(untrained, tmp_path):
    agent, weights = untrained
    shown = (PICTURE, agent, weights, final(1, 0, random=False))
    assert len(films.record(tmp_path / "film.mp4", *shown)) == 1
    film = imageio.v3.imread(tmp_path / "film.mp4")
    assert film.shape == (10, 6 * 67, 5 * 67 + 1 + 300, 3)  # ten steps, 67 times as large
    assert film[0, :, : 5 * 67].max() > 200  # full light is a share of 1 there
    beside = film[0, 80:, 5 * 67 + 1 :].astype(int)
    assert (beside[..., 0] - beside[..., 2] > 100).any()  # orange
    films.record(tmp_path / "strip.png", *shown)
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.size == (6 * 158 + 8, 180 + 8 + 150 + 34 + 16)


def test_the_film_of_a_run_leaves_out_what_takes_long(untrained):
    agent, weights = untrained
    assert saliency(PICTURE, agent, weights, largest=60) is not None
    assert saliency(PICTURE, agent, weights, largest=59) is None
    assert saliency("CartPole-v1", agent, weights) is None

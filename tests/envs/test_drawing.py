"""Environments of our own as text and as pictures."""

import gymnasium
import numpy as np
import pytest

import envs.own  # noqa: F401 - registers them
from envs.own.deep_sea import DeepSea


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DeepSea-v0", "@..\n...\n..$"),
        ("TMaze-v0", "###{}\n@...\n###{}"),
        ("MemoryChain-v0", "@..?"),
    ],
)
def test_what_is_seen_at_the_start(name, text):
    size = {"size": 3} if name == "DeepSea-v0" else {"length": 3}
    made = gymnasium.make(f"actorlab/{name}", render_mode="ansi", **size)
    made.reset(seed=0)
    assert made.render() in (text.format("$", "?"), text.format("?", "$"))
    pictured = gymnasium.make(f"actorlab/{name}", render_mode="rgb_array", **size)
    pictured.reset(seed=0)
    picture = np.asarray(pictured.render())
    rows, columns = len(text.splitlines()), len(text.format("$", "?").splitlines()[0])
    side = 240 // max(rows, columns)
    assert picture.shape == (side * rows, side * columns, 3)
    assert picture.dtype == np.uint8


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="render_mode='human' is none of"):
        DeepSea(render_mode="human")

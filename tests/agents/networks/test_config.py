import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.networks import (
    Activation,
    Conv,
    Dense,
    Dueling,
    Flatten,
    Image,
    LayerNorm,
    Network,
    NetworkConfig,
    OneHot,
    Vector,
)
from common import channels
from common.settings import InvalidSetting

BOX = Box(0, 255, (8, 9), np.uint8)


def test_perceptrons():
    assert NetworkConfig().describe(Discrete(7), NetworkConfig().value_head(3)) == Network(
        OneHot(7), (Dense(120), Dense(84), Dense(3, "linear", "glorot"))
    )
    config = NetworkConfig(hidden_sizes=(5,), layer_norm=True, dueling=True)
    assert config.describe(BOX, config.value_head(3)) == Network(
        Vector(BOX), (Dense(5, "linear"), LayerNorm(), Activation("relu"), Dueling(3))
    )


def test_convolutions():
    windows = {"filters": (4, 6), "kernel_sizes": (3, 2), "strides": (2, 1)}
    config = NetworkConfig(network="conv", hidden_sizes=(5,), **windows)
    head = Dense(3, "linear", "glorot")
    assert config.describe(BOX, config.value_head(3)) == Network(
        Image(BOX), (Conv(4, 3, 2), Conv(6, 2, 1), Flatten(), Dense(5), head)
    )
    config = NetworkConfig(network="conv", hidden_sizes=(), layer_norm=True)
    norm = LayerNorm(), Activation("relu")
    assert config.describe(BOX, config.value_head(3)) == Network(
        Image(BOX), (Conv(16, 3, 1, "linear"), *norm, Flatten(), head)
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_sizes": (8, 0)}, "--agent.hidden-sizes must be positive, got 0"),
        ({"strides": (0,)}, "--agent.strides must be positive, got 0"),
        (
            {"filters": (8, 8), "strides": (1, 1)},
            "--agent.kernel-sizes must have as many numbers as --agent.filters, 2, got 1",
        ),
        (
            {"strides": (1, 1)},
            "--agent.strides must have as many numbers as --agent.filters, 1, got 2",
        ),
    ],
)
def test_settings_outside_their_range(settings, message):
    with pytest.raises(InvalidSetting, match=f"^{message}$"):
        NetworkConfig(**settings)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (Discrete(5), "takes pictures; these observations are discrete"),
        (Box(0, 1, (4,), np.float32), r"shape \[4\]"),
        (Box(0, 1, (4, 4, 3, 2), np.float32), r"shape \[4, 4, 3, 2\]"),
        (
            Box(0, 1, (4, 2), np.float32),
            "convolution 1 of 3x3 stride 1 on 4x2 does not fit: pictures are 4x2x1 here; take "
            "smaller --agent.kernel-sizes",
        ),
        (Box(0, 1, (2, 9, 9), np.uint8), "2x9x9 here, .* seem to have the channels first"),
    ],
)
def test_convolutions_need_pictures_that_hold_a_window(space, message):
    with pytest.raises(ValueError, match=message):
        NetworkConfig(network="conv").describe(space, [])


@pytest.mark.parametrize(
    ("shape", "first"),
    [
        ((3, 84, 84), True),
        ((1, 10, 10), True),
        ((4, 84, 84), True),
        ((12, 84, 84), True),  # four pictures of three channels
        ((10, 20, 20), False),
        ((84, 84, 3), False),
        ((3, 5, 3), False),  # as many rows as channels
        ((4, 4, 10), False),  # a small board of ten kinds of things
        ((10, 10, 4), False),
        ((4,), False),
    ],
)
def test_channels_seem_to_be_first_where_there_are_few_rows(shape, first):
    assert channels.are_first(shape) == first


def test_the_convolution_that_does_not_fit_is_named():
    sizes = {"filters": (8, 8, 8), "kernel_sizes": (3, 3, 3), "strides": (2, 1, 1)}
    message = "^convolution 3 of 3x3 stride 1 on 2x2 does not fit: pictures are 9x10x3 here; "
    with pytest.raises(ValueError, match=message):
        NetworkConfig(network="conv", **sizes).describe(Box(0, 1, (9, 10, 3)), [])

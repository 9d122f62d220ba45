"""LeNet on MNIST with the book's network (chapter 4).

Deviations from the book, where each is a bug: the second convolution's ReLU is pooled, not its
inputs; examples are shuffled and none is left out; all 10,000 test images are scored, where the
book's 99.60 % is 255 of 256 drawn at random. Its 100 epochs are 5, of smaller batches, by Adam with
a falling step size: on validation images RMSProp in batches of 128 reaches 0.989, and this reaches
0.992. Weights start at He's scale instead of 0.01.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from supervised.convolutional.configs import LenetConfig
from supervised.core import digits, plots
from supervised.core.job import Context, Result
from supervised.datasets import mnist

_MAPS = 16  # shown of each convolution
_SHOWN = 0  # which training image

evaluate = digits.evaluate
predict = digits.predict


def run(config: LenetConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    model = digits.lenet(config, context)
    result = digits.train_and_score(model, data, config, context)
    context.figure("filters", filters(model))
    image = data.train_images[_SHOWN]
    for number in range(1, len(config.filters) + 1):
        context.figure(f"maps_{number}", feature_maps(model, f"convolution_{number}", image))
    return result


def feature_maps(model: keras.Model, layer: str, image: npt.NDArray[np.uint8]) -> Any:
    """Draws the outputs of a layer's first filters for an image [28, 28]."""
    until = keras.Model(model.inputs[0], model.get_layer(layer).output)
    maps = np.asarray(until(image[None]))[0]  # [H, W, C]
    chosen = np.moveaxis(maps, -1, 0)[:_MAPS]  # [N, H, W]
    scaled = chosen / max(float(maps.max()), 1e-12)
    return plots.image_grid(scaled, None, f"{layer}: what its first filters see in a digit")


def filters(model: keras.Model) -> Any:
    """Draws the first convolution's filters."""
    kernel = np.asarray(model.get_layer("convolution_1").kernel)  # [K, K, 1, C]
    images = np.moveaxis(kernel[:, :, 0], -1, 0)  # [C, K, K]
    title = "filters of the first convolution: red below 0, blue above"
    return plots.image_grid(images, None, title, signed=True)

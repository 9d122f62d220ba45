"""Perceptrons on MNIST: softmax regression and the book's five-layer networks (chapter 3).

Deviations from the book: its loss compares the network's output with itself (`labels=Y`), here with
the labels; the mean loss is not multiplied by 100, which Adam does not notice; the step size falls
along a cosine; 5,000 training images are for validation. Its dropout rate is not printed.
"""

from supervised.core import digits
from supervised.core.job import Context, Result
from supervised.datasets import mnist
from supervised.feed_forward.configs import MnistConfig

evaluate = digits.evaluate
predict = digits.predict


def run(config: MnistConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    model = digits.perceptron(config.network, context)
    return digits.train_and_score(model, data, config, context)

from supervised.core import digits
from supervised.core.settings import LenetNetworkConfig
from tests.supervised.recorder import Recorder


def test_the_books_network_has_its_shapes_and_no_biases():
    model = digits.lenet(LenetNetworkConfig(), Recorder())
    shapes = [layer.output.shape[1:] for layer in model.layers if "pooling" in layer.name]
    assert shapes == [(14, 14, 32), (7, 7, 64), (4, 4, 128)]
    weights = 9 * 32 + 9 * 32 * 64 + 9 * 64 * 128 + 2048 * 625 + 625 * 10
    assert model.count_params() == weights == 1_378_698

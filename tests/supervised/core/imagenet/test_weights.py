import io
import os
import pickle

import keras
import numpy as np
import pytest
from keras import layers

from supervised.core.imagenet import weights
from supervised.datasets.source import DataError
from tests.supervised.core.imagenet.files import published_h5

KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
BIAS = np.array([0.5, 0.25, -1], np.float32)
LAYERS = {"fc1": [KERNEL, BIAS], "fc2": [KERNEL.T, BIAS[:2]]}


def model(units: int = 3) -> keras.Model:
    return keras.Sequential(
        [layers.Input((2,)), layers.Dense(units, name="fc1"), layers.Dense(2, name="fc2")],
        name="tiny",
    )


def refused(path, *words, call=None) -> None:
    with pytest.raises(DataError) as error:
        (call or weights.read)(path)
    assert "\n" not in str(error.value)
    for text in (str(path), *words):
        assert text in str(error.value)


def same(found: weights.Layers) -> None:
    assert list(found) == list(LAYERS)
    for name, expected in LAYERS.items():
        for one, other in zip(found[name], expected, strict=True):
            np.testing.assert_array_equal(one, other)


def npy(path, contents: object, python2: bool = False) -> None:
    """A .npy file of one object, as the original AlexNet's is where `python2`."""
    array = np.empty((), object)
    array[()] = contents
    np.save(path, array, allow_pickle=True)
    if python2:
        header = io.BytesIO(path.read_bytes())
        np.lib.format.read_magic(header)
        np.lib.format.read_array_header_1_0(header)
        start = path.read_bytes()[: header.tell()]
        body = pickle.dumps(array, protocol=2).replace(b"numpy._core", b"numpy.core")
        path.write_bytes(start + body)


@pytest.mark.parametrize("python2", [False, True])
def test_a_pickled_dictionary_of_arrays_is_read(tmp_path, python2):
    path = tmp_path / "bvlc_alexnet.npy"
    npy(path, LAYERS, python2)
    same(weights.read(path))


def test_a_bare_pickle_is_read_and_may_hold_arrays_only(tmp_path):
    path, done = tmp_path / "squeezenet_weights.pkl", tmp_path / "done"
    path.write_bytes(pickle.dumps({"fire2/squeeze1x1": [KERNEL, BIAS]}, protocol=3))
    found = weights.read(path)
    np.testing.assert_array_equal(found["fire2_squeeze1x1"][0], KERNEL)
    path.write_bytes(pickle.dumps({"fc1": [_Evil(done)]}))
    refused(path, "refused: the pickle asks for", "mkdir")
    assert not done.exists()


def test_arrays_in_a_zip_are_read(tmp_path):
    path = tmp_path / "x.npz"
    named = {
        f"{name}/{part}": w for name, ws in LAYERS.items() for part, w in zip("Wb", ws, strict=True)
    }
    np.savez(path, **named)
    same(weights.read(path))
    np.savez(path, **{"fc1/kernel": KERNEL})
    refused(path, "expected arrays LAYER/W and LAYER/b, found fc1/kernel")
    np.savez(path, **{"fc1/W": np.array({}, object)})
    refused(path, "not a .npz of arrays")


def test_the_published_layout_of_keras_is_read(tmp_path):
    path = published_h5(tmp_path / "weights.bin", LAYERS)  # the name does not matter
    same(weights.read(path))
    slashed = published_h5(tmp_path / "x.h5", {"fire2/squeeze1x1": [KERNEL, BIAS]})
    assert list(weights.read(slashed)) == ["fire2_squeeze1x1"]
    model().save_weights(tmp_path / "x.weights.h5")
    refused(tmp_path / "x.weights.h5", "not in the layout of keras.applications")


class _Evil:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_that_asks_for_more_than_arrays_is_refused(tmp_path):
    path, done = tmp_path / "x.npy", tmp_path / "done"
    npy(path, {"fc1": [_Evil(done), BIAS]})
    refused(path, "refused: the pickle asks for", "mkdir")
    assert not done.exists()
    np.load(path, allow_pickle=True)  # what NumPy's own reader would have done
    assert done.exists()


def test_what_is_no_file_of_weights_is_named(tmp_path):
    path = tmp_path / "x.npy"
    refused(tmp_path / "none.h5", "No such file")
    path.write_text("hello")
    refused(path, "expected a Keras .h5 file, or arrays by layer")
    np.save(path, KERNEL)
    refused(path, "expected a dictionary of layers, each with [W, b]")
    npy(path, {"fc1": KERNEL.tolist()})
    refused(path, "expected a dictionary of layers")
    npy(path, LAYERS)
    path.write_bytes(path.read_bytes()[:-40])
    refused(path)
    cut = published_h5(tmp_path / "cut.h5", LAYERS)
    cut.write_bytes(cut.read_bytes()[:600])
    refused(cut, "cannot be read")


def test_weights_are_assigned_by_name_and_the_rest_is_left_out(tmp_path):
    network = model()
    weights.assign(network, {"fc3": [BIAS], **LAYERS}, tmp_path, by_name=True)
    np.testing.assert_array_equal(network.get_layer("fc1").kernel, KERNEL)
    # [1, 1] W + b = [3.5, 5.25, 6], and of those: [0 3; 1 4; 2 5] gives [17.25, 61.5] + b
    found = network(np.ones((1, 2)))
    np.testing.assert_allclose(found, [[17.75, 61.75]])


def test_other_shapes_and_missing_layers_are_named(tmp_path):
    path = tmp_path / "x.h5"
    refused(
        path,
        "not the weights of tiny: fc1 has the shapes 2 x 3 and 3, expected 2 x 4 and 4",
        call=lambda path: weights.assign(model(4), LAYERS, path, by_name=True),
    )
    some = {"fc1": LAYERS["fc1"]}
    for by_name, words in ((True, "it has no fc2 where 2 layers"), (False, "it has 1 layers")):
        refused(
            path,
            words,
            call=lambda path, by_name=by_name: weights.assign(model(), some, path, by_name=by_name),
        )


def test_layers_without_the_files_names_take_its_order(tmp_path):
    def build():
        return keras.Sequential(
            [
                layers.Input((4, 4, 1)),
                layers.Conv2D(2, 3, use_bias=False),
                layers.BatchNormalization(scale=False),
                layers.Flatten(),
                layers.Dense(3),
            ]
        )

    first, second = build(), build()
    rng = np.random.default_rng(0)
    first.set_weights([rng.uniform(0.5, 1, w.shape) for w in first.get_weights()])
    path = tmp_path / "x.h5"
    first.save(path)  # Keras' own writer of the old layout
    weights.assign(second, weights.read(path), path, by_name=False)
    assert first.layers[0].name != second.layers[0].name
    x = rng.normal(size=(2, 4, 4, 1)).astype(np.float32)
    np.testing.assert_array_equal(first(x), second(x))
